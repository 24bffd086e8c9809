"""Shows what a prediction rests on: saliency, Grad-CAM, occlusion, and images a channel likes.

Images are (N, C, H, W). A target class is None (the predicted class of each image), one integer for
all images, or (N,) integers. Maps are raw values, one map an image: see :func:`normalise`. Models
are run in evaluation mode and left as they were found. Evidence is taken from the logit, before any
softmax.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import text
from helpers.errors import LabelError, LayerError, RangeError
from helpers.hooks import find_layer, require_tensor
from helpers.memory import keep_freed_memory
from helpers.plots.maps import overlay
from helpers.randomness import seeded
from helpers.training import check_images, checked_logits, evaluation_mode

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
        ShapeError: ``x`` is not (N, C, H, W), or does not fit the model in size or type.
        LabelError: ``target`` names no class of the model, or does not have one class an image.
        ProbabilityError: The model returns probabilities instead of logits.
    """
    return _input_gradient(model, x, target).abs().amax(dim=1)


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
        RangeError: ``n`` is below 1.
        ShapeError, LabelError, ProbabilityError: As :func:`saliency`.
    """
    _require_range("n", n, 1)
    classes = _classes(_logits(model, x), target)
    spread = sigma * (x.amax(dim=(1, 2, 3), keepdim=True) - x.amin(dim=(1, 2, 3), keepdim=True))
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros_like(x)
    for _ in range(n):
        noise = torch.randn(x.shape[1:], generator=generator).to(x)
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
            not depend on it; or the model is compiled.
        ShapeError, LabelError, ProbabilityError: As :func:`saliency`.
    """
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
        _require_maps(model, layer, output)
        seen["activation"] = output.detach().requires_grad_()
        # The model goes on with a copy, since its next layer may work in place.
        return seen["activation"].clone()

    with _hooked(model, layer, begin_graph):
        logits = _target_logits(model, x.detach(), target)
    gradient = None
    if logits.requires_grad:
        # It is None, too, where an earlier use of the layer leads to the logits and the last not.
        (gradient,) = torch.autograd.grad(logits.sum(), seen["activation"], allow_unused=True)
    if gradient is None:
        raise LayerError(text.LAYER_NOT_USED.format(name=layer))
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
        batch: Covered images that go through the model at a time.

    Raises:
        RangeError: ``window``, ``stride`` or ``batch`` lies outside what the images allow.
        ShapeError, LabelError, ProbabilityError: As :func:`saliency`.
    """
    _require_range("batch", batch, 1)
    logits = _logits(model, x.detach())
    classes = _classes(logits, target)
    masks = _windows(x.shape[-2], x.shape[-1], window, stride).to(x.device)
    pairs = torch.cartesian_prod(torch.arange(len(x)), torch.arange(len(masks)))
    covered_logits = []
    for part in pairs.to(x.device).split(batch):
        image, mask = part.unbind(dim=1)
        covered = x.detach()[image].masked_fill(masks[mask, None], fill or 0)
        covered_logits.append(_target_logits(model, covered, classes[image]))
    falls = _pick(logits, classes)[:, None] - torch.cat(covered_logits).view(len(x), len(masks))
    return torch.einsum("nk,khw->nhw", falls, masks.to(falls)) / masks.sum(dim=0)


def _windows(height: int, width: int, window: int, stride: int) -> Tensor:
    """Return a mask (H, W) for each place of the window, as booleans (windows, H, W)."""
    _require_range("window", window, 1, min(height, width))
    _require_range("stride", stride, 1, window)
    rows, columns = (_spans(size, window, stride) for size in (height, width))
    masks = rows[:, None, :, None] & columns[None, :, None, :]
    return masks.flatten(0, 1)


def _spans(size: int, window: int, stride: int) -> Tensor:
    """Return which of ``size`` pixels each place of the window covers, (places, size)."""
    starts = torch.arange(0, size - window + stride, stride)[:, None]
    pixels = torch.arange(size)
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
    """
    _require_range("steps", steps, 1)
    noise = torch.randn(1, *shape, generator=torch.Generator().manual_seed(seed))
    image = 0.1 * noise.to(next(model.parameters(), noise))
    seen: dict[str, Tensor] = {}

    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        require_tensor(layer, output)
        _require_range("channel", channel, 0, output.shape[1] - 1)
        # A copy, since the next layer may work in place.
        seen["answer"] = output[:, channel].clone()

    with _hooked(model, layer, keep):
        for _ in range(steps):
            _logits(model, image.requires_grad_())
            if not seen:
                raise LayerError(text.LAYER_NOT_USED.format(name=layer))
            (gradient,) = torch.autograd.grad(seen["answer"].mean(), image)
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
    """
    resets = {module: reset for module in model.modules() if (reset := _reset_of(module))}
    renewed = {weight for module in resets for weight in module.parameters(recurse=False)}
    kept = [name for name, weight in model.named_parameters() if weight not in renewed]
    if kept:
        raise LayerError(text.WEIGHTS_WITHOUT_RESET.format(names=", ".join(kept)))
    with seeded(seed):
        for reset in resets.values():
            reset()
    return model


def _reset_of(module: nn.Module) -> Callable[[], None] | None:
    """Return the method that gives a layer new weights; nn.MultiheadAttention has it as private."""
    public = getattr(module, "reset_parameters", None)
    return public or getattr(module, "_reset_parameters", None)


def normalise(maps: Tensor) -> Tensor:
    """Stretch each map (N, …) to [0, 1]; a constant map becomes zeros."""
    flat = maps.flatten(1)
    flat = flat - flat.amin(dim=1, keepdim=True)
    highest = flat.amax(dim=1, keepdim=True)
    return (flat / torch.where(highest > 0, highest, 1)).view_as(maps)


@torch.inference_mode(False)
@torch.enable_grad()
def _input_gradient(model: nn.Module, x: Tensor, target: Target) -> Tensor:
    # Whole numbers can have no gradient.
    check_images(model, x)
    # A copy, since tensors made in inference mode can never have a gradient.
    pixels = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(_target_logits(model, pixels, target).sum(), pixels)
    return gradient


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
    if target.is_floating_point() or ((target < 0) | (target >= classes)).any():
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


def _require_maps(model: nn.Module, layer: str, output: object) -> None:
    shape = getattr(output, "shape", None)
    if shape is None or len(shape) != 4:
        known = ", ".join(
            name for name, module in model.named_modules() if isinstance(module, _LAYERS_WITH_MAPS)
        )
        found = shape if shape is None else tuple(shape)
        raise LayerError(
            text.LAYER_WITHOUT_MAPS.format(name=layer, shape=found, known=known or text.NONE)
        )


def _require_range(name: str, value: int, low: int, high: int | None = None) -> None:
    if value < low or (high is not None and value > high):
        upper = "" if high is None else text.AT_MOST.format(high=high)
        raise RangeError(text.OUT_OF_RANGE.format(name=name, value=value, low=low, upper=upper))
