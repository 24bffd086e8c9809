import collections
import functools

import numpy as np
import torch
import torchvision.transforms.functional as TF
from checkers import CheckerTests, verdict
from torch import nn
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
)
from torchvision import transforms
from torchvision.transforms import v2

TO_TENSOR, NORMALISE = transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))


def compose(*steps):
    return lambda: transforms.Compose(steps)


def of_pixels(change):
    """Return an answer to 1-1 that computes from pixels in [0, 1]."""
    return lambda: lambda image: change(TF.to_tensor(image))


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


def loaders_with_a_batch_sampler(train_set, test_set):
    sampler = BatchSampler(RandomSampler(train_set), 100, drop_last=False)
    return DataLoader(train_set, batch_sampler=sampler), DataLoader(test_set, batch_size=100)


def loaders_with_replacement(train_set, test_set):
    sampler = RandomSampler(train_set, replacement=True)
    return DataLoader(train_set, 100, sampler=sampler), DataLoader(test_set, 100)


def loaders_shuffled_once(train_set, test_set):
    order = torch.randperm(len(train_set)).tolist()
    return loaders(train={"shuffle": False})(Subset(train_set, order), test_set)


def loaders_that_lose_images(train_set, test_set):
    def labels_alone(samples):
        labels = torch.stack([label for _, label in samples])
        return torch.zeros(len(labels), 1), labels

    return loaders(train={"collate_fn": labels_alone})(train_set, test_set)


def loaders_with_a_sampler_of_targets(train_set, test_set):
    sampler = SubsetRandomSampler(range(len(train_set.targets)))
    return DataLoader(train_set, 100, sampler=sampler), DataLoader(test_set, 100)


def loaders_of_shuffled_batches(train_set, test_set):
    class ShuffledBatches(BatchSampler):
        def __iter__(self):
            found = list(super().__iter__())
            return (found[place] for place in torch.randperm(len(found)))

    sampler = ShuffledBatches(SequentialSampler(train_set), 100, drop_last=False)
    return DataLoader(train_set, batch_sampler=sampler), DataLoader(test_set, 100)


def loaders_of_bare_images(train_set, test_set):
    return loaders()(*(TensorDataset(data.data, data.targets) for data in (train_set, test_set)))


def loaders_of_outer_variables(train_set, test_set):
    """Use data of the notebook, whose labels are digits, in place of the arguments."""
    digits = TensorDataset(torch.zeros(200, 1), torch.arange(200) % 10)
    return loaders()(digits, digits)


def unnormalise_into(images):
    images *= 0.5
    images += 0.5
    return images


def unnormalise_the_data(images):
    images.data = images.data * 0.5 + 0.5
    return images


def unnormalise_a_copy(images):
    result = images.clone()
    result += 1
    result /= 2
    return result


def unnormalise_a_hundred(images):
    result = torch.zeros(100, 1, 28, 28)
    for place in range(100):
        result[place] = images[place] * 0.5 + 0.5
    return result


def stretch(images, dim):
    low, high = images.amin(dim, keepdim=True), images.amax(dim, keepdim=True)
    return (images - low) / (high - low)


def count_by_hand(images, labels):
    counts = np.zeros(10)
    for label in labels:
        counts[label] += 1
    pixels = images.astype(np.float32) / 255
    return counts, float(pixels.mean()), float(np.sqrt(np.mean((pixels - pixels.mean()) ** 2)))


def count_with_torch(images, labels):
    pixels = torch.from_numpy(images) / 255
    counts = torch.bincount(torch.from_numpy(labels), minlength=10)
    return counts.numpy(), pixels.mean(), pixels.std()


def count_into(counts):
    """Return an answer to 1-4 that goes on counting in one array."""

    def describe_data(images, labels):
        np.add.at(counts, labels, 1)
        return counts, (images / 255).mean(), (images / 255).std()

    return describe_data


def divide_in_place(images, labels):
    images /= 255
    return np.bincount(labels, minlength=10), images.mean(), images.std()


def sort_labels(images, labels):
    labels.sort()
    return described()(images, labels)


def counts(labels):
    return np.bincount(labels, minlength=10)


def described(counts=counts, scale=lambda images: images / 255, mean=np.mean, std=np.std):
    """Return an answer to 1-4 that differs from the right one in one part."""
    return lambda images, labels: (counts(labels), mean(scale(images)), std(scale(images)))


def in_order(*places):
    """Return an answer to 1-4 that returns the right values in another order."""
    return lambda *data: [described()(*data)[place] for place in places]


RIGHT = {
    "1-1": [
        of_pixels(lambda pixels: (pixels - 0.5) / 0.5),
        compose(TO_TENSOR, lambda pixels: 2 * pixels - 1),
        compose(TO_TENSOR, transforms.Normalize(0.5, 0.5)),
        compose(transforms.Grayscale(), TO_TENSOR, NORMALISE),
        lambda: v2.Compose(
            [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5], [0.5])]
        ),
    ],
    "1-2": [
        loaders_with_a_sampler,
        loaders_with_a_batch_sampler,
        loaders_with_a_sampler_of_targets,
        loaders(train={"num_workers": 1}),
        lambda train_set, test_set: [
            DataLoader(data, 100, shuffle) for data, shuffle in ((train_set, True), (test_set, 0))
        ],
    ],
    "1-3": [
        unnormalise_a_copy,
        lambda images: (images + 1) / 2,
        lambda images: (images * 0.5 + 0.5).clamp(0, 1),
        transforms.Normalize((-1.0,), (2.0,)),
    ],
    "1-4": [
        count_by_hand,
        count_with_torch,
        described(counts=lambda labels: np.histogram(labels, range(11))[0]),
        lambda images, labels: (counts(labels), images.mean() / 255, images.std(ddof=1) / 255),
    ],
}
MISTAKES = {
    "1-1": [
        ("wrong_order", compose(NORMALISE, TO_TENSOR)),
        ("wrong_order", lambda: NORMALISE),
        ("wrong_order", lambda: v2.Compose([v2.Normalize([0.5], [0.5]), v2.ToTensor()])),
        ("whole_numbers", compose(transforms.PILToTensor(), NORMALISE)),
        ("already_a_tensor", compose(TO_TENSOR, TO_TENSOR)),
        ("not_normalised", compose(TO_TENSOR)),
        ("normalised_twice", compose(TO_TENSOR, NORMALISE, NORMALISE)),
        ("other_mean_or_std", compose(TO_TENSOR, transforms.Normalize((0.1307,), (0.3081,)))),
        ("other_mean_or_std", compose(TO_TENSOR, transforms.Normalize((0.5,), (1,)))),
        ("other_mean_or_std", compose(TO_TENSOR, transforms.Normalize((0,), (0.5,)))),
        ("not_scaled", lambda: lambda image: TF.pil_to_tensor(image).float()),
        ("not_scaled", lambda: lambda image: (TF.pil_to_tensor(image).float() - 0.5) / 0.5),
        ("divided_twice", compose(TO_TENSOR, lambda pixels: pixels / 255, NORMALISE)),
        ("divided_twice", compose(TO_TENSOR, NORMALISE, lambda pixels: pixels / 255)),
        ("divided_twice", of_pixels(lambda pixels: pixels / 255)),
        ("own_numbers", of_pixels(lambda pixels: 2 * stretch(pixels, (0, 1, 2)) - 1)),
        ("own_numbers", of_pixels(lambda pixels: 2 * pixels / pixels.max() - 1)),
        ("own_numbers", of_pixels(lambda pixels: (pixels - pixels.mean()) / pixels.std())),
        ("random", compose(transforms.RandomHorizontalFlip(), TO_TENSOR, NORMALISE)),
        ("random", compose(transforms.RandomRotation(10), TO_TENSOR, NORMALISE)),
        (None, compose(transforms.RandomHorizontalFlip(1), TO_TENSOR, NORMALISE)),
        (None, of_pixels(lambda pixels: 1 - 2 * pixels)),
        (None, of_pixels(lambda pixels: (pixels * 255 / 256 - 0.5) / 0.5)),
        (None, compose(transforms.Resize(32), TO_TENSOR, NORMALISE)),
        (None, compose(transforms.Grayscale(3), TO_TENSOR, NORMALISE)),
        (None, of_pixels(lambda pixels: 2 * pixels[0] - 1)),
        (None, lambda: lambda image: (np.asarray(image)[None] / 255 - 0.5) / 0.5),
        ("other_type", of_pixels(lambda pixels: 2 * pixels.double() - 1)),
        ("other_type", of_pixels(lambda pixels: (2 * pixels - 1).half())),
        ("not_called", compose(transforms.ToTensor, NORMALISE)),
        ("normalize_arguments", compose(TO_TENSOR, transforms.Normalize)),
        ("normalize_arguments", lambda: transforms.Normalize(0.5)),
        ("not_composed", lambda: [TO_TENSOR, NORMALISE]),
        ("not_composed", lambda: (TO_TENSOR, NORMALISE)),
        ("not_composed", lambda: transforms.Compose(TO_TENSOR, NORMALISE)),
        ("not_composed", lambda: nn.Sequential(transforms.ToTensor(), NORMALISE)),
        ("three_channels", compose(TO_TENSOR, transforms.Normalize((0.5,) * 3, (0.5,) * 3))),
        # An error of another kind, in a line that speaks of tensors.
        (None, lambda: transforms.Compose([transforms.ToTensor(), transforms.Normalise((0.5,))])),
    ],
    "1-2": [
        ("swapped", lambda train_set, test_set: loaders()(test_set, train_set)),
        ("swapped", lambda train_set, test_set: loaders()(train_set, test_set)[::-1]),
        ("iterator_returned", lambda *sets: tuple(map(iter, loaders()(*sets)))),
        ("one_set_twice", lambda train_set, test_set: loaders()(train_set, train_set)),
        ("one_set_twice", lambda train_set, test_set: loaders()(test_set, test_set)),
        ("last_batch_dropped", loaders(train={"drop_last": True})),
        ("last_batch_dropped", loaders(test={"drop_last": True})),
        ("images_missing", lambda train, test: loaders()(Subset(train, range(100)), test)),
        ("images_missing", loaders_with_replacement),
        ("batch_size", loaders(train={"batch_size": 10}, test={"batch_size": 10})),
        ("batch_size", loaders(test={"batch_size": 1000})),
        ("batch_size", lambda train_set, test_set: (DataLoader(train_set), DataLoader(test_set))),
        ("train_not_shuffled", loaders(train={"shuffle": False})),
        ("train_not_shuffled", loaders_shuffled_once),
        ("test_shuffled", loaders(test={"shuffle": True})),
        ("shuffles_swapped", loaders(train={"shuffle": False}, test={"shuffle": True})),
        (None, loaders_that_lose_images),
        (None, lambda *sets: [list(loader) for loader in loaders()(*sets)]),
        ("iterator_returned", lambda *sets: (loaders()(*sets)[0], iter(loaders()(*sets)[1]))),
        (None, lambda *sets: (loaders()(*sets)[0], list(loaders()(*sets)[1]))),
        (None, lambda *sets: sets),
        ("not_the_set_itself", lambda *sets: loaders()("train_set", "test_set")),
        ("not_the_set_itself", lambda *sets: loaders()(*(data.data for data in sets))),
        ("untransformed", loaders_of_bare_images),
        ("dictionary", lambda *sets: dict(zip(("train", "test"), loaders()(*sets), strict=True))),
        ("fixed_number", lambda train, test: loaders()(Subset(train, range(1000)), test)),
        ("other_data", loaders_of_outer_variables),
        ("whole_batches_shuffled", loaders_of_shuffled_batches),
        (None, lambda *sets: loaders()(*sets)[0]),
    ],
    "1-3": [
        (None, unnormalise_into),
        (None, lambda images: images.mul_(0.5).add_(0.5).clone()),
        (None, unnormalise_the_data),
        ("unchanged", lambda images: images),
        ("normalised_again", lambda images: (images - 0.5) / 0.5),
        ("added_before_multiplying", lambda images: (images + 0.5) * 0.5),
        ("not_inverted", lambda images: images * 0.5 - 0.5),
        ("not_inverted", lambda images: images / 0.5 + 0.5),
        ("not_inverted", lambda images: (images + 0.5) / 0.5),
        ("one_step_only", lambda images: images * 0.5),
        ("one_step_only", lambda images: images + 0.5),
        ("true_mean_and_std", lambda images: images * 0.3081 + 0.1307),
        ("stretched", lambda images: stretch(images, (0, 1, 2, 3))),
        ("stretched", lambda images: stretch(images, (1, 2, 3))),
        ("scaled_to_255", lambda images: (images * 0.5 + 0.5) * 255),
        ("scaled_to_255", lambda images: ((images * 0.5 + 0.5) * 255).byte()),
        ("type_changed", lambda images: images.double() * 0.5 + 0.5),
        ("type_changed", lambda images: torch.tensor((images.numpy() + 1.0) / np.float64(2))),
        (None, lambda images: (images * 0.5 + 0.5).numpy()),
        (None, lambda images: (images * 0.5 + 0.5).squeeze()),
        (None, lambda images: [image * 0.5 + 0.5 for image in images]),
        (None, lambda images: images.clamp(0, 1)),
        (None, lambda images: images + 1),
        (None, unnormalise_a_hundred),
        (None, lambda images: None),
    ],
    "1-4": [
        ("not_scaled", described(scale=lambda images: images)),
        ("not_scaled", described(std=lambda pixels: 255 * pixels.std())),
        ("whole_division", described(scale=lambda images: images // 255)),
        ("whole_division", described(scale=lambda images: (images / 255).astype(int))),
        ("first_images_alone", described(scale=lambda images: images[:1000] / 255)),
        ("first_images_alone", described(std=lambda pixels: pixels[:1000].std())),
        ("not_called", described(mean=lambda pixels: pixels.mean)),
        ("not_called", described(std=lambda pixels: np.std)),
        ("not_called", described(counts=lambda labels: np.bincount)),
        ("counts_kept", count_into(np.zeros(10))),
        ("other_bins", described(counts=lambda labels: np.histogram(labels)[0])),
        ("divided_in_place", divide_in_place),
        ("normalised", described(scale=lambda images: images / 127.5 - 1)),
        (None, described(scale=lambda images: images / 256)),
        (None, described(scale=lambda images: images / images.max())),
        ("mean_per_image", described(mean=lambda pixels: pixels.sum() / len(pixels))),
        ("several_numbers", described(mean=lambda pixels: pixels.mean(axis=0))),
        ("several_numbers", described(std=lambda pixels: pixels.std(axis=(1, 2)))),
        ("std_of_each_image", described(std=lambda pixels: pixels.std(axis=(1, 2)).mean())),
        (None, described(std=lambda pixels: pixels.mean(axis=(1, 2)).std())),
        ("absent_class", described(counts=np.bincount)),
        ("absent_class", described(counts=lambda labels: np.unique_counts(labels).counts)),
        ("one_class_short", described(counts=lambda labels: counts(labels)[:9])),
        ("counts_in_another_order", described(counts=lambda labels: np.sort(counts(labels)))),
        (
            "other_total",
            described(counts=lambda labels: np.roll(counts(labels), -1) * (np.arange(10) < 9)),
        ),
        ("other_total", described(counts=lambda labels: counts(np.arange(100) % 10))),
        ("variance", described(std=np.var)),
        ("another_order", in_order(0, 2, 1)),
        ("another_order", in_order(1, 2, 0)),
        ("shares_instead_of_counts", described(counts=lambda labels: counts(labels) / len(labels))),
        ("list_of_counts", described(counts=lambda labels: counts(labels).tolist())),
        ("list_of_counts", described(counts=lambda labels: tuple(counts(labels)))),
        ("list_of_counts", described(counts=lambda labels: torch.from_numpy(counts(labels)))),
        (None, described(counts=lambda labels: counts(labels)[None])),
        (None, described(counts=lambda labels: np.append(counts(labels), 0))),
        (None, described(counts=len)),
        (None, described(counts=collections.Counter)),
        (None, described(mean=lambda pixels: f"{pixels.mean():.4f}")),
        (None, lambda images, labels: (counts(labels), 0.1307, 0.3081)),
        (None, sort_labels),
    ],
}


class TestLesson01(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES


def test_loaders_of_an_earlier_call_are_told_to_read_other_data():
    make_loaders = loaders()
    first_call = functools.cache(lambda: make_loaders(*data[0]))
    data = []

    def answer(*sets):
        data.append(sets)
        return first_call()

    assert verdict("1-2", answer).hint == "other_data"
