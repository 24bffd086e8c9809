"""Make the network that the explorer shows: ``python -m course.explorer_weights``.

What people draw is not written like MNIST's digits: it is shifted, turned, larger or smaller, drawn
with another pen, or coarser. So the network is trained on the full MNIST with all of that, and
judged by MNIST's test images and by the mini set's, whose writers it has never seen.
"""

from __future__ import annotations

import dataclasses
import math
import os
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from course.files import write_whole
from helpers import data, models, training

WEIGHTS = Path(__file__).parents[1] / "site" / "explorer" / "weights" / "mnist.safetensors"
EPOCHS = 8
SEED = 0

MAX_SHIFT = 2.0  # pixels
MAX_ROTATION = math.radians(15)
MAX_SCALING = 0.15  # of the width and the height, each by itself
THICKEN, THIN = 1.0, 0.4  # shares of the way to strokes one pixel wider or narrower on each side
COARSE_SHARE = 0.4  # of the batches
COARSE_SIDES = 8, 16  # pixels in place of 28
CONTRAST = 12  # how sharply ink is told from paper after that


def distort(images: Tensor) -> Tensor:
    """Return images (N, 1, 28, 28) in [-1, 1] as others would have written and scanned them.

    Each is shifted, turned, scaled and drawn with another pen; some batches are coarse. Draws from
    PyTorch's random numbers.
    """
    ink = _with_another_pen(_moved((images + 1) / 2))
    if torch.rand(()) < COARSE_SHARE:
        ink = _coarse(ink)
    return ink * 2 - 1


def _coarse(ink: Tensor) -> Tensor:
    low, high = COARSE_SIDES
    side = int(torch.randint(low, high + 1, ()))
    # A step of its own each time, as the grid of a coarse scan falls anywhere on a digit.
    down, right = torch.randint(-2, 3, (2,)).tolist()
    blocks = F.interpolate(ink.roll((down, right), (2, 3)), size=(side, side), mode="area")
    smooth = F.interpolate(blocks, size=ink.shape[-2:], mode="bicubic")
    threshold = 0.35 + 0.25 * torch.rand(len(ink), 1, 1, 1, device=ink.device)
    strokes = ((smooth - threshold) * CONTRAST).sigmoid()
    return torch.where(strokes < 0.06, 0, strokes).roll((-down, -right), (2, 3))


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


RECIPE = dataclasses.replace(training.FAST, name="FAST+pens", epochs=EPOCHS, augment=distort)


def main() -> None:
    """Train the network on the full MNIST, and write its weights and what they reach."""
    torch.manual_seed(SEED)
    model = models.CompactCNN()
    os.environ["COURSE_DATA"] = "full"
    train = data.batches("MNIST", batch_size=RECIPE.batch_size)
    training.fit(model.to(training.device()), train, recipe=RECIPE, seed=SEED, progress=False)
    accuracies = []
    for edition in ("full", "mini"):
        os.environ["COURSE_DATA"] = edition
        test = data.batches("MNIST", train=False, batch_size=500)
        accuracies.append(training.evaluate(model, test)[1])
    training.save(model.eval(), WEIGHTS)
    training.save(models.CNN(), WEIGHTS.with_name("cnn.safetensors"))
    page = _PAGE.format(mnist=accuracies[0], mini=accuracies[1], epochs=EPOCHS, seed=SEED)
    write_whole(WEIGHTS.with_name("README.md"), page)
    print(page)


_PAGE = """\
# Weights of the explorer

`mnist.safetensors` is `CompactCNN` (66,170 parameters), made by
`python -m course.explorer_weights`: {epochs} epochs of FAST on the 60,000 training images of MNIST,
each of them shifted, turned, scaled and drawn with another pen, and in some batches coarser, anew
every time. Seed {seed}.

`cnn.safetensors` is `CNN`, untrained: what is taught in the browser starts from random weights.

| test images | accuracy | at least |
|---|---|---|
| MNIST, 10,000 | {mnist:.4f} | 0.985 |
| the mini set, 500, by writers it has never seen | {mini:.4f} | 0.95 |

The last figure is optimistic: that coarser images were added follows from the mistakes of an
earlier network, 0.936, on these same 500.
"""


if __name__ == "__main__":
    main()
