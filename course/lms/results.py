"""Reads what ``course grade`` found out, from the ``report.json`` of its folder."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.grade.shared.stages import Student
from helpers.errors import CourseError
from helpers.internal.sentences import Sentence

REPORT = "report.json"

_NO_REPORT = Sentence(
    ja="{path} が読めません（{error}）。"
    "--grades には、course grade の --out のフォルダを指定してください。",
    en="{path} cannot be read ({error}). "
    "--grades takes the folder that course grade wrote (--out).",
)
_DAMAGED = Sentence(
    ja="{path} が壊れています（{error}）。course grade をもう一度実行してください。",
    en="{path} is damaged ({error}). Run course grade once more.",
)


class ResultsError(CourseError, RuntimeError):
    """The folder of results lacks something, or it is damaged."""


@dataclass(frozen=True)
class Result:
    """One lesson of one student, as it was graded.

    Attributes:
        student: As written in the notebook; trusted by nobody.
        lesson: Such as ``"03_training"``.
        file: Name in the zip or folder that was graded, with the folders that the LMS made.
        points: In [0, highest].
        highest: Points of a perfect submission.
        waiting: How many answers a person has still to mark.
        answers: By exercise id: points, highest, and status, message, comment where there are any.
    """

    student: Student
    lesson: str
    file: str
    points: float
    highest: float
    waiting: int
    answers: Mapping[str, Mapping[str, Any]]


def read_results(folder: Path) -> list[Result]:
    """Return every graded submission of a folder, those of no lesson left out.

    Raises:
        ResultsError: It holds no report, or a damaged one.
    """
    path = folder / REPORT
    try:
        submissions = json.loads(path.read_bytes())["submissions"]
        return [_result(one) for one in submissions if one["lesson"]]
    except OSError as error:
        raise ResultsError(_NO_REPORT.format(path=path, error=error.strerror)) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ResultsError(_DAMAGED.format(path=path, error=error)) from error


def totals(results: Sequence[Result]) -> list[Result]:
    """Return the sum of all lessons, one result a student; what was not handed in counts 0."""
    highest = {result.lesson: result.highest for result in results}
    lesson = "+".join(name.partition("_")[0] for name in sorted(highest))
    students = defaultdict(list)
    for result in results:
        students[result.student.key].append(result)
    return [
        Result(
            student=own[0].student,
            lesson=lesson,
            file=own[0].file,
            points=sum(result.points for result in own),
            highest=sum(highest.values()),
            waiting=sum(result.waiting for result in own),
            answers={exercise: told for result in own for exercise, told in result.answers.items()},
        )
        for own in students.values()
    ]


def _result(entry: dict[str, Any]) -> Result:
    told = entry["student"]
    return Result(
        student=Student(told["number"], told["name"], told["mail"]),
        lesson=entry["lesson"],
        file=entry["file"],
        points=float(entry["points"]),
        highest=float(entry["highest"]),
        waiting=int(entry["waiting"]),
        answers=entry["answers"],
    )
