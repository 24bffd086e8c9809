"""Reads the lessons' sources, and finds everything that is wrong with them in one go."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from course import text
from course.errors import SourceError
from course.lessons import (
    BEGIN,
    END,
    ESSAY_LABELS,
    ROLES,
    Cell,
    Lesson,
    defined_names,
    read,
    written_cells,
)
from course.pictures import picture_faults
from course.repository import Repository
from course.translation import english, terms, word_faults, words_path
from helpers.internal.sentences import Language

_CELL_TYPES = {"exercise": "code", "check": "code", "essay": "markdown", "rubric": "markdown"}
_KEYS = {*ROLES, "points", "deterministic", "tags"}

Fault = tuple[int, str]
"""A line of the source and what is wrong there."""


@dataclass(frozen=True, order=True)
class Problem:
    """What stands in the way of a build.

    Attributes:
        path: The file, from the repository's root.
        line: Line in the file, from 1; 0 means the file as a whole.
        message: What is wrong, and what to do unless that is plain.
    """

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


def read_lessons(
    repository: Repository, points: Mapping[str, float] | None, names: Sequence[str] = ()
) -> tuple[list[Lesson], list[Problem]]:
    """Read the named lessons, or all, each with the words of every language that it has.

    A source that cannot be read is a problem like the others.

    Args:
        repository: The checkout.
        points: Points of every exercise that is defined in exercises, by id; None, which
            spares loading torch, compares nothing with those.
        names: Beginnings of the lessons' names, such as ``"03"``; none means all.
    """
    lessons, problems = [], []
    for path in repository.sources(names):
        place = repository.relative(path)
        try:
            lesson = read(path)
        except ValueError as error:
            problems.append(Problem(place, 0, str(error)))
            continue
        lessons.append(lesson)
        faults = [Problem(place, *fault) for fault in lesson_faults(lesson, points)]
        if not faults and words_path(path).is_file():
            rendered, faults = _in_english(lesson, repository)
            lessons += rendered
        problems += faults
    return lessons, problems + list(_terms_named_twice(lessons, repository))


def _terms_named_twice(lessons: Sequence[Lesson], repository: Repository) -> Iterator[Problem]:
    """Yield where a term has another English name than at its first place."""
    first: dict[str, tuple[str, str]] = {}
    for lesson in lessons:
        if lesson.language != "ja":
            continue
        for cell in lesson.cells:
            for term, name in terms(cell):
                place = f"{repository.relative(lesson.path)}:{cell.line}"
                known, where = first.setdefault(term, (name, place))
                if name != known:
                    yield Problem(
                        repository.relative(lesson.path),
                        cell.line,
                        f"{term} is called {name} here and {known} in {where}: choose one",
                    )


def _in_english(lesson: Lesson, repository: Repository) -> tuple[list[Lesson], list[Problem]]:
    path = words_path(lesson.path)
    place = repository.relative(path)
    try:
        words = written_cells(path)
    except ValueError as error:
        return [], [Problem(place, 0, str(error))]
    problems = [Problem(place, *fault) for fault in word_faults(lesson, words)]
    return ([] if problems else [english(lesson, words)]), problems


def sound_lessons(
    repository: Repository,
    points: Mapping[str, float] | None = None,
    language: Language = "ja",
) -> list[Lesson]:
    """Read all lessons in one language, for who can use none with faults.

    Args:
        repository: The checkout.
        points: Points of every exercise that is defined in exercises, by id; None, which
            spares loading torch, compares nothing with those.
        language: Of the words; a lesson that has none in it is left out.

    Raises:
        SourceError: There is a problem; the message is the first one.
    """
    lessons, problems = read_lessons(repository, points)
    if problems:
        raise SourceError(text.SOURCE_FAULTS.format(fault=problems[0]))
    return [lesson for lesson in lessons if lesson.language == language]


def lesson_faults(lesson: Lesson, points: Mapping[str, float] | None) -> list[Fault]:
    """Return all faults of a lesson's source, in the order of its lines.

    Args:
        lesson: The source.
        points: Points of every exercise that is defined in exercises, by id; None, which
            spares loading torch, compares nothing with those.
    """
    return sorted(
        chain(
            _cell_faults(lesson),
            _id_faults(lesson),
            _exercise_faults(lesson, points),
            _essay_faults(lesson),
        )
    )


def _cell_faults(lesson: Lesson) -> Iterator[Fault]:
    for cell in lesson.cells:
        yield from ((cell.line, message) for message in _key_faults(cell))
        if cell.type == "code":
            yield from ((cell.line, message) for message in _python_faults(cell))
        yield from ((cell.line, message) for message in _solution_faults(cell))
        if cell.type == "markdown":
            faults = picture_faults(cell.source, lesson.path.parent)
            yield from ((cell.line, message) for message in faults)


def _key_faults(cell: Cell) -> Iterator[str]:
    for key in sorted(cell.keys.keys() - _KEYS):
        yield f"unknown word in the cell's marker: {key}={cell.keys[key]!r}"
    if len(cell.keys.keys() & set(ROLES)) > 1:
        yield "a cell has one role: exercise, check, essay or rubric"
    if cell.type != _CELL_TYPES.get(cell.role, cell.type) or cell.type == "raw":
        yield f"{cell.role or 'a cell'} cannot be a {cell.type} cell"
    if cell.role == "essay" and not _is_positive(cell.keys.get("points")):
        yield "an essay needs points, such as points=5"
    if cell.role != "essay" and "points" in cell.keys:
        yield "points stand at essays alone; those of an exercise are defined in exercises"
    if "deterministic" in cell.keys and (cell.keys["deterministic"], cell.type) != (True, "code"):
        yield "deterministic=true is for code cells; leave it out elsewhere"


def _is_positive(points: object) -> bool:
    return isinstance(points, int | float) and points > 0


def _python_faults(cell: Cell) -> Iterator[str]:
    try:
        ast.parse(cell.source)
    except SyntaxError as error:
        yield f"the cell is no valid Python: {error.msg} (line {error.lineno} of the cell)"


def _solution_faults(cell: Cell) -> Iterator[str]:
    marks = _solution_marks(cell)
    if cell.role != "exercise":
        if marks:
            yield "BEGIN/END SOLUTION outside an exercise cell"
        return
    if not defined_names(cell.source):
        yield "an exercise must define what is asked for: a function or a class"
    if not marks or [begins for _, begins in marks] != [True, False] * (len(marks) // 2):
        yield "an exercise needs a pair of ### BEGIN SOLUTION and ### END SOLUTION"
    if not any(_python_faults(cell)):
        yield from _stub_faults(cell, [line for line, begins in marks if begins])


def _solution_marks(cell: Cell) -> list[tuple[int, bool]]:
    """Return the lines of the cell that begin (True) or end (False) a solution."""
    return [
        (number, BEGIN in line)
        for number, line in enumerate(cell.source.splitlines(), 1)
        if BEGIN in line or END in line
    ]


def _stub_faults(cell: Cell, begins: list[int]) -> Iterator[str]:
    functions = [
        range(node.lineno, node.end_lineno + 1)
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    if any(not any(begin in function for function in functions) for begin in begins):
        yield "a solution must lie inside a function: elsewhere a blank notebook would stop at it"


def _id_faults(lesson: Lesson) -> Iterator[Fault]:
    seen: Counter[tuple[str, str]] = Counter()
    for cell in lesson.cells:
        if cell.role is None:
            continue
        if not re.fullmatch(rf"{int(lesson.number)}-[1-9]\d*", str(cell.exercise)):
            yield cell.line, f"{cell.role} {cell.exercise!r} is no id of lesson {lesson.number}"
        seen[cell.role, cell.exercise] += 1
        if seen[cell.role, cell.exercise] == 2:
            yield cell.line, f"{cell.role} {cell.exercise} stands here a second time"


def _exercise_faults(lesson: Lesson, points: Mapping[str, float] | None) -> Iterator[Fault]:
    exercises = {cell.exercise: cell.line for cell in lesson.having("exercise")}
    for exercise, line in exercises.items():
        if points is not None and exercise not in points:
            yield line, f"exercise {exercise} is not defined in exercises"
    for cell in lesson.having("check"):
        if cell.line not in exercises.values():
            yield cell.line, "leave this cell out: the build makes it from exercise=…"
    for exercise in points or ():
        if exercise.split("-")[0] == str(int(lesson.number)) and exercise not in exercises:
            yield 0, f"exercise {exercise} is defined in exercises but absent here"


def _essay_faults(lesson: Lesson) -> Iterator[Fault]:
    essays = {cell.exercise for cell in lesson.having("essay")}
    exercises = {cell.exercise for cell in lesson.having("exercise")}
    rubrics = {cell.exercise for cell in lesson.having("rubric")}
    for cell in lesson.having("essay"):
        if cell.exercise not in rubrics:
            yield cell.line, f"essay {cell.exercise} has no rubric"
        if cell.exercise in exercises:
            yield cell.line, f"essay {cell.exercise} has the id of an exercise"
        if not _question_above(lesson, cell):
            yield cell.line, f"essay {cell.exercise} has no cell `### 考察 {cell.exercise} …` above"
    for cell in lesson.having("rubric"):
        if cell.exercise not in essays:
            yield cell.line, f"rubric {cell.exercise} has no essay"


def _question_above(lesson: Lesson, essay: Cell) -> bool:
    label = ESSAY_LABELS[lesson.language]
    question = re.compile(rf"^#+ {label} {essay.exercise}(?!\d)", re.MULTILINE)
    return any(
        cell.role is None and cell.type == "markdown" and question.search(cell.source)
        for cell in lesson.cells[: lesson.cells.index(essay)]
    )
