import numpy as np
import torch
from checkers import CheckerTests
from torch import nn

from helpers import embed


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
):
    """Return an answer to 4-1 with one of its parts other than the right one."""

    def collect_logits(model, batches):
        mode(model)
        collected, labels = [], []
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


def collect_and_detach(model, batches):
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    with torch.no_grad():
        pairs = [(model(images).detach().numpy(), labels.numpy()) for images, labels in batches]
    return np.vstack([pair[0] for pair in pairs]), np.hstack([pair[1] for pair in pairs])


def full_batches(batches):
    return [(images, labels) for images, labels in batches if len(images) == len(batches[0][0])]


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
    return centred @ directions[:, : min(x.shape)][:, :n] if len(x) > x.shape[1] else centred


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
    for images, given in batches:
        model(images)
        labels += given.tolist()
    recorder.handle.remove()
    return np.concatenate(recorder.parts), np.array(labels)


def features_with_a_hook_a_batch(model, batches, layer):
    pairs = [embed.collect(model, [batch], layer) for batch in batches]
    return tuple(np.concatenate(part) for part in zip(*pairs, strict=True))


def flattened(output):
    return output.flatten(1)


def feature_collection(
    mode=nn.Module.eval,
    gradients=False,
    batches_used=list,
    keep=flattened,
    remove=lambda handle: handle.remove(),
    targets=lambda labels, logits: labels,
    result=as_arrays,
    parts=list,
):
    """Return an answer to 4-3 with one of its parts other than the right one."""

    def collect_features(model, batches, layer):
        mode(model)
        collected, labels = parts(), []

        def hook(module, inputs, output):
            collected.append(keep(output))

        handle = model.get_submodule(layer).register_forward_hook(hook)
        with torch.set_grad_enabled(gradients):
            for images, given in batches_used(batches):
                logits = model(images)
                labels.append(targets(given, logits))
        remove(handle)
        return result(collected, labels)

    return collect_features


def features_into_one_list_for_all_calls():
    kept = []
    return feature_collection(parts=lambda: kept)


def features_that_are_logits(model, batches, layer):
    return embed.collect(model, batches)


RIGHT = {
    "4-1": [
        collect_all_at_once,
        collect_and_detach,
        collect_into_an_empty_array,
        collection(),
        embed.collect,
    ],
    "4-2": [pca_by_covariance, pca_with_other_signs, pca_answer(), embed.pca],
    "4-3": [
        features_with_a_recorder,
        features_with_a_hook_a_batch,
        feature_collection(),
        embed.collect,
    ],
}


def shared_mistakes(answer):
    """Mistakes that both 4-1 and 4-3 can be made with."""
    return [
        ("tensor_with_graph", answer(gradients=True)),
        ("list_of_batches", answer(result=lambda outputs, labels: (outputs, labels))),
        ("stacked", answer(result=lambda *parts: tuple(map(torch.stack, parts)))),
        ("swapped", answer(result=lambda outputs, labels: as_arrays(outputs, labels)[::-1])),
        ("only_first_batch", answer(batches_used=lambda batches: batches[:1])),
        ("only_last_batch", answer(result=lambda *parts: as_arrays(*(p[-1:] for p in parts)))),
        ("ragged_batch_lost", answer(batches_used=full_batches)),
        ("no_eval_mode", answer(mode=lambda model: model)),
        ("no_eval_mode", answer(mode=nn.Module.train)),
        ("predictions_as_labels", answer(targets=lambda labels, logits: logits.argmax(dim=1))),
        ("tensors_returned", answer(result=lambda *parts: tuple(map(torch.cat, parts)))),
        (
            "tensors_returned",
            answer(gradients=True, result=lambda *parts: tuple(map(torch.cat, parts))),
        ),
        ("tensors_returned", answer(result=lambda o, i: (torch.cat(o).numpy(), torch.cat(i)))),
        (None, answer(result=lambda outputs, labels: None)),
    ]


def with_detached_outputs(answer, part):
    return answer(gradients=True, **{part: lambda output: output.detach().flatten(1)})


MISTAKES = {
    "4-1": [
        *shared_mistakes(collection),
        ("gradients_recorded", with_detached_outputs(collection, "outputs")),
        ("classes_only", collection(outputs=lambda logits: logits.argmax(dim=1))),
        ("softmax_applied", collection(outputs=lambda logits: logits.softmax(dim=1))),
        (None, collection(outputs=lambda logits: 2 * logits)),
    ],
    "4-2": [
        ("in_place", pca_answer(centre=centre_in_place)),
        ("shapes_do_not_fit", pca_answer(result=lambda x, u, s, vt, n: x @ vt[: n - 1])),
        ("shapes_do_not_fit", pca_answer(result=lambda x, u, s, vt, n: (u @ s)[:, :n])),
        ("points_lost", pca_answer(result=lambda x, u, s, vt, n: (u * s)[:n])),
        ("transposed", pca_answer(result=lambda x, u, s, vt, n: vt[:n] @ x.T)),
        ("directions_returned", pca_answer(result=lambda x, u, s, vt, n: vt[:n])),
        ("directions_returned", pca_answer(result=lambda x, u, s, vt, n: vt[:n].T)),
        ("all_kept", pca_answer(result=lambda x, u, s, vt, n: x @ vt.T)),
        ("all_kept", pca_answer(result=lambda x, u, s, vt, n: u * s)),
        ("not_centred", pca_answer(centre=lambda x: x)),
        ("not_centred", pca_projecting_the_points),
        ("centred_by_row", pca_answer(centre=lambda x: x - x.mean(axis=1, keepdims=True))),
        ("centred_by_row", pca_answer(centre=lambda x: x - x.mean())),
        ("not_scaled", pca_answer(result=lambda x, u, s, vt, n: u[:, :n])),
        (
            "columns_of_directions",
            pca_answer(result=lambda x, u, s, vt, n: x @ vt[:, :n] if len(x) > 8 else x),
        ),
        ("smallest_directions", pca_answer(result=lambda x, u, s, vt, n: x @ vt[-n:].T)),
        ("smallest_directions", pca_of_smallest_by_eigh),
        ("standardised", pca_answer(centre=lambda x: (x - x.mean(axis=0)) / x.std(axis=0))),
        (None, pca_answer(result=lambda x, u, s, vt, n: (u * s**2)[:, :n])),
        (None, pca_answer(result=lambda x, u, s, vt, n: None)),
        (None, pca_answer(result=lambda x, u, s, vt, n: torch.from_numpy(x @ vt[:n].T))),
    ],
    "4-3": [
        *shared_mistakes(feature_collection),
        ("gradients_recorded", with_detached_outputs(feature_collection, "keep")),
        ("piled_up", features_into_one_list_for_all_calls()),
        ("wholly_flattened", feature_collection(keep=torch.flatten)),
        ("hook_left", feature_collection(remove=lambda handle: None)),
        ("not_flattened", feature_collection(keep=lambda output: output)),
        ("logits_returned", features_that_are_logits),
        (None, feature_collection(keep=lambda output: output.flatten(1).relu())),
    ],
}


class TestLesson04(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES
