"""What the probes of the PyTorch lessons share."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from helpers.check import Observation


def array(tensor: Tensor) -> np.ndarray:
    """Return a tensor's values, cut off from its graph, whatever its device."""
    return torch.as_tensor(tensor).detach().cpu().numpy()


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
    """Return the number of trainable values of a model."""
    return sum(parameter.numel() for parameter in model.parameters())


def observe_network(model: nn.Module, images: Tensor) -> Observation:
    """Describe a network: its size, its logits, and whether training mode changes them."""
    fill_by_shape(model)
    with torch.no_grad():
        logits = model.eval()(images)
        torch.manual_seed(0)
        varies = not torch.allclose(model.train()(images), logits, atol=1e-6)
    return {
        "parameters": parameter_count(model),
        "logits": array(logits),
        "training mode differs": varies,
    }


def are_probabilities(logits: np.ndarray) -> bool:
    """Say whether each row lies in [0, 1] and sums to 1."""
    return bool((logits >= 0).all() and np.allclose(logits.sum(axis=1), 1, atol=1e-4))


def are_log_probabilities(logits: np.ndarray) -> bool:
    """Say whether the exponentials of each row sum to 1."""
    return bool(np.allclose(np.exp(logits).sum(axis=1), 1, atol=1e-4))
