"""Training `Model` until the original recipe's accuracy is reached."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import torch
from torch import nn

from benchmarks.batches import original_loader
from benchmarks.figure import Aim, Figure
from helpers.data import batches, split
from helpers.models import CNN, Model
from helpers.progress import progress_bar
from helpers.training import FAST, ORIGINAL, Recipe, device, evaluate, fit, train_step

_ENOUGH_IMAGES = 40_000
"""So many, seen once, bring `Model` to where the original recipe is after ten epochs of 60,000."""


def measure() -> list[Figure]:
    """Train on the full data. Each way is tried once, the original one for minutes.

    Raises:
        DataError: Only the mini data is at hand.
    """
    os.environ["COURSE_DATA"] = "full"
    figures = _to_the_original_accuracy()
    return figures + (_to_99_percent_on_a_gpu() if device().type == "cuda" else [])


def _to_the_original_accuracy() -> list[Figure]:
    original = timed(Model, train_as_the_handouts)
    ours = timed(Model, train_on_a_part)
    seconds, accuracy = (
        {"ours": ours[part], "original, 10 epochs": original[part]} for part in (0, 1)
    )
    note = f"Ours sees {_ENOUGH_IMAGES:,} images once, with the recipe FAST; loading is included."
    return [
        Figure(
            "`Model` to the original recipe's accuracy on MNIST",
            seconds,
            aims=(Aim(1 / 20, "original, 10 epochs"),),
            note=note,
        ),
        Figure(
            "… and the accuracy reached",
            accuracy,
            unit="",
            aims=(Aim(1, "original, 10 epochs", at_most=False),),
        ),
    ]


def _to_99_percent_on_a_gpu() -> list[Figure]:
    timed(CNN, lambda model: train(model, FAST))  # starts the GPU's libraries
    seconds, accuracy = timed(Model, lambda model: train(model, FAST))
    return [
        Figure("`Model` on MNIST, on a GPU", {"ours": seconds}, aims=(Aim(10),)),
        Figure(
            "… and the accuracy reached",
            {"ours": accuracy},
            unit="",
            aims=(Aim(0.99, at_most=False),),
        ),
    ]


def timed(make: Callable[[], nn.Module], learn: Callable[[nn.Module], None]) -> tuple[float, float]:
    """Return the seconds that a training with seed 0 takes, its data included, and the accuracy."""
    torch.manual_seed(0)
    model = make().to(device())
    start = time.perf_counter()
    learn(model)
    seconds = time.perf_counter() - start
    return seconds, evaluate(model, batches("MNIST", train=False))[1]


def train(model: nn.Module, recipe: Recipe) -> None:
    """Train as the course does, on all images."""
    fit(model, batches("MNIST", batch_size=recipe.batch_size), recipe=recipe)


def train_on_a_part(model: nn.Module) -> None:
    """Train once over as many images as it takes."""
    everything = batches("MNIST", batch_size=FAST.batch_size)
    part, _ = split(everything, size=len(everything.labels) - _ENOUGH_IMAGES)
    fit(model, part, recipe=FAST, epochs=1)


def train_as_the_handouts(model: nn.Module, epochs: int = ORIGINAL.epochs) -> None:
    """Train with the original recipe, fed by a DataLoader that transforms image by image."""
    criterion = nn.CrossEntropyLoss()
    optimizer = ORIGINAL.optimizer(model.parameters(), lr=ORIGINAL.learning_rate)
    loader = original_loader()
    for epoch in range(1, epochs + 1):
        for images, labels in progress_bar(loader, desc=f"original {epoch}/{epochs}"):
            train_step(model, images.to(device()), labels.to(device()), criterion, optimizer)
