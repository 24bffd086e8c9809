import contextlib
import itertools

import numpy as np
import pytest
import torch
from checkers import CheckerTests, remove_unless_failing, verdict
from torch import nn

from helpers import embed
from helpers.hooks import capture


# --- 4-1 ----------------------------------------------------------------------------------------
def as_arrays(outputs, labels):
    return torch.cat(outputs).numpy(), torch.cat(labels).numpy()


def collection(
    mode=nn.Module.eval,
    gradients=False,
    batches_used=list,
    outputs=lambda logits: logits,
    targets=lambda labels, logits: labels,
    result=as_arrays,
    parts=list,
):
    """Return an answer to 4-1 with one of its parts other than the right one."""

    def collect_logits(model, batches):
        mode(model)
        collected, labels = parts(), parts()
        with torch.set_grad_enabled(gradients):
            for images, given in batches_used(batches):
                logits = model(images)
                collected.append(outputs(logits))
                labels.append(targets(given, logits))
        return result(collected, labels)

    return collect_logits


@torch.inference_mode()
def collect_all_at_once(model, batches):
    images, labels = (torch.cat(part) for part in zip(*batches, strict=True))
    return np.array(model.train(False)(images).tolist()), np.array(labels.tolist())


def collect_into_an_empty_array(model, batches):
    """Rely on what the task says: (N, 10)."""
    logits, labels = np.empty((0, 10)), np.empty(0, dtype=int)
    for images, given in batches:
        with torch.no_grad():
            logits = np.concatenate([logits, model.eval()(images).numpy()])
        labels = np.concatenate([labels, given.numpy()])
    return logits, labels


def collect_and_put_the_mode_back(model, batches):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        pairs = [(model(images).cpu().numpy(), labels.cpu().numpy()) for images, labels in batches]
    model.train(was_training)
    return np.vstack([pair[0] for pair in pairs]), np.hstack([pair[1] for pair in pairs])


def collect_and_freeze(model, batches):
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return collection()(model, batches)


def collect_with_gradients_off_for_good(model, batches):
    torch.set_grad_enabled(False)
    return collection(gradients=False)(model, batches)


def collect_and_train_on(model, batches):
    found = collection()(model, batches)
    model.train()
    return found


def collect_by_index(model, batches):
    return collection(batches_used=lambda batches: [batches[i] for i in range(len(batches))])(
        model, batches
    )


def labels_into_an_empty_array(model, batches):
    logits, _ = collection()(model, batches)
    labels = np.array([])
    for _, given in batches:
        labels = np.append(labels, given.numpy())
    return logits, labels


def labels_as_column(outputs, labels):
    logits, classes = as_arrays(outputs, labels)
    return logits, classes[:, None]


def piled_up(answer):
    """Return an answer whose lists outlive the call, for as long as there is the model."""

    def collect(model, *others):
        model.kept = getattr(model, "kept", ([], []))
        lists = iter(model.kept)
        return answer(parts=lambda: next(lists))(model, *others)

    return collect


def lasting_lists():
    """Return what gives two lists by turns: the same in every call, and for every model."""
    return itertools.cycle(([], [])).__next__


def until_an_error(batches):
    """Yield batches, and lose an error of whoever takes them apart, or of their own."""
    with contextlib.suppress(Exception):
        yield from batches


def collect_and_skip_what_fails(model, batches):
    model.eval()
    logits, labels = [], []
    with torch.no_grad():
        for images, given in batches:
            with contextlib.suppress(Exception):
                logits.append(model(images))
                labels.append(given)
    return as_arrays(logits, labels)


def labels_of_all(model, batches):
    return collection()(model, batches)[0], batches.labels.numpy()


def labels_of_a_second_pass(model, batches):
    logits, _ = collection()(model, batches)
    return logits, torch.cat([labels for _, labels in batches]).numpy()


def collect_after_counting(model, batches):
    """Another pass beforehand is no mistake: vectors and labels still belong together."""
    logits = np.empty((sum(len(images) for images, _ in batches), 10))
    labels, start = np.empty(len(logits), dtype=np.int64), 0
    with torch.no_grad():
        for images, given in batches:
            place = slice(start, start := start + len(images))
            logits[place], labels[place] = model.eval()(images), given
    return logits, labels


def collect_from_the_parts(model, batches):
    with torch.no_grad():
        outputs = [model.classifier(model.features(images).flatten(1)) for images, _ in batches]
    return as_arrays(outputs, [labels for _, labels in batches])


def full_batches(batches):
    pairs = list(batches)
    return [pair for pair in pairs if len(pair[0]) == len(pairs[0][0])]


# --- 4-2 ----------------------------------------------------------------------------------------
def pca_by_covariance(x, n):
    centred = x - x.mean(axis=0, keepdims=True)
    _, directions = np.linalg.eigh(np.cov(centred, rowvar=False))
    return centred @ directions[:, ::-1][:, :n]


def pca_with_other_signs(x, n):
    u, s, _ = np.linalg.svd(x - np.mean(x, 0), full_matrices=True)
    return u[:, :n] * s[:n] * np.array([-1, 1, -1])[:n]


def pca_answer(
    centre=lambda x: x - x.mean(axis=0),
    result=lambda x, u, s, vt, n: x @ vt[:n].T,
):
    """Return an answer to 4-2 with one of its parts other than the right one."""

    def pca_by_svd(x, n):
        centred = centre(x)
        return result(centred, *np.linalg.svd(centred, full_matrices=False), n)

    return pca_by_svd


def centre_in_place(x):
    x -= x.mean(axis=0)
    return x


def pca_projecting_the_points(x, n):
    _, _, vt = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    return x @ vt[:n].T


def pca_of_smallest_by_eigh(x, n):
    centred = x - x.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return centred @ directions[:, :n]


def pca_of_transposed_points(x, n):
    centred = x - x.mean(axis=0)
    directions, _, _ = np.linalg.svd(centred.T)
    return (directions.T @ centred.T)[:n].T


def pca_in_torch(x, n):
    points = torch.tensor(x)
    points = points - points.mean(0)
    u, s, _ = torch.linalg.svd(points, full_matrices=False)
    return (u[:, :n] @ torch.diag(s[:n])).numpy()


def pca_with_all_left_directions(x, n):
    u, s, _ = np.linalg.svd(x - x.mean(axis=0))
    return (u * s)[:, :n]


def pca_by_unsorted_eigenvectors(x, n):
    centred = x - x.mean(axis=0)
    values, directions = np.linalg.eig(centred.T @ centred)
    return (centred @ directions[:, np.argsort(values)[::-1]][:, :n]).real


def pca_centred_by_rows_without_axis(x, n):
    centred = x - x.mean(axis=1)
    return centred[:, :n]


# --- 4-3 ----------------------------------------------------------------------------------------
class Recorder:
    """A hook that is an object, and takes itself off."""

    def __init__(self, layer):
        self.parts = []
        self.handle = layer.register_forward_hook(self)

    def __call__(self, module, inputs, output):
        self.parts.append(output.reshape(len(output), -1).clone().numpy())


@torch.inference_mode()
def features_with_a_recorder(model, batches, layer):
    model.eval()
    recorder = Recorder(dict(model.named_modules())[layer])
    labels = []
    try:
        for images, given in batches:
            model(images)
            labels += given.tolist()
    except Exception:
        recorder.handle.remove()
        raise
    recorder.handle.remove()
    return np.concatenate(recorder.parts), np.array(labels)


def features_with_a_hook_a_batch(model, batches, layer):
    pairs = [embed.collect(model, [batch], layer) for batch in batches]
    return tuple(np.concatenate(part) for part in zip(*pairs, strict=True))


def flattened(output):
    return output.flatten(1)


def flattened_then_halved(output):
    kept = output.flatten(1).clone()
    output.mul_(0.5)
    return kept


def feature_collection(
    mode=nn.Module.eval,
    gradients=False,
    batches_used=list,
    keep=flattened,
    register=lambda layer, hook: layer.register_forward_hook(hook),
    remove=lambda handle: handle.remove(),
    value=lambda output: None,
    targets=lambda labels, logits: labels,
    result=as_arrays,
    parts=list,
):
    """Return an answer to 4-3 with one of its parts other than the right one."""

    def collect_features(model, batches, layer):
        mode(model)
        collected, labels = parts(), parts()

        def hook(module, inputs, output):
            collected.append(keep(output))
            return value(output)

        handle = register(model.get_submodule(layer), hook)
        try:
            with torch.set_grad_enabled(gradients):
                for images, given in batches_used(batches):
                    logits = model(images)
                    labels.append(targets(given, logits))
        finally:
            remove(handle)
        return result(collected, labels)

    return collect_features


def flat_arrays(outputs, labels):
    return torch.cat(outputs).flatten(1).numpy(), torch.cat(labels).numpy()


def features_that_are_logits(model, batches, layer):
    return embed.collect(model, batches)


def features_hooked_by_batch(remove):
    """Register the hook inside the loop, and take off what ``remove`` says."""

    def collect_features(model, batches, layer):
        model.eval()
        features, labels, handles = [], [], []
        with torch.no_grad():
            for images, given in batches:
                hook = lambda module, inputs, output: features.append(output.flatten(1))  # noqa: E731
                handles.append(model.get_submodule(layer).register_forward_hook(hook))
                try:
                    model(images)
                finally:
                    if remove == "each":
                        handles[-1].remove()
                labels.append(given)
        for handle in handles if remove == "all" else handles[-1:]:
            handle.remove()
        return torch.cat(features).numpy(), torch.cat(labels).numpy()

    return collect_features


def features_with_capture(model, batches, layer):
    pairs = []
    with torch.no_grad(), capture(model.eval(), layer) as seen:
        for images, labels in batches:
            model(images)
            pairs.append((seen[layer].flatten(1).cpu(), labels.cpu()))
    vectors, labels = zip(*pairs, strict=True)
    return torch.cat(vectors).numpy(), torch.cat(labels).numpy()


def features_by_following_the_path(model, batches, layer):
    module = model
    for part in layer.split("."):
        module = getattr(module, part)
    kept = []
    handle = module.register_forward_hook(lambda *call: kept.append(call[2]))
    try:
        with torch.inference_mode():
            labels = [labels for images, labels in batches if model.eval()(images) is not None]
    finally:
        handle.remove()
    return torch.cat([output.view(output.size(0), -1) for output in kept]).numpy(), np.concatenate(
        labels
    )


def features_by_getattr(model, batches, layer):
    kept = []
    hook = getattr(model, layer).register_forward_hook(lambda *call: kept.append(call[2]))
    with hook, torch.no_grad():
        labels = [labels for images, labels in batches if model.eval()(images) is not None]
    return torch.cat(kept).flatten(1).numpy(), torch.cat(labels).numpy()


def features_of_a_fixed_layer(model, batches, layer):
    return embed.collect(model, batches, "classifier.1")


def features_of_classifier_by_attribute(model, batches, layer):
    kept = []
    handle = model.classifier[1].register_forward_hook(lambda *call: kept.append(call[2]))
    handle.remove()


def features_hooked_by(register):
    """Register the hook in some other way."""
    return lambda model, batches, layer: feature_collection(
        register=lambda _, hook: register(model, layer, hook)
    )(model, batches, layer)


def features_of_a_child(model, batches, layer):
    return feature_collection(
        register=lambda _, hook: dict(model.named_children())[layer].register_forward_hook(hook)
    )(model, batches, layer)


def features_with_all_hooks_cleared(model, batches, layer):
    module = model.get_submodule(layer)
    try:
        return feature_collection(remove=lambda handle: None)(model, batches, layer)
    finally:
        module._forward_hooks.clear()


def features_up_to_an_error(model, batches, layer):
    kept, labels = [], []
    handle = model.get_submodule(layer).register_forward_hook(lambda *call: kept.append(call[2]))
    with contextlib.suppress(Exception), torch.no_grad():
        for images, given in batches:
            model.eval()(images)
            labels.append(given)
    handle.remove()
    return torch.cat(kept).flatten(1).numpy(), torch.cat(labels).numpy()


def features_returned_in_finally(model, batches, layer):
    kept, labels = [], []
    handle = model.get_submodule(layer).register_forward_hook(lambda *call: kept.append(call[2]))
    try:
        with torch.no_grad():
            for images, given in batches:
                model.eval()(images)
                labels.append(given)
    finally:
        handle.remove()
        return torch.cat(kept).flatten(1).numpy(), torch.cat(labels).numpy()  # noqa: B012


def features_without_what_fails(model, batches, layer):
    kept, labels = [], []
    with (
        model.get_submodule(layer).register_forward_hook(lambda *call: kept.append(call[2])),
        torch.no_grad(),
    ):
        for images, given in batches:
            with contextlib.suppress(Exception):
                model.eval()(images)
                labels.append(given)
    return torch.cat(kept).flatten(1).numpy(), torch.cat(labels).numpy()


def features_removed_after_the_model(model, batches, layer):
    """Take the hook off where the model fails, but not where a batch cannot be read."""
    kept, labels = [], []
    handle = model.get_submodule(layer).register_forward_hook(lambda *call: kept.append(call[2]))
    with torch.no_grad():
        for images, given in batches:
            try:
                model.eval()(images)
            except Exception:
                handle.remove()
                raise
            labels.append(given)
    handle.remove()
    return torch.cat(kept).flatten(1).numpy(), torch.cat(labels).numpy()


def features_kept_under_a_key(key):
    """Keep outputs in a dictionary, and look for them after the hook was taken off too early."""

    def collect_features(model, batches, layer):
        seen = {}
        handle = model.get_submodule(layer).register_forward_hook(
            lambda *call: seen.update({layer: call[2]})
        )
        handle.remove()
        for images, _ in batches:
            model.eval()(images)
        return seen[layer if key is None else key]

    return collect_features


def features_rebound_in_the_hook(model, batches, layer):
    kept = []

    def hook(module, inputs, output):
        kept = output  # noqa: F841

    with model.get_submodule(layer).register_forward_hook(hook):
        for images, _ in batches:
            model.eval()(images)
    return kept[0]


def features_of_a_fixed_key(model, batches, layer):
    return dict(model.named_modules())["classifier.1"]


def features_with_labels_of_a_second_pass(model, batches, layer):
    features, _ = feature_collection()(model, batches, layer)
    return features, torch.cat([labels for _, labels in batches]).numpy()


def features_of_inputs(model, batches, layer):
    kept = []
    handle = model.get_submodule(layer).register_forward_hook(
        lambda module, inputs, output: kept.append(inputs[0].flatten(1))
    )
    model.eval()
    with torch.no_grad():
        labels = [labels for images, labels in batches if model(images) is not None]
    handle.remove()
    return torch.cat(kept).numpy(), torch.cat(labels).numpy()


RIGHT = {
    "4-1": [
        collect_all_at_once,
        collect_and_put_the_mode_back,
        collect_into_an_empty_array,
        collect_after_counting,
        collection(),
    ],
    "4-2": [
        pca_by_covariance,
        pca_with_other_signs,
        pca_answer(),
        embed.pca,
        pca_of_transposed_points,
        pca_in_torch,
        pca_by_unsorted_eigenvectors,
    ],
    "4-3": [
        features_with_a_recorder,
        features_with_a_hook_a_batch,
        feature_collection(),
        feature_collection(value=torch.clone),
        features_hooked_by_batch(remove="each"),
        features_with_capture,
        features_by_following_the_path,
    ],
}


def shared_mistakes(answer):
    """Mistakes that both 4-1 and 4-3 can be made with."""
    return [
        ("tensor_with_graph", answer(gradients=True)),
        ("list_of_batches", answer(result=lambda outputs, labels: (outputs, labels))),
        ("list_of_batches", answer(result=lambda *parts: tuple(map(np.array, parts)))),
        ("stacked", answer(result=lambda *parts: tuple(map(torch.stack, parts)))),
        ("stacked", answer(result=lambda *parts: tuple(map(np.stack, parts)))),
        ("swapped", answer(result=lambda outputs, labels: as_arrays(outputs, labels)[::-1])),
        (None, answer(result=labels_as_column)),
        ("only_first_batch", answer(batches_used=lambda batches: list(batches)[:1])),
        (None, answer(result=lambda outputs, labels: as_arrays(outputs[:1], labels))),
        ("only_last_batch", answer(result=lambda *parts: as_arrays(*(p[-1:] for p in parts)))),
        ("only_last_batch", answer(result=lambda o, i: as_arrays(o, i[-1:]))),
        ("ragged_batch_lost", answer(batches_used=full_batches)),
        ("no_eval_mode", answer(mode=lambda model: model)),
        ("no_eval_mode", answer(mode=lambda model: model.eval)),
        ("no_eval_mode", answer(mode=nn.Module.train)),
        ("predictions_as_labels", answer(targets=lambda labels, logits: logits.argmax(dim=1))),
        ("tensors_returned", answer(result=lambda *parts: tuple(map(torch.cat, parts)))),
        (
            "tensors_returned",
            answer(gradients=True, result=lambda *parts: tuple(map(torch.cat, parts))),
        ),
        ("tensors_returned", answer(result=lambda o, i: (torch.cat(o).numpy(), torch.cat(i)))),
        ("labels_not_whole", answer(targets=lambda labels, logits: labels.float())),
        ("piled_up", piled_up(answer)),
        ("error_swallowed", answer(batches_used=until_an_error)),
        (None, answer(result=lambda outputs, labels: None)),
        (None, answer(result=lambda *parts: as_arrays(*parts)[0])),
        (None, answer(result=lambda *parts: tuple(part.tolist() for part in as_arrays(*parts)))),
        (None, answer(result=lambda *parts: tuple(part[::-1] for part in as_arrays(*parts)))),
    ]


def with_detached_outputs(answer, part):
    return answer(gradients=True, **{part: lambda output: output.detach().flatten(1)})


MISTAKES = {
    "4-1": [
        (
            "not_the_arguments",
            lambda model, batches: collection()(model, [(torch.zeros(7, 1, 28, 28), None)]),
        ),
        *shared_mistakes(collection),
        ("image_axis_lost", collection(outputs=torch.squeeze)),
        ("gradients_recorded", with_detached_outputs(collection, "outputs")),
        ("classes_only", collection(outputs=lambda logits: logits.argmax(dim=1))),
        (None, collection(outputs=lambda logits: logits.max(dim=1).values)),
        ("softmax_applied", collection(outputs=lambda logits: logits.softmax(dim=1))),
        (None, collection(outputs=lambda logits: logits.log_softmax(dim=1))),
        (None, collection(outputs=lambda logits: 2 * logits)),
        (None, collect_and_freeze),
        (None, collect_with_gradients_off_for_good),
        (None, collect_and_train_on),
        (None, collect_by_index),
        ("labels_not_whole", labels_into_an_empty_array),
        ("labels_of_other_images", labels_of_all),
        ("labels_of_other_images", labels_of_a_second_pass),
        ("part_called", collect_from_the_parts),
        ("error_swallowed", collect_and_skip_what_fails),
    ],
    "4-2": [
        (None, pca_answer(centre=centre_in_place)),
        ("product_does_not_fit", pca_answer(result=lambda x, u, s, vt, n: x @ vt[: n - 1])),
        ("product_does_not_fit", pca_answer(result=lambda x, u, s, vt, n: x @ vt.T[:n])),
        ("lengths_have_one_axis", pca_answer(result=lambda x, u, s, vt, n: (u @ s)[:, :n])),
        ("lengths_have_one_axis", pca_answer(result=lambda x, u, s, vt, n: u * s[:, :n])),
        ("multiplied_as_matrix", pca_answer(result=lambda x, u, s, vt, n: u[:, :n] @ s[:n])),
        ("all_left_directions", pca_with_all_left_directions),
        ("points_lost", pca_answer(result=lambda x, u, s, vt, n: (u * s)[:n])),
        ("transposed", pca_answer(result=lambda x, u, s, vt, n: vt[:n] @ x.T)),
        ("signs_lost", lambda x, n: np.abs(pca_by_covariance(x, n))),
        ("directions_returned", pca_answer(result=lambda x, u, s, vt, n: vt[:n])),
        ("directions_returned", pca_answer(result=lambda x, u, s, vt, n: vt[:n].T)),
        ("all_kept", pca_answer(result=lambda x, u, s, vt, n: x @ vt.T)),
        ("all_kept", pca_answer(result=lambda x, u, s, vt, n: u * s)),
        (None, pca_answer(result=lambda x, u, s, vt, n: x)),
        (None, pca_answer(result=lambda x, u, s, vt, n: x @ vt)),
        ("not_centred", pca_answer(centre=lambda x: x)),
        ("not_centred", pca_projecting_the_points),
        ("centred_by_row", pca_answer(centre=lambda x: x - x.mean(axis=1, keepdims=True))),
        ("centred_by_row", pca_answer(centre=lambda x: x - x.mean())),
        ("centred_by_row", pca_centred_by_rows_without_axis),
        ("not_scaled", pca_answer(result=lambda x, u, s, vt, n: u[:, :n])),
        ("columns_of_directions", pca_answer(result=lambda x, u, s, vt, n: x @ vt[:, :n])),
        ("smallest_directions", pca_answer(result=lambda x, u, s, vt, n: x @ vt[-n:].T)),
        ("smallest_directions", pca_of_smallest_by_eigh),
        ("standardised", pca_answer(centre=lambda x: (x - x.mean(axis=0)) / x.std(axis=0))),
        (None, pca_answer(result=lambda x, u, s, vt, n: (u * s**2)[:, :n])),
        (None, pca_answer(result=lambda x, u, s, vt, n: (u * s)[:, 1 : n + 1])),
        (None, pca_answer(result=lambda x, u, s, vt, n: (u * s)[:, :2])),
        (None, pca_answer(result=lambda x, u, s, vt, n: None)),
        (None, pca_answer(result=lambda x, u, s, vt, n: (x @ vt[:n].T).tolist())),
        (None, pca_answer(result=lambda x, u, s, vt, n: torch.from_numpy(x @ vt[:n].T))),
        (None, pca_answer(result=lambda x, u, s, vt, n: (u * s)[:, :n].squeeze())),
    ],
    "4-3": [
        (
            "not_the_arguments",
            lambda model, batches, layer: model(torch.zeros(7, 1, 28, 28)),
        ),
        *shared_mistakes(feature_collection),
        ("gradients_recorded", with_detached_outputs(feature_collection, "keep")),
        ("image_axis_lost", feature_collection(keep=torch.squeeze, result=flat_arrays)),
        ("wholly_flattened", feature_collection(keep=torch.flatten)),
        ("hook_not_removed", feature_collection(remove=lambda handle: None)),
        ("hook_not_removed", feature_collection(remove=lambda handle: handle.remove)),
        ("hooked_once_a_batch", features_hooked_by_batch(remove="all")),
        ("hooked_once_a_batch", features_hooked_by_batch(remove="last")),
        ("not_flattened", feature_collection(keep=lambda output: output)),
        ("logits_returned", features_that_are_logits),
        ("inputs_returned", features_of_inputs),
        ("dotted_name", features_by_getattr),
        ("dotted_name", features_of_a_child),
        ("fixed_layer", features_of_classifier_by_attribute),
        ("part_called", lambda model, batches, layer: model.features(next(iter(batches))[0])),
        ("fixed_layer", features_of_a_fixed_key),
        (
            "layer_is_a_name",
            features_hooked_by(lambda model, layer, hook: layer.register_forward_hook(hook)),
        ),
        (
            "layer_is_a_name",
            features_hooked_by(lambda model, layer, hook: model[layer].register_forward_hook(hook)),
        ),
        (
            "layer_is_a_name",
            features_hooked_by(lambda model, layer, hook: model.layer.register_forward_hook(hook)),
        ),
        ("nothing_stored", features_kept_under_a_key(None)),
        ("nothing_stored", features_kept_under_a_key("out")),
        ("nothing_stored", features_rebound_in_the_hook),
        ("hook_returns", feature_collection(value=torch.zeros_like)),
        ("hook_returns", feature_collection(value=flattened)),
        ("hook_returns", feature_collection(keep=flattened_then_halved)),
        ("hook_returns", feature_collection(keep=lambda output: output.relu_().flatten(1))),
        ("hook_returns", feature_collection(value=lambda output: output.numpy())),
        ("hooks_of_others_removed", features_with_all_hooks_cleared),
        (
            "hook_left_by_an_error",
            feature_collection(remove=remove_unless_failing),
        ),
        ("hook_left_by_an_error", features_removed_after_the_model),
        ("error_swallowed", features_up_to_an_error),
        ("error_swallowed", features_returned_in_finally),
        ("error_swallowed", features_without_what_fails),
        ("labels_of_other_images", features_with_labels_of_a_second_pass),
        (None, features_of_a_fixed_layer),
        (None, feature_collection(keep=lambda output: output.flatten(1).relu())),
        (None, feature_collection(keep=lambda output: output.flatten(1).mean(dim=1))),
    ],
}


class TestLesson04(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES


@pytest.mark.parametrize(
    ("exercise_id", "answer"), [("4-1", collection), ("4-3", feature_collection)]
)
def test_lists_of_the_notebook_that_outlive_every_model_are_named(exercise_id, answer):
    assert verdict(exercise_id, answer(parts=lasting_lists())).hint == "piled_up"
