"""Checks an answer the moment a student writes it.

An exercise is defined once, in ``helpers/checks/lesson_NN.py``, and serves two readers: the
student, through :func:`check`, and the grader. Its parts are kept apart so that the grader can run
them in different processes:

* :func:`observe` runs an answer on the cases and returns plain data (arrays, numbers, text);
* :func:`judge` compares what was observed of the answer with what was observed of the reference.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib.util
import io
import os
import pkgutil
import re
import sys
import sysconfig
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from helpers import checks, text
from helpers.errors import AnswerError, CourseError, UnknownNameError
from helpers.randomness import random_state_kept

Case = dict[str, Any]
"""The plain inputs of one try: arrays, numbers, text."""

Observation = dict[str, Any]
"""What one try gave: named arrays, numbers and text. A try that failed gives ``"error"``, what to
tell the student, and where it is known ``"line"``, the student's own line that it came through."""

Status = Literal["correct", "wrong", "blank"]

_PUBLIC_SEED = 2020
_LONGEST_ERROR = 300
_TENSORFLOW_SEEDS = ("_seed", "_rng")
_KERAS_SEEDS = ("global_random_seed", "global_seed_generator")
_NOT_STUDENTS = (
    *(str(Path(__file__).parents[1] / part) + os.sep for part in ("helpers", "course")),
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("platstdlib"),
    "<frozen",
)


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
        exercise = find(str(exercise_id))
    except UnknownNameError as error:
        _tell(str(error), good=False)
        return answer
    try:
        cases = exercise.cases(np.random.default_rng(_PUBLIC_SEED))
    except CourseError as error:
        # The data that the cases are made of cannot be had.
        _tell(str(error), good=False)
        return exercise.reference
    wanted = observe(exercise, exercise.reference, cases)
    verdict = judge(exercise, cases, observe(exercise, answer, cases), wanted)
    good = verdict.status == "correct"
    _tell(text.VERDICTS[verdict.status].format(id=exercise.id, message=verdict.message), good)
    return answer if good else exercise.reference


def _tell(report: str, good: bool) -> None:
    if not good and os.environ.get("COURSE_STRICT") == "1":
        raise CheckFailed(report)
    print(report)


def observe(exercise: Exercise, answer: Any, cases: list[Case]) -> list[Observation]:
    """Run an answer on every case, without a trace: no output, no changed random state.

    Each try gets a copy of its case, so that an answer that writes into its inputs spoils only its
    own. A try that fails becomes an observation too (see :data:`Observation`); the error of a stub
    that was left as it was is ``"NotImplementedError"``.
    """
    return [_observe_case(exercise, answer, case) for case in cases]


def _observe_case(exercise: Exercise, answer: Any, case: Case) -> Observation:
    try:
        with _quiet(), _preserved_state():
            observation = exercise.probe(answer, copy.deepcopy(case))
            return {item: _plain(value) for item, value in observation.items()}
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # Anything may come out of an answer, SystemExit too, and none of it may end the notebook.
        return _failure(error)


def _plain(value: Any) -> Any:
    """Return bare arrays, built-in numbers or text: objects of an answer could compare as equal."""
    if value is None or type(value) is str:
        return value
    bare = np.array(value)
    if bare.dtype.kind not in "biufU":
        raise AnswerError(text.ANSWER_NOT_A_NUMBER.format(type=type(value).__name__))
    return bare if isinstance(value, np.ndarray) else bare.tolist()


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
    # A hint may look for an entry, a type or a shape that this answer does not have.
    try:
        with _quiet(), _preserved_state():
            return bool(hint.recognises(got, want, case))
    except Exception:
        return False


def _difference(exercise: Exercise, got: Observation, want: Observation) -> str | None:
    """Say in one sentence where two observations differ; None if they agree."""
    if "error" in got:
        line = text.AT_LINE.format(line=got["line"]) if "line" in got else ""
        return got["error"] + line
    for item, wanted in want.items():
        if not close(got.get(item), wanted, exercise.rtol, exercise.atol):
            return _name_difference(text.ITEMS.get(item, item), got.get(item), wanted)
    return None


def _name_difference(name: str, got: Any, want: Any) -> str:
    if got is None:
        return text.ITEM_MISSING.format(item=name)
    if isinstance(want, str):
        return text.WRONG_TEXT.format(item=name, got=got, want=want)
    if np.shape(got) != np.shape(want):
        return text.WRONG_SHAPE.format(item=name, got=np.shape(got), want=np.shape(want))
    return text.WRONG_VALUE.format(item=name)


def close(got: Any, want: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
    """Say whether two arrays or numbers have one shape and agree within the tolerances.

    Text agrees with the same text only, and never with a number.
    """
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        return False
    if got.dtype.kind in "biuf" and want.dtype.kind in "biuf":
        return bool(np.allclose(got, want, rtol=rtol, atol=atol))
    return got.dtype.kind == want.dtype.kind and bool((got == want).all())


def _failure(error: BaseException) -> Observation:
    """Describe an error, with the last line of the student's own code that it came through."""
    if isinstance(error, NotImplementedError) and not error.args:
        return {"error": "NotImplementedError"}
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_students_code(frame.filename)]
    described = traceback.format_exception_only(error)[-1].strip()
    if not own and "NoneType" in described:
        # The probe stumbled over None, which the student did not mean to return.
        return {"error": text.NOTHING_RETURNED}
    if not own and "unpack" in described:
        return {"error": text.OTHER_NUMBER_OF_VALUES}
    if isinstance(error, CourseError):
        sentence = str(error)
    else:
        sentence = text.ANSWER_RAISED.format(error=described[:_LONGEST_ERROR])
    has_line = own and own[-1].line
    return {"error": sentence, "line": own[-1].line} if has_line else {"error": sentence}


def _is_students_code(filename: str) -> bool:
    return not filename.startswith(_NOT_STUDENTS) and not re.search(
        r"[\\/](site|dist)-packages[\\/]", filename
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    nowhere = io.StringIO()
    with (
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _preserved_state() -> Iterator[None]:
    """Put random generators and gradient mode back afterwards: a check changes no later result."""
    with random_state_kept(), _gradients_on(), _preserved_tensorflow_state():
        yield


def _gradients_on() -> contextlib.AbstractContextManager:
    """Switch gradients on, also where the notebook has switched them off for itself."""
    # PyTorch is only touched where the notebook uses it: the Keras notebook must not load it.
    torch = sys.modules.get("torch")
    return contextlib.nullcontext() if torch is None else torch.enable_grad()


@contextlib.contextmanager
def _preserved_tensorflow_state() -> Iterator[None]:
    # Neither library tells its seed in public, so both are asked inside. Each is only touched where
    # the notebook uses it.
    eager = sys.modules.get("tensorflow.python.eager.context")
    keras_state = sys.modules.get("keras.src.backend.common.global_state")
    if eager is None or keras_state is None:
        yield
        return
    context = vars(eager.context())
    seeds = {name: copy.deepcopy(context[name]) for name in _TENSORFLOW_SEEDS if name in context}
    keras_seeds = {name: keras_state.get_global_attribute(name) for name in _KERAS_SEEDS}
    try:
        yield
    finally:
        for name in _TENSORFLOW_SEEDS:
            context.pop(name, None)
        context.update(seeds)
        for name, value in keras_seeds.items():
            keras_state.set_global_attribute(name, value)
