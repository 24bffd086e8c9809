"""Finds the answers in a notebook whose cells were moved, copied, retyped or deleted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from course.grade.cells import LONGEST_SOURCE, Cell
from course.grade.handout import EXERCISE, Handout, defined_names
from course.grade.own_cells import needed_definitions, own_definitions
from course.grade.stages import Flag

# 「# 問 3-1」, also with full-width figures and any kind of dash.
_MARKER = re.compile(r"^ *#+ *問 *(\d{1,2}) *[-‐‑‒–—―−ー] *(\d{1,2})", re.MULTILINE)
_DEFINITION = re.compile(r"^(?:async +)?(?:def|class) +(\w+)", re.MULTILINE)
_FENCE = re.compile(r"^(?:```|~~~).*$", re.MULTILINE)


@dataclass(frozen=True)
class _Candidate:
    """A cell that may be the answer to an exercise.

    Attributes:
        place: Its place in the notebook.
        cell: The cell.
        code: What it would execute.
        names: What the code defines.
        marked: Whether the cell says so itself, rather than by what it defines.
        changed: Whether it differs from what was handed out.
    """

    place: int
    cell: Cell
    code: str
    names: frozenset[str]
    marked: bool
    changed: bool


def _surest(candidate: _Candidate) -> tuple[bool, bool, bool, int]:
    """Sort candidates: the largest is the answer, and among equals the last in the notebook."""
    return candidate.changed, candidate.marked, candidate.cell.type == "code", candidate.place


def answers_in(cells: Sequence[Cell], handout: Handout) -> tuple[dict[str, str], list[Flag]]:
    """Return the code of each exercise that was found, and what to flag.

    The code begins with what it needs of the cells that the student added.

    Args:
        cells: The notebook that was handed in.
        handout: The notebook as it was handed out.
    """
    found = _candidates(cells, handout)
    taken = {candidate.place for candidates in found.values() for candidate in candidates}
    others = (cell.source for place, cell in enumerate(cells) if place not in taken)
    own = own_definitions(others, handout)
    answers, flags = {}, []
    for exercise, candidates in found.items():
        if not candidates:
            flags.append(Flag("missing", exercise))
            continue
        answer = _joined_code(candidates, handout.names[exercise])
        needed = needed_definitions(answer, own)
        answers[exercise] = f"{needed}\n\n{answer}" if needed else answer
        flags += _flags(exercise, candidates, bool(needed))
    return answers, flags


def _candidates(cells: Sequence[Cell], handout: Handout) -> dict[str, list[_Candidate]]:
    found: dict[str, list[_Candidate]] = {exercise: [] for exercise in handout.stubs}
    for place, cell in enumerate(cells):
        if cell.source.strip() in handout.fixed:
            continue
        code, names, marks = code_of(cell), names_of(cell), marks_of(cell)
        for exercise in exercises_of(cell, handout):
            changed = is_changed(code, handout.stubs[exercise])
            candidate = _Candidate(place, cell, code, names, exercise in marks, changed)
            found[exercise].append(candidate)
    return found


def exercises_of(cell: Cell, handout: Handout) -> list[str]:
    """Return the exercises that a cell answers: those whose names it defines, else as marked."""
    names, marks = names_of(cell), marks_of(cell)
    defined = [exercise for exercise, wanted in handout.names.items() if names & set(wanted)]
    # 「### 問 3-1 学習の 1 歩」 in a text is the question.
    may_be_answer = cell.type == "code" or cell.grade_id.startswith(EXERCISE)
    marked = [mark for mark in marks if mark in handout.stubs][:1]
    return defined or (marked if may_be_answer else [])


def marks_of(cell: Cell) -> list[str]:
    """Return the exercises that a cell's metadata and its `# 問 N-k` lines name, in this order."""
    lines = _MARKER.findall(unicodedata.normalize("NFKC", cell.source))
    named = [f"{int(number)}-{int(place)}" for number, place in lines]
    has_id = cell.grade_id.startswith(EXERCISE)
    return [cell.grade_id.removeprefix(EXERCISE), *named] if has_id else named


def names_of(cell: Cell) -> frozenset[str]:
    """Return what a cell defines, even in code that does not run yet."""
    code = code_of(cell)
    seen = _DEFINITION.findall(code)
    return frozenset(seen + list(defined_names(code)) if cell.type == "code" else seen)


def code_of(cell: Cell) -> str:
    """Return what a cell would execute; one that became a text may have fences around it."""
    return cell.source if cell.type == "code" else _FENCE.sub("", cell.source).strip()


def is_changed(text: str, stub: str) -> bool:
    """Say whether a cell differs from what was handed out by more than white space."""
    return text.split() != stub.split()


def _joined_code(candidates: list[_Candidate], names: tuple[str, ...]) -> str:
    """Return the cell that counts, with other cells that define what it lacks."""
    first, *others = sorted(candidates, key=_surest, reverse=True)
    chosen, missing = [first], set(names) - first.names
    for other in others:
        if other.changed and missing & other.names:
            chosen.append(other)
            missing -= other.names
    return "\n\n".join(one.code for one in sorted(chosen, key=lambda one: one.place))


def _flags(exercise: str, candidates: list[_Candidate], needs_own_cells: bool) -> list[Flag]:
    counts = max(candidates, key=_surest)
    return raised(
        exercise,
        duplicated=sum(one.marked == counts.marked for one in candidates) > 1,
        retyped=counts.cell.type != "code",
        lost_metadata=counts.cell.grade_id != EXERCISE + exercise,
        too_long=len(counts.cell.source) == LONGEST_SOURCE,
        own_cells=needs_own_cells,
    )


def raised(where: str, **reasons: bool) -> list[Flag]:
    """Return a flag for each reason that holds."""
    return [Flag(reason, where) for reason, holds in reasons.items() if holds]
