"""What an answer leaves behind, for every exercise alike: inputs, modes, hooks, weights.

The entries of an observation that are named here are made by the engine, not by a probe. They are
compared with what the course's own answer leaves behind: training moves weights, looking at a
model does not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from exercises.exercise import Case, Observation
from helpers.internal.sentences import Sentence

INPUTS, GRADIENTS, MARKED = "inputs changed", "gradients switched off", "inputs record gradients"
HOOKS, TRAINING, FROZEN, WEIGHTS = (
    "hooks left behind",
    "switched to training",
    "weights frozen or thawed",
    "weights changed",
)

TRACES = {
    INPUTS: Sentence(
        ja="受け取った値そのものを書きかえています。新しい配列やテンソルを作って返しましょう。",
        en="Your code writes into what it was given. Make a new array or tensor and return that.",
    ),
    GRADIENTS: Sentence(
        ja="勾配の記録が止まったままです。後のセルで学習できなくなります。"
        "with torch.no_grad(): なら、終わると元に戻ります。",
        en="Gradient recording stays switched off, so later cells cannot train. "
        "with torch.no_grad(): puts it back at its end.",
    ),
    MARKED: Sentence(
        ja="受け取った images に、勾配の記録が付いたままです。images.clone() のほうに付けましょう。",
        en="You turned on gradient recording for the images that you were given. Call "
        "requires_grad_() on images.clone() instead.",
    ),
    HOOKS: Sentence(
        ja="モデルにフックが残っています。使い終わったら handle.remove() で外しましょう。",
        en="A hook is left on the model. Remove it with handle.remove() when you are done.",
    ),
    TRAINING: Sentence(
        ja="モデルが学習モードになったままです。評価モードのモデルは、評価モードのまま返しましょう。",
        en="The model is left in training mode. Leave a model in evaluation mode as you found it.",
    ),
    FROZEN: Sentence(
        ja="モデルの重みの requires_grad が変わったままです。後のセルの学習に響くので、元に戻しましょう。",
        en="You changed requires_grad of the model's weights. Put it back: later cells train "
        "the model.",
    ),
    WEIGHTS: Sentence(
        ja="モデルの重みか、バッチ正規化の記録が、ここで期待するものと違います。"
        "調べるだけなら変えず、学習なら更新します。",
        en="The model's weights or batch norm statistics are not as expected afterwards: "
        "looking at a model must not change them, training must.",
    ),
}
"""What to say of each trace that differs."""

Watched = TypeVar("Watched")


@dataclass(frozen=True)
class _Snapshot:
    """A model as a probe handed it to an answer."""

    model: Any
    hooks: int
    training: tuple[bool, ...]
    frozen: tuple[bool, ...]
    weights: tuple[Any, ...]

    @classmethod
    def of(cls, model: Any) -> _Snapshot:
        return cls(
            model,
            hook_count(model),
            tuple(module.training for module in model.modules()),
            tuple(parameter.requires_grad for parameter in model.parameters()),
            tuple(value.detach().clone() for value in model.state_dict().values()),
        )


_models: ContextVar[list[_Snapshot]] = ContextVar("models")
_images: ContextVar[list[Any]] = ContextVar("images")


def watch(model: Watched) -> Watched:
    """Return a PyTorch model, whose hooks, modes and weights are compared after the try.

    A probe calls it last before it hands the model to the answer.
    """
    if (snapshots := _models.get(None)) is not None:
        snapshots.append(_Snapshot.of(model))
    return model


def watch_images(images: Watched) -> Watched:
    """Return a tensor of images, which must not record gradients after the try."""
    if (watched := _images.get(None)) is not None:
        watched.append(images)
    return images


def hook_count(model: Any) -> int:
    """Return how many forward and backward hooks are attached to a PyTorch model."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for module in model.modules() for kind in kinds)


@contextmanager
def watching() -> Iterator[None]:
    """Collect the models and images that are watched within the block."""
    tokens = [(watched, watched.set([])) for watched in (_models, _images)]
    try:
        yield
    finally:
        for watched, token in tokens:
            watched.reset(token)


def traces(before: Case, after: Case) -> Observation:
    """Return what a try has left behind, within :func:`watching`.

    Args:
        before: The case.
        after: The copy of it that the probe was given.
    """
    found: Observation = {
        INPUTS: not _same(before, after),
        GRADIENTS: not _gradients_are_on(),
    }
    if images := _images.get():
        found[MARKED] = any(tensor.requires_grad for tensor in images)
    if snapshots := _models.get():
        later = [_Snapshot.of(snapshot.model) for snapshot in snapshots]
        pairs = list(zip(snapshots, later, strict=True))
        found |= {
            HOOKS: sum(now.hooks - then.hooks for then, now in pairs),
            TRAINING: any(_switched_on(then.training, now.training) for then, now in pairs),
            FROZEN: any(then.frozen != now.frozen for then, now in pairs),
            WEIGHTS: any(_moved(then.weights, now.weights) for then, now in pairs),
        }
    return found


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(
            _same(value, after[key]) for key, value in before.items()
        )
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(_same, before, after))
    before = np.asarray(before)
    return np.array_equal(before, after, equal_nan=before.dtype.kind == "f")


def _gradients_are_on() -> bool:
    # PyTorch is only touched where the notebook uses it: the Keras notebook must not load it.
    torch = sys.modules.get("torch")
    return torch is None or torch.is_grad_enabled()


def _switched_on(then: tuple[bool, ...], now: tuple[bool, ...]) -> bool:
    # A model that was training may be left evaluating: that is how the lessons do it.
    return any(after and not before for before, after in zip(then, now, strict=False))


def _moved(then: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    return len(then) != len(now) or not all(
        before.shape == after.shape and before.equal(after.to(before.device))
        for before, after in zip(then, now, strict=True)
    )
