"""Writes ``analysis.html`` and ``analysis.json``: what a class understood, and what to look at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from course.files import write_whole
from course.grade.analysis import findings
from course.grade.analysis.example import Examples
from course.grade.analysis.findings import ExerciseMeasures, Fault, LessonMeasures, Needs
from course.grade.analysis.measures import Spread
from course.grade.analysis.results import HandedIn, Results, read_results
from course.grade.analysis.words import Wording
from course.grade.shared.stages import Phrasebook, Stages
from exercises.wording import Phrases
from helpers.internal.sentences import Language, language

PAGE, DATA = "analysis.html", "analysis.json"

_MOST_EXAMPLES = 3
"""Misconceptions of one exercise that get an example: those that come up in class."""


@dataclass(frozen=True)
class Analysis:
    """What is to be told about a class.

    Attributes:
        course: Name and version of what was graded.
        policy: What the instructor decided for the whole class.
        students: How many.
        submissions: How many, with those that could not be graded.
        ungraded: How many could not be graded.
        totals: The points of all lessons together; None where nothing was graded.
        lessons: One after the other.
        faults: Exercises that may be at fault, the gravest reasons first.
        needs: Students who may need help, the smallest share of points first.
    """

    course: str
    policy: Mapping[str, Any]
    students: int
    submissions: int
    ungraded: int
    totals: Spread | None
    lessons: tuple[LessonMeasures, ...]
    faults: tuple[Fault, ...]
    needs: tuple[Needs, ...]


def analyse(out: Path, *, anonymous: bool = False, in_language: Language | None = None) -> Analysis:
    """Analyse what was graded to a folder, and write page and data beside it.

    Args:
        out: The folder of the results.
        anonymous: Name nobody: for showing the page to the class.
        in_language: The language of the page; that of ``COURSE_LANG`` by default.

    Raises:
        StorageError: There are no results, or the files cannot be written.
    """
    from course.grade.analysis.page import page  # jinja2 is for the page alone

    results, stages = read_results(out), Stages(out / "stages")
    analysis = measure(results, Examples(stages, results))
    shown = page(
        analysis,
        Wording(_phrases(results.lessons, stages)),
        in_language or language(),
        anonymous=anonymous,
    )
    write_whole(out / PAGE, shown)
    data = json.dumps(as_data(analysis, anonymous=anonymous), ensure_ascii=True, indent=1)
    write_whole(out / DATA, data + "\n")
    return analysis


def _phrases(lessons: Iterable[str], stages: Stages) -> dict[str, Phrases]:
    books = (stages.read(Phrasebook, lesson) for lesson in lessons)
    return {exercise: one for book in books if book for exercise, one in book.phrases.items()}


def measure(results: Results, examples: Examples) -> Analysis:
    """Measure the results of a class."""
    groups = [(lesson, results.of_lesson(lesson)) for lesson in results.lessons]
    lessons = [(findings.measure_lesson(lesson, group), group) for lesson, group in groups]
    faults = [fault for lesson, group in lessons for fault in findings.faults(lesson, group)]
    return Analysis(
        course=results.course,
        policy=results.policy,
        students=len(results.by_student),
        submissions=len(results.handed_in),
        ungraded=len(results.of_lesson("")),
        totals=findings.class_totals(results) if groups else None,
        lessons=tuple(_with_examples(lesson, group, examples) for lesson, group in lessons),
        faults=tuple(findings.gravest_first(faults)),
        needs=tuple(findings.who_may_need_help(results)),
    )


def _with_examples(
    lesson: LessonMeasures, handed_in: list[HandedIn], examples: Examples
) -> LessonMeasures:
    def with_examples(one: ExerciseMeasures) -> ExerciseMeasures:
        first, others = (
            one.misconceptions[:_MOST_EXAMPLES],
            one.misconceptions[_MOST_EXAMPLES:],
        )
        shown = tuple(
            replace(each, example=examples.of(one.exercise, each.mistake, handed_in))
            for each in first
        )
        return replace(one, misconceptions=shown + others)

    return replace(lesson, exercises=tuple(map(with_examples, lesson.exercises)))


def as_data(analysis: Analysis, *, anonymous: bool) -> dict[str, Any]:
    """Return an analysis as plain data, in no language: kinds and keys in place of sentences."""
    data = asdict(analysis)
    needs = data.pop("needs")
    reasons = [reason for one in analysis.needs for reason in one.reasons]
    data["needs"] = {
        "students": len(needs),
        "reasons": {reason: reasons.count(reason) for reason in sorted(set(reasons))},
    }
    if not anonymous:
        data["needs"]["named"] = list(map(_named, needs))
    return {"anonymous": anonymous} | data


def _named(needs: Mapping[str, Any]) -> dict[str, Any]:
    student = {key: needs["student"][key] for key in ("number", "name")}
    return {**needs, "student": student}
