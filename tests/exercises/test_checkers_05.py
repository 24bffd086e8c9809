import copy

import cv2
import matplotlib
import numpy as np
import torch
import torch.nn.functional as F
from checkers import CheckerTests, remove_unless_failing
from torch import nn

from helpers.explain import randomise_
from helpers.training import predict


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


def saliency_with_one_hot_classes(model, images, classes):
    pixels = images.clone().requires_grad_()
    logits = model.eval()(pixels)
    logits.backward(gradient=F.one_hot(classes, logits.shape[1]).float())
    return torch.from_numpy(np.abs(pixels.grad.numpy()).max(axis=1))


def saliency_of_unmarked_images(model, images, classes):
    """Put the mark back, as it may be on the way."""
    images.requires_grad_()
    (gradient,) = torch.autograd.grad(choose(model(images), classes).sum(), images)
    images.requires_grad_(False)
    return torch.max(torch.abs(gradient), dim=1)[0]


def saliency_of_marked_images(model, images, classes):
    images.requires_grad = True
    (gradient,) = torch.autograd.grad(choose(model(images), classes).sum(), images)
    return gradient.abs().amax(dim=1)


def saliency_of_a_clone_of_marked_pixels(model, images, classes):
    pixels = images.detach().requires_grad_().clone()
    choose(model(pixels), classes).sum().backward()
    return pixels.grad.abs().amax(dim=1)


def saliency_without_backward(model, images, classes):
    pixels = images.clone().requires_grad_()
    choose(model(pixels), classes).sum()
    return np.abs(pixels.grad).amax(dim=1)


def saliency_of_what_backward_returns(model, images, classes):
    pixels = images.clone().requires_grad_()
    gradient = choose(model(pixels), classes).sum().backward()
    return torch.abs(gradient).amax(dim=1)


def saliency_with_grad_the_wrong_way_round(model, images, classes):
    pixels = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(pixels, choose(model(pixels), classes).sum())
    return gradient.abs().amax(dim=1)


def saliency_that_switches_gradients_off(model, images, classes):
    result = saliency_by_backward(model, images, classes)
    torch.set_grad_enabled(False)
    return result


def saliency_without_a_record(model, images, classes):
    pixels = images.clone()
    (gradient,) = torch.autograd.grad(choose(model(pixels), classes).sum(), pixels)
    return gradient.abs().amax(dim=1)


def saliency_of_the_tuple(model, images, classes):
    pixels = images.clone().requires_grad_()
    return torch.autograd.grad(choose(model(pixels), classes).sum(), pixels).abs().amax(dim=1)


def saliency_while_training(model, images, classes):
    return saliency_by_backward(model.train(), images, classes)


def saliency_of_a_frozen_model(model, images, classes):
    return saliency_by_backward(model.requires_grad_(False), images, classes)


def saliency_times_the_image(model, images, classes):
    pixels = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(choose(model(pixels), classes).sum(), pixels)
    return (gradient * images).abs().amax(dim=1)


def saliency_of_ten_images(model, images, classes):
    return saliency(score=lambda logits, classes: logits[range(10), classes].sum())(
        model, images, classes
    )


def saliency(
    score=lambda logits, classes: choose(logits, classes).sum(),
    reduce=lambda gradient: gradient.abs().amax(dim=1),
):
    """Return an answer to 5-1 with one of its parts other than the right one."""

    def answer(model, images, classes):
        pixels = images.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(score(model(pixels), classes), pixels)
        return reduce(gradient)

    return answer


def stretch(maps):
    low, high = maps.amin(dim=(1, 2), keepdim=True), maps.amax(dim=(1, 2), keepdim=True)
    return (maps - low) / (high - low).clamp(min=1e-12)


WRONG_SCORES = {
    "classes_of_all_images": lambda logits, classes: logits[:, classes].sum(),
    "class_of_the_first_image": lambda logits, classes: logits[:, classes[0]].sum(),
    "all_classes": lambda logits, classes: logits.sum(),
    "predicted_class": lambda logits, classes: logits.max(dim=1).values.sum(),
    "softmax": lambda logits, classes: choose(F.softmax(logits, dim=1), classes).sum(),
    "sigmoid": lambda logits, classes: choose(torch.sigmoid(logits), classes).sum(),
    "loss": F.cross_entropy,
    "mean_of_batch": lambda logits, classes: choose(logits, classes).mean(),
}
OTHER_SCORES = (
    lambda logits, classes: choose(logits.log_softmax(dim=1), classes).sum(),
    lambda logits, classes: choose(logits.softmax(dim=0), classes).sum(),
    lambda logits, classes: logits[0, classes].sum(),
    lambda logits, classes: logits[classes].sum(),
    lambda logits, classes: logits.gather(0, classes[:, None]).sum(),
    lambda logits, classes: (choose(logits, classes) - logits.mean(dim=1, keepdim=True)).sum(),
)
"""Mistakes that no hint may take for one of its own; the first is told as a loss."""


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


def hooks_by_path(model, layer, images, classes):
    module = model
    for part in layer.split("."):
        module = getattr(module, part)
    seen = []
    with module.register_forward_hook(lambda *args: seen.append(args[2])):
        logits = model(images)
    gradients = torch.autograd.grad(choose(logits, classes).sum(), seen)
    return [seen[0].detach().clone(), *gradients]


def hooks_on_every_layer(model, layer, images, classes):
    seen, handles = {}, []
    try:
        for name, module in model.named_modules():
            keep = lambda *args, name=name: seen.update({name: args[2]})  # noqa: E731
            handles.append(module.register_forward_hook(keep))
        logits = model(images)
    finally:
        for handle in handles:
            handle.remove()
    score = sum(row[label] for row, label in zip(logits, classes, strict=True))
    return seen[layer], torch.autograd.grad(score, seen[layer])[0]


def hooks_on_one_layer(model, layer, images, classes):
    return hooks()(model, "features.1", images, classes)


def hooks_on_features(model, layer, images, classes):
    return hooks_with_retained_gradient(model, f"features.{layer[-1]}", images, classes)


def hooks_with_the_gradient_of_the_input(model, layer, images, classes):
    seen, module = [], model.get_submodule(layer)
    with module.register_full_backward_hook(lambda *args: seen.append(args[1][0])):
        activation, _ = hooks()(model, layer, images, classes)
        choose(model(images.clone().requires_grad_()), classes).sum().backward()
    return activation, seen[-1]


def hooks_with_the_input(model, layer, images, classes):
    seen = []
    with model.get_submodule(layer).register_forward_hook(lambda *args: seen.append(args[1][0])):
        logits = model(images.clone().requires_grad_())
    return seen[0], torch.autograd.grad(choose(logits, classes).sum(), seen[0])[0]


def hooks_that_keep_the_first(model, layer, images, classes, kept={}):  # noqa: B006
    if layer not in kept:
        kept.clear()
    with model.get_submodule(layer).register_forward_hook(
        lambda *args: kept.update({layer: kept.get(layer, args[2].detach())})
    ):
        _, gradient = hooks()(model, layer, images, classes)
    return kept[layer], gradient


def hooks_that_double(model, layer, images, classes):
    seen = []

    def keep(module, inputs, output):
        seen.append(output)
        return 2 * output

    with model.get_submodule(layer).register_forward_hook(keep):
        logits = model(images)
    return seen[0], torch.autograd.grad(choose(logits, classes).sum(), seen[0])[0]


def hooks(
    keep=lambda output: output,
    score=lambda logits, classes: choose(logits, classes).sum(),
    by=lambda activation, images: activation,
    register=lambda model, layer, hook: model.get_submodule(layer).register_forward_hook(hook),
    value=lambda output: None,
    remove=lambda handle: handle.remove(),
    result=lambda activation, gradient: (activation, gradient),
):
    """Return an answer to 5-2 with one of its parts other than the right one."""

    def answer(model, layer, images, classes):
        pixels = images.clone().requires_grad_()
        seen = []

        def hook(module, inputs, output):
            seen.append(keep(output))
            return value(output)

        handle = register(model, layer, hook)
        try:
            logits = model(pixels)
        finally:
            remove(handle)
        (gradient,) = torch.autograd.grad(score(logits, classes), by(seen[0], pixels))
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


def hooks_removed_before_the_class_is_chosen(model, layer, images, classes):
    """Guard the model, but not what comes after it."""
    seen = []
    handle = model.get_submodule(layer).register_forward_hook(lambda *args: seen.append(args[2]))
    try:
        logits = model(images)
    except Exception:
        handle.remove()
        raise
    (gradient,) = torch.autograd.grad(choose(logits, classes).sum(), seen[0])
    handle.remove()
    return seen[0], gradient


def hooks_returning_within_finally(model, layer, images, classes):
    seen, gradient = [], None
    handle = model.get_submodule(layer).register_forward_hook(lambda *args: seen.append(args[2]))
    try:
        (gradient,) = torch.autograd.grad(choose(model(images), classes).sum(), seen)
    finally:
        handle.remove()
        return seen[0].detach(), gradient  # noqa: B012


def hooks_removed_before_the_gradient(model, layer, images, classes):
    seen = []
    handle = model.get_submodule(layer).register_forward_hook(lambda *args: seen.append(args[2]))
    try:
        score = choose(model(images), classes).sum()
    except Exception:
        handle.remove()
        raise
    (gradient,) = torch.autograd.grad(score, seen[0])
    handle.remove()
    return seen[0], gradient


def hooks_all_cleared(model, layer, images, classes):
    try:
        return hooks(remove=lambda handle: None)(model, layer, images, classes)
    finally:
        model.get_submodule(layer)._forward_hooks.clear()


def hooks_with_marked_images(model, layer, images, classes):
    return hooks()(model, layer, images.requires_grad_(), classes)


def hooks_removed_before_the_call(key):
    def answer(model, layer, images, classes):
        seen = {}
        handle = model.get_submodule(layer).register_forward_hook(
            lambda *args: seen.update({layer: args[2]})
        )
        handle.remove()
        score = choose(model(images), classes).sum()
        activation = seen[layer if key is None else key]
        return activation, torch.autograd.grad(score, activation)[0]

    return answer


def hooks_that_rebind(kept):
    """Bind a name within the hook that means nothing outside of it."""

    def answer(model, layer, images, classes):
        outside = kept

        def hook(module, inputs, output):
            outside = output  # noqa: F841

        with model.get_submodule(layer).register_forward_hook(hook):
            score = choose(model(images), classes).sum()
        return outside, torch.autograd.grad(score, outside)[0]

    return answer


def hooks_that_rebind_a_list(model, layer, images, classes):
    kept = []

    def hook(module, inputs, output):
        kept = [output]  # noqa: F841

    with model.get_submodule(layer).register_forward_hook(hook):
        score = choose(model(images), classes).sum()
    return kept[0], torch.autograd.grad(score, kept[0])[0]


def hooks_with_grad_the_wrong_way_round(model, layer, images, classes):
    seen = {}
    with model.get_submodule(layer).register_forward_hook(lambda *args: seen.update(out=args[2])):
        score = choose(model(images), classes).sum()
    return seen["out"], torch.autograd.grad(seen["out"], score)[0]


def hooks_with_the_tuple(model, layer, images, classes):
    seen = []
    with model.get_submodule(layer).register_forward_hook(lambda *args: seen.append(args[2])):
        score = choose(model(images), classes).sum()
    return seen[0], torch.autograd.grad(score, seen[0])


def hooks_copying_no_gradient(model, layer, images, classes):
    seen = []
    with model.get_submodule(layer).register_forward_hook(lambda *args: seen.append(args[2])):
        choose(model(images), classes).sum().backward()
    return seen[0].detach(), seen[0].grad.clone()


def hooks_registered_at(find):
    """Register the hook on what ``find`` makes of the model and the name."""
    return hooks(register=lambda model, layer, hook: find(model, layer).register_forward_hook(hook))


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


def grad_cam_with_pooling(activation, gradient, size):
    weights = F.adaptive_avg_pool2d(gradient, 1)
    maps = (weights * activation).sum(1, keepdim=True)
    maps = torch.where(maps > 0, maps, 0.0)
    return F.interpolate(maps, list(size), mode="bilinear", align_corners=False).squeeze(1)


def grad_cam_that_drops_a_batch_of_one(activation, gradient, size):
    return grad_cam()(activation, gradient, size).squeeze()


def grad_cam_in_place(activation, gradient, size):
    activation *= gradient.mean(dim=(2, 3), keepdim=True)
    return enlarge(activation.sum(dim=1).relu(), size)


def grad_cam_of_the_roles_swapped(gradient, activation, size):
    return grad_cam()(activation, gradient, size)


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


def overlay_with_matplotlib(images, maps):
    colours = 255 * matplotlib.colormaps["inferno"](maps)[..., :3]
    return (0.5 * 255 * images[..., None] + 0.5 * colours).astype(np.uint8)


def overlay_made_grey_first(images, maps):
    mixed = []
    for image, one_map in zip(images, maps, strict=True):
        picture = np.uint8(255 * cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))
        coloured = cv2.applyColorMap((one_map * 255.999).astype("uint8"), cv2.COLORMAP_INFERNO)
        mixed.append(cv2.addWeighted(picture, 0.5, coloured, 0.5, 0)[:, :, [2, 1, 0]])
    return np.array(mixed)


def times_256(pixels):
    # As (256 * pixels).astype(np.uint8) does on most machines, where 1 wraps to 0.
    return np.uint8((256 * pixels).astype(int) % 256)


def overlay_in_place(images, maps):
    images *= 255
    return overlay()(images / 255, maps)


def overlay_of_stretched_maps(images, maps):
    low, high = (end(maps, axis=(1, 2), keepdims=True) for end in (np.min, np.max))
    return overlay()(images, (maps - low) / (high - low))


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


def sanity_check_that_puts_weights_back(model, images, explanation):
    classes = model(images).argmax(dim=1)
    before = explanation(model, images, classes=classes)
    weights = copy.deepcopy(model.state_dict())
    after = explanation(randomise_(model), images, classes=classes)
    model.load_state_dict(weights)
    return [before, after]


def sanity_check_that_puts_references_back(model, images, explanation):
    classes = model(images).argmax(dim=1)
    before = explanation(model, images, classes)
    weights = model.state_dict()
    after = explanation(randomise_(model), images, classes)
    model.load_state_dict(weights)
    return before, after


def sanity_check_stacked(model, images, explanation):
    return torch.stack(sanity_check()(model, images, explanation))


def sanity_check_without_gradients(model, images, explanation):
    with torch.no_grad():
        return sanity_check()(model, images, explanation)


def sanity_check_of_saliency_alone(model, images, explanation):
    return sanity_check()(model, images, saliency_by_backward)


def sanity_check_of_other_images(model, images, explanation):
    classes = model(images).argmax(dim=1)
    randomised = randomise_(copy.deepcopy(model))
    before = explanation(model, images, classes)
    return before, explanation(randomised, -images, classes)


def changed_weights(change):
    """Return what makes a copy of a model with weights that ``change`` has been applied to."""

    def randomise(model):
        changed = copy.deepcopy(model)
        with torch.no_grad():
            for weights in changed.parameters():
                weights.copy_(change(weights))
        return changed

    return randomise


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


def sanity_check_for(choose_classes):
    """Make both maps for other classes than the predicted ones."""

    def answer(model, images, explanation):
        classes = choose_classes(model, images)
        randomised = randomise_(copy.deepcopy(model))
        return explanation(model, images, classes), explanation(randomised, images, classes)

    return answer


def sanity_check_without_classes(model, images, explanation):
    return explanation(model, images), explanation(randomise_(copy.deepcopy(model)), images)


def randomise_the_classifier(model):
    changed = copy.deepcopy(model)
    randomise_(changed.classifier)
    return changed


RIGHT = {
    "5-1": [
        saliency_by_backward,
        saliency_one_by_one,
        saliency_with_one_hot_classes,
        saliency_of_unmarked_images,
    ],
    "5-2": [
        hooks_with_retained_gradient,
        hooks_in_both_directions,
        hooks_by_path,
        hooks_on_every_layer,
    ],
    "5-3": [grad_cam_by_einsum, grad_cam_in_loops, grad_cam_with_pooling],
    "5-4": [
        overlay_with_numpy,
        overlay_of_the_tall_picture,
        overlay_with_matplotlib,
        overlay_made_grey_first,
    ],
    "5-5": [sanity_check_with_own_weights, sanity_check(), sanity_check_that_puts_weights_back],
}
MISTAKES = {
    "5-1": [
        (
            "not_the_arguments",
            lambda model, images, classes: saliency_by_backward(
                model, torch.zeros(len(classes), 1, 28, 28), classes
            ),
        ),
        ("channels_left", saliency(reduce=torch.abs)),
        ("channels_left", saliency(reduce=lambda gradient: gradient.abs().amax(1, keepdim=True))),
        ("images_axis_lost", saliency(reduce=lambda gradient: gradient.abs().amax(1).squeeze())),
        ("largest_of_the_images", saliency(reduce=lambda gradient: gradient.abs().amax(dim=0))),
        ("signed", saliency(reduce=lambda gradient: gradient.amax(dim=1))),
        ("signed", saliency(reduce=lambda gradient: gradient.relu().amax(dim=1))),
        ("absolute_too_late", saliency(reduce=lambda gradient: gradient.amax(dim=1).abs())),
        ("channels_added", saliency(reduce=lambda gradient: gradient.abs().sum(dim=1))),
        ("channels_averaged", saliency(reduce=lambda gradient: gradient.abs().mean(dim=1))),
        ("first_channel", saliency(reduce=lambda gradient: gradient[:, 0].abs())),
        ("squared", saliency(reduce=lambda gradient: gradient.square().amax(dim=1))),
        ("times_the_image", saliency_times_the_image),
        ("stretched", saliency(reduce=lambda gradient: stretch(gradient.abs().amax(dim=1)))),
        ("gradients_added_up", saliency_of_the_images_themselves),
        ("left_training", saliency_while_training),
        ("images_marked", saliency_of_marked_images),
        ("no_gradient", saliency_of_a_clone_of_marked_pixels),
        ("no_gradient", saliency_without_backward),
        ("no_gradient", saliency_of_what_backward_returns),
        ("not_one_number", saliency_with_grad_the_wrong_way_round),
        *((name, saliency(score=score)) for name, score in WRONG_SCORES.items()),
        *zip(("loss", *[None] * 5), map(saliency, OTHER_SCORES), strict=True),
        ("not_one_number", saliency(score=choose)),
        (None, saliency(reduce=lambda gradient: gradient.abs().amin(dim=1))),
        (None, saliency(reduce=lambda gradient: gradient.abs().mean(dim=1).square())),
        (None, saliency(reduce=lambda gradient: gradient.mean(dim=1).abs())),
        (None, saliency(reduce=lambda gradient: gradient.norm(dim=1))),
        (None, saliency(reduce=lambda gradient: gradient.abs().amax())),
        (None, saliency(reduce=lambda gradient: gradient.abs().max(dim=1))),
        (None, saliency(reduce=lambda gradient: gradient.abs().amax(dim=1).numpy())),
        (None, saliency_that_switches_gradients_off),
        (None, saliency_without_a_record),
        (None, saliency_of_the_tuple),
        (None, saliency_of_a_frozen_model),
        (None, saliency_of_ten_images),
        (None, lambda model, images, classes: images[:, 0]),
        (None, lambda model, images, classes: None),
    ],
    "5-2": [
        ("error_swallowed", hooks_returning_within_finally),
        (
            "not_the_arguments",
            lambda model, layer, images, classes: model(torch.zeros(7, 1, 28, 28)),
        ),
        ("no_gradient_kept", hooks_without_retained_gradient),
        ("graph_cut", hooks(keep=torch.Tensor.detach)),
        ("graph_cut", hooks(keep=torch.Tensor.clone)),
        ("graph_cut", torch.no_grad()(hooks())),
        ("name_with_a_dot", hooks_registered_at(getattr)),
        (
            "name_with_a_dot",
            hooks_registered_at(lambda model, layer: dict(model.named_children())[layer]),
        ),
        ("swapped", hooks(result=lambda activation, gradient: (gradient, activation))),
        ("absolute", hooks(result=lambda activation, gradient: (activation, gradient.abs()))),
        ("gradient_of_the_images", hooks(by=lambda activation, images: images)),
        ("input_of_the_layer", hooks_with_the_input),
        ("input_of_the_layer", hooks_with_the_gradient_of_the_input),
        ("always_one_layer", hooks_on_one_layer),
        ("kept_from_an_earlier_call", hooks_that_keep_the_first),
        ("left_training", lambda model, *args: hooks()(model.train(), *args)),
        *((name, hooks(score=score)) for name, score in WRONG_SCORES.items()),
        *zip(("loss", *[None] * 5), (hooks(score=score) for score in OTHER_SCORES), strict=True),
        ("hook_not_removed", hooks(remove=lambda handle: None)),
        ("hook_not_removed", hooks_with_one_left_before_the_layer),
        ("hook_left_by_an_error", hooks_removed_without_an_error_only),
        ("hook_left_by_an_error", hooks_removed_before_the_class_is_chosen),
        ("hook_left_by_an_error", hooks_removed_before_the_gradient),
        ("hook_left_by_an_error", hooks(remove=remove_unless_failing)),
        ("hooks_of_others_removed", hooks_all_cleared),
        ("images_marked", hooks_with_marked_images),
        ("nothing_stored", hooks_removed_before_the_call(None)),
        ("nothing_stored", hooks_removed_before_the_call("out")),
        ("nothing_stored", hooks_that_rebind(None)),
        ("nothing_stored", hooks_that_rebind([])),
        ("nothing_stored", hooks_that_rebind_a_list),
        ("not_one_number", hooks(score=choose)),
        ("not_one_number", hooks_with_grad_the_wrong_way_round),
        ("gradient_in_a_tuple", hooks_with_the_tuple),
        ("no_gradient_kept", hooks_copying_no_gradient),
        ("layer_is_a_name", hooks_registered_at(lambda model, layer: layer)),
        ("layer_is_a_name", hooks_registered_at(lambda model, layer: model[layer])),
        ("layer_is_a_name", hooks_registered_at(lambda model, layer: model.layer)),
        ("layer_is_a_name", hooks_registered_at(lambda model, layer: model.features[layer])),
        ("fixed_layer", hooks_registered_at(lambda model, _: model.get_submodule("features.4"))),
        ("fixed_layer", hooks_registered_at(lambda model, _: model.features[4])),
        ("fixed_layer", hooks_registered_at(lambda model, _: model.pool2)),
        (
            "fixed_layer",
            hooks_registered_at(lambda model, _: dict(model.named_modules())["features.4"]),
        ),
        ("hook_returns", hooks(value=lambda output: output.flatten(1))),
        ("hook_returns", hooks(value=lambda output: [output])),
        ("hook_returns", hooks(value=lambda output: output.detach().numpy())),
        ("fixed_layer", hooks_on_features),
        (None, hooks_that_double),
        (None, hooks(result=lambda activation, gradient: (activation, -gradient))),
        (None, hooks(result=lambda activation, gradient: (activation.relu(), gradient))),
        (None, hooks(result=lambda activation, gradient: (activation, gradient.mean((2, 3))))),
        (None, hooks(result=lambda activation, gradient: (activation.detach().numpy(), gradient))),
        (None, hooks(result=lambda activation, gradient: {"a": activation, "g": gradient})),
        (None, hooks(result=lambda activation, gradient: gradient)),
        (None, lambda model, layer, images, classes: None),
    ],
    "5-3": [
        ("axes_lost", grad_cam(weigh=lambda gradient: gradient.mean(dim=(2, 3)))),
        ("not_enlarged", grad_cam(fit=lambda maps, size: maps)),
        ("channel_axis_left", grad_cam(fit=lambda maps, size: enlarge(maps, size)[:, None])),
        ("images_axis_lost", grad_cam_that_drops_a_batch_of_one),
        ("height_and_width_swapped", grad_cam(fit=lambda maps, size: enlarge(maps, size[::-1]))),
        ("no_relu", grad_cam(add=lambda weighted: weighted.sum(dim=1))),
        (
            "relu_after_enlarging",
            grad_cam(
                add=lambda weighted: weighted.sum(dim=1),
                fit=lambda maps, size: enlarge(maps, size).relu(),
            ),
        ),
        ("relu_before_adding", grad_cam(add=lambda weighted: weighted.relu().sum(dim=1))),
        ("absolute", grad_cam(add=lambda weighted: weighted.sum(dim=1).abs())),
        (
            "activation_clipped",
            lambda activation, gradient, size: grad_cam()(activation.relu(), gradient, size),
        ),
        (
            "weights_clipped",
            grad_cam(weigh=lambda gradient: gradient.mean(dim=(2, 3), keepdim=True).relu()),
        ),
        ("roles_swapped", grad_cam_of_the_roles_swapped),
        ("not_weighted", grad_cam(weigh=lambda gradient: 1)),
        ("gradient_not_averaged", grad_cam(weigh=lambda gradient: gradient)),
        (
            "weights_of_the_batch",
            grad_cam(weigh=lambda gradient: gradient.mean(dim=(0, 2, 3), keepdim=True)),
        ),
        (
            "one_weight_an_image",
            grad_cam(weigh=lambda gradient: gradient.mean(dim=(1, 2, 3), keepdim=True)),
        ),
        (
            "gradient_added",
            grad_cam(weigh=lambda gradient: gradient.sum(dim=(2, 3), keepdim=True)),
        ),
        (
            "largest_gradient",
            grad_cam(weigh=lambda gradient: gradient.amax(dim=(2, 3), keepdim=True)),
        ),
        ("channels_averaged", grad_cam(add=lambda weighted: weighted.mean(dim=1).relu())),
        ("nearest", grad_cam(fit=lambda maps, size: enlarge(maps, size, mode="nearest"))),
        ("bicubic", grad_cam(fit=lambda maps, size: enlarge(maps, size, mode="bicubic"))),
        (
            "corners_aligned",
            grad_cam(fit=lambda maps, size: enlarge(maps, size, align_corners=True)),
        ),
        ("stretched", grad_cam(fit=lambda maps, size: stretch(enlarge(maps, size)))),
        ("stretched", grad_cam(fit=lambda maps, size: enlarge(stretch(maps), size))),
        (
            "stretched",
            grad_cam(fit=lambda maps, size: (lambda cams: cams / cams.max())(enlarge(maps, size))),
        ),
        (None, grad_cam_in_place),
        (None, grad_cam(weigh=lambda gradient: gradient.relu().mean((2, 3), keepdim=True))),
        (None, grad_cam(weigh=lambda gradient: gradient.mean(dim=2, keepdim=True))),
        (None, grad_cam(weigh=lambda gradient: gradient.mean(dim=1, keepdim=True))),
        (None, grad_cam(weigh=lambda gradient: gradient.mean((2, 3), True).softmax(dim=1))),
        (None, grad_cam(add=lambda weighted: weighted.amax(dim=1).relu())),
        (None, grad_cam(add=lambda weighted: weighted.sum(dim=1).sigmoid())),
        (None, grad_cam(fit=lambda maps, size: enlarge(maps, (28, 28)))),
        (None, grad_cam(fit=lambda maps, size: enlarge(maps, size).numpy())),
        (None, grad_cam(fit=lambda maps, size: F.interpolate(maps, size, mode="bilinear"))),
        (None, lambda activation, gradient, size: enlarge(activation[:, 0], size)),
    ],
    "5-4": [
        ("blue_and_red_swapped", overlay_left_in_bgr),
        ("jet", overlay(colour_map=cv2.COLORMAP_JET)),
        ("other_colours", overlay(colour_map=cv2.COLORMAP_HOT)),
        ("map_alone", overlay(mix=lambda picture, colours: colours)),
        ("image_alone", overlay(mix=lambda picture, colours: picture)),
        ("arguments_swapped", lambda images, maps: overlay()(maps, images)),
        ("inverted", overlay(shown=lambda one_map: 1 - one_map)),
        ("stretched_once_more", overlay_of_stretched_maps),
        ("stretched_once_more", overlay(shown=lambda one_map: one_map / one_map.max())),
        ("white_wraps_to_black", overlay(to_bytes=times_256)),
        ("not_brought_to_255", overlay(to_bytes=np.uint8)),
        ("multiplied_too_late", overlay(to_bytes=lambda pixels: 255 * np.uint8(pixels))),
        ("overflow", overlay(mix=lambda picture, colours: (picture + colours) // 2)),
        ("added_whole", overlay(mix=cv2.add)),
        ("not_bytes", overlay(mix=lambda picture, colours: 0.5 * picture + 0.5 * colours)),
        ("not_bytes", lambda images, maps: overlay()(images, maps) / 255),
        (None, overlay_in_place),
        (
            None,
            overlay(mix=lambda picture, colours: cv2.addWeighted(picture, 0.6, colours, 0.4, 0)),
        ),
        (None, overlay(mix=lambda picture, colours: picture * (colours // 255))),
        (None, overlay(to_bytes=lambda pixels: 255 * pixels)),
        (None, lambda images, maps: overlay()(images**2, maps)),
        (None, lambda images, maps: overlay()(images, maps)[:1]),
        (None, lambda images, maps: overlay()(images, maps).transpose(0, 3, 1, 2)),
        (None, lambda images, maps: list(overlay()(images, maps))),
        (None, lambda images, maps: torch.from_numpy(overlay()(images, maps))),
        (None, lambda images, maps: images),
    ],
    "5-5": [
        (None, sanity_check_stacked),
        (
            "not_the_arguments",
            lambda model, images, explanation: model(torch.zeros(7, 1, 28, 28)),
        ),
        ("own_explanation", sanity_check_of_saliency_alone),
        ("original_changed", sanity_check_of_the_original),
        ("original_changed", sanity_check_of_a_shallow_copy),
        ("original_changed", sanity_check_that_puts_references_back),
        ("not_randomised", sanity_check(randomise=copy.deepcopy)),
        ("partly_randomised", sanity_check(randomise=randomise_the_classifier)),
        ("partly_randomised", sanity_check(randomise=changed_weights(torch.zeros_like))),
        (
            "partly_randomised",
            sanity_check(randomise=changed_weights(lambda weights: 0.5 * weights)),
        ),
        ("swapped", sanity_check(result=lambda before, after: (after, before))),
        ("one_map_twice", sanity_check(result=lambda before, after: (before, before))),
        (
            "other_classes",
            sanity_check(
                classes_of_random=lambda randomised, images, classes: randomised(images).argmax(
                    dim=1
                )
            ),
        ),
        ("no_classes", sanity_check(classes_of_random=lambda *_: None)),
        ("no_classes", sanity_check_without_classes),
        ("classes_not_unpacked", sanity_check_for(predict)),
        ("classes_not_unpacked", sanity_check_for(lambda model, images: model(images).max(dim=1))),
        ("logits_as_classes", sanity_check_for(lambda model, images: model(images).detach())),
        (
            "classes_not_predicted",
            sanity_check_for(lambda model, images: torch.arange(len(images))),
        ),
        ("classes_not_predicted", sanity_check_for(lambda model, images: torch.arange(10))),
        (
            "classes_not_predicted",
            sanity_check_for(lambda model, images: model(images).argmin(dim=1)),
        ),
        ("made_anew", sanity_check(randomise=lambda model: type(model)())),
        (
            "copy_training",
            sanity_check(randomise=lambda model: randomise_(copy.deepcopy(model)).train()),
        ),
        ("left_training", lambda model, *others: sanity_check()(model.train(), *others)),
        (None, sanity_check_without_gradients),
        (None, sanity_check_of_other_images),
        (None, sanity_check(classes_of_random=lambda *others: others[-1].max())),
        (None, sanity_check(result=lambda before, after: (before + 1, after))),
        (None, sanity_check(result=lambda before, after: (before, before - after))),
        (None, sanity_check(result=lambda before, after: (before.numpy(), after.numpy()))),
        (None, sanity_check(result=lambda before, after: before)),
    ],
}


class TestLesson05(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES
