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

from course.grade.policy.policy import NOTHING, Applied, total
from course.grade.policy.words import of_submission
from course.grade.record.flags import ADVICE
from course.grade.record.formgrader import FIGURE
from course.grade.shared.stages import Figures, Judgement, Score, Student, Submission
from course.grade.shared.untrusted import line, lines
from helpers.internal.sentences import Sentence, language

EXERCISE = Sentence(ja="問 {id}", en="Exercise {id}")
ESSAY = Sentence(ja="考察 {id}", en="Essay {id}")
"""Name a part of a lesson as its notebook does."""

_WORDS = {
    "title": Sentence(ja="採点結果", en="Results"),
    "headings": (
        Sentence(ja="問", en="Exercise"),
        Sentence(ja="結果", en="Result"),
        Sentence(ja="点", en="Points"),
        Sentence(ja="コメント", en="Comment"),
    ),
    "points": Sentence(ja="点", en="points"),
    "waiting": Sentence(
        ja="（ほかに、採点待ちの考察が {count} 問あります）",
        en="({count} of the essays are still to be graded)",
    ),
    "no_lesson": Sentence(
        ja="教材のノートブックとして読めませんでした", en="Not readable as a notebook of the course"
    ),
    "advice": Sentence(ja="提出についてのお知らせ", en="About what you handed in"),
    "figures": Sentence(ja="あなたのノートブックの図", en="Figures of your notebook"),
    "figure": FIGURE,
}
_MARKS = {
    "correct": Sentence(ja="✅ 正解", en="✅ Correct"),
    "wrong": Sentence(ja="❌ 不正解", en="❌ Not correct"),
    "blank": Sentence(ja="未完成", en="Not done"),
    "waiting": Sentence(ja="採点待ち", en="To be graded"),
    "marked": Sentence(ja="採点済み", en="Graded"),
}
_ESSAY_STATES = {
    "waiting": Sentence(ja="先生が読んで採点します。", en="Your teacher will read and grade it."),
    "marked": Sentence(ja="先生が採点しました。", en="Your teacher has graded it."),
    "blank": Sentence(ja="記入がありません。", en="Nothing was written."),
}


@dataclass(frozen=True)
class Result:
    """All that is known of one submission once it is in the gradebook.

    Attributes:
        submission: What was handed in.
        judgement: What it is worth, in no language.
        scores: What counts, by id of exercise and essay.
        figures: The pictures in it.
        messages: What to say of each exercise, by its id.
        applied: What the instructor's policy changed; it is in the scores, but for late work.
    """

    submission: Submission
    judgement: Judgement
    scores: dict[str, Score]
    figures: Figures
    messages: dict[str, str]
    applied: Applied = NOTHING


def shown_points(number: float) -> str:
    """Return points as a reader expects them: ``3``, but ``2.5``."""
    return f"{number:g}"


def page(student: Student, results: Sequence[Result]) -> str:
    """Return the HTML page of one student.

    Args:
        student: Whose page it is.
        results: A lesson each.
    """
    return _PAGES.get_template("feedback.html").render(
        policy=_POLICY,
        style=_STYLE,
        words=_WORDS,
        language=language(),
        student=[line(part) for part in (student.number, student.name) if part],
        lessons=[_lesson(result) for result in results],
    )


def _lesson(result: Result) -> dict[str, object]:
    scores = result.scores
    return {
        "name": result.submission.lesson,
        "file": line(result.submission.file),
        "total": shown_points(total(scores, result.applied)),
        "highest": shown_points(sum(score.highest for score in scores.values())),
        "waiting": sum(score.points is None for score in scores.values()),
        "applied": list(map(str, of_submission(result.applied))),
        "rows": [_row(exercise, score, result) for exercise, score in scores.items()],
        "advice": [
            ADVICE[flag.reason].format(where=_part(flag.where, result))
            for flag in result.judgement.flags
            if flag.reason in ADVICE
        ],
        "figures": result.figures.pngs,
    }


def _row(exercise: str, score: Score, result: Result) -> dict[str, str]:
    """Return a row of the table; what a person has written stands below what the grader says."""
    if verdict := result.judgement.verdicts.get(exercise):
        name, status, message = (
            EXERCISE,
            verdict.status,
            result.messages[exercise],
        )
    else:
        status = _essay_status(exercise, score, result.submission)
        name, message = ESSAY, _ESSAY_STATES[status]
    return {
        "name": name.format(id=exercise),
        "status": status,
        "mark": str(_MARKS[status]),
        "points": "–" if score.points is None else shown_points(score.points),
        "highest": shown_points(score.highest),
        "message": str(message),
        "comment": lines(score.comment),
    }


def _part(exercise: str, result: Result) -> str:
    """Name an exercise or essay as the notebook does."""
    name = EXERCISE if exercise in result.judgement.verdicts else ESSAY
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
