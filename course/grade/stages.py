"""What the stages of grading hand to one another, and the folder where it is kept.

A stage writes one JSON file a submission, whole or not at all; a submission whose file is there is
not done again. Everything in these files came from a student and is trusted by nobody.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from helpers.check import Observation, Verdict


@dataclass(frozen=True)
class Student:
    """Who handed a notebook in: the header cell's entries, or what the file name tells."""

    number: str
    name: str = ""
    mail: str = ""


@dataclass(frozen=True)
class Flag:
    """Something that an instructor should look at.

    Attributes:
        reason: Key of the sentence in ``course.grade.text.FLAGS``.
        where: Id of the exercise or essay; empty for the whole notebook.
        detail: What was found, in a few words; from a student, so never trusted.
    """

    reason: str
    where: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Submission:
    """One notebook as it was handed in, read but never run.

    Attributes:
        key: Made of ASCII letters, digits, ``-`` and ``_``; one for each student and lesson.
        student: Who handed it in.
        lesson: Such as ``"03_training"``; empty if the file is no notebook of the course.
        file: Name inside the folder or zip that was handed in.
        answers: Code by exercise id.
        essays: Markdown by essay id.
        figures: PNG files, as base64, that the student's own notebook shows.
        flags: What an instructor should look at.
    """

    key: str
    student: Student
    lesson: str
    file: str
    answers: dict[str, str] = field(default_factory=dict)
    essays: dict[str, str] = field(default_factory=dict)
    figures: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True)
class Run:
    """What the sandbox sent back: claims of a student's process, judged elsewhere.

    Attributes:
        observations: One list a exercise, one observation a case; as ``helpers.check.observe``.
        seed: The secret seed of the cases.
        seconds: How long the sandbox ran.
        flags: Such as a time-out or a process that ended early.
    """

    observations: dict[str, list[Observation]]
    seed: int
    seconds: float
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """The points of one submission; essays stand apart, graded by a person.

    Attributes:
        verdicts: By exercise id, every exercise of the lesson.
        points: By exercise id.
        flags: Of all stages.
    """

    verdicts: dict[str, Verdict]
    points: dict[str, float]
    flags: tuple[Flag, ...] = ()
