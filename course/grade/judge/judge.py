"""Decides what a submission is worth, in a process that never runs a student's code.

What came back from the sandbox is a claim: whatever it holds, it is compared with what the
course's own answers give on the same cases, and a claim of the wrong form is a wrong answer.
"""

from __future__ import annotations

import contextlib
import functools
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from course.errors import GradingError
from course.grade.judge.borrowed import borrowed
from course.grade.shared.assignment import Assignment
from course.grade.shared.cases import cases_of
from course.grade.shared.stages import STOPPED, Flag, Judgement, Run, Submission
from course.grade.shared.untrusted import line, without_folders
from exercises.catalogue import find
from exercises.engine import Verdict, observe
from exercises.engine import judge as judge_exercise
from exercises.exercise import Case, Exercise, Observation
from helpers.internal.sentences import Sentence

_REFERENCE_FAILS = Sentence(
    ja="問 {exercise} は、教材の解答そのものが、このマシンで動きません（{error}）。"
    "course doctor で環境を確かめてください。",
    en="The course's own answer to exercise {exercise} does not work on this machine ({error}). "
    "Look at the machine with course doctor.",
)

_IMPORT_ERRORS = ("ModuleNotFoundError", "ImportError")

LARGEST = 100
"""How many times the bytes of the course's own observation a claim may have, plus a kilobyte."""

MEMORY_OF_HINTS = 2**29
"""Bytes that comparing an answer, and looking for what is wrong with it, may take."""


def judge(submission: Submission, run: Run, assignment: Assignment) -> Judgement:
    """Judge every exercise of a lesson.

    Args:
        submission: Says what was answered.
        run: What the sandbox sent back.
        assignment: What was asked.

    Returns:
        Verdicts and points of all exercises; the flags of the stages before, and of answers that
        call the course's own implementation.

    Raises:
        GradingError: The course's own answer fails on this machine.
    """
    verdicts = {name: _verdict(name, submission, run) for name in assignment.exercises}
    points = {
        name: float(find(name).points if verdict.status == "correct" else 0)
        for name, verdict in verdicts.items()
    }
    calls = borrowed(submission.answers, assignment.set_up, list(map(find, assignment.exercises)))
    # Honest work may need what this machine lacks, and nobody must lose it unseen.
    lost = tuple(
        Flag("accepted_in_notebook", name)
        for name in submission.accepted
        if name in verdicts and verdicts[name].status != "correct"
    )
    lost += tuple(
        Flag("lacks_package", name, line(error))
        for name, verdict in verdicts.items()
        if verdict.status == "wrong" and (error := _import_error(run.observations.get(name)))
    )
    return Judgement(verdicts, points, submission.flags + run.flags + calls + lost)


def _import_error(observed: Any) -> str:
    """Return the error of an answer that needs a package which this machine lacks, or nothing."""
    first = observed[0] if isinstance(observed, list) and observed else None
    error = first.get("error") if isinstance(first, dict) else None
    is_of_import = isinstance(error, str) and error.startswith(_IMPORT_ERRORS)
    return without_folders(error) if is_of_import else ""


def failed(submission: Submission, assignment: Assignment, reason: str) -> Judgement:
    """Return the judgement of a submission that ended the grader itself: a person must look."""
    return Judgement(
        {name: Verdict("wrong", "not_judged") for name in assignment.exercises},
        dict.fromkeys(assignment.exercises, 0.0),
        (*submission.flags, Flag("grader_failed", detail=reason)),
    )


def _verdict(name: str, submission: Submission, run: Run) -> Verdict:
    if name not in submission.answers:
        return Verdict("blank", "missing")
    cases, wanted = _reference(name, run.seed)
    try:
        return _compare(find(name), cases, run.observations.get(name), wanted)
    except Exception:  # ragged or endless lists, numbers that overflow: a claim can be anything
        return Verdict("wrong", "no_result")


@functools.lru_cache(maxsize=256)
def _reference(name: str, seed: int) -> tuple[list[Case], list[Observation]]:
    exercise, cases = find(name), cases_of(name, seed)
    wanted = observe(exercise, exercise.reference, cases)
    for observation in wanted:
        if "error" in observation:
            # Otherwise a package that is missing here would make every answer of the class wrong.
            error = observation["error"]
            raise GradingError(_REFERENCE_FAILS.format(exercise=name, error=error))
    return cases, wanted


def _compare(
    exercise: Exercise, cases: list[Case], observed: Any, wanted: list[Observation]
) -> Verdict:
    if not _is_well_formed(observed, len(cases)):
        return Verdict("wrong", "no_result")
    if reason := _stopped(observed):
        return Verdict("wrong", reason)
    if any(
        _size(seen) > LARGEST * _size(want) + 1000
        for seen, want in zip(observed, wanted, strict=True)
    ):
        # Hints calculate with what was observed: what is too large must not come that far.
        return Verdict("wrong", "too_large")
    with _little_memory():
        return judge_exercise(exercise, cases, observed, wanted)


def _stopped(observed: list[Observation]) -> str:
    """Return why the sandbox stopped an answer, or nothing."""
    first = observed[0]
    by_sandbox = first.get("by") == "sandbox" and first.get("error") in STOPPED
    return first["error"] if by_sandbox else ""


@contextlib.contextmanager
def _little_memory() -> Iterator[None]:
    """Bound what is made of a claim: a hint that needs more stays silent."""
    most, hard = resource.getrlimit(resource.RLIMIT_AS)
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    little = mapped + MEMORY_OF_HINTS
    if most == resource.RLIM_INFINITY or little < most:
        resource.setrlimit(resource.RLIMIT_AS, (little, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _is_well_formed(observed: Any, cases: int) -> bool:
    return (
        isinstance(observed, list)
        and len(observed) == cases
        and all(isinstance(seen, dict) for seen in observed)
    )


def _size(value: Any) -> int:
    """Return about the bytes of nested plain values.

    Raises:
        TypeError: There is something else among them.
    """
    if isinstance(value, dict):
        return sum(_size(key) + _size(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(map(_size, value), 8)
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, str):
        return len(value)
    if value is None or isinstance(value, bool | int | float):
        return 8
    raise TypeError(f"no plain value: {type(value).__name__}")
