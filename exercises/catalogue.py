"""Finds the exercises, which stand in ``lesson_NN.py``, one module a notebook."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from exercises.exercise import Exercise
from helpers.errors import UnknownNameError
from helpers.internal.sentences import Sentence

_UNKNOWN = Sentence(
    ja="問 {id} はありません。番号を確かめてください。",
    en="There is no exercise {id}. Check the number.",
)


def find(exercise_id: str) -> Exercise:
    """Return the exercise called ``exercise_id``, such as ``"3-1"``.

    Raises:
        UnknownNameError: There is no such exercise.
    """
    name = str(exercise_id)
    lesson = re.fullmatch(r"([0-9]+)-[0-9]+", name)
    exercises = _exercises_of_lesson(int(lesson[1])) if lesson else {}
    if name not in exercises:
        raise UnknownNameError(_UNKNOWN.format(id=name))
    return exercises[name]


def all_exercises() -> Iterator[Exercise]:
    """Yield every exercise of every notebook, in order."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    for name in sorted(module.name for module in modules):
        if lesson := re.fullmatch(r"lesson_(\d+)", name):
            yield from _exercises_of_lesson(int(lesson[1])).values()


@functools.cache
def _exercises_of_lesson(lesson: int) -> dict[str, Exercise]:
    # One module a lesson, so that a PyTorch notebook never imports Keras and the other way round.
    name = f"exercises.lesson_{lesson:02d}"
    if importlib.util.find_spec(name) is None:
        return {}
    found = vars(importlib.import_module(name)).values()
    exercises = [each for each in found if isinstance(each, Exercise)]
    return {each.id: each for each in sorted(exercises, key=_number)}


def _number(exercise: Exercise) -> int:
    return int(exercise.id.partition("-")[2])
