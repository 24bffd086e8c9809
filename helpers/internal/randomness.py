"""Random numbers: a seed that decides all of them, and generators that are put back afterwards."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


@contextmanager
def seeded(seed: int, *batches: object) -> Iterator[None]:
    """Let a seed decide every random number of the block; put every generator back after it.

    Augmentation may draw from any of the three: Python's ``random``, ``np.random`` and PyTorch.

    Args:
        seed: Any integer that ``torch.manual_seed`` takes.
        batches: Batches or data loaders; generators of their own are seeded and put back too.
    """
    import torch

    own = [generator for source in batches for generator in _generators_of(source)]
    states = [generator.get_state() for generator in own]
    with random_state_kept():
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        torch.manual_seed(seed)
        for generator in own:
            generator.manual_seed(seed)
        try:
            yield
        finally:
            for generator, state in zip(own, states, strict=True):
                generator.set_state(state)


def _generators_of(batches: object) -> Iterator[torch.Generator]:
    """Yield the generators of a data loader and of the samplers that it leaves the order to."""
    import torch

    generator = getattr(batches, "generator", None)
    if isinstance(generator, torch.Generator):
        yield generator
    for name in ("sampler", "batch_sampler"):
        if (sampler := getattr(batches, name, None)) is not None:
            yield from _generators_of(sampler)


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Put the generators of Python, NumPy and PyTorch back after the block."""
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with _torch_state_kept():
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002


@contextmanager
def _torch_state_kept() -> Iterator[None]:
    # PyTorch is only touched where the notebook uses it: the Keras notebook must not load it.
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    # Not every version of fork_rng sees to Apple's GPU. Told of each CUDA device, it does not warn
    # that there are several.
    apple = torch.mps.get_rng_state() if torch.backends.mps.is_available() else None
    try:
        with torch.random.fork_rng(range(torch.cuda.device_count()), device_type="cuda"):
            yield
    finally:
        if apple is not None:
            torch.mps.set_rng_state(apple)
