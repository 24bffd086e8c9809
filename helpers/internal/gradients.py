"""What :mod:`helpers.explain` rests on: logits of a target class, and their gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from helpers.errors import LabelError, LayerError, ModelError, ShapeError
from helpers.internal.devices import device_of
from helpers.internal.finding import LAYER_NOT_USED, find_layer
from helpers.internal.fitting import NO_GRADIENT, check_images, checked_logits
from helpers.internal.memory import keep_freed_memory
from helpers.internal.modes import evaluation_mode, frozen
from helpers.internal.sentences import Sentence
from helpers.internal.words import NO_IMAGES, NONE

_LAYER_WITHOUT_MAPS = Sentence(
    ja="層「{name}」の出力の形が {shape} です。Grad-CAM には、(N, C, h, w) を出力する層が要ります。このモデルの畳み込み層とプーリング層: {known}",
    en="The output of layer “{name}” has shape {shape}. Grad-CAM needs a layer whose output is (N, C, h, w). Convolutions and poolings of this model: {known}",
)
_CHANNELS_LAST = Sentence(
    ja="層「{name}」の出力の形が {shape} で、チャンネルの軸が最後にあるようです。(N, C, h, w) の順に並べかえた後の層を選んでください。",
    en="The output of layer “{name}” has shape {shape}; its channels seem to come last. Choose a layer after they were put in the order (N, C, h, w).",
)
_LAYER_WITHOUT_GRADIENT = Sentence(
    ja="層「{name}」の最後の出力まで、ロジットから勾配が届きません。forward の detach() や torch.no_grad() で計算グラフが切れているか、この出力がロジットの計算に使われていません。",
    en="No gradient flows from the logits back to the last output of layer “{name}”. Either "
    "detach() or torch.no_grad() in forward cuts the graph, or the logits do not use this "
    "output.",
)
_TARGET_SHAPE = Sentence(
    ja="target の形が {shape} です。整数 1 つか、画像と同じ {count} 個の整数にしてください。",
    en="target has shape {shape}. Make it one integer, or {count} integers, one for each image.",
)
_TARGET_OUT_OF_RANGE = Sentence(
    ja="target が {target} です。0 以上、{classes} 未満の整数にしてください。",
    en="target is {target}. Make it integers from 0, below {classes}.",
)

Target = int | Tensor | None

_LAYERS_WITH_MAPS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)


@torch.inference_mode(False)
@torch.enable_grad()
def activation_and_gradient(
    model: nn.Module, x: Tensor, layer: str, target: Target
) -> tuple[Tensor, Tensor]:
    """Return a layer's output (N, C, h, w), and the gradient of the target logits by it."""
    seen: dict[str, Tensor] = {}

    def begin_graph(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        _require_maps(model, layer, output, x.shape)
        seen["activation"] = output.detach().requires_grad_()
        # The model goes on with a copy, since its next layer may work in place.
        return seen["activation"].clone()

    with hooked(model, layer, begin_graph):
        logits = target_logits(model, x, target)
    if not seen:
        raise LayerError(LAYER_NOT_USED.format(name=layer))
    gradient = None
    if logits.requires_grad:
        # It is None, too, where an earlier use of the layer leads to the logits and the last not.
        (gradient,) = torch.autograd.grad(logits.sum(), seen["activation"], allow_unused=True)
    if gradient is None:
        raise LayerError(_LAYER_WITHOUT_GRADIENT.format(name=layer))
    return seen["activation"].detach(), gradient


@torch.inference_mode(False)
@torch.enable_grad()
def input_gradient(model: nn.Module, x: Tensor, target: Target) -> Tensor:
    """Return the gradient (N, C, H, W) of the target logits by the pixels."""
    # A copy, since tensors made in inference mode can never have a gradient.
    pixels = x.clone().requires_grad_()
    return gradient_by(target_logits(model, pixels, target).sum(), pixels)


def gradient_by(value: Tensor, images: Tensor) -> Tensor:
    """Return the gradient of one number by the images, if any gets there."""
    if not value.requires_grad:
        raise ModelError(NO_GRADIENT)
    return torch.autograd.grad(value, images)[0]


def images_for(model: nn.Module, x: Tensor) -> Tensor:
    """Return images without their graph on the device of the model, if they are images for it."""
    check_images(model, x)
    if len(x) == 0:
        raise ShapeError(NO_IMAGES)
    return x.detach().to(device_of(model))


def target_logits(model: nn.Module, x: Tensor, target: Target) -> Tensor:
    """Return the logit (N,) of each image's target class, with its graph."""
    logits = logits_of(model, x)
    return pick(logits, classes_of(logits, target))


def logits_of(model: nn.Module, x: Tensor) -> Tensor:
    """Return the logits of a model in evaluation mode, with a graph of what needs a gradient."""
    keep_freed_memory()
    with evaluation_mode(model), frozen(model):
        # The model gets a copy, since its first layer may work in place.
        return checked_logits(model, x.clone())


def classes_of(logits: Tensor, target: Target) -> Tensor:
    """Return the target class of each image, (N,)."""
    if target is None:
        return logits.argmax(dim=1)
    count, classes = logits.shape
    target = torch.as_tensor(target, device=logits.device)
    if target.shape not in ((), (count,)):
        raise LabelError(_TARGET_SHAPE.format(shape=tuple(target.shape), count=count))
    target = target.expand(count)
    whole = not target.is_floating_point() and target.dtype != torch.bool
    if not whole or ((target < 0) | (target >= classes)).any():
        raise LabelError(_TARGET_OUT_OF_RANGE.format(target=target.tolist(), classes=classes))
    return target.long()


def pick(logits: Tensor, classes: Tensor) -> Tensor:
    """Return the logit (N,) of one class of each image."""
    # A copy, since no graph can hold tensors made in inference mode.
    return logits.gather(1, classes[:, None].clone())[:, 0]


@contextmanager
def hooked(model: nn.Module, layer: str, hook: Callable) -> Iterator[None]:
    """Keep a forward hook on a layer for the block."""
    handle = find_layer(model, layer).register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


def _require_maps(model: nn.Module, layer: str, output: object, images: torch.Size) -> None:
    shape = tuple(getattr(output, "shape", ()))
    if len(shape) != 4:
        known = ", ".join(
            name for name, module in model.named_modules() if isinstance(module, _LAYERS_WITH_MAPS)
        )
        raise LayerError(_LAYER_WITHOUT_MAPS.format(name=layer, shape=shape, known=known or NONE))
    known = isinstance(find_layer(model, layer), _LAYERS_WITH_MAPS)
    if not known and _distortion(shape[1:3], images) < _distortion(shape[2:], images):
        raise LayerError(_CHANNELS_LAST.format(name=layer, shape=shape))


def _distortion(sides: tuple[int, ...], images: torch.Size) -> float:
    """Return how far two sides are from the proportions of the images: 0 for the same."""
    height, width = sides
    return abs(math.log(height / width * images[-1] / images[-2]))
