"""Looks at what a layer computes, with forward hooks that are always removed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from helpers.internal.finding import find_layer, require_tensor


@contextmanager
def capture(model: nn.Module, *layers: str) -> Iterator[dict[str, Tensor]]:
    """Capture the outputs of named layers while the block runs.

    Every forward pass replaces what the layer gave before, so that results never pile up. Of a
    layer that the model uses more than once, under one name or several, the last use is kept. The
    tensors are detached copies: they hold no graph, and a later in-place layer cannot change them.

    Args:
        model: The model to look into.
        layers: Dotted module paths, such as ``"conv1"`` or ``"features.0"``.

    Yields:
        A dictionary that fills during the forward pass: ``seen["conv1"]`` is (N, C, H, W).

    Raises:
        LayerError: The model has no such layer, or is compiled; or, during the forward pass, the
            layer's output is not one tensor.

    Example:
        >>> with capture(model, "conv1") as seen:
        ...     model(images)
        >>> seen["conv1"].shape
        torch.Size([100, 32, 26, 26])
    """
    modules = {name: find_layer(model, name) for name in layers}
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            require_tensor(name, output)
            seen[name] = output.detach().clone()

        return hook

    handles = [module.register_forward_hook(keep(name)) for name, module in modules.items()]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
