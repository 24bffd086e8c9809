"""Runs one answer: the part of the grader that shares its process with a student's code.

What it returns is a claim and no more, because the answer may have changed anything in here.
"""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import inspect
import linecache
import random
import sys
import types
from dataclasses import dataclass
from typing import Any

import numpy as np

import exercises
import helpers.check
from course.grade.wire.messages import Job
from exercises import catalogue, engine
from exercises.checking import answer_named
from exercises.exercise import Case, Exercise, Observation
from exercises.translations import AnswerError

_WITH_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


@dataclass(frozen=True)
class Prepared:
    """A lesson whose answers can be run.

    Attributes:
        notebook: The module ``__main__``, as the set-up cells left it.
        cases: Of each exercise, by its id.
    """

    notebook: types.ModuleType
    cases: dict[str, list[Case]]


def new_notebook(set_up: tuple[str, ...], exercise_ids: tuple[str, ...]) -> types.ModuleType:
    """Return a notebook whose set-up cells have run; from now on it is the module ``__main__``.

    Args:
        set_up: Imports and definitions only, so that processes can be forked afterwards.
        exercise_ids: Those whose definitions are imported as well.
    """
    # The real one hands out the course's own answer.
    exercises.check = helpers.check.check = _hand_back.own = _hand_back
    notebook = types.ModuleType("__main__")
    sys.modules["__main__"] = notebook
    for cell in set_up:
        exec(compile(cell, "<set-up>", "exec", dont_inherit=True), vars(notebook))
    for exercise in exercise_ids:
        catalogue.find(exercise)
    return notebook


def modules_in_use(exercise_ids: tuple[str, ...]) -> list[str]:
    """Return the modules that are imported after the course's own answers have run."""
    for exercise in map(catalogue.find, exercise_ids):
        engine.observe(exercise, exercise.reference, exercise.cases(np.random.default_rng(0)))
    return list(sys.modules)


def _hand_back(exercise_id: str, *answers: Any) -> Any:
    if answers:
        return answers[0]
    return answer_named(catalogue.find(exercise_id), inspect.currentframe().f_back.f_globals)


def observe_answer(job: Job, lesson: Prepared) -> list[Observation]:
    """Run an answer in a notebook and observe it on its cases, as ``engine.observe`` does.

    Of earlier exercises it sees the course's reference, as in the student's own notebook, where
    ``check`` puts it in place of a wrong answer.
    """
    _seed_everything()
    exercise, notebook = catalogue.find(job.exercise), lesson.notebook
    cases, marks = lesson.cases[job.exercise], _marks(exercise.references)
    for earlier in map(catalogue.find, job.earlier):
        vars(notebook).update(zip(earlier.names, earlier.references, strict=True))
    _withhold_reference(exercise, notebook)
    try:
        answer = _define(exercise, job.answer, notebook)
    except BaseException as error:  # an answer may raise SystemExit as well
        return _failed(exercise, cases, error)
    if marks & _marks(answer if isinstance(answer, tuple) else (answer,)):
        answer = _withheld  # made of the reference's own file, by importing that once more
    return engine.observe(exercise, answer, cases)


def _seed_everything() -> None:
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)
    if tensorflow := sys.modules.get("tensorflow"):
        tensorflow.random.set_seed(0)


def _withhold_reference(exercise: Exercise, notebook: types.ModuleType) -> None:
    """Take the course's own answer out of reach, wherever it has a name."""
    names = [name for name in sys.modules if name.startswith(("exercises.", "helpers."))]
    for module in (notebook, *(sys.modules[name] for name in names)):
        for name, value in list(vars(module).items()):
            if any(value is reference for reference in exercise.references):
                setattr(module, name, _withheld)
    object.__setattr__(exercise, "reference", None)


def _marks(answers: tuple[Any, ...]) -> set[int]:
    """Return what tells a function, or a class's methods, from all others but their copies.

    No more than a number: an answer can look into this process, and make a function of its code.
    """
    parts = [
        part for one in answers for part in (vars(one).values() if isinstance(one, type) else [one])
    ]
    return {hash(part.__code__) for part in parts if isinstance(part, types.FunctionType)}


def _withheld(*arguments: Any, **options: Any) -> None:
    raise AnswerError("withheld")


def _define(exercise: Exercise, cell: str, notebook: types.ModuleType) -> Any:
    """Run the cell and return what it was to define.

    A line that fails does no harm if everything is defined at the end: students try their answers
    out below them, on data that only the demonstrations have.
    """
    for name in exercise.names:
        vars(notebook).pop(name, None)
    error = _run(cell, f"<{exercise.id}>", notebook)
    defined = tuple(vars(notebook).get(name) for name in exercise.names)
    if None in defined:
        missing = exercise.names[defined.index(None)]
        raise error or AnswerError("not defined", name=missing)
    return defined if len(defined) > 1 else defined[0]


def _run(cell: str, filename: str, notebook: types.ModuleType) -> BaseException | None:
    """Run a cell statement by statement, and return its first error."""
    # Known lines let an error say in which one it happened.
    linecache.cache[filename] = len(cell), None, cell.splitlines(keepends=True), filename
    first = None
    for statement in ast.parse(cell, filename).body:
        try:
            _run_statement(statement, filename, notebook)
        except BaseException as error:
            first = first or error
    return first


def _run_statement(statement: ast.stmt, filename: str, notebook: types.ModuleType) -> None:
    code = compile(ast.Module([statement], []), filename, "exec", _WITH_AWAIT, dont_inherit=True)
    result = eval(code, vars(notebook))
    if inspect.iscoroutine(result):  # a notebook may wait where no function is
        asyncio.run(result)


def _failed(exercise: Exercise, cases: list[Case], error: BaseException) -> list[Observation]:
    def fail(answer: Any, case: Case) -> Observation:
        raise error

    return engine.observe(dataclasses.replace(exercise, probe=fail), None, cases)
