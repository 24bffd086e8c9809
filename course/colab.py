"""Proves that installing the course in Colab changes nothing that Colab already has."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZipFile

from packaging.utils import canonicalize_name

from helpers.errors import CourseError

IMAGE = Path(__file__).with_name("colab_image.txt")
PYTHON_VERSION = "3.13"
# pip takes a platform literally, so every glibc up to that of Colab's Ubuntu 22.04 is named.
_PLATFORMS = [f"--platform=manylinux_2_{minor}_x86_64" for minor in range(5, 36)]
_PLATFORMS += ["--platform=manylinux2014_x86_64"]
_WHEEL = "Wheel-Version: 1.0\nGenerator: course\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


class ColabConflictError(CourseError, RuntimeError):
    """A requirement of the course and the recorded versions of Colab exclude each other."""


class PackageIndexError(CourseError, RuntimeError):
    """pip could not find what it was to resolve, so that nothing is known about Colab."""


def recorded_versions(image: Path = IMAGE) -> dict[str, str]:
    """Return what Colab has installed: versions by canonical name."""
    lines = image.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def base_requirements(root: Path) -> list[str]:
    """Return what ``pip install`` of the checkout at ``root`` asks for, without extras."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["project"]["dependencies"]


def added_packages(requirements: Sequence[str], recorded: Mapping[str, str]) -> dict[str, str]:
    """Let pip resolve ``requirements`` beside ``recorded``; nothing is installed or downloaded.

    Args:
        requirements: Such as ``["torch>=2.6"]``.
        recorded: Versions that must stay, by canonical name.

    Returns:
        The packages that Colab lacks and would get, with their versions.

    Raises:
        ColabConflictError: A version would have to change; the message names the requirement.
        PackageIndexError: There is no network, no pip, or no such package; the message ends with
            what pip says.
    """
    with tempfile.TemporaryDirectory() as folder:
        constraints, report = Path(folder, "constraints.txt"), Path(folder, "report.json")
        wheels = (write_stand_in(Path(folder), *package) for package in recorded.items())
        lines = (f"{wheel.name.split('-')[0]} @ {wheel.as_uri()}\n" for wheel in wheels)
        constraints.write_text("".join(lines), encoding="utf-8")
        _resolve(requirements, constraints, report)
        resolved = json.loads(report.read_text(encoding="utf-8"))["install"]
    found = {canonicalize_name(item["metadata"]["name"]): item["metadata"] for item in resolved}
    return {name: found[name]["version"] for name in sorted(found.keys() - recorded.keys())}


def write_stand_in(folder: Path, name: str, version: str, requires: Sequence[str] = ()) -> Path:
    """Write an empty wheel called ``name``; return its path.

    Wheels like this stand for what Colab has installed already. The genuine ones would not do:
    Colab's torch is a build of its own, and that of the package index asks for other CUDA packages.
    """
    stem = f"{canonicalize_name(name).replace('-', '_')}-{version}"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {requirement}" for requirement in requires]
    wheel = folder / f"{stem}-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", "\n".join(metadata) + "\n")
        archive.writestr(f"{stem}.dist-info/WHEEL", _WHEEL)
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return wheel


def _resolve(requirements: Sequence[str], constraints: Path, report: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", *requirements, "-c", str(constraints)]
    command += ["--dry-run", "--ignore-installed", "--report", str(report)]
    command += ["--target", str(report.parent), "--only-binary=:all:"]
    command += ["--python-version", PYTHON_VERSION, "--implementation", "cp", *_PLATFORMS]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if result.returncode:
        _, _, causes = result.stdout.partition("The conflict is caused by:\n")
        if not causes:
            raise PackageIndexError(
                "pip did not find every package: can it reach the package index (network, proxy, "
                f"PIP_INDEX_URL)? It says:\n{result.stderr.strip()}"
            )
        said = causes.partition("\n\n")[0]
        raise ColabConflictError(f"Colab's versions cannot stay as they are:\n{said}")
