"""Grad-CAM of 500 images, for the predicted class, at the last feature layer of `Model`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import torch
from captum.attr import LayerAttribution, LayerGradCam
from torch import Tensor, nn

from benchmarks.figure import Aim, Figure
from benchmarks.measure import seconds_in_turns
from helpers.explain import grad_cam
from helpers.models import Model
from helpers.training import device

_LAYER = "features.4"
_IMAGES = 500
_ROUNDS = 5


def measure() -> list[Figure]:
    """Measure ours, its peers, and one forward pass without gradients."""
    figures = [_on_the_processor()]
    return figures + ([_on_a_gpu()] if device().type == "cuda" else [])


def _model_and_images(place: str | torch.device) -> tuple[nn.Module, Tensor]:
    torch.manual_seed(0)
    return Model().to(place).eval(), torch.randn(_IMAGES, 1, 28, 28).to(place)


def _on_the_processor() -> Figure:
    model, images = _model_and_images("cpu")
    classes = _predict(model, images)
    # On a copy: its hooks stay, and would slow the others down.
    peer = pytorch_grad_cam_of(copy.deepcopy(model))
    values = seconds_in_turns(
        {
            "ours": lambda: grad_cam(model, images, _LAYER),
            "one forward pass": lambda: _predict(model, images),
            "Captum": lambda: captum_maps(model, images, _predict(model, images)),
            "Captum, class known": lambda: captum_maps(model, images, classes),
            "pytorch-grad-cam": lambda: peer(images),
            "one image at a time": lambda: maps_one_by_one(model, images),
        },
        rounds=_ROUNDS,
    )
    aims = (
        Aim(1.3, "one forward pass"),
        Aim(1 / 1.5, "Captum"),
        Aim(1 / 1.5, "pytorch-grad-cam"),
        Aim(1 / 4, "one image at a time"),
    )
    return Figure(f"Grad-CAM of {_IMAGES} images, `Model`, last feature layer", values, aims=aims)


def _on_a_gpu() -> Figure:
    """Copy the maps to the processor, as the loop does: that also waits for the GPU."""
    model, images = _model_and_images(device())
    values = seconds_in_turns(
        {
            "ours": lambda: grad_cam(model, images, _LAYER).cpu(),
            "one image at a time": lambda: maps_one_by_one(model, images),
        },
        rounds=_ROUNDS,
    )
    aims = (Aim(1 / 50, "one image at a time"),)
    return Figure(f"Grad-CAM of {_IMAGES} images, `Model`, on a GPU", values, aims=aims)


@torch.no_grad()
def _predict(model: nn.Module, images: Tensor) -> Tensor:
    return model(images).argmax(dim=1)


def captum_maps(model: nn.Module, images: Tensor, classes: Tensor) -> Tensor:
    """Return Captum's maps (N, H, W). Captum has to be told the class."""
    maps = LayerGradCam(model, model.get_submodule(_LAYER)).attribute(
        images, classes, relu_attributions=True
    )
    return LayerAttribution.interpolate(maps, images.shape[-2:], "bilinear")[:, 0]


def pytorch_grad_cam_of(model: nn.Module) -> Callable[[Tensor], np.ndarray]:
    """Return what makes pytorch-grad-cam's maps (N, H, W), each scaled to [0, 1].

    It is imported here, as all that is not a peer has to be tested where peers are not installed.
    """
    from pytorch_grad_cam import GradCAM

    return partial(GradCAM(model, [model.get_submodule(_LAYER)]), targets=None)


def maps_one_by_one(model: nn.Module, images: Tensor) -> np.ndarray:
    """Return maps (N, H, W) as the handouts made them: a pass and a backward pass an image."""
    seen = {}

    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        output.retain_grad()
        seen["activation"] = output

    maps = []
    with model.get_submodule(_LAYER).register_forward_hook(keep):
        for image in images:
            model.zero_grad()
            model(image[None])[0].max().backward()
            activation, gradient = seen["activation"][0], seen["activation"].grad[0]
            weights = gradient.mean(dim=(1, 2), keepdim=True)
            evidence = (weights * activation).sum(dim=0).relu()
            maps.append(cv2.resize(evidence.detach().cpu().numpy(), tuple(image.shape[-2:])))
    model.zero_grad()
    return np.stack(maps)
