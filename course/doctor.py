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

from helpers.errors import CourseError
from helpers.internal import sources
from helpers.internal.sentences import Sentence

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


_FONT = Sentence(ja="日本語のフォント", en="Japanese font")
_DISK = Sentence(ja="ディスク", en="Disk")
_NETWORK = Sentence(ja="ネットワーク", en="Network")
_NO_ANSWER = Sentence(ja="{seconds} 秒たっても答えがありません", en="no answer within {seconds} s")
_EXIT_STATUS = Sentence(ja="終了コード {status}", en="exit status {status}")
_STATUSES = {
    "ok": Sentence(ja="正常", en="ok"),
    "warn": Sentence(ja="注意", en="warn"),
    "fail": Sentence(ja="異常", en="fail"),
}

REMEDIES = {
    "python": Sentence(
        ja="Python {needed} を入れ、仮想環境を作り直してください。",
        en="Install Python {needed} and make the virtual environment again.",
    ),
    "package": Sentence(
        ja='仮想環境の中で pip install "{requirement}" を実行してください。',
        en='Run pip install "{requirement}" in the virtual environment.',
    ),
    "keras": Sentence(
        ja="ノートブック 07 に必要です。"
        '仮想環境の中で pip install "{requirement}" を実行してください。',
        en='Notebook 07 needs it: run pip install "{requirement}" in the virtual environment.',
    ),
    "device": Sentence(
        ja="torch と torchvision を、同じ配布元から入れ直してください"
        "（README の「CPU だけの Linux」）。",
        en="Install torch and torchvision again, both from one source (README, “CPU-only Linux”).",
    ),
    "disk": Sentence(
        ja="ディスクの空きを作るか、"
        "空きのあるフォルダを環境変数 XDG_CACHE_HOME で指定してください。",
        en="Free some space, or name a folder that has some in the variable XDG_CACHE_HOME.",
    ),
    "mini_data": Sentence(
        ja="このままでも学べます。完全版を使うには、ネットワークにつなぐか、"
        "IDX ファイルのあるフォルダを環境変数 COURSE_DATA_DIR で指定してください。",
        en="You can learn with it as it is. For the full set, connect to a network or name the "
        "folder of the IDX files in the variable COURSE_DATA_DIR.",
    ),
    "data": Sentence(
        ja="環境変数 COURSE_DATA を auto か mini にしてください。",
        en="Set the variable COURSE_DATA to auto or mini.",
    ),
    "network": Sentence(
        ja="つながらなくても、付属のミニ版で学べます。大学などではプロキシの設定を確かめてください。",
        en="Without it the embedded mini data serve. At a university, see to the proxy settings.",
    ),
    "font": Sentence(
        ja="仮想環境の中で pip install --force-reinstall matplotlib-fontja を実行してください。",
        en="Run pip install --force-reinstall matplotlib-fontja in the virtual environment.",
    ),
}
"""What to do, by what was found."""


@dataclass(frozen=True)
class Finding:
    """What one look at the machine showed.

    Attributes:
        subject: What was looked at.
        status: ``"fail"`` if the course cannot run, ``"warn"`` if it runs with less.
        detail: What was found.
        remedy: What to do; empty if all is well.
    """

    subject: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str = ""


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
        return Finding(str(_FONT), "fail", _first_line(error), _remedy("font"))
    except ValueError:
        return Finding(str(_FONT), "fail", "–", _remedy("font"))
    return Finding(str(_FONT), "ok", Path(path).name)


def check_disk(folder: Path) -> Finding:
    """Look for room for the data on the disk of ``folder``, which need not exist yet."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    return judge_space(shutil.disk_usage(existing).free)


def judge_space(free: int) -> Finding:
    """Judge the number of free bytes."""
    detail = f"{free / 1e9:.1f} GB"
    if free < TOO_LITTLE_SPACE:
        return Finding(str(_DISK), "fail", detail, _remedy("disk"))
    if free < LITTLE_SPACE:
        return Finding(str(_DISK), "warn", detail, _remedy("disk"))
    return Finding(str(_DISK), "ok", detail)


def check_network(
    address: str = f"{sources.MIRRORS['MNIST']}{sources.FILENAMES[-1]}.gz",
) -> Finding:
    """Try, for a few seconds, to reach a file that the notebooks would download."""
    host = urlsplit(address).hostname
    reached, said = ask(_FETCH, address, seconds=5)
    if reached:
        return Finding(str(_NETWORK), "ok", host)
    return Finding(str(_NETWORK), "warn", f"{host}: {said}", _remedy("network"))


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
    """Print a table of findings, and below it a remedy for all that is not ok."""
    console = console or Console()
    table = Table("", "", Column(overflow="fold"), show_header=False)
    for finding in findings:
        table.add_row(
            finding.subject,
            str(_STATUSES[finding.status]),
            Text(finding.detail),
            style=_STYLES[finding.status],
        )
    console.print(table)
    for finding in findings:
        if finding.remedy:
            remedy = f"{finding.subject}: {finding.remedy}"
            console.print(remedy, markup=False, highlight=False, soft_wrap=True)


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
        return False, _NO_ANSWER.format(seconds=f"{seconds:g}")
    lines = (result.stdout if result.returncode == 0 else result.stderr).strip().splitlines()
    return result.returncode == 0, lines[-1] if lines else _EXIT_STATUS.format(
        status=result.returncode
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _remedy(name: str, **details: str) -> str:
    return REMEDIES[name].format(**details)
