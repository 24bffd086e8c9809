"""What the tests of the checkers share: where answers come from, and what they are worth."""

import copy
import functools
import logging
import sys
import types
from pathlib import Path

import cv2
import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from course import lessons
from exercises.catalogue import find
from exercises.engine import judge, observe
from exercises.wording import Phrases, in_words
from helpers.explain import randomise_
from helpers.training import train_step

ROOT = Path(__file__).parents[2]
SEEDS = (2020, 1)
"""The seed that students see, and one that a grader could choose."""

NOTEBOOK_NAMES = {
    "np": np,
    "torch": torch,
    "F": F,
    "nn": nn,
    "DataLoader": DataLoader,
    "datasets": datasets,
    "transforms": transforms,
    "train_step": train_step,
    "copy": copy,
    "cv2": cv2,
    "randomise_": randomise_,
}
"""What the notebooks have imported or defined before their exercise cells."""


def remove_unless_failing(handle):
    """Remove a hook, but not on the way out with an error."""
    if sys.exc_info()[0] is None:
        handle.remove()


def verdict(exercise_id, answer, seed=2020):
    exercise = find(exercise_id)
    cases, wanted = _wanted(exercise, seed)
    torch.manual_seed(0)  # for answers that draw random numbers of their own
    return judge(exercise, cases, observe(exercise, answer, cases), wanted)


def message(exercise_id, answer):
    """Return what an answer's author is told."""
    return in_words(verdict(exercise_id, answer), Phrases.of(find(exercise_id)))


@functools.cache
def _wanted(exercise, seed):
    cases = exercise.cases(np.random.default_rng(seed))
    return cases, observe(exercise, exercise.reference, cases)


def solution(exercise_id):
    """Return what the exercise's cell in solutions/ defines."""
    return _defined_by(_solution_cells(lesson_of(exercise_id))[exercise_id], exercise_id)


def stub(exercise_id):
    """Return what the exercise's cell in the untouched student edition defines."""
    return _defined_by(_student_cells(lesson_of(exercise_id))[exercise_id], exercise_id)


def lesson_of(exercise_id):
    """Return how the files of an exercise's lesson begin."""
    lesson, _ = exercise_id.split("-")
    return f"{int(lesson):02d}"


@functools.cache
def _solution_cells(lesson):
    (path,) = (ROOT / "solutions").glob(f"{lesson}_*.py")
    return {cell.exercise: cell.source for cell in lessons.read(path).having("exercise")}


@functools.cache
def _student_cells(lesson):
    (path,) = (ROOT / "notebooks").glob(f"{lesson}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    ids = {cell.metadata.get("nbgrader", {}).get("grade_id", ""): cell.source for cell in cells}
    return {
        grade_id.removeprefix("exercise-"): source
        for grade_id, source in ids.items()
        if grade_id.startswith("exercise-")
    }


def _defined_by(source, exercise_id):
    names = dict(NOTEBOOK_NAMES)
    exec(source, names)
    defined = tuple(names[name] for name in find(exercise_id).names)
    return defined if len(defined) > 1 else defined[0]


def _is_a_fault(record):
    """Say whether a hint failed by itself, and not for what this answer's observation lacks."""
    error = record.exc_info[1]
    misspelt = isinstance(error, AttributeError) and isinstance(error.obj, types.ModuleType)
    return misspelt or isinstance(error, NameError | ImportError)


class CheckerTests:
    """What holds for the checkers of every lesson; a subclass gives the answers to try.

    Attributes:
        right: ``{exercise: [answer, …]}``, written differently from the course's solution.
        mistakes: ``{exercise: [(hint, answer), …]}``; hint None where no hint may claim it.
        seeds: What to make the cases from.
    """

    right: dict
    mistakes: dict
    seeds: tuple = SEEDS

    def pytest_generate_tests(self, metafunc):
        if "hint" in metafunc.fixturenames:
            metafunc.parametrize(("exercise_id", "hint", "answer"), self._mistakes())
        elif "answer" in metafunc.fixturenames:
            metafunc.parametrize(("exercise_id", "answer"), self._right_answers())
        else:
            metafunc.parametrize("exercise_id", self.mistakes)
        if "seed" in metafunc.fixturenames:
            metafunc.parametrize("seed", self.seeds)

    def _right_answers(self):
        return [
            pytest.param(exercise_id, answer, id=f"{exercise_id}-{place}")
            for exercise_id, answers in self.right.items()
            for place, answer in enumerate(answers, start=1)
        ]

    def _mistakes(self):
        return [
            pytest.param(exercise_id, hint, answer, id=f"{exercise_id}-{place}-{hint}")
            for exercise_id, mistakes in self.mistakes.items()
            for place, (hint, answer) in enumerate(mistakes, start=1)
        ]

    def test_solution_is_accepted(self, exercise_id, seed):
        assert verdict(exercise_id, solution(exercise_id), seed).status == "correct"

    def test_stub_is_blank(self, exercise_id):
        assert verdict(exercise_id, stub(exercise_id)).status == "blank"

    def test_other_right_answer_is_accepted(self, exercise_id, answer, seed):
        assert verdict(exercise_id, answer, seed).status == "correct"

    def test_other_right_answer_is_nowhere_the_courses_own(self, exercise_id, answer):
        exercise = find(exercise_id)
        parts = answer if len(exercise.names) > 1 else (answer,)
        assert not any(part is own for part in parts for own in exercise.references)

    def test_mistake_is_named(self, exercise_id, hint, answer, seed, caplog):
        with caplog.at_level(logging.DEBUG, logger="exercises.engine"):
            found = verdict(exercise_id, answer, seed)
        assert (found.status, found.hint) == ("wrong", hint)
        assert not [record.getMessage() for record in caplog.records if _is_a_fault(record)]

    def test_every_hint_names_a_mistake_tried_here(self, exercise_id):
        tried = {hint for hint, _ in self.mistakes[exercise_id] if hint is not None}
        assert tried == {hint.name for hint in find(exercise_id).hints}

    def test_every_exercise_has_three_named_mistakes_and_another_right_answer(self, exercise_id):
        assert len([hint for hint, _ in self.mistakes[exercise_id] if hint is not None]) >= 3
        assert self.right[exercise_id]
