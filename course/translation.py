"""Brings a lesson's English words, ``solutions/en/NN_name.py``, together with its source.

The Japanese source stays the only program. The English file holds its prose cells and those code
cells that contain Japanese words, in the same order, each stamped with the cell that it renders:
``# %% [markdown] of="5f2c9a1b"``. The inside of a solution is never written twice: an English
exercise cell has nothing between its two SOLUTION marks.
"""

import hashlib
import re
from collections.abc import Iterator

import jupytext
from nbformat import v4

from course.lessons import Cell, Lesson

JAPANESE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff01-\uff9f]")
"""A letter or sign that no English sentence has: kana, kanji, full-width forms, 「」、。"""

_MARKS = ("### BEGIN SOLUTION", "### END SOLUTION")


def stamp(cell: Cell) -> str:
    """Return what an English cell says it renders: eight hexadecimal digits of the content."""
    return hashlib.sha256(f"{cell.type}\n{without_solution(cell)}".encode()).hexdigest()[:8]


def without_solution(cell: Cell) -> str:
    """Return the text of a cell with nothing between its SOLUTION marks."""
    kept, hidden = [], False
    for line in cell.source.splitlines():
        hidden = hidden and _MARKS[1] not in line
        if not hidden:
            kept.append(line)
        hidden = hidden or _MARKS[0] in line
    return "\n".join(kept)


def cells_with_words(lesson: Lesson) -> Iterator[Cell]:
    """Yield the cells that an English edition needs words for, in order."""
    for cell in lesson.cells:
        if cell.type == "markdown" or JAPANESE.search(without_solution(cell)):
            yield cell


def skeleton(lesson: Lesson) -> str:
    """Return an English file in which every word is still Japanese, for a translator to fill in."""
    notebook = v4.new_notebook(metadata={"jupytext": {"notebook_metadata_filter": "-all"}})
    for cell in {stamp(cell): cell for cell in cells_with_words(lesson)}.values():
        make = v4.new_markdown_cell if cell.type == "markdown" else v4.new_code_cell
        notebook.cells.append(make(without_solution(cell), metadata={"of": stamp(cell)}))
    return jupytext.writes(notebook, fmt="py:percent")
