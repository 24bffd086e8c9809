import collections

import numpy as np
import torch
import torchvision.transforms.functional as TF
from checkers import CheckerTests
from torch.utils.data import DataLoader, RandomSampler
from torchvision import transforms
from torchvision.transforms import v2


def compose(*steps):
    return lambda: transforms.Compose(steps)


def loaders(train=None, test=None):
    """Return an answer to 1-2 with other settings than the right ones."""
    train = {"batch_size": 100, "shuffle": True} | (train or {})
    test = {"batch_size": 100, "shuffle": False} | (test or {})
    return lambda train_set, test_set: (
        DataLoader(train_set, **train),
        DataLoader(test_set, **test),
    )


def loaders_with_a_sampler(train_set, test_set):
    sampler = RandomSampler(train_set, generator=torch.Generator().manual_seed(0))
    return DataLoader(train_set, 100, sampler=sampler), DataLoader(test_set, 100)


def unnormalise_into(images):
    images *= 0.5
    images += 0.5
    return images


def unnormalise_a_copy(images):
    result = images.clone()
    result += 1
    result /= 2
    return result


def count_by_hand(images, labels):
    counts = np.zeros(10, dtype=int)
    for label in labels:
        counts[label] += 1
    pixels = images.astype(np.float32) / 255
    return counts, float(pixels.mean()), float(np.sqrt(np.mean((pixels - pixels.mean()) ** 2)))


def count_with_torch(images, labels):
    pixels = torch.from_numpy(images) / 255
    counts = torch.bincount(torch.from_numpy(labels), minlength=10)
    return counts, pixels.mean(), pixels.std()


def described(counts=lambda labels: np.bincount(labels, minlength=10), scale=255, std=np.std):
    """Return an answer to 1-4 that differs from the right one in one part."""
    return lambda images, labels: (counts(labels), (images / scale).mean(), std(images / scale))


RIGHT = {
    "1-1": [
        lambda: lambda image: (TF.to_tensor(image) - 0.5) / 0.5,
        compose(transforms.ToTensor(), lambda pixels: 2 * pixels - 1),
        lambda: v2.Compose(
            [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5], [0.5])]
        ),
    ],
    "1-2": [
        loaders_with_a_sampler,
        lambda train_set, test_set: [
            DataLoader(data, 100, shuffle) for data, shuffle in ((train_set, True), (test_set, 0))
        ],
    ],
    "1-3": [unnormalise_a_copy, lambda images: (images + 1) / 2],
    "1-4": [count_by_hand, count_with_torch],
}
MISTAKES = {
    "1-1": [
        (
            "wrong_order",
            compose(transforms.Normalize((0.5,), (0.5,)), transforms.ToTensor()),
        ),
        ("wrong_order", lambda: v2.Compose([v2.Normalize([0.5], [0.5]), v2.ToTensor()])),
        ("not_normalised", compose(transforms.ToTensor())),
        (
            "true_mean_and_std",
            compose(transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))),
        ),
        ("not_scaled", lambda: lambda image: TF.pil_to_tensor(image).float()),
        (None, lambda: lambda image: (np.asarray(image)[None] / 255 - 0.5) / 0.5),
        (
            "other_type",
            lambda: lambda image: torch.from_numpy(np.asarray(image) / 127.5 - 1)[None],
        ),
        ("not_called", compose(transforms.ToTensor, transforms.Normalize((0.5,), (0.5,)))),
        ("not_called", lambda: compose(transforms.ToTensor(), transforms.Normalize(0.5))()),
        ("not_composed", lambda: [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]),
        (
            "not_composed",
            lambda: transforms.Compose(transforms.ToTensor(), transforms.Normalize([0.5], [0.5])),
        ),
        (
            "three_channels",
            compose(transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)),
        ),
        # An error of another kind, in a line that speaks of tensors.
        (
            None,
            lambda: transforms.Compose([transforms.ToTensor(), transforms.Normalise((0.5,))]),
        ),
    ],
    "1-2": [
        ("swapped", lambda train_set, test_set: loaders()(test_set, train_set)),
        ("last_batch_dropped", loaders(train={"drop_last": True})),
        ("last_batch_dropped", loaders(test={"drop_last": True})),
        ("batch_size", loaders(train={"batch_size": 10}, test={"batch_size": 10})),
        ("batch_size", loaders(test={"batch_size": 1000})),
        ("train_not_shuffled", loaders(train={"shuffle": False})),
        ("train_not_shuffled", lambda *sets: [list(loader) for loader in loaders()(*sets)]),
        ("test_shuffled", loaders(test={"shuffle": True})),
        # They can be read only once.
        (None, lambda *sets: [iter(loader) for loader in loaders()(*sets)]),
    ],
    "1-3": [
        ("in_place", unnormalise_into),
        ("unchanged", lambda images: images),
        ("normalised_again", lambda images: (images - 0.5) / 0.5),
        ("added_before_multiplying", lambda images: (images + 0.5) * 0.5),
        (
            "stretched_to_the_batch",
            lambda images: (images - images.min()) / (images.max() - images.min()),
        ),
        (None, lambda images: images * 255),
        (None, lambda images: (images * 0.5 + 0.5).numpy()),
        (None, lambda images: images.clamp(0, 1)),
    ],
    "1-4": [
        ("not_scaled", described(scale=1)),
        (
            "mean_per_image",
            lambda images, labels: (
                np.bincount(labels, minlength=10),
                (images / 255).sum() / len(images),
                (images / 255).std(),
            ),
        ),
        (None, described(counts=collections.Counter)),
        ("absent_class", described(counts=np.bincount)),
        ("absent_class", described(counts=lambda labels: np.unique_counts(labels).counts)),
        ("variance", described(std=np.var)),
        ("swapped", lambda *data: [described()(*data)[place] for place in (0, 2, 1)]),
        (
            "shares_instead_of_counts",
            described(counts=lambda labels: np.bincount(labels, minlength=10) / len(labels)),
        ),
        (
            "list_of_counts",
            described(counts=lambda labels: [(labels == label).sum() for label in range(10)]),
        ),
        (None, lambda *data: [described()(*data)[place] for place in (1, 2, 0)]),
    ],
}


class TestLesson01(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES
