"""Exercises of notebook 05: saliency, hooks, Grad-CAM, overlay, sanity check."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import explain
from helpers.check import Case, Exercise, Hint, Observation, close
from helpers.checks.probing import array, fill_by_shape, hook_count, ndarray, tensor
from helpers.hooks import find_layer

_LAYER = "features.2"
# Rounding down where the reference rounds moves a coloured pixel by up to 5 levels, half of it when
# mixed.
_PICTURE_TOLERANCE = 4
_COLOUR_TOLERANCE = 6


class _SmallNetwork(nn.Module):
    """A network of two channels and three classes, in evaluation mode."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.classifier = nn.Linear(36, 3)
        fill_by_shape(self)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).flatten(1))


def _image_cases(rng: np.random.Generator) -> list[Case]:
    return [
        {
            "images": rng.normal(size=(6, 2, 8, 8)).astype(np.float32),
            "classes": rng.permutation([0, 0, 1, 1, 2, 2]),
        }
    ]


def _tensors(case: Case) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(case["images"].copy()), torch.from_numpy(case["classes"])


Score = Callable[[Tensor, Tensor], Tensor]
"""What is differentiated: one number from logits (N, 3) and classes (N,)."""


def _chosen(logits: Tensor, classes: Tensor) -> Tensor:
    return logits.gather(1, classes[:, None])


_OTHER_SCORES: dict[str, Score] = {
    "all_classes": lambda logits, classes: logits.sum(),
    "classes_of_all_images": lambda logits, classes: logits[:, classes].sum(),
    "predicted_class": lambda logits, classes: logits.amax(dim=1).sum(),
    "softmax": lambda logits, classes: _chosen(logits.softmax(dim=1), classes).sum(),
    "sigmoid": lambda logits, classes: _chosen(logits.sigmoid(), classes).sum(),
    "mean_of_batch": lambda logits, classes: _chosen(logits, classes).mean(),
}


# --- 5-1 ----------------------------------------------------------------------------------------
def _probe_saliency(answer: type(explain.saliency), case: Case) -> Observation:
    images, classes = _tensors(case)
    model = _SmallNetwork()
    return {
        "saliency": array(tensor(answer(model, images, classes))),
        "saliency of a second call": array(tensor(answer(model, images, classes))),
    }


def _input_gradient(case: Case, score: Score) -> np.ndarray:
    images, classes = _tensors(case)
    value = score(_SmallNetwork()(images.requires_grad_()), classes)
    return array(torch.autograd.grad(value, images)[0])


def _gradients_added_up(got: Observation, want: Observation, case: Case) -> bool:
    again = got["saliency of a second call"]
    return close(got["saliency"], want["saliency"]) and close(again, 2 * want["saliency"])


def _is_no_number(got: Observation, want: Observation, case: Case) -> bool:
    return "scalar outputs" in got["error"]


def _saliency_of(name: str) -> Hint:
    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        gradient = _input_gradient(case, _OTHER_SCORES[name])
        return close(got["saliency"], np.abs(gradient).max(axis=1), atol=1e-7)

    return Hint(name, recognises)


def _is_reduced_by(reduce: Callable[[np.ndarray], np.ndarray]) -> Callable[..., bool]:
    """Recognise maps that were made from the right gradient (N, C, H, W) in another way."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        gradient = _input_gradient(case, lambda logits, classes: _chosen(logits, classes).sum())
        return close(got["saliency"], reduce(gradient))

    return recognises


def _stretched(maps: np.ndarray) -> np.ndarray:
    return array(explain.normalise(torch.from_numpy(maps)))


SALIENCY = Exercise(
    id="5-1",
    points=3,
    names=("saliency",),
    reference=explain.saliency,
    cases=_image_cases,
    probe=_probe_saliency,
    hints=(
        Hint("not_one_number", _is_no_number),
        Hint("gradients_added_up", _gradients_added_up),
        Hint("channels_left", lambda got, want, case: np.ndim(got["saliency"]) == 4),
        Hint("signed", _is_reduced_by(lambda gradient: gradient.max(axis=1))),
        Hint("absolute_too_late", _is_reduced_by(lambda gradient: abs(gradient.max(axis=1)))),
        Hint("channels_added", _is_reduced_by(lambda gradient: abs(gradient).sum(axis=1))),
        Hint("channels_averaged", _is_reduced_by(lambda gradient: abs(gradient).mean(axis=1))),
        Hint(
            "stretched",
            lambda got, want, case: close(got["saliency"], _stretched(want["saliency"])),
        ),
        *(_saliency_of(name) for name in _OTHER_SCORES),
    ),
    atol=1e-6,
)


# --- 5-2 ----------------------------------------------------------------------------------------
def activation_and_gradient(
    model: nn.Module, layer: str, images: Tensor, classes: Tensor
) -> tuple[Tensor, Tensor]:
    """Return a layer's output (N, C, h, w) and the gradient of the classes' logits by it."""
    seen = {}

    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen["activation"] = output

    handle = find_layer(model, layer).register_forward_hook(keep)
    try:
        logits = model(images)
    finally:
        handle.remove()
    (gradient,) = torch.autograd.grad(_chosen(logits, classes).sum(), seen["activation"])
    return seen["activation"].detach(), gradient


def _probe_hooks(answer: type(activation_and_gradient), case: Case) -> Observation:
    images, classes = _tensors(case)
    model = _SmallNetwork()
    activation, gradient = answer(model, _LAYER, images, classes)
    if gradient is None:
        return {"gradient is known": False}
    left = hook_count(model)
    return {
        "gradient is known": True,
        "activation": array(tensor(activation)),
        "gradient": array(tensor(gradient)),
        "hooks left": left,
        "hooks left by an error": _hooks_left_by_an_error(answer, classes),
    }


def _hooks_left_by_an_error(answer: type(activation_and_gradient), classes: Tensor) -> int:
    model = _SmallNetwork()
    # Images that the layer takes, but the classifier after it does not.
    with contextlib.suppress(Exception):
        answer(model, _LAYER, torch.zeros(len(classes), 2, 12, 8), classes)
    return hook_count(model)


def _layer_gradient_of(name: str) -> Hint:
    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        images, classes = _tensors(case)
        model = _SmallNetwork()
        activation = model.features[:3](images)
        logits = model.classifier(model.features[3](activation).flatten(1))
        value = _OTHER_SCORES[name](logits, classes)
        return close(got["gradient"], array(torch.autograd.grad(value, activation)[0]), atol=1e-7)

    return Hint(name, recognises)


HOOKS = Exercise(
    id="5-2",
    points=3,
    names=("activation_and_gradient",),
    reference=activation_and_gradient,
    cases=_image_cases,
    probe=_probe_hooks,
    hints=(
        Hint("not_one_number", _is_no_number),
        Hint("no_gradient_kept", lambda got, want, case: not got["gradient is known"]),
        Hint(
            "graph_cut",
            lambda got, want, case: (
                "not have been used" in got["error"] or "does not require grad" in got["error"]
            ),
        ),
        Hint("swapped", lambda got, want, case: close(got["activation"], want["gradient"])),
        Hint(
            "gradient_of_the_images",
            lambda got, want, case: np.shape(got["gradient"]) == case["images"].shape,
        ),
        *(_layer_gradient_of(name) for name in _OTHER_SCORES),
        Hint("hook_not_removed", lambda got, want, case: got["hooks left"] > 0),
        Hint("hook_left_by_an_error", lambda got, want, case: got["hooks left by an error"] > 0),
    ),
    atol=1e-6,
)


# --- 5-3 ----------------------------------------------------------------------------------------
def grad_cam(activation: Tensor, gradient: Tensor, size: tuple[int, int]) -> Tensor:
    """Return maps (N, H, W) of ``size`` from a layer's output and gradient, (N, C, h, w)."""
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    maps = (weights * activation).sum(dim=1).relu()
    return _enlarge(maps, size)


def _enlarge(maps: Tensor, size: tuple[int, int], **options: object) -> Tensor:
    return F.interpolate(maps[:, None], size, **({"mode": "bilinear"} | options))[:, 0]


def _layer_cases(rng: np.random.Generator) -> list[Case]:
    return [
        {
            "activation": np.maximum(rng.normal(size=(3, 4, 5, 6)), 0).astype(np.float32),
            "gradient": rng.normal(loc=loc, size=(3, 4, 5, 6)).astype(np.float32),
            "size": (11, 15),
        }
        for loc in (0, -2)
    ]


def _probe_grad_cam(answer: type(grad_cam), case: Case) -> Observation:
    return {"grad_cam": array(tensor(answer(*_layer_tensors(case), case["size"])))}


def _layer_tensors(case: Case) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(case["activation"]), torch.from_numpy(case["gradient"])


def _unlike(make: Callable[[Tensor, Tensor, tuple[int, int]], Tensor]) -> Callable[..., bool]:
    """Recognise maps that were made by another formula."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        return close(got["grad_cam"], array(make(*_layer_tensors(case), case["size"])))

    return recognises


def _weighted(activation: Tensor, gradient: Tensor) -> Tensor:
    return gradient.mean(dim=(2, 3), keepdim=True) * activation


GRAD_CAM = Exercise(
    id="5-3",
    points=4,
    names=("grad_cam",),
    reference=grad_cam,
    cases=_layer_cases,
    probe=_probe_grad_cam,
    hints=(
        Hint("axes_lost", lambda got, want, case: "must match the size" in got["error"]),
        Hint(
            "not_enlarged",
            lambda got, want, case: got["grad_cam"].shape[-2:] == case["activation"].shape[-2:],
        ),
        Hint("channel_axis_left", lambda got, want, case: np.ndim(got["grad_cam"]) == 4),
        Hint("no_relu", _unlike(lambda a, g, size: _enlarge(_weighted(a, g).sum(1), size))),
        Hint(
            "relu_after_enlarging",
            _unlike(lambda a, g, size: _enlarge(_weighted(a, g).sum(1), size).relu()),
        ),
        Hint(
            "relu_before_adding",
            _unlike(lambda a, g, size: _enlarge(_weighted(a, g).relu().sum(1), size)),
        ),
        Hint(
            "gradient_not_averaged",
            _unlike(lambda a, g, size: _enlarge((g * a).sum(1).relu(), size)),
        ),
        Hint(
            "weights_of_the_batch",
            _unlike(lambda a, g, size: _enlarge((g.mean((0, 2, 3), True) * a).sum(1).relu(), size)),
        ),
        Hint(
            "gradient_added",
            _unlike(lambda a, g, size: _enlarge((g.sum((2, 3), True) * a).sum(1).relu(), size)),
        ),
        Hint(
            "channels_averaged",
            _unlike(lambda a, g, size: _enlarge(_weighted(a, g).mean(1).relu(), size)),
        ),
        Hint(
            "nearest",
            _unlike(
                lambda a, g, size: _enlarge(_weighted(a, g).sum(1).relu(), size, mode="nearest")
            ),
        ),
        Hint(
            "corners_aligned",
            _unlike(
                lambda a, g, size: _enlarge(_weighted(a, g).sum(1).relu(), size, align_corners=True)
            ),
        ),
        Hint(
            "stretched",
            lambda got, want, case: close(got["grad_cam"], _stretched(want["grad_cam"])),
        ),
    ),
)


# --- 5-4 ----------------------------------------------------------------------------------------
def _picture_cases(rng: np.random.Generator) -> list[Case]:
    shape = (2, 12, 10)
    return [{"images": rng.uniform(size=shape), "maps": rng.uniform(size=shape)}]


def _probe_overlay(answer: type(explain.overlay), case: Case) -> Observation:
    values = ndarray(answer(case["images"], case["maps"]))
    return {"overlay": values, "type of the pixels": str(values.dtype)}


def _looks_like(
    make: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Callable[..., bool]:
    """Recognise pictures that were made from images and maps in another way."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        return _same_picture(got["overlay"], make(case["images"], case["maps"]))

    return recognises


def _same_picture(got: np.ndarray, want: np.ndarray) -> bool:
    return close(got.astype(float), want.astype(float), rtol=0, atol=_COLOUR_TOLERANCE)


def _too_dark(got: Observation, want: Observation, case: Case) -> bool:
    """Recognise pixels that were made integers without being brought to 0–255 before."""
    images, maps = case["images"], case["maps"]
    dark_images, dark_maps = images // 1 / 255, maps // 1 / 255
    return any(
        _same_picture(got["overlay"], explain.overlay(*pair))
        for pair in ((dark_images, maps), (images, dark_maps), (dark_images, dark_maps))
    )


def _overflows(got: Observation, want: Observation, case: Case) -> bool:
    picture = explain.overlay(case["images"], case["maps"], alpha=0)
    colours = explain.overlay(case["images"], case["maps"], alpha=1)
    # Most pixels suffice: where a sum lies near 255, rounding decides whether it overflows.
    near = np.abs(got["overlay"].astype(int) - (picture + colours) // 2) <= _PICTURE_TOLERANCE
    return near.mean() > 0.9


OVERLAY = Exercise(
    id="5-4",
    points=2,
    names=("overlay",),
    reference=explain.overlay,
    cases=_picture_cases,
    probe=_probe_overlay,
    hints=(
        Hint(
            "blue_and_red_swapped",
            _looks_like(lambda images, maps: explain.overlay(images, maps)[..., ::-1]),
        ),
        Hint(
            "jet",
            lambda got, want, case: any(
                _same_picture(
                    got["overlay"],
                    explain.overlay(case["images"], case["maps"], cmap="jet")[..., ::order],
                )
                for order in (1, -1)
            ),
        ),
        Hint(
            "map_alone",
            _looks_like(lambda images, maps: explain.overlay(images, maps, alpha=1)),
        ),
        Hint(
            "image_alone",
            _looks_like(lambda images, maps: explain.overlay(images, maps, alpha=0)),
        ),
        Hint("inverted", _looks_like(lambda images, maps: explain.overlay(images, 1 - maps))),
        Hint("not_brought_to_255", _too_dark),
        Hint("overflow", _overflows),
        Hint(
            "not_bytes",
            lambda got, want, case: (
                got["type of the pixels"] != "uint8"
                and got["overlay"].shape == want["overlay"].shape
            ),
        ),
    ),
    rtol=0,
    atol=_PICTURE_TOLERANCE,
)


# --- 5-5 ----------------------------------------------------------------------------------------
Explanation = Callable[[nn.Module, Tensor, Tensor], Tensor]
"""Returns maps (N, H, W) for a model, images (N, C, H, W) and classes (N,)."""


def sanity_check(
    model: nn.Module, images: Tensor, explanation: Explanation
) -> tuple[Tensor, Tensor]:
    """Return maps of a model, and of a copy with random weights, for the same classes."""
    with torch.no_grad():
        classes = model(images).argmax(dim=1)
    randomised = explain.randomise_(copy.deepcopy(model))
    return explanation(model, images, classes), explanation(randomised, images, classes)


def _probe_sanity_check(answer: type(sanity_check), case: Case) -> Observation:
    images, _ = _tensors(case)
    model = _SmallNetwork()
    asked = []

    def explanation(model: nn.Module, images: Tensor, classes: Tensor | None = None) -> Tensor:
        with torch.no_grad():
            shown = model(images).argmax(dim=1) if classes is None else classes
        asked.append((_randomness(model), array(shown)))
        return explain.saliency(model, images, shown)

    before, after = map(tensor, answer(model, images, explanation))
    trained = explain.saliency(_SmallNetwork(), images)
    random = [classes for randomness, classes in asked if randomness != "trained"]
    return {
        "original model": _randomness(model),
        "models asked": "、".join(sorted({randomness for randomness, _ in asked})),
        "classes of the random model": random[-1] if random else None,
        "before": array(before),
        "after": "trained" if close(array(after), array(trained)) else "random",
    }


def _randomness(model: nn.Module) -> str:
    """Say how many of the weights are other than those of the trained network."""
    pairs = zip(model.parameters(), _SmallNetwork().parameters(), strict=True)
    changed = [not torch.equal(*pair) for pair in pairs]
    return "random" if all(changed) else "partly random" if any(changed) else "trained"


SANITY_CHECK = Exercise(
    id="5-5",
    points=2,
    names=("sanity_check",),
    reference=sanity_check,
    cases=_image_cases,
    probe=_probe_sanity_check,
    hints=(
        Hint("original_changed", lambda got, want, case: got["original model"] != "trained"),
        Hint("not_randomised", lambda got, want, case: got["models asked"] == "trained"),
        Hint("partly_randomised", lambda got, want, case: "partly" in got["models asked"]),
        Hint(
            "swapped",
            lambda got, want, case: (
                got["after"] == "trained" and not close(got["before"], want["before"])
            ),
        ),
        Hint(
            "other_classes",
            lambda got, want, case: (
                not close(got["classes of the random model"], want["classes of the random model"])
            ),
        ),
    ),
)

EXERCISES = (SALIENCY, HOOKS, GRAD_CAM, OVERLAY, SANITY_CHECK)
