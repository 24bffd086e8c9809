"""The layers of a model as a list, so that the explorer can compute what PyTorch computes.

Weights alone do not say what is done with them. So the model looks at one image, and every function
of PyTorch that it calls is written down.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from helpers.internal.devices import device_of
from helpers.internal.modes import evaluation_mode

_SIDES = (28, 32)
"""Heights and widths of the course's images: the first that the model can take is used."""

Specification = dict[str, Any]


class _Unsupported(Exception):
    """The model does something that the explorer cannot do; the message names it."""


def description(model: nn.Module) -> dict[str, str]:
    """Return what a file of weights tells the explorer about the model, as JSON by key.

    ``layers`` and ``input`` (channels, height, width) if the model is a chain of layers that the
    explorer knows; else ``unsupported``, which names what it does not know.
    """
    try:
        shape, layers = _trace(model)
    except _Unsupported as reason:
        return {"unsupported": str(reason)}
    return {"layers": json.dumps(layers), "input": json.dumps(shape)}


def _trace(model: nn.Module) -> tuple[list[int], list[Specification]]:
    kernels = (weight for weight in model.parameters() if weight.ndim == 4)
    first = next(kernels, None)
    channels = 1 if first is None else first.shape[1]
    weights = next(model.parameters(), torch.zeros(()))
    failure = None
    for side in _SIDES:
        shape = [channels, side, side]
        image = torch.zeros(1, *shape, dtype=weights.dtype, device=device_of(model))
        recorder = _Recorder(model, image)
        try:
            with torch.no_grad(), evaluation_mode(model), recorder.names_of_modules(), recorder:
                output = model(image)
        except (RuntimeError, ValueError, TypeError) as error:
            failure = error
            continue
        if output is not recorder.last:
            raise _Unsupported("branches")
        return shape, recorder.layers
    raise _Unsupported(type(failure).__name__)


class _Recorder(TorchFunctionMode):
    """Writes down the functions that are called on an image, and on what becomes of it."""

    def __init__(self, model: nn.Module, image: Tensor) -> None:
        super().__init__()
        self.layers: list[Specification] = []
        self._model = model
        self.last = image
        self._inside: list[str] = []
        tensors = [*model.named_parameters(), *model.named_buffers()]
        self._names = {id(tensor): name for name, tensor in tensors}

    def __torch_function__(
        self, function: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        """Call the function, and note it if it makes something new of the last output."""
        result = function(*args, **(kwargs or {}))
        if args and args[0] is self.last and isinstance(result, Tensor):
            self._note(function, args, kwargs or {}, result)
        elif isinstance(result, Tensor) and any(each is self.last for each in args):
            raise _Unsupported(function.__name__)
        return result

    def _note(self, function: Callable, args: tuple, kwargs: dict, result: Tensor) -> None:
        describe = _KINDS.get(function)
        if describe is None:
            raise _Unsupported(getattr(function, "__name__", str(function)))
        specification = describe(self._name_of, self.last, result, *args[1:], **kwargs)
        self.last = result
        self.layers.append({"name": self._next_name(specification["kind"]), **specification})

    def _name_of(self, tensor: Tensor | None) -> str | None:
        if tensor is None:
            return None
        if id(tensor) not in self._names:
            raise _Unsupported("computed weights")
        return self._names[id(tensor)]

    def _next_name(self, kind: str) -> str:
        taken = {layer["name"] for layer in self.layers}
        path = self._inside[-1] if self._inside else ""
        is_leaf = path and not list(self._model.get_submodule(path).children())
        base = path if is_leaf else f"{path}.{kind}".lstrip(".")
        names = [base] if is_leaf else []
        names += [f"{base}_{number}" for number in range(1, len(taken) + 2)]
        return next(name for name in names if name not in taken)

    @contextmanager
    def names_of_modules(self) -> Iterator[None]:
        """Let the recorder know which module is running."""
        handles = []
        for path, module in self._model.named_modules():
            if path:
                enter = self._enter(path)
                handles.append(module.register_forward_pre_hook(enter))
                handles.append(module.register_forward_hook(self._leave))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _enter(self, path: str) -> Callable[[nn.Module, tuple], None]:
        return lambda module, inputs: self._inside.append(path)

    def _leave(self, module: nn.Module, inputs: tuple, output: object) -> None:
        self._inside.pop()


def _pair(value: int | tuple[int, ...]) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)


def _convolution(
    name_of: Callable,
    x: Tensor,
    result: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Specification:
    if _pair(dilation) != [1, 1] or groups != 1:
        raise _Unsupported("conv2d with dilation or groups")
    if padding == "valid":
        padding = 0
    elif padding == "same":
        padding = [side // 2 for side in weight.shape[2:]]
        if not all(side % 2 for side in weight.shape[2:]):
            raise _Unsupported("conv2d with padding on one side")
    return {
        "kind": "convolution",
        "weight": name_of(weight),
        "bias": name_of(bias),
        "stride": _pair(stride),
        "padding": _pair(padding),
    }


def _batch_norm(
    name_of: Callable,
    x: Tensor,
    result: Tensor,
    mean: Tensor | None,
    variance: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float | None = 0.1,
    eps: float = 1e-5,
) -> Specification:
    if any(each is None for each in (mean, variance, weight, bias, momentum)) or x.ndim != 4:
        raise _Unsupported("batch_norm of another kind")
    return {
        "kind": "batchNorm",
        "weight": name_of(weight),
        "bias": name_of(bias),
        "mean": name_of(mean),
        "variance": name_of(variance),
        "epsilon": eps,
        "momentum": momentum,
    }


def _max_pool(
    name_of: Callable,
    x: Tensor,
    result: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Specification:
    if _pair(dilation) != [1, 1] or ceil_mode or return_indices:
        raise _Unsupported("max_pool2d of another kind")
    size = _pair(kernel_size)
    return {
        "kind": "maxPool",
        "size": size,
        "stride": _pair(stride) if stride else size,
        "padding": _pair(padding),
    }


def _average_pool(name_of: Callable, x: Tensor, result: Tensor, size: Any) -> Specification:
    if tuple(result.shape[2:]) != (1, 1):
        raise _Unsupported("adaptive_avg_pool2d to more than one place")
    return {"kind": "globalAveragePool"}


def _linear(
    name_of: Callable, x: Tensor, result: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Specification:
    if x.ndim != 2:
        raise _Unsupported("linear on maps")
    return {"kind": "linear", "weight": name_of(weight), "bias": name_of(bias)}


def _dropout(
    name_of: Callable, x: Tensor, result: Tensor, p: float = 0.5, *rest: Any, **others: Any
) -> Specification:
    return {"kind": "dropout", "share": p}


def _flatten(
    name_of: Callable, x: Tensor, result: Tensor, *rest: Any, **others: Any
) -> Specification:
    if tuple(result.shape) != (len(x), x[0].numel()):
        raise _Unsupported("another shape than (N, numbers of an image)")
    return {"kind": "flatten"}


def _pad(
    name_of: Callable,
    x: Tensor,
    result: Tensor,
    pad: Any,
    mode: str = "constant",
    value: float | None = None,
) -> Specification:
    if len(pad) != 4 or mode != "constant" or value or min(pad) < 0:
        raise _Unsupported("pad with anything but zeros around the maps")
    return {"kind": "pad", "padding": list(pad)}


def _elementwise(kind: str) -> Callable[..., Specification]:
    return lambda name_of, x, result, *rest, **others: {"kind": kind}


_KINDS: dict[Callable, Callable[..., Specification]] = {
    torch.conv2d: _convolution,
    F.conv2d: _convolution,
    F.batch_norm: _batch_norm,
    F.max_pool2d: _max_pool,
    torch.max_pool2d: _max_pool,
    F.adaptive_avg_pool2d: _average_pool,
    F.linear: _linear,
    F.dropout: _dropout,
    F.pad: _pad,
    **dict.fromkeys(
        (F.relu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_), _elementwise("relu")
    ),
    **dict.fromkeys((F.sigmoid, torch.sigmoid, Tensor.sigmoid), _elementwise("sigmoid")),
    **dict.fromkeys((torch.flatten, Tensor.flatten, Tensor.view, Tensor.reshape), _flatten),
}
"""The functions that the explorer knows, and what describes a call of each."""
