"""Runs an answer on its cases and judges what was observed.

The two parts are kept apart so that the grader can run them in different processes:

* :func:`observe` runs an answer on the cases and returns plain data (arrays, numbers, text);
* :func:`judge` compares what was observed of the answer with what was observed of the reference.
"""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import re
import sys
import sysconfig
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from exercises.exercise import Case, Exercise, Hint, Observation, close
from exercises.traces import TRACES, traces, watching
from exercises.translations import BLANK, AnswerError
from helpers.errors import CourseError
from helpers.internal.randomness import random_state_kept

Status = Literal["correct", "wrong", "blank"]

_log = logging.getLogger(__name__)
_LONGEST_ERROR = 2000
_DIGITS, _MOST_DIGITS = 4, 17
_TENSORFLOW_SEEDS = ("_seed", "_rng")
_KERAS_SEEDS = ("global_random_seed", "global_seed_generator")
_ROOT = Path(__file__).parents[1]
_NOT_STUDENTS = (
    *(str(_ROOT / part) + "/" for part in ("exercises", "helpers", "course")),
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("platstdlib"),
    "<frozen",
)


@dataclass(frozen=True)
class Verdict:
    """What an answer is worth, and why, in no language: :mod:`exercises.wording` says it in words.

    Attributes:
        status: ``"correct"``, ``"wrong"`` or ``"blank"`` (not touched yet).
        reason: Kind of what was found: ``"hint"``, ``"error"``, ``"number"``, …
        fields: What there is to tell of it: text and numbers by name.
        hint: Name of the hint that recognised the mistake, or None.
        case: Index of the case that decided; None if all were right.
    """

    status: Status
    reason: str
    fields: dict[str, Any] = field(default_factory=dict, hash=False)
    hint: str | None = None
    case: int | None = None


def make_cases(exercise: Exercise, seed: int) -> list[Case]:
    """Return the cases of a seed, without a trace in the notebook's own random numbers."""
    with _preserved_state():
        return exercise.cases(np.random.default_rng(seed))


def observe(exercise: Exercise, answer: Any, cases: list[Case]) -> list[Observation]:
    """Run an answer on every case, without a trace: no output, no changed random state.

    Each try gets a copy of its case. What the answer leaves behind becomes part of the observation
    (:mod:`exercises.traces`). A try that fails becomes an observation too; the error of a stub that
    was left as it was is ``"NotImplementedError"``.
    """
    return [observe_case(exercise, answer, case)[0] for case in cases]


def observe_case(exercise: Exercise, answer: Any, case: Case) -> tuple[Observation, str]:
    """Run an answer on one case; return what was observed, and what the answer printed."""
    with _quiet() as printed:
        try:
            with _preserved_state(), watching():
                given = copy.deepcopy(case)
                observation = dict(exercise.probe(answer, given))
                observation |= traces(case, given)
                observation = {item: _plain(value) for item, value in observation.items()}
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # Anything may come out of an answer, SystemExit too, and none of it may end the
            # notebook.
            observation = failure(error)
    return observation, printed.getvalue()


def _plain(value: Any) -> Any:
    """Return bare arrays, built-in numbers or text: objects of an answer could compare as equal."""
    if value is None or type(value) is str:
        return value
    bare = np.array(value)
    if bare.dtype.kind not in "biufU":
        raise AnswerError("not a number", type=type(value).__name__)
    return bare if isinstance(value, np.ndarray) else bare.tolist()


def judge(
    exercise: Exercise,
    cases: list[Case],
    got: list[Observation],
    want: list[Observation],
) -> Verdict:
    """Compare the observations of an answer with those of the reference, case by case."""
    for place, (case, seen, wanted) in enumerate(zip(cases, got, want, strict=True)):
        if seen.get("error") == BLANK:
            return Verdict("blank", "blank", case=place)
        difference = _difference(exercise, seen, wanted, case)
        if difference is None:
            continue
        for hint in exercise.hints:
            if _recognises(hint, seen, wanted, case):
                return Verdict("wrong", "hint", hint=hint.name, case=place)
        reason, fields = difference
        return Verdict("wrong", reason, fields, case=place)
    return Verdict("correct", "correct")


def _recognises(hint: Hint, got: Observation, want: Observation, case: Case) -> bool:
    # A hint may look for an entry, a type or a shape that this answer does not have.
    try:
        with _quiet(), _preserved_state():
            return bool(hint.recognises(got, want, case))
    except Exception:
        _log.debug("the hint %s could not tell", hint.name, exc_info=True)
        return False


def _difference(
    exercise: Exercise, got: Observation, want: Observation, case: Case
) -> tuple[str, dict[str, Any]] | None:
    """Return the kind of the first difference of two observations, and its fields; None if none."""
    if "error" in got:
        return "error", {name: value for name, value in got.items() if type(value) is str}
    for item, wanted in want.items():
        if not close(got.get(item), wanted, exercise.rtol, exercise.atol):
            if item in TRACES:
                return "trace", {"item": item}
            reason, fields = _difference_of(got.get(item), wanted, case, exercise)
            return reason, {"item": item, **fields}
    return None


def _difference_of(
    got: Any, want: Any, case: Case, exercise: Exercise
) -> tuple[str, dict[str, str]]:
    if got is None:
        return "absent", {}
    if isinstance(want, str):
        return "text", {"got": str(got), "want": want}
    if np.shape(got) != np.shape(want):
        return "shape", {"got": str(np.shape(got)), "want": str(np.shape(want))}
    got, want = np.asarray(got), np.asarray(want)
    if want.dtype.kind not in "iuf" or got.dtype.kind not in "iuf":
        return "difference", {}
    if want.ndim == 0:
        fields = _told_apart(got, want)
        inputs = _inputs(case)
        return ("number with inputs", fields | {"inputs": inputs}) if inputs else ("number", fields)
    agree = np.isclose(got, want, rtol=exercise.rtol, atol=exercise.atol)
    first = np.unravel_index(np.argmin(agree), want.shape)
    fields = _told_apart(got[first], want[first])
    return "first difference", {"place": str(list(map(int, first))), **fields}


def _told_apart(got: Any, want: Any) -> dict[str, str]:
    """Return two numbers as text, with as many digits as it takes to see that they differ."""
    for digits in range(_DIGITS, _MOST_DIGITS):
        fields = {"got": _short(got, digits), "want": _short(want, digits)}
        if fields["got"] != fields["want"]:
            break
    return fields


def _short(number: Any, digits: int) -> str:
    is_float = np.asarray(number).dtype.kind == "f"
    return f"{float(number):.{digits}g}" if is_float else str(int(number))


def _inputs(case: Case) -> str:
    """Return the inputs of a case of a few numbers, which a student can try out; else nothing."""
    if len(case) > 4 or not all(type(value) in (int, float, str) for value in case.values()):
        return ""
    return ", ".join(f"{name} = {value}" for name, value in case.items())


def failure(error: BaseException) -> Observation:
    """Describe an error, with the last line of the student's own code that it came through."""
    if isinstance(error, NotImplementedError) and not error.args:
        return {"error": BLANK}
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_students_code(frame.filename)]
    line = {"line": own[-1].line} if own and own[-1].line else {}
    if isinstance(error, AnswerError):
        was_none = error.fields.get("type") == "NoneType"
        problem = "nothing returned" if was_none else error.problem
        return {"error": problem, **error.fields, **line}
    if isinstance(error, CourseError):
        return {"error": str(error), "by": "course", **line}
    described = traceback.format_exception_only(error)[-1].strip()[:_LONGEST_ERROR]
    if not own and "NoneType" in described:
        # The probe stumbled over None, which the student did not mean to return.
        return {"error": "nothing returned"}
    if not own and "unpack" in described:
        return {"error": "other number of values"}
    if not own and isinstance(error, KeyError | IndexError):
        # The probe looked for something in what was returned that is not there.
        return {"error": "other kind of value"}
    return {"error": described, **line}


def _is_students_code(filename: str) -> bool:
    return not filename.startswith(_NOT_STUDENTS) and not re.search(
        r"[\\/](site|dist)-packages[\\/]", filename
    )


@contextlib.contextmanager
def _quiet() -> Iterator[io.StringIO]:
    """Keep what is printed from the notebook, and hand it to the caller."""
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield printed


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
