"""An epoch of batches without training."""

from __future__ import annotations

from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from benchmarks.figure import Aim, Figure
from benchmarks.measure import seconds_in_turns
from helpers.data import batches, prepare

_BATCH = 100
_ROUNDS = 3


def measure() -> list[Figure]:
    """Measure the course's batches against torchvision's transforms in a DataLoader."""
    ours = batches("MNIST", batch_size=_BATCH)
    loader = original_loader()
    values = seconds_in_turns(
        {"ours": lambda: _go_through(ours), "DataLoader, 2 workers": lambda: _go_through(loader)},
        rounds=_ROUNDS,
    )
    aim = Aim(1 / 50, "DataLoader, 2 workers")
    title = f"One epoch of batches, {len(ours.labels):,} images, no training"
    return [Figure(title, values, aims=(aim,))]


def original_loader(workers: int = 2) -> DataLoader:
    """Return the training images as the handouts had them."""
    normalised = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))],
    )
    images = datasets.MNIST(prepare("MNIST"), transform=normalised)
    return DataLoader(images, batch_size=_BATCH, shuffle=True, num_workers=workers)


def _go_through(data: object) -> None:
    for _images, _labels in data:
        pass
