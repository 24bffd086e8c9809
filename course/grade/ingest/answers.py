"""Finds the answers in a notebook whose cells were moved, copied, retyped or deleted.

What counts is what ``check`` judged in the student's own notebook, as far as its cells tell: what
it accepted, else what it judged last.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from course.grade.ingest.cells import LONGEST_SOURCE, NotebookCell
from course.grade.ingest.handout import Handout
from course.grade.ingest.own_cells import OwnDefinitions
from course.grade.shared.assignment import EXERCISE
from course.grade.shared.stages import Flag
from course.grade.shared.untrusted import line, plain_form
from course.grade.syntax.source import (
    bound_names,
    checked_in,
    defined_names,
    fault_in,
    python_of,
    rebuilt_names,
    statements,
)

# 「# 問 3-1」 or "# Exercise 3-1", also with full-width figures and any kind of dash.
_MARKER = re.compile(r"^ *#+ *(?:問|Exercise) *(\d{1,2}) *[-‐‑‒–—―−ー] *(\d{1,2})", re.MULTILINE)
_DEFINITION = re.compile(r"^(?:async +)?(?:def|class) +(\w+)", re.MULTILINE)
_MADE = re.compile(r"^\s*(?:async +)?(?:def|class)\b|\blambda\b", re.MULTILINE)
_FENCE = re.compile(r"^(?:```|~~~).*$", re.MULTILINE)
_VERDICT = re.compile(r"(?<!\d)(\d{1,2}-\d{1,2})(?!\d)[^\n]{0,5}?(✅|❌|未完成|not done yet)")


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
        written: Whether more was changed than words about a stub that is still one.
    """

    place: int
    cell: NotebookCell
    code: str
    names: frozenset[str]
    marked: bool
    changed: bool
    written: bool

    @property
    def is_made(self) -> bool:
        """Whether it makes a function or class, or wraps one, rather than naming some value."""
        wraps = any(rebuilt_names(node) & self.names for node in statements(self.code))
        return wraps or bool(_MADE.search(self.code))

    @property
    def sureness(self) -> tuple[bool, bool, bool, bool]:
        """The greater, the more it looks like an answer."""
        return self.written, self.changed, self.written or self.marked, self.cell.type == "code"


@dataclass(frozen=True)
class _Check:
    """A cell that checks an exercise.

    Attributes:
        place: Its place in the notebook.
        count: Number of its execution; 0 if unknown.
        accepted: What it said about the answer; None if it said nothing that is left.
    """

    place: int
    count: int
    accepted: bool | None

    @property
    def has_run(self) -> bool:
        """Whether anything is left of an execution."""
        return self.count > 0 or self.accepted is not None


@dataclass(frozen=True)
class Answers:
    """What a notebook answers.

    Attributes:
        code: By exercise id, of those that were found. It begins with what it needs of other cells.
        accepted: Exercises that ``check`` has called correct, as the notebook says.
        flags: What an instructor should look at.
    """

    code: dict[str, str]
    accepted: tuple[str, ...]
    flags: list[Flag]


def answers_in(cells: Sequence[NotebookCell], handout: Handout) -> Answers:
    """Find the answers.

    Args:
        cells: The notebook that was handed in.
        handout: The notebook as it was handed out.
    """
    found, own = _candidates(cells, handout), OwnDefinitions(cells, handout)
    checks = _checks(cells)
    code, flags, known = {}, [], set()
    for exercise, candidates in found.items():
        known |= set(handout.names[exercise])
        if not candidates:
            flags.append(Flag("missing", exercise))
            continue
        checked = checks.get(exercise, [])
        ordered = _ordered(candidates, checked)
        chosen = _chosen(ordered, handout.names[exercise])
        answer = _joined_code(chosen)
        readable = _readable(answer)
        places = {one.place for one in chosen}
        until = max([*places, *(check.place for check in checked)]) if checked else len(cells)
        needed = own.needed_by(readable, places, known=known, until=until)
        code[exercise] = f"{needed}\n\n{readable}" if needed else answer
        flags += _flags(exercise, ordered, bool(needed))
        for source in (answer, *own.unreadable_for(readable)):
            flags += _not_python(exercise, source)
    accepted = tuple(
        exercise for exercise in found if any(one.accepted for one in checks.get(exercise, []))
    )
    return Answers(code, accepted, flags)


def _candidates(cells: Sequence[NotebookCell], handout: Handout) -> dict[str, list[_Candidate]]:
    found: dict[str, list[_Candidate]] = {exercise: [] for exercise in handout.stubs}
    for place, cell in enumerate(cells):
        if cell.source.strip() in handout.fixed:
            continue
        code, names, marks = code_of(cell), names_of(cell), marks_of(cell)
        for exercise in exercises_of(cell, handout):
            changed = is_changed(code, handout.stubs[exercise])
            candidate = _Candidate(
                place,
                cell,
                code,
                names,
                marked=exercise in marks,
                changed=changed,
                written=changed and _is_written(code, names, set(handout.names[exercise])),
            )
            found[exercise].append(candidate)
    return found


def _is_written(code: str, names: frozenset[str], wanted: set[str]) -> bool:
    """Say whether code defines something wanted, and more than a stub."""
    if not statements(code):
        return bool(names & wanted)  # half a function, or code too deep to be looked into
    nodes = (node for node in statements(code) if wanted & set(bound_names(node)))
    return any(not _is_stub(node) for node in nodes)


def _is_stub(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        return False
    return all(_does_nothing(part) for part in node.body)


def _does_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Expr(ast.Constant()):
            return True
        case ast.FunctionDef() | ast.ClassDef():
            return _is_stub(node)
        case ast.Raise(ast.Name("NotImplementedError") | ast.Call(ast.Name("NotImplementedError"))):
            return True
    return False


def _checks(cells: Sequence[NotebookCell]) -> dict[str, list[_Check]]:
    found: dict[str, list[_Check]] = {}
    for place, cell in enumerate(cells):
        if cell.type == "code" and "check" in cell.source:
            said = {exercise: mark == "✅" for exercise, mark in _VERDICT.findall(cell.printed)}
            ids = {one for node in statements(cell.source) for one in checked_in(node)}
            for exercise in ids:
                check = _Check(place, cell.count, said.get(exercise))
                found.setdefault(exercise, []).append(check)
    return found


def _ordered(candidates: list[_Candidate], checks: list[_Check]) -> list[_Candidate]:
    """Return the candidates, the one that counts first, then the others as they come into question.

    The surest count; of those the last one that was there when ``check`` accepted the exercise,
    else when it last judged it, else the last one. Of a check that was not run since the notebook
    was opened, nothing is left to tell.
    """
    by_place = sorted(candidates, key=lambda one: (one.sureness, one.is_made, one.place))[::-1]
    equals = [one for one in candidates if one.sureness == by_place[0].sureness]
    judged = _judged(equals, [check for check in checks if check.has_run])
    if judged is None:
        return by_place
    return [judged, *(one for one in by_place if one is not judged)]


def _judged(candidates: list[_Candidate], checks: list[_Check]) -> _Candidate | None:
    """Return the candidate that ``check`` accepted, or judged last without a word against it."""
    ran = [check for check in checks if check.count]
    last = max((check.count for check in ran), default=0)
    moments: list[tuple[int, _Candidate | _Check]]
    # Numbers tell who came first if all ran before the check; else some are of another session.
    if all(0 < one.cell.count < last for one in candidates):
        moments = [(one.cell.count, one) for one in candidates]
        moments += [(check.count, check) for check in ran]
    else:  # in one cell, the answer comes before its check
        moments = [(one.place, one) for one in [*candidates, *checks]]
    current = judged = accepted = None
    for _, one in sorted(moments, key=lambda moment: moment[0]):
        if isinstance(one, _Candidate):
            current = one
        else:
            judged = None if one.accepted is False else current
            accepted = current if one.accepted else accepted
    return accepted or judged


def exercises_of(cell: NotebookCell, handout: Handout) -> list[str]:
    """Return the exercises that a cell answers: those whose names it defines, else as marked."""
    names, marks = names_of(cell), marks_of(cell)
    defined = [exercise for exercise, wanted in handout.names.items() if names & set(wanted)]
    # 「### 問 3-1 学習の 1 歩」 in a text is the question.
    may_be_answer = cell.type == "code" or cell.grade_id.startswith(EXERCISE)
    marked = [mark for mark in marks if mark in handout.stubs][:1]
    return defined or (marked if may_be_answer else [])


def marks_of(cell: NotebookCell) -> list[str]:
    """Return the exercises that a cell's metadata and its `# 問 N-k` lines name, in this order."""
    named = _named_in(cell.source)
    has_id = cell.grade_id.startswith(EXERCISE)
    return [cell.grade_id.removeprefix(EXERCISE), *named] if has_id else named


@functools.lru_cache(maxsize=512)  # most cells are the same in the whole class
def _named_in(source: str) -> list[str]:
    lines = _MARKER.findall(plain_form(source))
    return [f"{int(number)}-{int(place)}" for number, place in lines]


def names_of(cell: NotebookCell) -> frozenset[str]:
    """Return what a cell defines, even in code that does not run yet."""
    return _names_in(code_of(cell), cell.type == "code")


@functools.lru_cache(maxsize=512)
def _names_in(code: str, is_code: bool) -> frozenset[str]:
    seen = _DEFINITION.findall(code)
    return frozenset([*seen, *defined_names(code)] if is_code else seen)


def code_of(cell: NotebookCell) -> str:
    """Return what a cell would execute; one that became a text may have fences around it."""
    return cell.source if cell.type == "code" else _FENCE.sub("", cell.source).strip()


def is_changed(text: str, stub: str) -> bool:
    """Say whether a cell differs from what was handed out by more than white space."""
    return text.split() != stub.split()


def _chosen(ordered: list[_Candidate], names: tuple[str, ...]) -> list[_Candidate]:
    """Return the cell that counts, with others that define what it lacks or builds on, in order."""
    first, *others = ordered
    chosen, missing = [first], set(names) - first.names
    missing |= _built_on(first, names)
    for other in others:
        if other.changed and missing & other.names:
            chosen.append(other)
            missing = missing - other.names | _built_on(other, names)
    return sorted(chosen, key=lambda one: one.place)


def _joined_code(chosen: list[_Candidate]) -> str:
    if len(chosen) == 1:
        return chosen[0].code
    return "\n\n".join(_readable(one.code) for one in chosen)


def _built_on(candidate: _Candidate, names: tuple[str, ...]) -> set[str]:
    """Return the wanted names that a cell gives a new value made of their old one."""
    built, defined = set(), set()
    for node in statements(candidate.code):
        built |= rebuilt_names(node) & set(names) - defined
        defined |= set(bound_names(node))
    return built


def _readable(code: str) -> str:
    """Return code that other code can be put in front of."""
    return code if fault_in(code) else python_of(code)


def _flags(exercise: str, ordered: list[_Candidate], needs_others: bool) -> list[Flag]:
    counts, *others = ordered
    has_marked_cell = any(one.cell.grade_id == EXERCISE + exercise for one in others)
    elsewhere = counts.cell.grade_id != EXERCISE + exercise
    return raised(
        exercise,
        duplicated=any(_rivals(counts, other) for other in others),
        retyped=counts.cell.type != "code",
        other_cell=elsewhere and has_marked_cell,
        lost_metadata=elsewhere and not has_marked_cell,
        too_long=len(counts.cell.source) == LONGEST_SOURCE,
        own_cells=needs_others,
    )


def _rivals(counts: _Candidate, other: _Candidate) -> bool:
    """Say whether a person could take the other one for the answer."""
    if counts.marked and other.marked:
        return True
    return other.written and bool(other.names & counts.names)


def _not_python(exercise: str, source: str) -> list[Flag]:
    if (fault := fault_in(source)) is None:
        return []
    rows = source.split("\n")
    row = rows[fault.lineno - 1] if fault.lineno and fault.lineno <= len(rows) else ""
    return [Flag("not_python", exercise, line(f"{fault.lineno}: {row.strip()} ({fault.msg})"))]


def raised(where: str, **reasons: bool) -> list[Flag]:
    """Return a flag for each reason that holds."""
    return [Flag(reason, where) for reason, holds in reasons.items() if holds]
