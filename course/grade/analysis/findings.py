"""Finds what an instructor should look at first: exercises at fault, students who need help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course.grade.analysis.measures import Correlation, Spread, item_rest_correlations, spread
from course.grade.analysis.results import (
    OUTCOMES,
    Answer,
    HandedIn,
    Mistake,
    Results,
    exercises_of,
)
from course.grade.shared.stages import Student

HARD = 0.5
"""An exercise of which the class gets less than this share of the points is hard."""

DISCRIMINATES = 0.2
"""From this item-rest correlation on, an exercise tells who knows more from who knows less."""

FEWEST_FOR_CORRELATION = 10
"""Students on whom a correlation must rest before an exercise is suspected for it."""

FEWEST_FOR_NOBODY = 5
"""Answers that must be there before it means something that none of them is right."""

MANY = 0.3
FEWEST_ALIKE = 3
"""A wrong answer is shared by many if at least this share of those who wrote anything gave it, and
no fewer students than these."""

KINDS_OF_FAULTS = ("nobody_right", "hard_and_not_discriminating", "shared_wrong_answer")
"""What may speak against an exercise, the gravest first."""

FEW_POINTS = 0.5
MANY_BLANK = 0.5
MOST_HAND_IN = 0.5
"""Who may need help: less than this share of the points of the exercises; at least this share of
them blank; nothing of a lesson that at least this share of the class handed in."""


@dataclass(frozen=True)
class Misconception:
    """A mistake, and how many made it.

    Attributes:
        mistake: Which.
        students: How many.
        share: Of those who wrote anything.
        example: Code of one of them that names nobody; None if there is none to show.
    """

    mistake: Mistake
    students: int
    share: float
    example: str | None = None


@dataclass(frozen=True)
class ExerciseMeasures:
    """What became of one exercise.

    Attributes:
        exercise: Its id.
        highest: The points of a full answer.
        students: How many handed the lesson in.
        outcomes: How many answers were right, wrong, failed and blank.
        waiting: How many answers wait for a person to correct their points.
        mean: The mean share of the points, from 0 to 1; None while all wait.
        item_rest: Correlation with the other exercises of the lesson.
        misconceptions: The commonest first.
    """

    exercise: str
    highest: float
    students: int
    outcomes: dict[str, int]
    waiting: int
    mean: float | None
    item_rest: Correlation
    misconceptions: tuple[Misconception, ...]

    @property
    def answered(self) -> int:
        """How many wrote anything."""
        return self.students - self.outcomes["blank"]


@dataclass(frozen=True)
class EssayMeasures:
    """What became of one essay.

    Attributes:
        essay: Its id.
        highest: The points of a full answer.
        students: How many handed the lesson in.
        waiting: How many wait for a person.
        without_points: How many have 0 points: empty ones, and those that a person gave nothing.
        mean: The mean share of the points of those that do not wait; None while all wait.
    """

    essay: str
    highest: float
    students: int
    waiting: int
    without_points: int
    mean: float | None


@dataclass(frozen=True)
class LessonMeasures:
    """What became of one lesson: its points so far, its exercises, its essays."""

    lesson: str
    students: int
    totals: Spread
    exercises: tuple[ExerciseMeasures, ...]
    essays: tuple[EssayMeasures, ...]


@dataclass(frozen=True)
class Fault:
    """Why an exercise itself may be at fault.

    Attributes:
        kind: One of :data:`KINDS_OF_FAULTS`.
        lesson: Where it is.
        exercise: Its id.
        students: How many are concerned.
        of: Of how many.
        mistake: What they share, for a wrong answer that is shared.
    """

    kind: str
    lesson: str
    exercise: str
    students: int
    of: int
    mistake: Mistake | None = None


@dataclass(frozen=True)
class Needs:
    """A student who may need help.

    Attributes:
        student: Who.
        reasons: ``"few_points"``, ``"many_blank"``, ``"not_handed_in"``, ``"nothing_readable"``.
        points: Of the exercises that were handed in.
        highest: Of the same.
        blank: How many of them are blank.
        exercises: How many they are.
        missing: The lessons that most of the class handed in, and this student did not.
    """

    student: Student
    reasons: tuple[str, ...]
    points: float
    highest: float
    blank: int
    exercises: int
    missing: tuple[str, ...]


# --- what became of each lesson -------------------------------------------------------------------
def class_totals(results: Results) -> Spread:
    """Describe the points that students have so far in all that they handed in.

    A perfect student has those of all lessons that anybody handed in.
    """
    points = [sum(map(_points, group)) for group in results.by_student.values()]
    lessons = [results.of_lesson(lesson)[0] for lesson in results.lessons]
    return spread(np.array(points, float), sum(map(_highest, lessons)))


def _points(one: HandedIn) -> float:
    return sum(answer.points or 0.0 for answer in one.answers.values())


def _highest(one: HandedIn) -> float:
    return sum(answer.highest for answer in one.answers.values())


def measure_lesson(lesson: str, handed_in: Sequence[HandedIn]) -> LessonMeasures:
    """Measure one lesson, of at least one submission."""
    exercises, essays = exercises_of(handed_in)
    correlations = item_rest_correlations(_matrix(handed_in, exercises))
    return LessonMeasures(
        lesson=lesson,
        students=len(handed_in),
        totals=spread(np.array([_points(one) for one in handed_in]), _highest(handed_in[0])),
        exercises=tuple(
            _measure_exercise(exercise, [one.answers[exercise] for one in handed_in], item_rest)
            for exercise, item_rest in zip(exercises, correlations, strict=True)
        ),
        essays=tuple(
            _measure_essay(essay, [one.answers[essay] for one in handed_in]) for essay in essays
        ),
    )


def _matrix(handed_in: Sequence[HandedIn], exercises: Sequence[str]) -> NDArray[np.float64]:
    """Return points, shape (students, exercises); NaN where a person has still to decide."""
    points = [[one.answers[exercise].points for exercise in exercises] for one in handed_in]
    return np.array(points, float).reshape(len(handed_in), len(exercises))


def _measure_exercise(
    exercise: str, answers: Sequence[Answer], item_rest: Correlation
) -> ExerciseMeasures:
    outcomes = Counter(answer.outcome for answer in answers)
    answered = len(answers) - outcomes["blank"]
    mistakes = Counter(answer.mistake for answer in answers if answer.mistake)
    commonest = sorted(mistakes, key=lambda mistake: (-mistakes[mistake], mistake))
    return ExerciseMeasures(
        exercise=exercise,
        highest=answers[0].highest,
        students=len(answers),
        outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
        waiting=sum(answer.points is None for answer in answers),
        mean=_mean_share(answers),
        item_rest=item_rest,
        misconceptions=tuple(
            Misconception(mistake, mistakes[mistake], mistakes[mistake] / answered)
            for mistake in commonest
        ),
    )


def _measure_essay(essay: str, answers: Sequence[Answer]) -> EssayMeasures:
    return EssayMeasures(
        essay=essay,
        highest=answers[0].highest,
        students=len(answers),
        waiting=sum(answer.points is None for answer in answers),
        without_points=sum(answer.points == 0 for answer in answers),
        mean=_mean_share(answers),
    )


def _mean_share(answers: Iterable[Answer]) -> float | None:
    known = [one for one in answers if one.points is not None and one.highest]
    return float(np.mean([one.points / one.highest for one in known])) if known else None


# --- exercises that may be at fault ---------------------------------------------------------------
def gravest_first(found: Iterable[Fault]) -> list[Fault]:
    """Sort what speaks against exercises: by kind, then by the share of students concerned."""
    return sorted(
        found, key=lambda fault: (KINDS_OF_FAULTS.index(fault.kind), -fault.students / fault.of)
    )


def faults(lesson: LessonMeasures, handed_in: Sequence[HandedIn]) -> list[Fault]:
    """Return what speaks against the exercises of a lesson."""
    found = []
    for one in lesson.exercises:
        answers = [each.answers[one.exercise] for each in handed_in]
        suspicions = (_nobody_right(one), _tells_nothing(one), _shared_wrong_answer(answers))
        found += [
            Fault(kind, lesson.lesson, one.exercise, *evidence)
            for kind, *evidence in filter(None, suspicions)
        ]
    return found


def _nobody_right(one: ExerciseMeasures) -> tuple[str, int, int] | None:
    if one.outcomes["right"] or one.answered < FEWEST_FOR_NOBODY:
        return None
    return "nobody_right", one.answered, one.students


def _tells_nothing(one: ExerciseMeasures) -> tuple[str, int, int] | None:
    """Suspect an exercise that is hard, and not for those in particular who know less."""
    item_rest = one.item_rest
    if item_rest.value is None or item_rest.students < FEWEST_FOR_CORRELATION:
        return None
    if one.mean >= HARD or item_rest.value >= DISCRIMINATES:
        return None
    return "hard_and_not_discriminating", one.students - one.outcomes["right"], one.students


def _shared_wrong_answer(answers: Sequence[Answer]) -> tuple[str, int, int, Mistake] | None:
    """Suspect an exercise where many give one wrong answer: its words may lead there."""
    answered = [answer for answer in answers if answer.outcome != "blank"]
    wrong = Counter((one.mistake, one.same) for one in answered if one.outcome == "wrong")
    if not wrong:
        return None
    (mistake, _), students = min(wrong.items(), key=lambda item: (-item[1], item[0]))
    if students < max(FEWEST_ALIKE, MANY * len(answered)):
        return None
    return "shared_wrong_answer", students, len(answered), mistake


# --- students who may need help -------------------------------------------------------------------
def who_may_need_help(results: Results) -> list[Needs]:
    """Return the students who may need help, those with the smallest share of points first."""
    groups = results.by_student
    counts = {lesson: len(results.of_lesson(lesson)) for lesson in results.lessons}
    expected = [lesson for lesson in counts if counts[lesson] >= MOST_HAND_IN * len(groups)]
    needs = (_needs(group, expected) for group in groups.values())
    return sorted(filter(None, needs), key=_urgency)


def _needs(group: Sequence[HandedIn], expected: Sequence[str]) -> Needs | None:
    answers = [answer for one in group for answer in one.answers.values() if answer.outcome]
    points = sum(answer.points or 0.0 for answer in answers)
    highest = sum(answer.highest for answer in answers if answer.points is not None)
    blank = sum(answer.outcome == "blank" for answer in answers)
    handed_in = {one.lesson for one in group}
    missing = tuple(lesson for lesson in expected if lesson not in handed_in)
    reasons = {
        "nothing_readable": not answers,
        "few_points": bool(answers) and points < FEW_POINTS * highest,
        "many_blank": bool(answers) and blank >= MANY_BLANK * len(answers),
        "not_handed_in": bool(answers and missing),
    }
    given = tuple(reason for reason, holds in reasons.items() if holds)
    if not given:
        return None
    return Needs(group[0].student, given, points, highest, blank, len(answers), missing)


def _urgency(needs: Needs) -> tuple[float, int, str]:
    share = needs.points / needs.highest if needs.highest else 0.0
    return share, -len(needs.missing), needs.student.key
