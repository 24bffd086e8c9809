"""Puts the explorer's page together: ``python -m course.explorer FOLDER``."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_PAGE = _ROOT / "site" / "explorer"
_MINI = _ROOT / "helpers" / "mini"
_PARTS = ("*.html", "*.css", "*.js", "weights/*.safetensors")


def publish(folder: Path) -> None:
    """Copy the page and the mini sets to a folder that any web server can serve."""
    for pattern in _PARTS:
        for path in _PAGE.glob(pattern):
            _copy(path, folder / path.relative_to(_PAGE))
    for path in _MINI.glob("*.gz"):
        _copy(path, folder / "data" / path.name)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m course.explorer", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    publish(parser.parse_args().folder)
