"""Checks an answer the moment a student writes it.

An exercise is defined once, in ``helpers/checks/lesson_NN.py``, and serves two readers: the
student, through :func:`check`, and the grader. Its parts are kept apart so that the grader can run
them in different processes:

* :func:`observe` runs an answer on the cases and returns plain data (arrays, numbers, text);
* :func:`judge` compares what was observed of the answer with what was observed of the reference.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import os
import pkgutil
import random
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from helpers import checks, text
from helpers.errors import CourseError, UnknownNameError

Case = dict[str, Any]
"""The plain inputs of one try: arrays, numbers, text."""

Observation = dict[str, Any]
"""What one try gave: named arrays, numbers and text, or the single entry ``"error"``."""

Status = Literal["correct", "wrong", "blank"]

_PUBLIC_SEED = 2020
_HELPERS = str(Path(__file__).parent)


@dataclass(frozen=True)
class Hint:
    """A typical mistake: how to recognise it. Its sentence is ``text.HINTS[exercise][name]``.

    Attributes:
        name: Key of the sentence.
        recognises: ``(got, want, case) -> bool``, on the observations of one case.
    """

    name: str
    recognises: Callable[[Observation, Observation, Case], bool]


@dataclass(frozen=True)
class Exercise:
    """One exercise: all that the student's check and the grader know about it.

    Attributes:
        id: Stable name, ``"3-1"`` for the first exercise of notebook 03.
        points: What a correct answer is worth.
        names: What the exercise cell defines; one name, or several that are checked together.
        reference: The course's own answer: an object, or a tuple in the order of ``names``.
        cases: Makes the plain inputs from a random generator.
        probe: Runs an answer on one case and returns plain observations.
        hints: Typical mistakes, the most specific first.
        rtol: Relative tolerance of numbers.
        atol: Absolute tolerance of numbers.
    """

    id: str
    points: int
    names: tuple[str, ...]
    reference: Any
    cases: Callable[[np.random.Generator], list[Case]]
    probe: Callable[[Any, Case], Observation]
    hints: tuple[Hint, ...] = ()
    rtol: float = 1e-4
    atol: float = 1e-5


@dataclass(frozen=True)
class Verdict:
    """What an answer is worth and what to tell its author.

    Attributes:
        status: ``"correct"``, ``"wrong"`` or ``"blank"`` (not touched yet).
        message: One or two Japanese sentences.
        hint: Name of the hint that recognised the mistake, or None.
    """

    status: Status
    message: str
    hint: str | None = None


class CheckFailed(AssertionError):
    """An answer is wrong or missing while ``COURSE_STRICT=1``, as nbgrader needs it."""


def find(exercise_id: str) -> Exercise:
    """Return the exercise called ``exercise_id``, such as ``"3-1"``.

    Raises:
        UnknownNameError: There is no such exercise.
    """
    lesson = re.fullmatch(r"(\d+)-\d+", exercise_id)
    exercises = _exercises_of_lesson(int(lesson[1])) if lesson else {}
    if exercise_id not in exercises:
        raise UnknownNameError(text.UNKNOWN_EXERCISE.format(id=exercise_id))
    return exercises[exercise_id]


def all_exercises() -> Iterator[Exercise]:
    """Yield every exercise of every notebook, in order."""
    for module in sorted(pkgutil.iter_modules(checks.__path__), key=lambda module: module.name):
        if lesson := re.fullmatch(r"lesson_(\d+)", module.name):
            yield from _exercises_of_lesson(int(lesson[1])).values()


@functools.cache
def _exercises_of_lesson(lesson: int) -> dict[str, Exercise]:
    # One module a lesson, so that a PyTorch notebook never imports Keras and the other way round.
    name = f"{checks.__name__}.lesson_{lesson:02d}"
    if importlib.util.find_spec(name) is None:
        return {}
    return {exercise.id: exercise for exercise in importlib.import_module(name).EXERCISES}


def check(exercise_id: str, answer: Any) -> Any:
    """Check an answer, say what was found, and return what the notebook goes on with.

    Args:
        exercise_id: Such as ``"3-1"``.
        answer: What the exercise cell defines; a tuple if it defines several things.

    Returns:
        The answer itself if it is correct, else the course's reference, so that every later cell
        runs.

    Raises:
        CheckFailed: The answer is wrong or missing, and ``COURSE_STRICT=1``. Otherwise nothing
            is raised.
    """
    try:
        exercise = find(exercise_id)
    except UnknownNameError as error:
        print(error)
        return answer
    cases = exercise.cases(np.random.default_rng(_PUBLIC_SEED))
    wanted = observe(exercise, exercise.reference, cases)
    verdict = judge(exercise, cases, observe(exercise, answer, cases), wanted)
    report = text.VERDICTS[verdict.status].format(id=exercise_id, message=verdict.message)
    if verdict.status != "correct" and os.environ.get("COURSE_STRICT") == "1":
        raise CheckFailed(report)
    print(report)
    return answer if verdict.status == "correct" else exercise.reference


def observe(exercise: Exercise, answer: Any, cases: list[Case]) -> list[Observation]:
    """Run an answer on every case, without a trace: no output, no changed random state.

    An exception becomes the observation ``{"error": "TypeError: …"}``; a stub that was left as it
    was becomes ``{"error": "NotImplementedError"}``.
    """
    return [_observe_case(exercise, answer, case) for case in cases]


def _observe_case(exercise: Exercise, answer: Any, case: Case) -> Observation:
    try:
        with _quiet(), _preserved_random_state():
            return exercise.probe(answer, case)
    except NotImplementedError:
        return {"error": "NotImplementedError"}
    except CourseError as error:
        return {"error": str(error)}
    except (Exception, SystemExit) as error:
        return {"error": _describe(error)}


def judge(
    exercise: Exercise,
    cases: list[Case],
    got: list[Observation],
    want: list[Observation],
) -> Verdict:
    """Compare the observations of an answer with those of the reference, case by case."""
    for case, seen, wanted in zip(cases, got, want, strict=True):
        if seen.get("error") == "NotImplementedError":
            return Verdict("blank", text.BLANK)
        difference = _difference(exercise, seen, wanted)
        if difference is None:
            continue
        for hint in exercise.hints:
            if _recognises(hint, seen, wanted, case):
                return Verdict("wrong", text.HINTS[exercise.id][hint.name], hint.name)
        return Verdict("wrong", difference)
    return Verdict("correct", text.CORRECT)


def _recognises(hint: Hint, got: Observation, want: Observation, case: Case) -> bool:
    # A hint may look for an entry or a shape that this answer does not have.
    try:
        return bool(hint.recognises(got, want, case))
    except (KeyError, ValueError, TypeError, IndexError):
        return False


def _difference(exercise: Exercise, got: Observation, want: Observation) -> str | None:
    """Say in one sentence where two observations differ; None if they agree."""
    if "error" in got:
        return text.ANSWER_RAISED.format(error=got["error"])
    for item, wanted in want.items():
        if item not in got or got[item] is None:
            return text.NOTHING_RETURNED.format(item=item)
        if isinstance(wanted, str):
            if got[item] != wanted:
                return text.WRONG_TEXT.format(item=item, got=got[item], want=wanted)
            continue
        seen_shape, wanted_shape = np.shape(got[item]), np.shape(wanted)
        if seen_shape != wanted_shape:
            return text.WRONG_SHAPE.format(item=item, got=seen_shape, want=wanted_shape)
        if not close(got[item], wanted, exercise.rtol, exercise.atol):
            return text.WRONG_VALUE.format(item=item)
    return None


def close(got: Any, want: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
    """Say whether two arrays or numbers have one shape and agree within the tolerances."""
    got, want = np.asarray(got), np.asarray(want)
    return got.shape == want.shape and bool(np.allclose(got, want, rtol=rtol, atol=atol))


def _describe(error: BaseException) -> str:
    """Name an error and the last line of the student's own code that it came through."""
    sentence = f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_students_code(frame.filename) and frame.line]
    return f"{sentence}{text.AT_LINE.format(line=own[-1].line)}" if own else sentence


def _is_students_code(filename: str) -> bool:
    return not filename.startswith(_HELPERS) and "site-packages" not in filename


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _preserved_random_state() -> Iterator[None]:
    """Put the random generators back afterwards, so that a check changes no later result."""
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    # PyTorch is only touched where the notebook uses it: the Keras notebook must not load it.
    torch = sys.modules.get("torch")
    torch_state = torch.random.fork_rng() if torch else contextlib.nullcontext()
    gradients_enabled = torch.is_grad_enabled() if torch else None
    try:
        with torch_state:
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002
        if torch:
            torch.set_grad_enabled(gradients_enabled)
