"""Examines a machine: can the course run here, and if not, what is to be done?

PyTorch is asked in a process of its own. TensorFlow is never loaded: one process that loads both
can abort, and the recorded version tells enough. What students need may be missing here, so it is
imported where it is looked for, and nowhere else.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from course import text
from helpers.errors import CourseError
from helpers.internal import sources

DISTRIBUTION = "cnn-gasshuku"
FONT = "IPAexGothic"
LITTLE_SPACE, TOO_LITTLE_SPACE = 1_000_000_000, 200_000_000
"""Free bytes below which to warn, and below which the full data do not fit."""

_STYLES = {"ok": None, "warn": "yellow", "fail": "red"}
_FETCH = """
import sys, urllib.request as request
request.urlopen(request.Request(sys.argv[1], method="HEAD"), timeout=3)
"""
_DEVICE = "import torchvision; from helpers.training import device; print(device())"


@dataclass(frozen=True)
class Finding:
    """What one look at the machine showed.

    Attributes:
        subject: What was looked at.
        status: ``"fail"`` if the course cannot run, ``"warn"`` if it runs with less.
        detail: What was found.
        remedy: What to do, in Japanese and in English; empty if all is well.
    """

    subject: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    remedy: tuple[str, ...] = ()


def examine() -> list[Finding]:
    """Return all findings on this machine, in the order in which they are worth reading."""
    return [
        check_python(),
        *check_packages(),
        check_device(),
        check_font(),
        check_disk(Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~")).absolute()),
        check_network(),
        *(check_data(name) for name in sources.MIRRORS),
    ]


def check_python(version: str | None = None) -> Finding:
    """Hold the version of Python, this one's by default, against what the course needs."""
    version = version or platform.python_version()
    needed = importlib.metadata.metadata(DISTRIBUTION)["Requires-Python"]
    if version in SpecifierSet(needed):
        return Finding("Python", "ok", version)
    return Finding("Python", "fail", version, _remedy("python", needed=needed))


def check_packages() -> list[Finding]:
    """Look for every package that students need; notebook 07 alone needs those for Keras."""
    findings = []
    for line in importlib.metadata.requires(DISTRIBUTION) or []:
        requirement = Requirement(line)
        if requirement.marker is None:
            findings.append(check_package(requirement))
        elif requirement.marker.evaluate({"extra": "keras"}):
            findings.append(check_package(requirement, optional=True))
    return findings


def check_package(requirement: Requirement, *, optional: bool = False) -> Finding:
    """Hold the installed version of a package against a requirement, without importing it."""
    wanted = f"{requirement.name}{requirement.specifier}"
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        version = None
    if version is not None and requirement.specifier.contains(version, prereleases=True):
        return Finding(requirement.name, "ok", version)
    return Finding(
        requirement.name,
        "warn" if optional else "fail",
        version or "–",
        _remedy("keras" if optional else "package", requirement=wanted),
    )


def check_device() -> Finding:
    """Load PyTorch and torchvision together, and tell the device that training will use."""
    succeeded, said = ask(_DEVICE, seconds=120)
    if succeeded:
        return Finding("PyTorch", "ok", said)
    return Finding("PyTorch", "fail", said, _remedy("device"))


def check_font(name: str = FONT) -> Finding:
    """Look for the font that draws Japanese labels in figures."""
    try:
        import matplotlib_fontja  # noqa: F401  (makes its font known to matplotlib)
        from matplotlib.font_manager import findfont

        path = findfont(name, fallback_to_default=False)
    except ImportError as error:
        return Finding("Japanese font", "fail", _first_line(error), _remedy("font"))
    except ValueError:
        return Finding("Japanese font", "fail", "–", _remedy("font"))
    return Finding("Japanese font", "ok", Path(path).name)


def check_disk(folder: Path) -> Finding:
    """Look for room for the data on the disk of ``folder``, which need not exist yet."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    return judge_space(shutil.disk_usage(existing).free)


def judge_space(free: int) -> Finding:
    """Judge the number of free bytes."""
    detail = f"{free / 1e9:.1f} GB"
    if free < TOO_LITTLE_SPACE:
        return Finding("Disk", "fail", detail, _remedy("disk"))
    if free < LITTLE_SPACE:
        return Finding("Disk", "warn", detail, _remedy("disk"))
    return Finding("Disk", "ok", detail)


def check_network(
    address: str = f"{sources.MIRRORS['MNIST']}{sources.FILENAMES[-1]}.gz",
) -> Finding:
    """Try, for a few seconds, to reach a file that the notebooks would download."""
    host = urlsplit(address).hostname
    reached, said = ask(_FETCH, address, seconds=5)
    if reached:
        return Finding("Network", "ok", host)
    return Finding("Network", "warn", f"{host}: {said}", _remedy("network"))


def check_data(name: str) -> Finding:
    """Tell which edition of a data set the notebooks will use; the full one is downloaded."""
    try:
        from helpers import data

        edition, line = data.edition(name), data.describe(name)
    except ImportError as error:
        package = (error.name or "numpy").partition(".")[0]
        return Finding(name, "fail", _first_line(error), _remedy("package", requirement=package))
    except CourseError as error:
        return Finding(name, "fail", _first_line(error), _remedy("data"))
    if edition == "mini":
        return Finding(name, "warn", line, _remedy("mini_data"))
    return Finding(name, "ok", line)


def show(findings: Sequence[Finding], console: Console | None = None) -> None:
    """Print a table of findings, and below it a remedy in two languages for all that is not ok."""
    console = console or Console()
    table = Table("", "", Column(overflow="fold"), show_header=False)
    for finding in findings:
        table.add_row(
            finding.subject, finding.status, Text(finding.detail), style=_STYLES[finding.status]
        )
    console.print(table)
    for finding in findings:
        for sentence in finding.remedy:
            console.print(
                f"{finding.subject}: {sentence}", markup=False, highlight=False, soft_wrap=True
            )


def ask(program: str, *arguments: str, seconds: float) -> tuple[bool, str]:
    """Run a Python program in a process of its own; return whether it succeeded, and its last line.

    A process can be ended in time whatever it hangs in, a name look-up included, and may crash.
    """
    command = [sys.executable, "-c", program, *arguments]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return False, f"no answer within {seconds:g} s"
    lines = (result.stdout if result.returncode == 0 else result.stderr).strip().splitlines()
    return result.returncode == 0, lines[-1] if lines else f"exit status {result.returncode}"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _remedy(name: str, **details: str) -> tuple[str, ...]:
    return tuple(sentence.format(**details) for sentence in text.REMEDIES[name])
