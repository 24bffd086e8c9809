"""Shows what a prediction rests on: saliency, Grad-CAM, occlusion, and images a channel likes.

Images are (N, C, H, W), and are brought to the device of the model. A target class is None (the
predicted class of each image), one integer for all images, or (N,) integers. Maps are raw values,
one map an image: see :func:`normalise`. Models are run in evaluation mode and left as they were
found. Evidence is taken from the logit, before any softmax.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import text
from helpers.errors import LabelError, LayerError, ModelError, ShapeError, require_range
from helpers.hooks import find_layer, require_tensor
from helpers.memory import keep_freed_memory
from helpers.plots.maps import overlay
from helpers.randomness import seeded
from helpers.training import (
    check_images,
    check_model,
    checked_logits,
    device_of,
    evaluation_mode,
)

__all__ = [
    "grad_cam",
    "maximise",
    "normalise",
    "occlusion",
    "overlay",
    "randomise_",
    "saliency",
    "smooth_grad",
]

Target = int | Tensor | None

_TINY = 1e-12
_LAYERS_WITH_MAPS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)


def saliency(model: nn.Module, x: Tensor, target: Target = None) -> Tensor:
    """Return how strongly each pixel moves the logit: its absolute gradient, (N, H, W).

    Of several input channels the largest counts. After Simonyan et al., arXiv:1312.6034, 2013.

    Raises:
        ShapeError: ``x`` is not (N, C, H, W), holds no images, or does not fit the model in size or
            type.
        LabelError: ``target`` names no class of the model, or does not have one class an image.
        ModelError: As :func:`helpers.training.predict`; or no gradient of the logits gets back to
            the images, since ``forward`` cuts it off.
        ProbabilityError: The model returns probabilities instead of logits.
    """
    return _input_gradient(model, _images_for(model, x), target).abs().amax(dim=1)


def smooth_grad(
    model: nn.Module,
    x: Tensor,
    target: Target = None,
    *,
    n: int = 25,
    sigma: float = 0.15,
    seed: int = 0,
) -> Tensor:
    """Return the saliency (N, H, W) of the gradient averaged over noisy copies of each image.

    After Smilkov et al., "SmoothGrad", arXiv:1706.03825, 2017. The predicted class is that of the
    image without noise. All images get the same noise, so that a map does not depend on the batch.

    Args:
        model: Returns logits.
        x: Images (N, C, H, W).
        target: As for :func:`saliency`.
        n: Number of noisy copies.
        sigma: Standard deviation of the noise, as a share of the range of each image's pixels.
        seed: Decides the noise.

    Raises:
        RangeError: ``n`` is below 1, or ``sigma`` below 0.
        ShapeError, LabelError, ModelError, ProbabilityError: As :func:`saliency`.
    """
    require_range("n", n, 1)
    require_range("sigma", sigma, 0)
    x = _images_for(model, x)
    classes = _classes(_logits(model, x), target)
    spread = sigma * (x.amax(dim=(1, 2, 3), keepdim=True) - x.amin(dim=(1, 2, 3), keepdim=True))
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros_like(x)
    for _ in range(n):
        noise = torch.randn(x.shape[1:], generator=generator, device="cpu").to(x)
        total += _input_gradient(model, x + spread * noise, classes)
    return (total / n).abs().amax(dim=1)


def grad_cam(
    model: nn.Module,
    x: Tensor,
    layer: str,
    target: Target = None,
    *,
    relu: bool = True,
    upsample: bool = True,
) -> Tensor:
    """Return where a layer found evidence for the target class.

    Each channel is weighted by the mean of its gradient, and the weighted channels are added.
    After Selvaraju et al., "Grad-CAM", arXiv:1610.02391, 2016. The whole batch takes one pass
    forward, and one backward from the logits down to the layer.

    Args:
        model: Returns logits.
        x: Images (N, C, H, W).
        layer: Dotted path of a layer with outputs (N, C, h, w), such as ``"features.4"``. If the
            model uses it more than once, under one name or several, the last use counts.
        target: None for the predicted class, an integer, or (N,) integers.
        relu: Keep the evidence for the class alone; otherwise the evidence against it is negative.
        upsample: Enlarge the maps to the size of the images (bilinear).

    Returns:
        Maps (N, H, W), or (N, h, w) without ``upsample``.

    Raises:
        LayerError: The model has no such layer, its output is not (N, C, h, w), or the logits do
            not depend on it; or the model is compiled. An output (N, h, w, C), as of a Swin
            Transformer, is refused where its shape tells.
        ShapeError, LabelError, ModelError, ProbabilityError: As :func:`saliency`.
    """
    x = _images_for(model, x)
    activation, gradient = _activation_and_gradient(model, x, layer, target)
    weights = gradient.mean(dim=(2, 3))
    maps = torch.einsum("nc,nchw->nhw", weights, activation)
    if relu:
        maps = maps.relu()
    if upsample:
        maps = F.interpolate(maps[:, None], x.shape[-2:], mode="bilinear")[:, 0]
    return maps


@torch.inference_mode(False)
@torch.enable_grad()
def _activation_and_gradient(
    model: nn.Module, x: Tensor, layer: str, target: Target
) -> tuple[Tensor, Tensor]:
    """Return a layer's output (N, C, h, w), and the gradient of the target logits by it."""
    seen: dict[str, Tensor] = {}

    def begin_graph(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        _require_maps(model, layer, output, x.shape)
        seen["activation"] = output.detach().requires_grad_()
        # The model goes on with a copy, since its next layer may work in place.
        return seen["activation"].clone()

    with _hooked(model, layer, begin_graph):
        logits = _target_logits(model, x, target)
    if not seen:
        raise LayerError(text.LAYER_NOT_USED.format(name=layer))
    gradient = None
    if logits.requires_grad:
        # It is None, too, where an earlier use of the layer leads to the logits and the last not.
        (gradient,) = torch.autograd.grad(logits.sum(), seen["activation"], allow_unused=True)
    if gradient is None:
        raise LayerError(text.LAYER_WITHOUT_GRADIENT.format(name=layer))
    return seen["activation"].detach(), gradient


def occlusion(
    model: nn.Module,
    x: Tensor,
    target: Target = None,
    *,
    window: int = 5,
    stride: int = 2,
    fill: float | None = None,
    batch: int = 256,
) -> Tensor:
    """Return how far the logit falls when a window is covered, (N, H, W).

    A pixel gets the mean fall over all windows that cover it; it is negative where covering helps
    the class. All channels are covered together. After Zeiler and Fergus, arXiv:1311.2901, 2013.

    Args:
        model: Returns logits.
        x: Images (N, C, H, W).
        target: As for :func:`saliency`.
        window: Side of the square window in pixels.
        stride: Pixels from one window to the next, at most ``window``. The last window of a row or
            column is cut off at the edge where it does not fit.
        fill: Value of covered pixels. None means 0, the middle grey of pixels in [-1, 1].
        batch: Covered images that go through the model at a time; fewer take less memory.

    Raises:
        RangeError: ``window``, ``stride`` or ``batch`` lies outside what the images allow.
        ShapeError, LabelError, ModelError, ProbabilityError: As :func:`saliency`.
    """
    x = _images_for(model, x)
    require_range("batch", batch, 1)
    require_range("window", window, 1, min(x.shape[-2:]))
    require_range("stride", stride, 1, window)
    logits = _logits(model, x)
    classes = _classes(logits, target)
    rows, columns = (_spans(size, window, stride, x.device) for size in x.shape[-2:])
    shape = len(x), len(rows), len(columns)
    places = torch.cartesian_prod(*(torch.arange(size, device=x.device) for size in shape))
    covered_logits = []
    for part in places.split(batch):
        image, row, column = part.unbind(dim=1)
        mask = rows[row, None, :, None] & columns[column, None, None, :]
        covered = x[image].masked_fill_(mask, fill or 0)
        covered_logits.append(_target_logits(model, covered, classes[image]))
    falls = _pick(logits, classes)[:, None, None] - torch.cat(covered_logits).view(shape)
    total = torch.einsum("nrc,rh,cw->nhw", falls, rows.to(falls), columns.to(falls))
    return total / torch.outer(rows.sum(dim=0), columns.sum(dim=0))


def _spans(size: int, window: int, stride: int, device: torch.device) -> Tensor:
    """Return which of ``size`` pixels each place of the window covers, (places, size)."""
    starts = torch.arange(0, size - window + stride, stride, device=device)[:, None]
    pixels = torch.arange(size, device=device)
    return (starts <= pixels) & (pixels < starts + window)


@torch.inference_mode(False)
@torch.enable_grad()
def maximise(
    model: nn.Module,
    layer: str,
    channel: int,
    shape: tuple[int, int, int],
    *,
    steps: int = 128,
    lr: float = 0.1,
    seed: int = 0,
) -> Tensor:
    """Return an image that a channel answers strongly: gradient ascent from weak noise.

    After Erhan et al., "Visualizing Higher-Layer Features of a Deep Network", 2009. If the model
    uses the layer more than once, under one name or several, the last use counts.

    Args:
        model: Returns logits.
        layer: Dotted path; its output is (N, channels, …), and the mean over all places counts.
        channel: Which channel, or unit of a linear layer.
        shape: (C, H, W) of the image.
        steps: Number of steps.
        lr: Root mean square of a step over all pixels.
        seed: Decides the noise at the start.

    Returns:
        An image (C, H, W) with pixels in [-1, 1], of the type of the model's weights.

    Raises:
        LayerError: The model has no such layer or does not use it, its output is not one tensor,
            or the model is compiled.
        RangeError: The layer has no such channel, or ``steps`` is below 1.
        ShapeError: The model cannot take images of this shape.
        ModelError: As :func:`saliency`.
    """
    check_model(model)
    require_range("steps", steps, 1)
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, *shape, generator=generator, device="cpu")
    image = 0.1 * noise.to(next(model.parameters(), noise))
    seen: dict[str, Tensor] = {}

    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        require_tensor(layer, output)
        require_range("channel", channel, 0, output.shape[1] - 1)
        # A copy, since the next layer may work in place.
        seen["answer"] = output[:, channel].clone()

    with _hooked(model, layer, keep):
        for _ in range(steps):
            _logits(model, image.requires_grad_())
            if not seen:
                raise LayerError(text.LAYER_NOT_USED.format(name=layer))
            gradient = _gradient(seen["answer"].mean(), image)
            # In half precision the squares of small numbers, and _TINY, would be 0.
            gradient = gradient.float()
            # Steps of one length: gradients of different layers differ by orders of magnitude.
            step = lr * gradient / (gradient.square().mean().sqrt() + _TINY)
            image = (image + step.to(image)).detach().clamp(-1, 1)
    return image[0]


def randomise_(model: nn.Module, seed: int = 0) -> nn.Module:
    """Give every layer new random weights, in place, and return the model.

    For the sanity check of Adebayo et al., arXiv:1810.03292, 2018: a map that stays the same
    afterwards says nothing about what the model has learned. The caller's random state is kept.

    Args:
        model: A model, or a part of one such as ``model.classifier``.
        seed: Decides the weights.

    Raises:
        LayerError: Some weights belong to no layer that can renew them; nothing is changed then.
        ModelError: As :func:`helpers.training.predict`.
    """
    check_model(model)
    resets = {
        module: module.reset_parameters
        for module in model.modules()
        if hasattr(module, "reset_parameters")
    }
    renewed = {weight for module in resets for weight in module.parameters(recurse=False)}
    kept = [name for name, weight in model.named_parameters() if weight not in renewed]
    if kept:
        raise LayerError(text.WEIGHTS_WITHOUT_RESET.format(names=", ".join(kept)))
    with seeded(seed):
        for reset in resets.values():
            reset()
    return model


def normalise(maps: Tensor) -> Tensor:
    """Stretch each map (N, H, W), or (N, C, H, W), to [0, 1]; a constant map becomes zeros.

    Raises:
        ShapeError: There is no axis for the maps, or no map.
    """
    if not isinstance(maps, Tensor) or maps.ndim not in (3, 4) or maps.numel() == 0:
        found = f"{type(maps).__name__} {tuple(getattr(maps, 'shape', ()))}"
        raise ShapeError(text.NOT_MAPS_TO_NORMALISE.format(found=found))
    flat = maps.flatten(1)
    flat = flat - flat.amin(dim=1, keepdim=True)
    highest = flat.amax(dim=1, keepdim=True)
    return (flat / torch.where(highest > 0, highest, 1)).view_as(maps)


@torch.inference_mode(False)
@torch.enable_grad()
def _input_gradient(model: nn.Module, x: Tensor, target: Target) -> Tensor:
    # A copy, since tensors made in inference mode can never have a gradient.
    pixels = x.clone().requires_grad_()
    return _gradient(_target_logits(model, pixels, target).sum(), pixels)


def _gradient(value: Tensor, images: Tensor) -> Tensor:
    if not value.requires_grad:
        raise ModelError(text.NO_GRADIENT)
    return torch.autograd.grad(value, images)[0]


def _images_for(model: nn.Module, x: Tensor) -> Tensor:
    """Return images without their graph on the device of the model, if they are images for it."""
    check_images(model, x)
    if len(x) == 0:
        raise ShapeError(text.NO_IMAGES)
    return x.detach().to(device_of(model))


def _target_logits(model: nn.Module, x: Tensor, target: Target) -> Tensor:
    """Return the logit (N,) of each image's target class, with its graph."""
    logits = _logits(model, x)
    return _pick(logits, _classes(logits, target))


def _logits(model: nn.Module, x: Tensor) -> Tensor:
    """Return the logits of a model in evaluation mode, with a graph of what needs a gradient."""
    keep_freed_memory()
    with evaluation_mode(model), _frozen(model):
        # The model gets a copy, since its first layer may work in place.
        return checked_logits(model, x.clone())


@contextmanager
def _frozen(model: nn.Module) -> Iterator[None]:
    """Let no weight need a gradient: none is computed, and no graph is kept before a hook's."""
    trainable = [weight for weight in model.parameters() if weight.requires_grad]
    try:
        for weight in trainable:
            weight.requires_grad_(False)
        yield
    finally:
        for weight in trainable:
            weight.requires_grad_(True)


def _classes(logits: Tensor, target: Target) -> Tensor:
    """Return the target class of each image, (N,)."""
    if target is None:
        return logits.argmax(dim=1)
    count, classes = logits.shape
    target = torch.as_tensor(target, device=logits.device)
    if target.shape not in ((), (count,)):
        raise LabelError(text.TARGET_SHAPE.format(shape=tuple(target.shape), count=count))
    target = target.expand(count)
    whole = not target.is_floating_point() and target.dtype != torch.bool
    if not whole or ((target < 0) | (target >= classes)).any():
        raise LabelError(text.TARGET_OUT_OF_RANGE.format(target=target.tolist(), classes=classes))
    return target.long()


def _pick(logits: Tensor, classes: Tensor) -> Tensor:
    # A copy, since no graph can hold tensors made in inference mode.
    return logits.gather(1, classes[:, None].clone())[:, 0]


@contextmanager
def _hooked(model: nn.Module, layer: str, hook: Callable) -> Iterator[None]:
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
        raise LayerError(
            text.LAYER_WITHOUT_MAPS.format(name=layer, shape=shape, known=known or text.NONE)
        )
    known = isinstance(find_layer(model, layer), _LAYERS_WITH_MAPS)
    if not known and _distortion(shape[1:3], images) < _distortion(shape[2:], images):
        raise LayerError(text.CHANNELS_LAST.format(name=layer, shape=shape))


def _distortion(sides: tuple[int, ...], images: torch.Size) -> float:
    """Return how far two sides are from the proportions of the images: 0 for the same."""
    height, width = sides
    return abs(math.log(height / width * images[-1] / images[-2]))
