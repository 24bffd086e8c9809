"""What each choice between the original recipe and FAST does for `Model`, on mini MNIST."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator
from statistics import mean, stdev
from unittest.mock import patch

import torch

from benchmarks.figure import Figure
from helpers.data import Batches, batches, split
from helpers.internal.devices import is_fast_in_bfloat16
from helpers.models import Model
from helpers.training import FAST, ORIGINAL, Recipe, evaluate, fit

_CPU = torch.device("cpu")
_SEEDS = range(3)
_EPOCHS = 2
_VALIDATION = 2000
_ROUNDS = 3


def measure() -> list[Figure]:
    """Train from three seeds with each recipe that may reach an accuracy; time what may save time.

    The small set and the CPU make it a matter of minutes on any machine.
    """
    os.environ["COURSE_DATA"] = "mini"
    # Cannot be taken back, so it comes last.
    with patch("helpers.training.keep_freed_memory"):
        accuracy = {recipe.name: _accuracies(recipe) for recipe in recipes()}
        seconds = {recipe.name: _seconds(recipe) for recipe in layouts()}
    seconds["+ kept memory"] = _seconds(FAST)
    seeds = len(_SEEDS)
    return [
        Figure(
            f"Validation accuracy of `Model`, {_EPOCHS} epochs of mini MNIST, {seeds} seeds",
            {name: mean(values) for name, values in accuracy.items()},
            unit="",
            note="Rates of SGD, which has momentum 0.9, and of Adam are not on one scale.",
        ),
        Figure(
            f"… its standard deviation over {seeds} seeds",
            {name: stdev(values) for name, values in accuracy.items()},
            unit="",
        ),
        Figure(
            "CPU time of one epoch of `Model` on mini MNIST",
            seconds,
            note=f"Each way adds to the one before; the quickest of {_ROUNDS} epochs of FAST.",
        ),
    ]


def recipes() -> Iterator[Recipe]:
    """Yield recipes that differ in what accuracy depends on; the name says all of it."""
    for rate in (ORIGINAL.learning_rate, 0.01, 0.1):
        yield _named(ORIGINAL, learning_rate=rate)
    yield _named(ORIGINAL, learning_rate=0.1, one_cycle=True)
    for rate in (0.001, FAST.learning_rate):
        yield _named(ORIGINAL, optimizer=FAST.optimizer, learning_rate=rate)
    one_cycle = {"learning_rate": FAST.learning_rate, "one_cycle": True}
    for batch_size in (ORIGINAL.batch_size, FAST.batch_size):
        yield _named(ORIGINAL, optimizer=FAST.optimizer, batch_size=batch_size, **one_cycle)


def _named(recipe: Recipe, **changes: object) -> Recipe:
    recipe = dataclasses.replace(recipe, **changes)
    optimizer = "Adam" if recipe.optimizer is FAST.optimizer else "SGD"
    schedule = "one cycle" if recipe.one_cycle else "constant"
    name = f"{optimizer} {recipe.learning_rate:g} {schedule}, batch {recipe.batch_size}"
    return dataclasses.replace(recipe, name=name)


def layouts() -> Iterator[Recipe]:
    """Yield recipes as FAST, from the plainest way of computing on; each adds to the one before."""
    recipe = dataclasses.replace(FAST, name="plain", channels_last=False, mixed_precision=False)
    yield recipe
    recipe = dataclasses.replace(recipe, name="+ channels last", channels_last=True)
    yield recipe
    if is_fast_in_bfloat16(_CPU):
        yield dataclasses.replace(recipe, name="+ bfloat16", mixed_precision=True)


def _accuracies(recipe: Recipe) -> list[float]:
    # Recipes are chosen by these, so the test data has no part in it.
    return [evaluate(_trained(recipe, _EPOCHS, seed), _data(recipe)[1])[1] for seed in _SEEDS]


def _seconds(recipe: Recipe) -> float:
    times = []
    for _ in range(_ROUNDS):
        # Not the clock on the wall: other programs may keep the machine busy.
        start = time.process_time()
        _trained(recipe, epochs=1, seed=0)
        times.append(time.process_time() - start)
    return min(times)


def _trained(recipe: Recipe, epochs: int, seed: int) -> Model:
    torch.manual_seed(seed)
    model = Model()
    fit(model, _data(recipe)[0], recipe=recipe, epochs=epochs, seed=seed)
    return model


def _data(recipe: Recipe) -> tuple[Batches, Batches]:
    """Return the training part and the validation part that notebook 03 uses."""
    everything = batches("MNIST", batch_size=recipe.batch_size, device=_CPU)
    return split(everything, size=_VALIDATION)
