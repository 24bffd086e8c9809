"""What grading must know of a lesson: its exercises, its essays, and what its answers build on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from course.grade.syntax.source import definitions
from course.repository import Repository

if TYPE_CHECKING:
    from course import lessons


EXERCISE, ESSAY = "exercise-", "essay-"
"""How the grade ids of answers begin; the rest is the exercise's id, such as ``"3-1"``."""


@dataclass(frozen=True)
class Assignment:
    """A lesson as it is graded.

    Attributes:
        name: Such as ``"03_training"``.
        set_up: Of each ordinary code cell that has any, in order: its imports, functions, classes
            and constants. The demonstrations, which train and draw, are left out.
        exercises: Ids, in order.
        essays: Points by id.
    """

    name: str
    set_up: tuple[str, ...]
    exercises: tuple[str, ...]
    essays: dict[str, float]


def read_assignments(repository: Repository) -> dict[str, Assignment]:
    """Read every lesson of the course, by name.

    Raises:
        UnknownNameError: The checkout has no lessons.
        ValueError: A source cannot be read.
    """
    # jupytext takes seconds to load, and a worker process needs the class above alone.
    from course import lessons

    sources = map(lessons.read, repository.sources())
    return {source.name: _graded(source) for source in sources}


def _graded(source: lessons.Lesson) -> Assignment:
    ordinary = (cell for cell in source.cells if cell.type == "code" and cell.role is None)
    set_up = (definitions(cell.source) for cell in ordinary)
    return Assignment(
        name=source.name,
        set_up=tuple(filter(None, set_up)),
        exercises=tuple(cell.exercise for cell in source.having("exercise")),
        essays={cell.exercise: float(cell.keys["points"]) for cell in source.having("essay")},
    )
