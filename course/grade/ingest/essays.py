"""Finds the essays in a notebook, wherever the student wrote them."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator, Sequence

from course.grade.ingest.answers import exercises_of, is_changed, raised
from course.grade.ingest.cells import LONGEST_SOURCE, NotebookCell
from course.grade.ingest.handout import Handout
from course.grade.ingest.student import has_label, student_in
from course.grade.shared.assignment import ESSAY
from course.grade.shared.stages import Flag, Student
from course.grade.shared.untrusted import line, plain_form
from course.grade.syntax.source import statements

# 「### 考察 3-6」 or "### Essay 3-6", also in front of what a student wrote elsewhere.
_HEADING = re.compile(r"^[ #*]*(?:考察|Essay) *(\d{1,2}) *[-‐‑‒–—―−ー] *(\d{1,2})", re.MULTILINE)
_LINK = re.compile(r"\[[^][\n]*\]\([^()\n]*\)")
_SHORTEST_BELOW_A_HEADER = 60
"""Characters; less in the cell with a student's name and number is no essay."""

_FEWEST_WORDS, _LETTERS = 10, 0.75
"""Words of English prose in a code cell, and the part of its characters that are their letters."""


def essays_in(cells: Sequence[NotebookCell], handout: Handout) -> tuple[dict[str, str], list[Flag]]:
    """Return the text of each essay, empty where nothing was written, and what to flag.

    What was typed into the question's cell, into cells of the student's own below, or under the
    essay's heading anywhere, belongs to the essay too. An essay that stays empty is flagged if
    there is any other prose of the student's: a person has to look whether it was meant.

    Args:
        cells: The notebook that was handed in.
        handout: The notebook as it was handed out.
    """
    essays, flags, claimed = {}, [], set()
    for essay in handout.essays:
        parts, found = _essay(essay, cells, handout)
        essays[essay] = "\n\n".join(filter(None, (parts[place] for place in sorted(parts))))
        flags += found
        claimed |= parts.keys()
    empty = [essay for essay, text in essays.items() if not text]
    if empty and (elsewhere := _prose_elsewhere(cells, claimed, handout)):
        flags += [Flag("essay_elsewhere", essay, line(elsewhere)) for essay in empty]
    return essays, flags


def _essay(
    essay: str, cells: Sequence[NotebookCell], handout: Handout
) -> tuple[dict[int, str], list[Flag]]:
    """Return what belongs to an essay, by the places of the cells, and what to flag."""
    stub, question = handout.essays[essay], handout.questions[essay]
    own = [place for place, cell in enumerate(cells) if cell.grade_id == ESSAY + essay]
    asked = [place for place, cell in enumerate(cells) if _asks(cell, essay)]
    written = [place for place in own if is_changed(cells[place].source, stub)]
    if not own and not asked:
        return {}, [Flag("missing", essay)]
    start = (written or own or asked)[-1]
    below = _typed_below({start, *asked}, cells, handout)
    outside = {place: cells[place].source.strip() for place in below}
    outside |= {place: _added(cells[place].source, _rows([question, stub])) for place in asked}
    inside = {start: cells[start].source.replace(stub, "").strip()} if own else {}
    has_outside = any(outside.values())
    return outside | inside, raised(
        essay,
        duplicated=len(written) > 1,
        retyped=bool(own) and cells[start].type != "markdown",
        missing=not (own or has_outside),
        lost_metadata=has_outside and not own,
        too_long=any(len(cells[place].source) == LONGEST_SOURCE for place in (start, *outside)),
        essay_below=bool(own) and has_outside,
    )


def _asks(cell: NotebookCell, essay: str) -> bool:
    """Say whether a cell has the essay's heading, however its question was changed."""
    return not cell.grade_id and essay in _headings(cell.source)


@functools.lru_cache(maxsize=512)  # most cells are the same in the whole class
def _headings(source: str) -> frozenset[str]:
    found = _HEADING.findall(plain_form(source))
    return frozenset(f"{int(number)}-{int(place)}" for number, place in found)


def _rows(texts: Iterable[str]) -> set[str]:
    return {row.strip() for text in texts for row in text.splitlines() if row.strip()}


def _added(text: str, handed_out: set[str]) -> str:
    """Return the rows of a text that were not handed out."""
    return "\n".join(row for row in text.splitlines() if row.strip() not in handed_out).strip()


def _typed_below(
    starts: set[int], cells: Sequence[NotebookCell], handout: Handout
) -> Iterator[int]:
    """Yield the places of prose below each start, up to the next cell that was handed out."""
    stubs, is_below = {stub.strip() for stub in handout.essays.values()}, False
    for place, cell in enumerate(cells):
        text = cell.source.strip()
        if place in starts:
            is_below = True
        elif cell.grade_id or text in handout.fixed:
            is_below = False
        elif is_below and text and text not in stubs and _is_prose(cell):
            yield place


def _prose_elsewhere(cells: Sequence[NotebookCell], claimed: set[int], handout: Handout) -> str:
    """Return the first prose of the student's own that belongs to no answer and no essay."""
    handed_out = _rows([*handout.fixed, *handout.essays.values(), *handout.stubs.values()])
    for place, cell in enumerate(cells):
        is_answer = cell.grade_id or exercises_of(cell, handout)
        if place not in claimed and not is_answer and _is_prose(cell):
            text = _LINK.sub("", _added(cell.source, handed_out))
            if _may_be_essay(text, cell):
                return text
    return ""


def _may_be_essay(text: str, cell: NotebookCell) -> bool:
    """Say whether what a student wrote into a cell is more than a name and a number."""
    if cell.type == "code" and text.isascii() and not _reads_as_english(text):
        return False  # such as half a statement
    words = "".join(row for row in text.splitlines() if not has_label(row)).strip()
    is_header = student_in([cell.source]) != Student("")
    shortest = _SHORTEST_BELOW_A_HEADER if is_header else 1
    return any(map(str.isalpha, words)) and len(words) >= shortest


def _reads_as_english(text: str) -> bool:
    """Say whether letters make up words rather than names between signs."""
    words = re.findall(r"[A-Za-z']+", text)
    return len(words) >= _FEWEST_WORDS and sum(map(len, words)) >= _LETTERS * len(text)


def _is_prose(cell: NotebookCell) -> bool:
    """Say whether a cell is text, or code that says something and does nothing."""
    return cell.type != "code" or all(map(_only_says, statements(cell.source)))


def _only_says(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(ast.Constant(str())) | ast.Assign(value=ast.Constant(str())):
            return True
        case ast.Expr(ast.Call(ast.Name("print"), words)):
            return all(isinstance(word, ast.Constant) for word in words)
        case ast.Expr(ast.Name(word)):
            return not word.isascii()
    return False
