import copy

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from checkers import CheckerTests
from torch import nn

from helpers.explain import randomise_


def choose(logits, classes):
    return logits.gather(1, classes[:, None])


# --- 5-1 ----------------------------------------------------------------------------------------
def saliency_by_backward(model, images, classes):
    pixels = images.detach().requires_grad_(True)
    logits = model(pixels)
    logits[torch.arange(len(classes)), classes].sum().backward()
    return pixels.grad.abs().max(dim=1).values


def saliency_of_the_images_themselves(model, images, classes):
    images.requires_grad_()
    choose(model(images), classes).sum().backward()
    return images.grad.abs().amax(dim=1)


def saliency_one_by_one(model, images, classes):
    maps = []
    for image, label in zip(images, classes, strict=True):
        pixels = image[None].requires_grad_()
        (gradient,) = torch.autograd.grad(model(pixels)[0, label], pixels)
        maps.append(gradient[0].abs().amax(dim=0))
    return torch.stack(maps)


def saliency(
    score=lambda logits, classes: choose(logits, classes).sum(),
    reduce=lambda gradient: gradient.abs().amax(dim=1),
):
    """Return an answer to 5-1 with one of its parts other than the right one."""

    def answer(model, images, classes):
        images.requires_grad_()
        (gradient,) = torch.autograd.grad(score(model(images), classes), images)
        return reduce(gradient)

    return answer


def stretch(maps):
    low, high = maps.amin(dim=(1, 2), keepdim=True), maps.amax(dim=(1, 2), keepdim=True)
    return (maps - low) / (high - low).clamp(min=1e-12)


WRONG_SCORES = {
    "not_one_number": choose,
    "classes_of_all_images": lambda logits, classes: logits[:, classes].sum(),
    "all_classes": lambda logits, classes: logits.sum(),
    "predicted_class": lambda logits, classes: logits.max(dim=1).values.sum(),
    "softmax": lambda logits, classes: choose(F.softmax(logits, dim=1), classes).sum(),
    "sigmoid": lambda logits, classes: choose(torch.sigmoid(logits), classes).sum(),
    "mean_of_batch": lambda logits, classes: choose(logits, classes).mean(),
}


# --- 5-2 ----------------------------------------------------------------------------------------
def hooks_with_retained_gradient(model, layer, images, classes):
    kept = []

    def keep(module, inputs, output):
        output.retain_grad()
        kept.append(output)

    with dict(model.named_modules())[layer].register_forward_hook(keep):
        logits = model(images)
    choose(logits, classes).sum().backward()
    return kept[0], kept[0].grad


def hooks_in_both_directions(model, layer, images, classes):
    seen = {}
    module = model.get_submodule(layer)
    forward = module.register_forward_hook(lambda *args: seen.update(activation=args[2]))
    backward = module.register_full_backward_hook(lambda *args: seen.update(gradient=args[2][0]))
    try:
        choose(model(images), classes).sum().backward()
    finally:
        forward.remove()
        backward.remove()
    return seen["activation"], seen["gradient"]


def hooks(
    keep=lambda output: output,
    score=lambda logits, classes: choose(logits, classes).sum(),
    by=lambda activation, images: activation,
    remove=lambda handle: handle.remove(),
    result=lambda activation, gradient: (activation, gradient),
):
    """Return an answer to 5-2 with one of its parts other than the right one."""

    def answer(model, layer, images, classes):
        images.requires_grad_()
        seen = []
        module = model.get_submodule(layer)
        handle = module.register_forward_hook(lambda *args: seen.append(keep(args[2])))
        try:
            logits = model(images)
        finally:
            remove(handle)
        (gradient,) = torch.autograd.grad(score(logits, classes), by(seen[0], images))
        return result(seen[0], gradient)

    return answer


def hooks_without_retained_gradient(model, layer, images, classes):
    seen = []
    with model.get_submodule(layer).register_forward_hook(lambda *args: seen.append(args[2])):
        choose(model(images), classes).sum().backward()
    return seen[0], seen[0].grad


def hooks_with_one_left_before_the_layer(model, layer, images, classes):
    model.get_submodule(layer).register_forward_pre_hook(lambda *args: None)
    return hooks()(model, layer, images, classes)


def hooks_removed_without_an_error_only(model, layer, images, classes):
    seen = []
    handle = model.get_submodule(layer).register_forward_hook(lambda *args: seen.append(args[2]))
    logits = model(images)
    handle.remove()
    return seen[0], torch.autograd.grad(choose(logits, classes).sum(), seen[0])[0]


# --- 5-3 ----------------------------------------------------------------------------------------
def grad_cam_by_einsum(activation, gradient, size):
    height, width = activation.shape[2:]
    weights = gradient.sum(dim=(2, 3)) / (height * width)
    maps = torch.einsum("nc,nchw->nhw", weights, activation).clamp(min=0)
    return nn.Upsample(size, mode="bilinear")(maps.unsqueeze(1)).squeeze(1)


def grad_cam_in_loops(activation, gradient, size):
    maps = []
    for channels, slopes in zip(activation, gradient, strict=True):
        evidence = sum(a * g.mean() for a, g in zip(channels, slopes, strict=True))
        enlarged = cv2.resize(F.relu(evidence).numpy(), size[::-1], interpolation=cv2.INTER_LINEAR)
        maps.append(torch.from_numpy(enlarged))
    return torch.stack(maps)


def enlarge(maps, size, **options):
    return F.interpolate(maps[:, None], size, **({"mode": "bilinear"} | options))[:, 0]


def grad_cam(
    weigh=lambda gradient: gradient.mean(dim=(2, 3), keepdim=True),
    add=lambda weighted: weighted.sum(dim=1).relu(),
    fit=enlarge,
):
    """Return an answer to 5-3 with one of its parts other than the right one."""
    return lambda activation, gradient, size: fit(add(weigh(gradient) * activation), size)


# --- 5-4 ----------------------------------------------------------------------------------------
def overlay_with_numpy(images, maps):
    levels = np.rint(255 * maps).astype(np.uint8)
    colours = np.stack([cv2.applyColorMap(level, cv2.COLORMAP_INFERNO) for level in levels])
    mixed = 0.5 * 255 * images[..., None] + 0.5 * colours[..., ::-1]
    return mixed.round().astype(np.uint8)


def overlay_of_the_tall_picture(images, maps):
    height = images.shape[1]
    colours = cv2.applyColorMap((np.concatenate(maps) * 255).astype("uint8"), cv2.COLORMAP_INFERNO)
    grey = np.dstack([(np.concatenate(images) * 255).astype("uint8")] * 3)
    mixed = cv2.cvtColor(cv2.addWeighted(grey, 0.5, colours, 0.5, 0), cv2.COLOR_BGR2RGB)
    return mixed.reshape(-1, height, images.shape[2], 3)


def overlay(
    to_bytes=lambda pixels: np.uint8(255 * pixels),
    colour_map=cv2.COLORMAP_INFERNO,
    mix=lambda picture, colours: cv2.addWeighted(picture, 0.5, colours, 0.5, 0),
    shown=lambda one_map: one_map,
):
    """Return an answer to 5-4 with one of its parts other than the right one."""

    def answer(images, maps):
        mixed = []
        for image, one_map in zip(images, maps, strict=True):
            picture = cv2.cvtColor(to_bytes(image), cv2.COLOR_GRAY2RGB)
            colours = cv2.applyColorMap(to_bytes(shown(one_map)), colour_map)
            mixed.append(mix(picture, cv2.cvtColor(colours, cv2.COLOR_BGR2RGB)))
        return np.stack(mixed)

    return answer


def overlay_left_in_bgr(images, maps):
    return overlay()(images, maps)[..., ::-1]


# --- 5-5 ----------------------------------------------------------------------------------------
def sanity_check_with_own_weights(model, images, explanation):
    classes = model(images).max(dim=1).indices
    before = explanation(model, images, classes)
    other = copy.deepcopy(model)
    for weights in other.parameters():
        nn.init.normal_(weights, std=0.1)
    return before, explanation(other, images, classes)


def sanity_check_of_the_original(model, images, explanation):
    classes = model(images).argmax(dim=1)
    before = explanation(model, images, classes)
    return before, explanation(randomise_(model), images, classes)


def sanity_check_of_a_shallow_copy(model, images, explanation):
    classes = model(images).argmax(dim=1)
    before = explanation(model, images, classes)
    return before, explanation(randomise_(copy.copy(model)), images, classes)


def sanity_check(
    randomise=lambda model: randomise_(copy.deepcopy(model)),
    classes_of_random=lambda randomised, images, classes: classes,
    result=lambda before, after: (before, after),
):
    """Return an answer to 5-5 with one of its parts other than the right one."""

    def answer(model, images, explanation):
        classes = model(images).argmax(dim=1)
        randomised = randomise(model)
        others = classes_of_random(randomised, images, classes)
        return result(explanation(model, images, classes), explanation(randomised, images, others))

    return answer


def randomise_the_classifier(model):
    changed = copy.deepcopy(model)
    randomise_(changed.classifier)
    return changed


RIGHT = {
    "5-1": [saliency_by_backward, saliency_one_by_one],
    "5-2": [hooks_with_retained_gradient, hooks_in_both_directions],
    "5-3": [grad_cam_by_einsum, grad_cam_in_loops],
    "5-4": [overlay_with_numpy, overlay_of_the_tall_picture],
    "5-5": [sanity_check_with_own_weights, sanity_check()],
}
MISTAKES = {
    "5-1": [
        ("channels_left", saliency(reduce=torch.abs)),
        ("signed", saliency(reduce=lambda gradient: gradient.amax(dim=1))),
        ("absolute_too_late", saliency(reduce=lambda gradient: gradient.amax(dim=1).abs())),
        ("channels_added", saliency(reduce=lambda gradient: gradient.abs().sum(dim=1))),
        ("channels_averaged", saliency(reduce=lambda gradient: gradient.abs().mean(dim=1))),
        ("stretched", saliency(reduce=lambda gradient: stretch(gradient.abs().amax(dim=1)))),
        ("gradients_added_up", saliency_of_the_images_themselves),
        *((name, saliency(score=score)) for name, score in WRONG_SCORES.items()),
        (None, lambda model, images, classes: images[:, 0]),
        (None, lambda model, images, classes: None),
    ],
    "5-2": [
        ("no_gradient_kept", hooks_without_retained_gradient),
        ("graph_cut", hooks(keep=torch.Tensor.detach)),
        ("graph_cut", hooks(keep=torch.Tensor.clone)),
        ("graph_cut", torch.no_grad()(hooks())),
        ("swapped", hooks(result=lambda activation, gradient: (gradient, activation))),
        ("gradient_of_the_images", hooks(by=lambda activation, images: images)),
        *((name, hooks(score=score)) for name, score in WRONG_SCORES.items()),
        ("hook_not_removed", hooks(remove=lambda handle: None)),
        ("hook_not_removed", hooks_with_one_left_before_the_layer),
        ("hook_left_by_an_error", hooks_removed_without_an_error_only),
        (None, lambda model, layer, images, classes: None),
    ],
    "5-3": [
        ("axes_lost", grad_cam(weigh=lambda gradient: gradient.mean(dim=(2, 3)))),
        ("not_enlarged", grad_cam(fit=lambda maps, size: maps)),
        ("channel_axis_left", grad_cam(fit=lambda maps, size: enlarge(maps, size)[:, None])),
        ("no_relu", grad_cam(add=lambda weighted: weighted.sum(dim=1))),
        (
            "relu_after_enlarging",
            grad_cam(
                add=lambda weighted: weighted.sum(dim=1),
                fit=lambda maps, size: enlarge(maps, size).relu(),
            ),
        ),
        ("relu_before_adding", grad_cam(add=lambda weighted: weighted.relu().sum(dim=1))),
        ("gradient_not_averaged", grad_cam(weigh=lambda gradient: gradient)),
        (
            "weights_of_the_batch",
            grad_cam(weigh=lambda gradient: gradient.mean(dim=(0, 2, 3), keepdim=True)),
        ),
        (
            "gradient_added",
            grad_cam(weigh=lambda gradient: gradient.sum(dim=(2, 3), keepdim=True)),
        ),
        ("channels_averaged", grad_cam(add=lambda weighted: weighted.mean(dim=1).relu())),
        ("nearest", grad_cam(fit=lambda maps, size: enlarge(maps, size, mode="nearest"))),
        (
            "corners_aligned",
            grad_cam(fit=lambda maps, size: enlarge(maps, size, align_corners=True)),
        ),
        ("stretched", grad_cam(fit=lambda maps, size: stretch(enlarge(maps, size)))),
        (None, lambda activation, gradient, size: enlarge(activation[:, 0], size)),
    ],
    "5-4": [
        ("blue_and_red_swapped", overlay_left_in_bgr),
        ("jet", overlay(colour_map=cv2.COLORMAP_JET)),
        ("map_alone", overlay(mix=lambda picture, colours: colours)),
        ("image_alone", overlay(mix=lambda picture, colours: picture)),
        ("inverted", overlay(shown=lambda one_map: 1 - one_map)),
        ("not_brought_to_255", overlay(to_bytes=np.uint8)),
        ("overflow", overlay(mix=lambda picture, colours: (picture + colours) // 2)),
        (
            "not_bytes",
            overlay(mix=lambda picture, colours: 0.5 * picture + 0.5 * colours),
        ),
        (None, lambda images, maps: list(overlay()(images, maps))),
        (None, lambda images, maps: images),
    ],
    "5-5": [
        ("original_changed", sanity_check_of_the_original),
        ("original_changed", sanity_check_of_a_shallow_copy),
        ("not_randomised", sanity_check(randomise=copy.deepcopy)),
        ("partly_randomised", sanity_check(randomise=randomise_the_classifier)),
        ("swapped", sanity_check(result=lambda before, after: (after, before))),
        (
            "other_classes",
            sanity_check(
                classes_of_random=lambda randomised, images, classes: randomised(images).argmax(
                    dim=1
                )
            ),
        ),
        ("other_classes", sanity_check(classes_of_random=lambda *_: None)),
        (None, sanity_check(result=lambda before, after: (before + 1, after))),
    ],
}


class TestLesson05(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES
