"""Reads a lesson's source, ``solutions/NN_name.py``, into cells that know their role.

What follows from ``exercise="3-1"`` is not written down: the cell's first line, ``# 問 3-1``, by
which graders know it when the metadata are lost, and the check cell below it.
"""

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jupytext

from helpers.internal.sentences import Language

ROLES = ("exercise", "check", "essay", "rubric")
"""The header keys that give a cell its role; their value is the exercise's id, such as "3-1"."""

LABELS: dict[Language, str] = {"ja": "問", "en": "Exercise"}
"""How the first line of an exercise cell begins."""

ESSAY_LABELS: dict[Language, str] = {"ja": "考察", "en": "Essay"}
"""What the heading of an essay's question begins with."""

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"

_MARKER = re.compile(r"^# %%(%*\s|$)")
_SOLUTION = re.compile(rf"(^[ ]*{BEGIN}\n).*?(^[ ]*{END}$)", re.MULTILINE | re.DOTALL)
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
        id: The same in every build and language: ``"03-exercise-3-1"``; ordinary cells are
            named after their Japanese content, ``"03-5f2c9a1b"``.
    """

    line: int
    type: str
    source: str
    keys: dict[str, Any]
    id: str = ""

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
    """A source: its file and its cells, in order, with the words of one language."""

    path: Path
    cells: tuple[Cell, ...]
    language: Language = "ja"

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
    cells = (part for cell in written_cells(path) for part in _expanded(cell))
    return Lesson(path, tuple(_identified(path.name[:2], cells)))


def written_cells(path: Path) -> list[Cell]:
    """Return the cells as they stand in a file.

    Raises:
        ValueError: As :func:`read`.
    """
    text = path.read_text(encoding="utf-8")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if _MARKER.match(line)]
    cells = jupytext.reads(text, fmt="py:percent").cells
    if len(lines) != len(cells):
        raise ValueError(
            f"{len(lines)} markers `# %%` but {len(cells)} cells: "
            "begin every cell with a marker, and use `# %%` for nothing else"
        )
    return list(map(_cell, lines, cells))


def _cell(line: int, node: Any) -> Cell:
    keys = {key: value for key, value in node.metadata.items() if key not in _SPACING}
    return Cell(line, node.cell_type, node.source, keys)


def _expanded(cell: Cell) -> Iterator[Cell]:
    """Yield the cell; an exercise gets its first line, and its check below it."""
    if cell.role != "exercise":
        yield cell
        return
    yield labelled(cell, "ja")
    names = ", ".join(defined_names(cell.source))
    yield Cell(cell.line, "code", f'{names} = check("{cell.exercise}")', {"check": cell.exercise})


def labelled(cell: Cell, language: Language) -> Cell:
    """Return an exercise cell with the first line that names it."""
    return replace(cell, source=f"# {LABELS[language]} {cell.exercise}\n{cell.source}")


def defined_names(source: str) -> list[str]:
    """Return the functions and classes that a cell defines; none where it is no valid Python."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return []
    return [node.name for node in statements if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def _identified(number: str, cells: Iterable[Cell]) -> Iterator[Cell]:
    seen: Counter[str] = Counter()
    for cell in cells:
        name = f"{cell.role}-{cell.exercise}" if cell.role else content_hash(cell)
        seen[name] += 1
        repeated = f"-{seen[name]}" if seen[name] > 1 else ""
        yield replace(cell, id=f"{number}-{name}{repeated}")


def content_hash(cell: Cell) -> str:
    """Return eight hexadecimal digits for a cell's type and what students see of it in code."""
    content = f"{cell.type}\n{without_solutions(cell.source)}"
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def hidden_lines(cell: Cell) -> list[str]:
    """Return the lines that no student may see: solutions, model answers, rubrics."""
    if cell.role in ("essay", "rubric"):
        return cell.source.splitlines()
    return [line for line, hidden in solution_regions(cell.source) if hidden]


def shown_lines(cell: Cell) -> list[str]:
    """Return the lines that students see."""
    if cell.role in ("essay", "rubric"):
        return []
    return [line for line, hidden in solution_regions(cell.source) if not hidden]


def solution_regions(source: str) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a cell without the SOLUTION marks, and whether each lies between two."""
    hidden = False
    for line in source.splitlines():
        if BEGIN in line:
            hidden = True
        elif END in line:
            hidden = False
        else:
            yield line, hidden


def without_solutions(source: str) -> str:
    """Return the text of a cell with its SOLUTION marks, but nothing between them."""
    return _SOLUTION.sub(r"\1\2", source)


def with_solutions(source: str, solved: str) -> str:
    """Return the text of a cell with what lies between the SOLUTION marks of ``solved``.

    Raises:
        ValueError: The two have another number of pairs of marks.
    """
    solutions = [found[0] for found in _SOLUTION.finditer(solved)]
    if len(_SOLUTION.findall(source)) != len(solutions):
        raise ValueError("the SOLUTION marks are not those of the source")
    remaining = iter(solutions)
    return _SOLUTION.sub(lambda _: next(remaining), source)
