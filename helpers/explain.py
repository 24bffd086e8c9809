"""Shows what a prediction rests on: saliency, Grad-CAM, occlusion, and images a channel likes.

Images are (N, C, H, W), and are brought to the device of the model. A target class is None (the
predicted class of each image), one integer for all images, or (N,) integers. Maps are raw values,
one map an image: see :func:`normalise`. Models are run in evaluation mode and left as they were
found. Evidence is taken from the logit, before any softmax.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.errors import LayerError, ShapeError, require_range
from helpers.internal.finding import LAYER_NOT_USED, renewable_layers, require_tensor
from helpers.internal.fitting import check_model
from helpers.internal.gradients import (
    Target,
    activation_and_gradient,
    classes_of,
    gradient_by,
    hooked,
    images_for,
    input_gradient,
    logits_of,
    pick,
    target_logits,
)
from helpers.internal.overlay import overlay as overlay
from helpers.internal.randomness import seeded
from helpers.internal.sentences import Sentence

_NOT_MAPS = Sentence(
    ja="normalise に渡したものが {found} です。(N, H, W) のテンソルにしてください。1 枚だけなら maps[None] で N の軸を足せます。",
    en="normalise was given {found}. Make it a tensor (N, H, W). For one map, maps[None] adds the axis N.",
)

_TINY = 1e-12


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
    return input_gradient(model, images_for(model, x), target).abs().amax(dim=1)


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
    x = images_for(model, x)
    classes = classes_of(logits_of(model, x), target)
    spread = sigma * (x.amax(dim=(1, 2, 3), keepdim=True) - x.amin(dim=(1, 2, 3), keepdim=True))
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros_like(x)
    for _ in range(n):
        noise = torch.randn(x.shape[1:], generator=generator, device="cpu").to(x)
        total += input_gradient(model, x + spread * noise, classes)
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
    x = images_for(model, x)
    activation, gradient = activation_and_gradient(model, x, layer, target)
    weights = gradient.mean(dim=(2, 3))
    maps = torch.einsum("nc,nchw->nhw", weights, activation)
    if relu:
        maps = maps.relu()
    if upsample:
        maps = F.interpolate(maps[:, None], x.shape[-2:], mode="bilinear")[:, 0]
    return maps


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
    x = images_for(model, x)
    require_range("batch", batch, 1)
    require_range("window", window, 1, min(x.shape[-2:]))
    require_range("stride", stride, 1, window)
    logits = logits_of(model, x)
    classes = classes_of(logits, target)
    rows, columns = (_spans(size, window, stride, x.device) for size in x.shape[-2:])
    shape = len(x), len(rows), len(columns)
    places = torch.cartesian_prod(*(torch.arange(size, device=x.device) for size in shape))
    covered_logits = []
    for part in places.split(batch):
        image, row, column = part.unbind(dim=1)
        mask = rows[row, None, :, None] & columns[column, None, None, :]
        covered = x[image].masked_fill_(mask, fill or 0)
        covered_logits.append(target_logits(model, covered, classes[image]))
    falls = pick(logits, classes)[:, None, None] - torch.cat(covered_logits).view(shape)
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

    with hooked(model, layer, keep):
        for _ in range(steps):
            logits_of(model, image.requires_grad_())
            if not seen:
                raise LayerError(LAYER_NOT_USED.format(name=layer))
            gradient = gradient_by(seen["answer"].mean(), image)
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
    layers = renewable_layers(model)
    with seeded(seed):
        for layer in layers:
            layer.reset_parameters()
    return model


def normalise(maps: Tensor) -> Tensor:
    """Stretch each map (N, H, W), or (N, C, H, W), to [0, 1]; a constant map becomes zeros.

    Raises:
        ShapeError: There is no axis for the maps, or no map.
    """
    if not isinstance(maps, Tensor) or maps.ndim not in (3, 4) or maps.numel() == 0:
        found = f"{type(maps).__name__} {tuple(getattr(maps, 'shape', ()))}"
        raise ShapeError(_NOT_MAPS.format(found=found))
    flat = maps.flatten(1)
    flat = flat - flat.amin(dim=1, keepdim=True)
    highest = flat.amax(dim=1, keepdim=True)
    return (flat / torch.where(highest > 0, highest, 1)).view_as(maps)
