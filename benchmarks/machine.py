"""What the figures were measured on."""

from __future__ import annotations

import datetime
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

_PACKAGES = ("torch", "tensorflow", "captum", "grad-cam", "openTSNE", "umap-learn", "nbgrader")


def describe() -> dict[str, str | int]:
    """Return the machine, the versions and the day."""
    return {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "python": platform.python_version(),
        **{name: found for name in _PACKAGES if (found := _version(name))},
        "day": datetime.date.today().isoformat(),
    }


def _processor() -> str:
    told = getattr(torch.cpu, "get_capabilities", dict)().get("cpu_name")
    cpuinfo = Path("/proc/cpuinfo")
    if not told and cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        told = next((line.split(": ")[1] for line in lines if line.startswith("model name")), "")
    return told or platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
