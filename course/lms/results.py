"""Reads what ``course grade`` found out, from the ``report.json`` of its folder."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from course.grade.record.verdicts import messages_of
from course.grade.shared.stages import Judgement, Phrasebook, Stages, Student
from exercises.engine import Verdict
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
        answers: By exercise id: points, highest, and status, comment where there are any.
        messages: What the verdict on an exercise says, by its id, in the reader's language.
    """

    student: Student
    lesson: str
    file: str
    points: float
    highest: float
    waiting: int
    answers: Mapping[str, Mapping[str, Any]]
    messages: Mapping[str, str] = field(default_factory=dict)


def read_results(folder: Path) -> list[Result]:
    """Return every graded submission of a folder, those of no lesson left out.

    Raises:
        ResultsError: It holds no report, or a damaged one.
    """
    path, stages = folder / REPORT, Stages(folder / "stages")
    try:
        submissions = [one for one in json.loads(path.read_bytes())["submissions"] if one["lesson"]]
        books = {lesson: stages.read(Phrasebook, lesson) for lesson in _lessons(submissions)}
        return [_result(one, books[one["lesson"]]) for one in submissions]
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
            answers=_merged(result.answers for result in own),
            messages=_merged(result.messages for result in own),
        )
        for own in students.values()
    ]


def _merged(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {exercise: told for part in parts for exercise, told in part.items()}


def _lessons(submissions: Iterable[Mapping[str, Any]]) -> set[str]:
    return {one["lesson"] for one in submissions}


def _result(entry: Mapping[str, Any], book: Phrasebook | None) -> Result:
    told = entry["student"]
    return Result(
        student=Student(told["number"], told["name"], told["mail"]),
        lesson=entry["lesson"],
        file=entry["file"],
        points=float(entry["points"]),
        highest=float(entry["highest"]),
        waiting=int(entry["waiting"]),
        answers=entry["answers"],
        messages=_messages(entry["answers"], book),
    )


def _messages(answers: Mapping[str, Any], book: Phrasebook | None) -> dict[str, str]:
    """Return what the verdicts say; nothing if the lesson's words were thrown away."""
    if book is None:
        return {}
    verdicts = {
        exercise: Verdict(**{part.name: told[part.name] for part in fields(Verdict)})
        for exercise, told in answers.items()
        if "status" in told
    }
    return messages_of(Judgement(verdicts, {}), book.phrases)
