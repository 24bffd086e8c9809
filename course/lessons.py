"""Reads a lesson's source, ``solutions/NN_name.py``, into cells that know their role."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

ROLES = ("exercise", "check", "essay", "rubric")
"""The header keys that give a cell its role; their value is the exercise's id, such as "3-1"."""

_MARKER = re.compile(r"^# %%(%*\s|$)")
# jupytext's notes on blank lines in the text file; they mean nothing in a notebook.
_SPACING = {"lines_to_next_cell", "lines_to_end_of_cell_marker"}


@dataclass(frozen=True)
class Cell:
    """One cell of a source.

    Attributes:
        line: Line of its ``# %%`` marker, from 1.
        type: ``"code"``, ``"markdown"`` or ``"raw"``.
        source: Its text, without the marker.
        keys: What its marker says: ``{"essay": "3-6", "points": 5}``.
    """

    line: int
    type: str
    source: str
    keys: dict[str, Any]

    @property
    def role(self) -> str | None:
        """One of ROLES, or None for ordinary prose and code."""
        return next((role for role in ROLES if role in self.keys), None)

    @property
    def exercise(self) -> str | None:
        """Id of the exercise that the cell belongs to."""
        return str(self.keys[self.role]) if self.role else None

    @property
    def deterministic(self) -> bool:
        """Whether the cell prints the same text in every run."""
        return self.role == "check" or self.keys.get("deterministic", False)


@dataclass(frozen=True)
class Lesson:
    """A source: its file and its cells, in order."""

    path: Path
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """Such as ``"03_training"``."""
        return self.path.stem

    @property
    def number(self) -> str:
        """Two digits, such as ``"03"``."""
        return self.name[:2]

    def having(self, role: str) -> Iterator[Cell]:
        """Yield the cells of one role."""
        return (cell for cell in self.cells if cell.role == role)


def read(path: Path) -> Lesson:
    """Read a source.

    Raises:
        ValueError: Text lies outside all cells, or a ``# %%`` inside a cell is no marker, so that
            cells and lines cannot be brought together.
    """
    text = path.read_text(encoding="utf-8")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if _MARKER.match(line)]
    cells = jupytext.reads(text, fmt="py:percent").cells
    if len(lines) != len(cells):
        raise ValueError(
            f"{len(lines)} markers `# %%` but {len(cells)} cells: "
            "begin every cell with a marker, and use `# %%` for nothing else"
        )
    return Lesson(path, tuple(map(_cell, lines, cells)))


def _cell(line: int, node: Any) -> Cell:
    keys = {key: value for key, value in node.metadata.items() if key not in _SPACING}
    return Cell(line, node.cell_type, node.source, keys)


def hidden_lines(cell: Cell) -> list[str]:
    """Return the lines that no student may see: solutions, model answers, rubrics."""
    if cell.role in ("essay", "rubric"):
        return cell.source.splitlines()
    return [line for line, hidden in _solution_regions(cell) if hidden]


def shown_lines(cell: Cell) -> list[str]:
    """Return the lines that students see."""
    if cell.role in ("essay", "rubric"):
        return []
    return [line for line, hidden in _solution_regions(cell) if not hidden]


def _solution_regions(cell: Cell) -> Iterator[tuple[str, bool]]:
    hidden = False
    for line in cell.source.splitlines():
        if "BEGIN SOLUTION" in line:
            hidden = True
        elif "END SOLUTION" in line:
            hidden = False
        else:
            yield line, hidden
