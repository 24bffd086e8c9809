"""What the probes of the PyTorch lessons share."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from exercises.exercise import Observation
from exercises.translations import AnswerError

MOVED = "arguments moved"
"""Entry of an observation: the arguments of an answer stand in another order."""


def arguments_moved(function: Callable[..., Any], *names: str) -> Observation:
    """Return an entry where the arguments of these names stand in another order, else none.

    Without the entry nothing is said of an answer whose arguments have other names.
    """
    order = list(inspect.signature(function).parameters)
    return {MOVED: True} if order != list(names) and set(order) == set(names) else {}


def array(tensor: Tensor) -> np.ndarray:
    """Return a tensor's values, cut off from its graph, whatever its device."""
    return torch.as_tensor(tensor).detach().cpu().numpy()


def tensor(value: Any) -> Tensor:
    """Return ``value`` as it is, where later cells need a tensor and no array or list will do.

    Raises:
        AnswerError: It is no tensor.
    """
    if type(value).__module__ == "torch.return_types":
        raise AnswerError("a pair", name=type(value).__name__)
    if not isinstance(value, Tensor):
        raise AnswerError("not a tensor", type=type(value).__name__)
    return value


def ndarray(value: Any) -> np.ndarray:
    """Return ``value`` as it is, where later cells need a NumPy array and no list will do.

    Raises:
        AnswerError: It is none.
    """
    if not isinstance(value, np.ndarray):
        raise AnswerError("not an array", type=type(value).__name__)
    return value


def number(value: Any) -> float:
    """Return a number as a plain float.

    Raises:
        AnswerError: It is none; nor is text, which ``float`` would read as a number.
    """
    with contextlib.suppress(TypeError, ValueError, RuntimeError):
        if not isinstance(value, str | bytes):
            return float(value)
    raise AnswerError("not a number", type=type(value).__name__)


def several(values: Any) -> Any:
    """Return several values as they are, such as a tuple, where unpacking would hide a mistake.

    Raises:
        AnswerError: They are a dictionary, which would give its keys, or a single tensor or array,
            which would give its rows.
    """
    if isinstance(values, dict):
        raise AnswerError("a dictionary")
    if isinstance(values, Tensor | np.ndarray):
        raise AnswerError("one for several", type=type(values).__name__)
    return values


def are_rounded(losses: Iterable[float]) -> bool:
    """Say whether every loss has four decimals at most, which none has by chance."""
    return all(loss == round(loss, 4) for loss in losses)


def rows_of_wrong_product(error: str) -> int | None:
    """Return the rows of the input that did not fit a fully connected layer, or None.

    Args:
        error: Text of the error, with PyTorch's "mat1 and mat2 shapes cannot be multiplied".
    """
    found = re.search(r"cannot be multiplied \((\d+)x\d+ and", error)
    return int(found[1]) if found else None


def fill_by_shape(model: nn.Module) -> None:
    """Give parameters and buffers values that depend on their shape alone.

    Two models with the same layers then compute the same, in whatever order and under whatever
    names their authors defined them.
    """
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(_values(parameter))
        for buffer in model.buffers():
            if buffer.is_floating_point():
                # Running variances are buffers, and must not be negative.
                buffer.copy_(_values(buffer).abs())


def _values(tensor: Tensor) -> Tensor:
    inputs = max(tensor.numel() // max(len(tensor), 1), 1)
    generator = torch.Generator().manual_seed(tensor.numel())
    return torch.randn(tensor.shape, generator=generator) / inputs**0.5


def parameter_count(model: nn.Module) -> int:
    """Return the number of values in a model's parameters, frozen ones included."""
    return sum(parameter.numel() for parameter in model.parameters())


def observe_network(model: nn.Module, images: Tensor) -> Observation:
    """Describe a network: its size, its logits in both modes, and what the modes change.

    Evaluation mode must repeat itself; training mode must differ from it where there is dropout or
    batch norm. Dropout draws from a known seed, so the same rates at the same places drop the same.
    """
    fill_by_shape(model)
    with torch.no_grad():
        logits, again = tensor(model.eval()(images)), model(images)
        torch.manual_seed(0)
        trained = model.train()(images)
    return {
        "evaluation mode repeats": torch.allclose(again, logits, atol=1e-6),
        "parameters": parameter_count(model),
        "logits": array(logits),
        "logits while training": array(trained),
        "training mode differs": not torch.allclose(trained, logits, atol=1e-6),
    }


def are_probabilities(logits: np.ndarray) -> bool:
    """Say whether each row lies in [0, 1] and sums to 1."""
    return bool((logits >= 0).all() and np.allclose(logits.sum(axis=1), 1, atol=1e-4))


def are_log_probabilities(logits: np.ndarray) -> bool:
    """Say whether the exponentials of each row sum to 1."""
    return bool(np.allclose(np.exp(logits).sum(axis=1), 1, atol=1e-4))
