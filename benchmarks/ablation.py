"""What each step from the original recipe to FAST buys, over one epoch of `Model` on MNIST."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from unittest.mock import patch

import torch

from benchmarks.figure import Figure
from helpers.data import batches
from helpers.models import Model
from helpers.training import FAST, ORIGINAL, Recipe, device, evaluate, fit, is_fast_in_bfloat16


def measure() -> list[Figure]:
    """Train once a step, each step with all those before it.

    Raises:
        DataError: Only the mini data is at hand.
    """
    os.environ["COURSE_DATA"] = "full"
    seconds, accuracy = {}, {}
    with patch("helpers.training.keep_freed_memory"):  # cannot be taken back, so it comes last
        for recipe in recipes():
            seconds[recipe.name], accuracy[recipe.name] = _train(recipe)
    seconds["+ kept memory"], accuracy["+ kept memory"] = _train(recipe)
    return [
        Figure("One epoch of `Model` on MNIST", seconds, note="Each way adds to the one before."),
        Figure("… and the accuracy reached", accuracy, unit=""),
    ]


def recipes() -> Iterator[Recipe]:
    """Yield the recipes from ORIGINAL to FAST, each with one thing more."""
    recipe = dataclasses.replace(ORIGINAL, epochs=1)
    yield recipe
    changes = {
        "+ Adam": {"optimizer": FAST.optimizer, "batch_size": FAST.batch_size},
        "+ one cycle": {"one_cycle": True, "learning_rate": FAST.learning_rate},
        "+ channels last": {"channels_last": True},
    }
    if is_fast_in_bfloat16(device()):
        changes["+ bfloat16"] = {"mixed_precision": True}
    for name, change in changes.items():
        recipe = dataclasses.replace(recipe, name=name, **change)
        yield recipe


def _train(recipe: Recipe) -> tuple[float, float]:
    torch.manual_seed(0)
    model = Model().to(device())
    history = fit(model, batches("MNIST", batch_size=recipe.batch_size), recipe=recipe)
    return sum(history.seconds), evaluate(model, batches("MNIST", train=False))[1]
