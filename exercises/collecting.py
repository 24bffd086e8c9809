"""What the exercises share that collect a model's outputs over batches: 4-1, 4-3 and 6-3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from exercises.exercise import Case, Hint, Observation
from exercises.hints import Recogniser, hint, like
from exercises.hooking import hook_returns
from exercises.probing import fill_by_shape
from helpers.data import Batches
from helpers.training import Batch


class Network(nn.Module):
    """A network for images (N, 1, 5, 5) that notes how it was called and what it returned.

    Batch norm comes first, so that every layer's output shows the mode.
    """

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(1)
        self.conv = nn.Conv2d(1, 2, kernel_size=3)
        self.body = nn.Sequential(nn.Conv2d(2, 3, kernel_size=2), nn.ReLU())
        self.head = nn.Sequential(nn.Linear(12, 5), nn.Tanh())
        self.output = nn.Linear(5, 10)
        self.recorded_gradients = False
        self.calls: list[tuple[Tensor, bool, Tensor]] = []
        fill_by_shape(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (N, 10)."""
        # A tracer calls this, too, with something that is no tensor.
        if not isinstance(x, Tensor):
            return self.output(self.head(torch.flatten(self.body(self.conv(self.norm(x))), 1)))
        self.recorded_gradients |= torch.is_grad_enabled()
        features = self.body(self.conv(self.norm(x)))
        logits = self.output(self.head(torch.flatten(features, 1)))
        self.calls.append((x.detach().clone(), self.training, logits.detach().clone()))
        return logits

    def was_altered(self) -> bool:
        """Say whether logits were returned that the layers do not compute, as by a hook's value."""
        with torch.no_grad():
            return not all(
                torch.allclose(Network().train(training)(images), logits, atol=1e-4)
                for images, training, logits in self.calls
            )


# The network begins with batch norm, so that a convolution gets what a hook has returned.
HOOK_RETURNS = hook_returns("input to conv2d, but got", r"conv2d\(\) received an invalid")


def ragged_case(rng: np.random.Generator, count: int, batch_size: int, **others: Any) -> Case:
    """Return a case of images, among them black and white ones, that leave a smaller last batch."""
    images = rng.integers(0, 256, (count, 1, 5, 5)).astype(np.uint8)
    images[0], images[1] = 0, 255
    labels = rng.integers(0, 10, count)
    return {"images": images, "labels": labels, "batch_size": batch_size, **others}


def batches_of(case: Case) -> Batches:
    """Return the batches as the notebooks have them: they can be iterated, but not indexed."""
    images, labels = torch.from_numpy(case["images"]), torch.from_numpy(case["labels"])
    shuffle = case.get("shuffle", False)
    return Batches(images, labels, batch_size=case["batch_size"], shuffle=shuffle)


def failing_batches(case: Case) -> list[Iterable[Batch]]:
    """Return batches that the network refuses on the way, and some that end with an error."""
    images, labels = next(iter(batches_of(case)))

    def unreadable() -> Iterator[Batch]:
        yield images, labels
        raise OSError

    return [[(images, labels), (images[..., :3], labels)], unreadable()]


def outputs(
    case: Case, layer: str = "", *, training: bool = False, inputs: bool = False
) -> list[np.ndarray]:
    """Return what a layer of :class:`Network` gives for each batch, or what it is given.

    Args:
        case: Of :func:`ragged_case`.
        layer: Dotted path; the whole network if empty.
        training: Stay in training mode.
        inputs: Return what the layer is given.
    """
    model = Network().train(training)
    parts = []

    def keep(module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        parts.append((given[0] if inputs else output).numpy())

    model.get_submodule(layer).register_forward_hook(keep)
    with torch.no_grad():
        for images, _ in batches_of(case):
            model(images)
    return parts


def split(values: np.ndarray, case: Case) -> list[np.ndarray]:
    """Return values (N, …) batch by batch."""
    return np.split(values, range(case["batch_size"], len(values), case["batch_size"]))


def first_batch(item: str) -> Recogniser:
    """Recognise that the first batch alone was collected."""
    return like(item, lambda want, case: split(want[item], case)[0])


def last_batch(item: str) -> Recogniser:
    """Recognise that the last batch alone was collected."""
    return like(item, lambda want, case: split(want[item], case)[-1])


def without_last_batch(item: str) -> Recogniser:
    """Recognise that all but the last, smaller batch were collected."""
    return like(item, lambda want, case: np.concatenate(split(want[item], case)[:-1]))


def hooked_once_a_batch(item: str) -> Hint:
    """Return the hint on a hook added at every batch: what comes later is collected more often."""

    def piled(want: Observation, case: Case) -> np.ndarray:
        parts = enumerate(split(want[item], case), start=1)
        return np.concatenate([part for times, part in parts for _ in range(times)])

    return hint(
        "hooked_once_a_batch",
        like(item, piled),
        ja="後のバッチほど、同じ出力が何度も入っています。フックの登録は、ループの前に 1 回だけにしましょう。",
        en="Later batches are in it several times. Register the hook once, before the loop.",
    )


def both_runs(item: str, second: str) -> Recogniser:
    """Recognise that the second run returns what the first has left, too."""
    return like(second, lambda want, case: np.concatenate([want[item], want[item]]))
