"""Where images come from: MNIST and Fashion-MNIST as files, arrays, or batches for training.

Nothing here loads torch before :func:`batches` is called, as the Keras notebook lives without it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers.errors import ShapeError, require_range
from helpers.internal.editions import announce
from helpers.internal.editions import describe as describe
from helpers.internal.editions import edition as edition
from helpers.internal.idx import idx_path, read_idx
from helpers.internal.sentences import Sentence
from helpers.internal.sources import locate

if TYPE_CHECKING:
    import torch

_PIXELS_NOT_BYTES = Sentence(
    ja="画像が {kind} です。0〜255 の整数のテンソル torch.uint8 にしてください。[0, 1] の小数は、(images * 255).round().to(torch.uint8) で直せます。",
    en="The images are {kind}. Make them a tensor torch.uint8 of integers 0 to 255; (images * 255).round().to(torch.uint8) does it for numbers in [0, 1].",
)

CLASSES: dict[str, tuple[str, ...]] = {
    "MNIST": ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    "FashionMNIST": (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
}


def prepare(name: str, root: str | os.PathLike | None = None) -> Path:
    """Return a folder from which torchvision's own data set class can be opened.

    The files are taken from the first place that has them: the folder ``$COURSE_DATA_DIR`` (IDX
    files, raw or gzipped), the course's cache, the operating system, the Internet, and at last the
    small embedded set. ``COURSE_DATA=auto|mini|full`` chooses. A line that says which data is in
    use is printed once.

    Args:
        name: ``"MNIST"`` or ``"FashionMNIST"``.
        root: Folder to use in place of the course's cache. Files that lie in it are used, new ones
            go to its subfolders ``full`` and ``mini``. If it cannot be written, the system's
            temporary folder serves.

    Returns:
        ``root`` for ``torchvision.datasets.MNIST(root)`` or ``FashionMNIST(root)``.

    Raises:
        UnknownNameError: There is no such data set, or ``COURSE_DATA`` has an unknown value.
        DataError: ``COURSE_DATA=full`` and the full set cannot be had, or nothing can be written.
    """
    location = locate(name, root)
    announce(name, location)
    return location.root


def arrays(
    name: str, train: bool = True, limit: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return one part of a data set as NumPy arrays.

    Args:
        name: ``"MNIST"`` or ``"FashionMNIST"``.
        train: The training part, or else the test part.
        limit: Only the first ``limit`` samples; all if there are fewer.

    Returns:
        Images (N, 28, 28) uint8 in 0..255 and labels (N,) int64 in 0..9.

    Raises:
        RangeError: ``limit`` is below 1.
        UnknownNameError, DataError: As :func:`prepare`.
    """
    if limit is not None:
        require_range("limit", limit, 1)
    root = prepare(name)
    images = read_idx(idx_path(root, name, train, "images"))[:limit]
    labels = read_idx(idx_path(root, name, train, "labels"))[:limit]
    return images, labels.astype(np.int64)


def batches(
    name: str,
    train: bool = True,
    *,
    batch_size: int = 100,
    device: torch.device | str | None = None,
    shuffle: bool | None = None,
    seed: int = 0,
) -> Batches:
    """Return one part of a data set as batches that lie on the device already.

    Does what torchvision's data set with ``ToTensor`` and ``Normalize((0.5,), (0.5,))`` and a
    DataLoader do, with the same values, at a fraction of the time.

    Args:
        name: ``"MNIST"`` or ``"FashionMNIST"``.
        train: The training part, or else the test part.
        batch_size: Images per batch, at least 1. The last batch may be smaller.
        device: Where the tensors lie; the best device of this machine by default.
        shuffle: A new order every epoch; by default for training only.
        seed: Of the order.

    Raises:
        RangeError: ``batch_size`` is below 1.
        UnknownNameError, DataError: As :func:`prepare`.
    """
    import torch

    from helpers.internal import devices

    images, labels = arrays(name, train)
    place = devices.device() if device is None else torch.device(device)
    return Batches(
        torch.from_numpy(images).unsqueeze(1).to(place),
        torch.from_numpy(labels).to(place),
        batch_size=batch_size,
        shuffle=train if shuffle is None else shuffle,
        seed=seed,
    )


def to_float(images: torch.Tensor) -> torch.Tensor:
    """Turn uint8 pixels 0..255 of any shape into float32 in [-1, 1], as the models expect.

    The values equal torchvision's ``ToTensor`` and ``Normalize((0.5,), (0.5,))`` to the last bit.

    Raises:
        ShapeError: ``images`` is not a uint8 tensor.
    """
    import torch

    _require_bytes(images)
    # (x / 255 - 0.5) / 0.5 = x / 127.5 - 1, to the last bit, as factors of two round nothing.
    # A tensor, as on a GPU division by a Python number multiplies by its rounded reciprocal.
    grey = torch.full((), 127.5, dtype=torch.float32, device=images.device)
    return images.div(grey).sub_(1)


def to_pictures(images: torch.Tensor) -> torch.Tensor:
    """Turn pixels in [-1, 1], as :func:`to_float` gives them, into [0, 1], as figures take them."""
    return images * 0.5 + 0.5


def _require_bytes(images: torch.Tensor) -> None:
    import torch

    kind = images.dtype if isinstance(images, torch.Tensor) else type(images).__name__
    if kind != torch.uint8:
        raise ShapeError(_PIXELS_NOT_BYTES.format(kind=kind))


class Batches:
    """Labelled images that are held on a device once and handed out batch by batch.

    Iterating yields ``(images, labels)``: float32 (n, 1, 28, 28) in [-1, 1] and int64 (n,). It can
    be iterated any number of times; the last batch holds what remains.

    Attributes:
        images: All images, uint8 (N, 1, 28, 28).
        labels: All labels, int64 (N,).
        batch_size: Images per batch.
        shuffle: Whether every epoch has a new order.
        generator: The source of the orders, seeded, on the CPU.

    Raises:
        RangeError: ``batch_size`` is below 1.
        ShapeError: ``images`` is not a uint8 tensor.
        LabelError: ``labels`` is not an int64 tensor with one label an image.
    """

    def __init__(
        self,
        images: torch.Tensor,
        labels: torch.Tensor,
        *,
        batch_size: int = 100,
        shuffle: bool = False,
        seed: int = 0,
    ) -> None:
        import torch

        from helpers.internal.fitting import check_labels

        require_range("batch_size", batch_size, 1)
        _require_bytes(images)
        check_labels(labels, images=len(images))
        self.images = images
        self.labels = labels
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return -(-len(self.labels) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        import torch

        if len(self) == 0:
            return
        if self.shuffle:
            order = torch.randperm(len(self.labels), generator=self.generator, device="cpu")
            # index_select copies whole images; indexing with [] would copy pixel by pixel.
            parts = (
                (self.images.index_select(0, chosen), self.labels.index_select(0, chosen))
                for chosen in order.to(self.labels.device).split(self.batch_size)
            )
        else:
            images = self.images.split(self.batch_size)
            parts = zip(images, self.labels.split(self.batch_size), strict=True)
        for images, labels in parts:
            yield to_float(images), labels


def split(batches: Batches, size: int, seed: int = 0) -> tuple[Batches, Batches]:
    """Split into a training part and a validation part of ``size`` randomly chosen images.

    Args:
        batches: What to split; it stays as it is.
        size: Images in the validation part: at least 1, fewer than there are.
        seed: Of the choice.

    Returns:
        The training part, shuffled as ``batches`` is, and the validation part, never shuffled.

    Raises:
        RangeError: ``size`` would leave one of the parts empty.
    """
    import torch

    total = len(batches.labels)
    require_range("size", size, 1, total - 1)
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(total, generator=generator, device="cpu")
    valid, train = order.to(batches.labels.device).split([size, total - size])

    def part(chosen: torch.Tensor, shuffle: bool) -> Batches:
        return Batches(
            batches.images[chosen],
            batches.labels[chosen],
            batch_size=batches.batch_size,
            shuffle=shuffle,
            seed=batches.generator.initial_seed(),
        )

    return part(train, batches.shuffle), part(valid, False)
