"""Recipes of training: the course's own two, and what they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


def unchanged(images: Tensor) -> Tensor:
    """Return the images as they are: no augmentation."""
    return images


def random_flip(images: Tensor) -> Tensor:
    """Return images (N, C, H, W), each of them mirrored left to right with probability 1/2."""
    mirrored = torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5
    return torch.where(mirrored, images.flip(-1), images)


@dataclass(frozen=True)
class Recipe:
    """How to train: an optimiser, its learning rate, and how the rate moves.

    Attributes:
        name: For legends and tables.
        optimizer: Makes the optimiser from ``(parameters, lr=…)``.
        learning_rate: The rate, or its peak if ``one_cycle``.
        batch_size: The batch size that the rate was chosen for.
        epochs: Epochs if :func:`fit` is not told otherwise.
        one_cycle: Warm up to the peak and anneal to almost zero (Smith and Topin, "Super-
            Convergence", 2017) instead of keeping the rate constant.
        channels_last: Keep the channels of a pixel side by side in memory while training, which
            CPU and GPU convolutions prefer.
        mixed_precision: Compute in bfloat16 where the device is faster at it
            (:func:`helpers.internal.devices.is_fast_in_bfloat16`); the weights stay float32 (Micikevicius et al., "Mixed
            Precision Training", 2017).
        augment: Changes the images (N, C, H, W) of every training batch, such as
            :func:`random_flip`; by default not at all.
    """

    name: str
    optimizer: Callable[..., Optimizer]
    learning_rate: float
    batch_size: int
    epochs: int
    one_cycle: bool = False
    channels_last: bool = False
    mixed_precision: bool = False
    augment: Callable[[Tensor], Tensor] = unchanged


def sgd_with_momentum(parameters: Iterable[nn.Parameter], lr: float) -> Optimizer:
    """Return plain stochastic gradient descent with momentum 0.9."""
    return torch.optim.SGD(parameters, lr=lr, momentum=0.9)


ORIGINAL = Recipe("ORIGINAL", sgd_with_momentum, learning_rate=0.001, batch_size=100, epochs=10)
FAST = Recipe(
    "FAST",
    torch.optim.Adam,
    learning_rate=0.01,
    batch_size=128,
    epochs=3,
    one_cycle=True,
    channels_last=True,
    mixed_precision=True,
)


def make_scheduler(
    recipe: Recipe, optimizer: Optimizer, total_steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """Return what moves the learning rate after every step: one cycle, or a constant."""
    if recipe.one_cycle and total_steps > 0:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=recipe.learning_rate, total_steps=total_steps
        )
    return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)
