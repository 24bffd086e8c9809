"""How a model is run for a while: modes that are put back after a block, an error included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import Tensor, nn

from helpers.internal.devices import device_of, is_fast_in_bfloat16


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Switch dropout off and batch norm to its running statistics; put every flag back after."""
    with training_flags_kept(model):
        model.eval()
        yield


@contextmanager
def training_flags_kept(model: nn.Module) -> Iterator[None]:
    """Put the training flag of every module back after the block."""
    flags = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in flags:
            module.training = training


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """Let no weight need a gradient: none is computed, and no graph is kept before a hook's."""
    trainable = [weight for weight in model.parameters() if weight.requires_grad]
    try:
        for weight in trainable:
            weight.requires_grad_(False)
        yield
    finally:
        for weight in trainable:
            weight.requires_grad_(True)


@contextmanager
def memory_format(model: nn.Module, channels_last: bool) -> Iterator[None]:
    """Keep the channels of a pixel side by side in memory, if asked; lay weights back after."""
    if not channels_last:
        yield
        return
    strides = {name: tensor.stride() for name, tensor in _named_tensors(model)}
    model.to(memory_format=torch.channels_last)
    try:
        yield
    finally:
        for name, tensor in _named_tensors(model):
            stride = strides.get(name, tensor.stride())
            if tensor.stride() != stride:
                as_before = tensor.data.new_empty_strided(tensor.shape, stride)
                tensor.data = as_before.copy_(tensor.data)


def _named_tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    return chain(model.named_parameters(), model.named_buffers())


@contextmanager
def forward_in_bfloat16(model: nn.Module, wanted: bool) -> Iterator[None]:
    """Compute in bfloat16 where it is wanted and the device is fast at it."""
    place = device_of(model)
    if not (wanted and is_fast_in_bfloat16(place)):
        yield
        return
    forward = model.forward
    # A compiled or patched model has one that is not its class's.
    own_forward = vars(model).get("forward")

    def with_autocast(*inputs: Tensor) -> Tensor:
        with torch.autocast(place.type, torch.bfloat16):
            return forward(*inputs)

    model.forward = with_autocast
    try:
        yield
    finally:
        if own_forward is None:
            del model.forward
        else:
            model.forward = own_forward
