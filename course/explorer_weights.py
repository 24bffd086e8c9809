"""Make the network that the explorer shows: ``python -m course.explorer_weights``.

What people draw is not written like MNIST's digits: it is shifted, turned, larger or smaller, and
drawn with another pen. So the network is trained on the full MNIST with all of that, and judged by
MNIST's test images and by the digits of the mini set, whose writers it has never seen.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

WEIGHTS = Path(__file__).parents[1] / "site" / "explorer" / "weights" / "mnist.safetensors"

MAX_SHIFT = 2.0  # pixels
MAX_ROTATION = math.radians(15)
MAX_SCALING = 0.15  # of the width and the height, each by itself
THICKEN, THIN = 1.0, 0.4  # shares of the way to strokes one pixel wider or narrower on each side


def distort(images: Tensor) -> Tensor:
    """Return images (N, 1, H, W) in [-1, 1], each shifted, turned, scaled and drawn with a new pen.

    Draws from PyTorch's random numbers.
    """
    ink = _with_another_pen(_moved((images + 1) / 2))
    return ink * 2 - 1


def _moved(ink: Tensor) -> Tensor:
    limits = torch.tensor([MAX_ROTATION, MAX_SCALING, MAX_SCALING, MAX_SHIFT, MAX_SHIFT])
    amounts = (torch.rand(len(ink), 5) * 2 - 1) * limits
    angle, wider, higher, right, down = amounts.to(ink.device).unbind(dim=1)
    # affine_grid asks where each pixel comes from, in units of half the image.
    half = ink.shape[-1] / 2
    across = [angle.cos() / (1 + wider), -angle.sin() / (1 + wider), right / half]
    along = [angle.sin() / (1 + higher), angle.cos() / (1 + higher), down / half]
    rows = torch.stack([*across, *along], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(rows, list(ink.shape), align_corners=False)
    return F.grid_sample(ink, grid, align_corners=False)


def _with_another_pen(ink: Tensor) -> Tensor:
    wider = F.max_pool2d(ink, 3, stride=1, padding=1)
    narrower = -F.max_pool2d(-ink, 3, stride=1, padding=1)
    share = torch.empty(len(ink), 1, 1, 1, device=ink.device).uniform_(-THIN, THICKEN)
    return ink + share.clamp(min=0) * (wider - ink) - share.clamp(max=0) * (narrower - ink)
