"""Applies an instructor's policy to what a submission is worth."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from course.grade.shared.stages import Score, Submission
from course.grade.shared.untrusted import plain_form

_COMMENT = re.compile(r"\[\[([\w-]+)\]\]")


@dataclass(frozen=True)
class Applied:
    """What a policy changed in one submission.

    Attributes:
        weights: By what the points of an exercise or essay were multiplied, where not by 1.
        voided: Exercises and essays that do not count.
        late_days: Days since the student's own deadline, each begun one counted; 0 for in time.
        taken: The share of the lesson's points that is taken off for that, from 0 to 1.
        extension: Days by which the student's deadline was put off.
    """

    weights: Mapping[str, float] = field(default_factory=dict, hash=False)
    voided: tuple[str, ...] = ()
    late_days: int = 0
    taken: float = 0.0
    extension: float = 0.0


NOTHING = Applied()


def total(scores: Mapping[str, Score], applied: Applied) -> float:
    """Return the points so far: what waits for a person counts 0, late work loses its share."""
    return sum(score.points or 0.0 for score in scores.values()) * (1 - applied.taken)


@dataclass(frozen=True)
class Policy:
    """What an instructor decided.

    Attributes:
        weights: By what to multiply the points of an exercise or essay.
        voided: Exercises and essays that count for nobody.
        deadlines: By lesson, in the time of this machine.
        per_day: The share of a lesson's points taken off for each begun day, from 0 to 1.
        most: The largest share that is taken off.
        extensions: Days by student number.
        comments: What ``[[name]]`` in a comment on an answer stands for.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    voided: tuple[str, ...] = ()
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    per_day: float = 0.0
    most: float = 1.0
    extensions: Mapping[str, float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)

    def apply(
        self, submission: Submission, scores: Mapping[str, Score]
    ) -> tuple[dict[str, Score], Applied]:
        """Return the scores that count, and what was changed.

        What is taken off for late work is a share of the lesson's sum, so scores do not show it.
        """
        days, taken = self._lateness(submission)
        weights = {key: self.weights[key] for key in scores if self.weights.get(key, 1) != 1}
        applied = Applied(
            weights,
            tuple(key for key in scores if key in self.voided),
            days,
            taken,
            self._extension(submission) if submission.lesson in self.deadlines else 0.0,
        )
        return {key: self._score(key, score) for key, score in scores.items()}, applied

    def _score(self, key: str, score: Score) -> Score:
        weight = 0.0 if key in self.voided else self.weights.get(key, 1.0)
        # A voided essay need not be marked.
        points = 0.0 if weight == 0 else score.points
        return replace(
            score,
            points=None if points is None else weight * points,
            highest=weight * score.highest,
            comment=_COMMENT.sub(self._comment, score.comment),
        )

    def _comment(self, found: re.Match[str]) -> str:
        return self.comments.get(found[1], found[0])

    def _lateness(self, submission: Submission) -> tuple[int, float]:
        deadline = self.deadlines.get(submission.lesson)
        if deadline is None or not submission.handed_in:
            return 0, 0.0
        late = datetime.fromisoformat(submission.handed_in) - deadline
        late -= timedelta(days=self._extension(submission))
        days = max(0, math.ceil(late / timedelta(days=1)))
        return days, min(self.most, days * self.per_day)

    def _extension(self, submission: Submission) -> float:
        return self.extensions.get(student_id(submission.student.number), 0.0)

    def as_data(self) -> dict[str, Any]:
        """Return what holds for the whole class as plain data; extensions are each student's."""
        return {
            "weights": dict(self.weights),
            "voided": list(self.voided),
            "deadlines": {lesson: end.isoformat() for lesson, end in self.deadlines.items()},
            "per_day": self.per_day,
            "most": self.most,
        }


def student_id(number: str) -> str:
    """Return a student number as it is compared: without differences of width and case."""
    return plain_form(number).casefold().strip()
