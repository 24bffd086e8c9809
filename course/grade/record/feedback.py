"""Writes the page that a student gets back: points, verdicts, hints, and the student's own figures.

A page has no script and loads nothing: jinja2 escapes every value, figures are encoded anew
(:func:`course.grade.shared.untrusted.png`), and the page's own policy forbids the rest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from course.grade import text
from course.grade.judge.judge import LONGEST_MESSAGE
from course.grade.shared.stages import Figures, Judgement, Score, Student, Submission
from course.grade.shared.untrusted import line, lines


@dataclass(frozen=True)
class Result:
    """All that is known of one submission once it is in the gradebook."""

    submission: Submission
    judgement: Judgement
    scores: dict[str, Score]
    figures: Figures


def page(student: Student, results: Sequence[Result]) -> str:
    """Return the HTML page of one student.

    Args:
        student: Whose page it is.
        results: A lesson each.
    """
    return _PAGES.get_template("feedback.html").render(
        policy=_POLICY,
        style=_STYLE,
        text=text,
        student=[line(part) for part in (student.number, student.name) if part],
        lessons=[_lesson(result) for result in results],
    )


def _lesson(result: Result) -> dict[str, object]:
    scores = result.scores
    return {
        "name": result.submission.lesson,
        "file": line(result.submission.file),
        "total": text.points(sum(score.points or 0 for score in scores.values())),
        "highest": text.points(sum(score.highest for score in scores.values())),
        "waiting": sum(score.points is None for score in scores.values()),
        "rows": [_row(exercise, score, result) for exercise, score in scores.items()],
        "advice": [
            text.STUDENT_FLAGS[flag.reason].format(where=_part(flag.where, result))
            for flag in result.judgement.flags
            if flag.reason in text.STUDENT_FLAGS
        ],
        "figures": result.figures.pngs,
    }


def _row(exercise: str, score: Score, result: Result) -> dict[str, str]:
    """Return a row of the table; what a person has written stands below what the grader says."""
    if verdict := result.judgement.verdicts.get(exercise):
        name, status, message = (
            text.EXERCISE,
            verdict.status,
            line(verdict.message, LONGEST_MESSAGE),
        )
    else:
        status = _essay_status(exercise, score, result.submission)
        name, message = text.ESSAY, text.ESSAY_STATES[status]
    return {
        "name": name.format(id=exercise),
        "status": status,
        "mark": text.STATES[status],
        "points": text.WAITING if score.points is None else text.points(score.points),
        "highest": text.points(score.highest),
        "message": message,
        "comment": lines(score.comment),
    }


def _part(exercise: str, result: Result) -> str:
    """Name an exercise or essay as the notebook does."""
    name = text.EXERCISE if exercise in result.judgement.verdicts else text.ESSAY
    return name.format(id=line(exercise))


def _essay_status(exercise: str, score: Score, submission: Submission) -> str:
    if score.points is None:
        return "waiting"
    return "marked" if submission.may_have(exercise) else "blank"


_STYLE = (Path(__file__).parent / "feedback.css").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# The page's own style is allowed by its digest, so not even a style could be slipped in.
_POLICY = f"default-src 'none'; img-src data:; style-src 'sha256-{_DIGEST}'; base-uri 'none'"
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
