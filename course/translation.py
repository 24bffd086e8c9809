"""Brings a lesson's English words, ``solutions/en/NN_name.py``, together with its source.

The Japanese source stays the only program. The English file holds its prose cells and those code
cells that contain Japanese words, in the same order, each stamped with the cell that it renders:
``# %% [markdown] of="5f2c9a1b"``. The inside of a solution is never written twice: an English
exercise cell has nothing between its two SOLUTION marks.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path

import jupytext
from nbformat import v4

from course.lessons import (
    ESSAY_LABELS,
    LABELS,
    Cell,
    Lesson,
    content_hash,
    labelled,
    with_solutions,
    without_solutions,
)
from course.pictures import picture_faults

JAPANESE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff01-\uff9f]")
"""A letter or sign that no English sentence has: kana, kanji, full-width forms, 「」、。"""

_ENGLISH_LABELS = {labels["ja"]: labels["en"] for labels in (LABELS, ESSAY_LABELS)}
_HEADING = re.compile(rf"^(#+) ({'|'.join(_ENGLISH_LABELS)}) (\d+-\d+)", re.MULTILINE)
_TERM = re.compile(r"\*\*([^*(]+?) \(([A-Za-z][^()]*)\)\*\*")


@dataclass(frozen=True)
class Pair:
    """A Japanese cell and the English one that renders it, or should.

    Attributes:
        japanese: None if the cell that the English one rendered is gone.
        english: As it stands in the file; None if it is still to be written.
    """

    japanese: Cell | None
    english: Cell | None

    @property
    def is_stamped(self) -> bool:
        """Whether the English cell was written for the Japanese one as it is now."""
        both = self.japanese and self.english
        return bool(both and self.english.keys.get("of") == content_hash(self.japanese))


def words_path(source: Path) -> Path:
    """Return where the English words of a source stand."""
    return source.parent / "en" / source.name


def pairs(lesson: Lesson, words: Iterable[Cell]) -> list[Pair]:
    """Bring the cells of both files together, in order.

    What lies between two cells that fit is paired one by one, so that a Japanese cell that was
    changed finds its English one.
    """
    japanese, english = _unique(_cells_with_words(lesson)), list(words)
    matcher = SequenceMatcher(
        None, list(map(content_hash, japanese)), [cell.keys.get("of") for cell in english], False
    )
    return [
        Pair(*pair)
        for _, first, last, begin, end in matcher.get_opcodes()
        for pair in zip_longest(japanese[first:last], english[begin:end])
    ]


def _cells_with_words(lesson: Lesson) -> Iterator[Cell]:
    for cell in lesson.cells:
        if cell.type == "markdown" or JAPANESE.search(_words(cell)):
            yield cell


def _words(cell: Cell) -> str:
    """Return what an English cell renders: no solution, no line that follows from the role."""
    source = without_solutions(cell.source)
    return source.partition("\n")[2] if cell.role == "exercise" else source


def _unique(cells: Iterable[Cell]) -> list[Cell]:
    """Return the cells, those with the same content once."""
    return list({content_hash(cell): cell for cell in cells}.values())


def english(lesson: Lesson, words: Iterable[Cell]) -> Lesson:
    """Return the lesson with English words, for words without faults."""
    sources = {cell.keys["of"]: cell.source for cell in words}

    def render(cell: Cell) -> Cell:
        source = sources.get(content_hash(cell))
        if source is None:
            return cell
        if cell.role != "exercise":
            return replace(cell, source=source)
        return labelled(replace(cell, source=with_solutions(source, cell.source)), "en")

    return replace(lesson, cells=tuple(map(render, lesson.cells)), language="en")


def word_faults(lesson: Lesson, words: Sequence[Cell]) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with a lesson's English words: the line in their file, and a sentence."""
    line = 0
    for pair in pairs(lesson, words):
        line = pair.english.line if pair.english else line
        if fault := _pair_fault(pair, lesson):
            yield line, fault


def _pair_fault(pair: Pair, lesson: Lesson) -> str | None:
    if pair.english is None:
        return f"no English yet for the cell {_quoted(pair.japanese)}{_how(lesson)}"
    if pair.japanese is None:
        return f"no Japanese cell is left for {_quoted(pair.english)}{_how(lesson)}"
    if not pair.is_stamped:
        return (
            f"the Japanese has changed: it says now {_quoted(pair.japanese)}, and the English says "
            f"{_quoted(pair.english)}; change it if it no longer fits{_how(lesson)}"
        )
    return _rendering_fault(pair.japanese, pair.english, lesson.path.parent)


def _rendering_fault(japanese: Cell, english: Cell, folder: Path) -> str | None:
    """Return why an English cell cannot stand for the Japanese one."""
    if unknown := english.keys.keys() - {"of"}:
        return f"unknown word in the cell's marker: {min(unknown)}"
    if english.type != japanese.type:
        return f"the Japanese cell is a {japanese.type} cell"
    if found := JAPANESE.search(english.source):
        return f"still Japanese: {found[0]!r} in {_quoted(english)}"
    if japanese.type == "markdown":
        pictures = picture_faults(english.source, folder)
        return (
            next(pictures, None)
            or _heading_fault(japanese, english)
            or _term_fault(japanese, english)
        )
    return _program_fault(japanese, english)


def _heading_fault(japanese: Cell, english: Cell) -> str | None:
    """Return which heading lacks the form by which students and graders find their way."""
    for signs, label, number in _HEADING.findall(japanese.source):
        heading = f"{signs} {_ENGLISH_LABELS[label]} {number}"
        if not re.search(rf"^{heading}(?!\d)", english.source, re.MULTILINE):
            return f"a heading must begin with `{heading}`"
    return None


def _term_fault(japanese: Cell, english: Cell) -> str | None:
    for _, term in terms(japanese):
        if not re.search(rf"\*\*{re.escape(term)}s?\*\*", english.source, re.IGNORECASE):
            return f"the term **{term}** of the Japanese cell is not bold here, or called otherwise"
    return None


def terms(japanese: Cell) -> list[tuple[str, str]]:
    """Return the terms that a Japanese cell introduces in bold, each with its English name.

    ``**畳み込み (convolution)**`` names one; ``**ReLU (rectified linear unit)**`` is English as a
    whole.
    """
    return [
        (name, f"{name} ({meaning})" if name.isascii() else meaning)
        for name, meaning in _TERM.findall(japanese.source)
    ]


def _program_fault(japanese: Cell, english: Cell) -> str | None:
    try:
        source = english.source
        if source != without_solutions(source):
            return "leave the solution to the Japanese cell: write nothing between its marks"
        if japanese.role == "exercise":
            source = with_solutions(source, japanese.source)
            if JAPANESE.search(source):
                return "the solution has Japanese words: it is the same in both languages"
        theirs = _without_words(source)
    except SyntaxError as error:
        return f"the cell is no valid Python: {error.msg} (line {error.lineno} of the cell)"
    except ValueError as error:
        return str(error)
    if theirs != _without_words(japanese.source):
        return "the program differs from the Japanese cell's in more than words"
    return None


def _without_words(source: str) -> str:
    """Return the program with strings blanked, and with no comments."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            node.values = [part for part in node.values if isinstance(part, ast.FormattedValue)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def _quoted(cell: Cell) -> str:
    return f"“{_words(cell).strip()}”"


def _how(lesson: Lesson) -> str:
    return f"; then run `course translate {lesson.number}`"


def translated(lesson: Lesson, words: Sequence[Cell], fits: Callable[[Pair], bool]) -> str:
    """Return the English file with what is missing added, and stamped anew where it fits.

    Args:
        lesson: The Japanese source.
        words: The cells of the English file; none for a new one.
        fits: Whether the English cell of a pair has been looked at and renders the Japanese one.
    """
    notebook = v4.new_notebook(metadata={"jupytext": {"notebook_metadata_filter": "-all"}})
    for pair in pairs(lesson, words):
        if pair.japanese is None:
            continue  # nothing renders what is gone
        cell = pair.english or replace(pair.japanese, source=_words(pair.japanese))
        stamp = content_hash(pair.japanese)
        if pair.english and not pair.is_stamped and not fits(pair):
            stamp = pair.english.keys.get("of", "")
        make = v4.new_markdown_cell if cell.type == "markdown" else v4.new_code_cell
        notebook.cells.append(make(cell.source, metadata={"of": stamp}))
    return jupytext.writes(notebook, fmt="py:percent")
