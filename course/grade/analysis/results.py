"""Reads the results of a class, as the measures need them, from ``report.json``."""

from __future__ import annotations

import builtins
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from course.errors import StorageError
from course.files import storage_errors
from course.grade.analysis.text import REPORT_DAMAGED
from course.grade.shared.stages import STOPPED, Student
from exercises.translations import PROBLEMS

Outcome = Literal["right", "wrong", "blank", "failed"]
"""What became of an answer; ``"failed"``: it ended with an error, or was stopped, and no hint knows
why."""

OUTCOMES: tuple[Outcome, ...] = ("right", "wrong", "failed", "blank")

_NO_RESULT = STOPPED | {"no_result", "too_large", "not_judged"}
_PYTHONS_ERRORS = frozenset(name for name in dir(builtins) if name.endswith("Error"))


@dataclass(frozen=True, order=True)
class Mistake:
    """What is wrong with an answer, in no language.

    Attributes:
        kind: ``"hint"``, ``"error"``, ``"no_result"``, or the reason that the verdict gives.
        key: Which of its kind: name of the hint, type of the error, why there is no result, item
            that differs.
    """

    kind: str
    key: str


@dataclass(frozen=True)
class Answer:
    """What one exercise or essay of one submission came to.

    Attributes:
        points: What counts; None while a person has still to mark it.
        highest: The points of a full answer.
        outcome: None for an essay.
        mistake: What is wrong; None where nothing is, or nothing is known.
        same: Equal in answers that are wrong in the very same way, with the same values.
    """

    points: float | None
    highest: float
    outcome: Outcome | None = None
    mistake: Mistake | None = None
    same: str = ""


@dataclass(frozen=True)
class HandedIn:
    """One graded submission.

    Attributes:
        student: Who handed it in.
        lesson: Such as ``"03_training"``; empty if the file could not be graded.
        file: Its name.
        answers: By id of exercise and essay.
    """

    student: Student
    lesson: str
    file: str
    answers: Mapping[str, Answer]


@dataclass(frozen=True)
class Results:
    """The results of a class.

    Attributes:
        course: Name and version of what was graded.
        handed_in: All submissions.
        policy: What the instructor decided for the whole class.
    """

    course: str
    handed_in: tuple[HandedIn, ...]
    policy: Mapping[str, Any]

    @property
    def lessons(self) -> list[str]:
        """The lessons that anybody handed in, in order."""
        return sorted({one.lesson for one in self.handed_in if one.lesson})

    def of_lesson(self, lesson: str) -> list[HandedIn]:
        """Return the submissions of a lesson."""
        return [one for one in self.handed_in if one.lesson == lesson]

    @property
    def by_student(self) -> dict[str, list[HandedIn]]:
        """The submissions of each student, by the student's key."""
        groups: dict[str, list[HandedIn]] = {}
        for one in self.handed_in:
            groups.setdefault(one.student.key, []).append(one)
        return groups


def read_results(out: Path) -> Results:
    """Read what grading has written to a folder.

    Raises:
        StorageError: There is no report, or none that can be read.
    """
    path = out / "report.json"
    with storage_errors(path):
        content = path.read_bytes()
    try:
        report = json.loads(content)
        handed_in = tuple(map(_handed_in, report["submissions"]))
        return Results(report["course"], handed_in, report["policy"])
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise StorageError(REPORT_DAMAGED.format(path=path, error=error)) from error


def _handed_in(entry: Mapping[str, Any]) -> HandedIn:
    student = entry["student"]
    return HandedIn(
        Student(student["number"], student["name"], student["mail"]),
        entry["lesson"],
        entry["file"],
        {key: _answer(one) for key, one in entry["answers"].items()},
    )


def _answer(answer: Mapping[str, Any]) -> Answer:
    points, highest = answer["points"], answer["highest"]
    status = answer.get("status")
    if status is None:
        return Answer(points, highest)
    if status != "wrong":
        return Answer(points, highest, "right" if status == "correct" else "blank")
    mistake = _mistake(answer)
    has_failed = mistake.kind in ("error", "no_result")
    return Answer(points, highest, "failed" if has_failed else "wrong", mistake, _same(answer))


def _mistake(answer: Mapping[str, Any]) -> Mistake:
    reason, fields = answer["reason"], answer["fields"]
    if reason == "hint":
        return Mistake("hint", answer["hint"])
    if reason == "error":
        return Mistake("error", _known_error(fields.get("error", "")))
    if reason in _NO_RESULT:
        return Mistake("no_result", reason)
    return Mistake(reason, fields.get("item", ""))


def _known_error(error: str) -> str:
    """Return the type of ``"TypeError: …"``, or a problem that the checks notice; else nothing.

    An error can have any name that a student gives it.
    """
    kind, _, _ = error.partition(":")
    return kind if kind in PROBLEMS or kind in _PYTHONS_ERRORS else ""


def _same(answer: Mapping[str, Any]) -> str:
    """Return a digest of how the answer is wrong; the student's own line makes no difference."""
    fields = {name: value for name, value in answer["fields"].items() if name != "line"}
    # A hint knows its mistake whatever the case was.
    case = None if answer["hint"] else answer["case"]
    parts = [answer["reason"], answer["hint"], case, sorted(fields.items())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def exercises_of(handed_in: Iterable[HandedIn]) -> tuple[list[str], list[str]]:
    """Return the ids of the exercises, and of the essays, that the submissions answer."""
    answers = {key: one for each in handed_in for key, one in each.answers.items()}
    exercises = [key for key, one in answers.items() if one.outcome]
    return exercises, [key for key in answers if key not in exercises]
