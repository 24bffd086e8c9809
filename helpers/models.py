"""The networks of the course. Every one returns logits, never probabilities."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import data, training
from helpers.errors import DataError, UnknownNameError
from helpers.internal.randomness import seeded
from helpers.internal.sentences import Sentence

_UNKNOWN_MODEL = Sentence(
    ja="モデル {name} はありません。使えるのは {known} です。",
    en="There is no model {name}. There are: {known}.",
)
_WEIGHTS_NOT_KEPT = Sentence(
    ja="学習した重みを {path} に保存できません（{error}）。モデルはこのまま使えますが、次に呼ぶと、学習し直します。",
    en="The trained weights cannot be kept in {path} ({error}). The model can be used as it is, but the next call trains again.",
)


class Net(nn.Module):
    """A small CNN for 28×28 images in functional style: layers here, their order in ``forward``.

    Takes (N, 1, 28, 28), returns logits (N, 10). 1,199,882 parameters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(9216, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (N, 10) for images (N, 1, 28, 28)."""
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2)
        x = self.dropout1(x)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = self.dropout2(x)
        return self.fc2(x)


class Model(nn.Module):
    """The network of :class:`Net` in two parts that can be called alone.

    ``features`` takes (N, 1, 28, 28) to (N, 64, 12, 12); ``classifier`` takes (N, 9216) to logits
    (N, 10). 1,199,882 parameters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=3),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
        )
        self.classifier = nn.Sequential(
            nn.Linear(9216, 128),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(128, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (N, 10) for images (N, 1, 28, 28)."""
        x = self.features(x)
        x = torch.flatten(x, 1)
        return self.classifier(x)


class CNN(nn.Module):
    """A small CNN with batch normalisation and global average pooling.

    Global average pooling (``gap``; Lin et al., "Network in Network", 2013) makes it take images
    of any size from 4×4 up. ``pool2`` gives the last feature maps, (N, 32, H/4, W/4). 5,226
    parameters for one input channel and ten classes.

    Args:
        in_channels: Channels of the images: 1 for grey, 3 for RGB.
        num_classes: Number of logits.
    """

    def __init__(self, in_channels: int = 1, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 16, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(32)
        self.pool2 = nn.MaxPool2d(2)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(32, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (N, num_classes) for images (N, in_channels, H, W)."""
        x = self.pool1(F.relu(self.bn1(self.conv1(x))))
        x = self.pool2(F.relu(self.bn2(self.conv2(x))))
        return self.fc(self.flatten(self.gap(x)))


class LeNet(nn.Module):
    """LeNet as in the table of 問題1; after LeCun et al., "Gradient-Based Learning …", 1998.

    Sigmoid follows each pooling; nothing stands between the linear layers; softmax is left to
    prediction. Made for 32×32; 28×28 images are padded. 58,866 parameters for (3, 2).

    Args:
        in_channels: Channels of the images.
        num_classes: Number of logits.
        between: What to put between the linear layers, such as ``nn.ReLU``; by default nothing, as
            in the table.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 2,
        between: Callable[[], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, kernel_size=5),
            nn.MaxPool2d(2),
            nn.Sigmoid(),
            nn.Conv2d(6, 16, kernel_size=5),
            nn.MaxPool2d(2),
            nn.Sigmoid(),
        )
        wide, narrow = ([] if between is None else [between()] for _ in range(2))
        self.classifier = nn.Sequential(
            nn.Linear(400, 120), *wide, nn.Linear(120, 64), *narrow, nn.Linear(64, num_classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (N, num_classes) for images (N, in_channels, 32, 32) or 28×28."""
        if x.shape[-2:] == (28, 28):
            x = F.pad(x, (2, 2, 2, 2))
        x = self.features(x)
        x = torch.flatten(x, 1)
        return self.classifier(x)


class CompactCNN(nn.Module):
    """A CNN of few parameters, the course's own answer to the challenge of 問題1.

    ``features`` takes (N, 1, 28, 28) to (N, 64, 3, 3); ``classifier`` takes (N, 576) to logits
    (N, 10). 66,170 parameters.
    """

    def __init__(self) -> None:
        super().__init__()
        # Pooled before they are normalised, images are a quarter of the work.
        self.features = nn.Sequential(
            *(_convolution(1, 16), nn.MaxPool2d(2), nn.BatchNorm2d(16), nn.ReLU()),
            *(_convolution(16, 32), nn.MaxPool2d(2), nn.BatchNorm2d(32), nn.ReLU()),
            *(_convolution(32, 64), nn.BatchNorm2d(64), nn.ReLU()),
            *(_convolution(64, 64), nn.MaxPool2d(2), nn.BatchNorm2d(64), nn.ReLU()),
        )
        self.classifier = nn.Linear(576, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (N, 10) for images (N, 1, 28, 28)."""
        x = self.features(x)
        x = torch.flatten(x, 1)
        return self.classifier(x)


def _convolution(in_channels: int, out_channels: int) -> nn.Conv2d:
    # Batch normalisation subtracts the mean, and any bias with it.
    return nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False)


class MLP(nn.Module):
    """A multilayer perceptron whose last hidden layer is small enough to draw.

    ``features`` takes (N, 1, 28, 28) to (N, feature_dim); ``classifier`` to logits (N, 10).

    Args:
        feature_dim: Units of the feature layer; 2 can be drawn without any reduction.
    """

    def __init__(self, feature_dim: int = 2) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, 256),
            nn.ReLU(),
            nn.Linear(256, 128),
            nn.ReLU(),
            nn.Linear(128, feature_dim),
        )
        self.classifier = nn.Linear(feature_dim, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (N, 10) for images (N, 1, 28, 28)."""
        return self.classifier(self.features(x))


@dataclass(frozen=True)
class _Training:
    """How :func:`load_or_train` makes a model: small data need more epochs for as many steps."""

    make: Callable[[], nn.Module]
    epochs: dict[str, int]


_TRAININGS = {
    "Net": _Training(Net, {"full": 2, "mini": 2}),
    "Model": _Training(Model, {"full": 2, "mini": 2}),
    "CNN": _Training(CNN, {"full": 5, "mini": 12}),
    "LeNet": _Training(lambda: LeNet(in_channels=1, num_classes=10), {"full": 10, "mini": 30}),
    "MLP": _Training(MLP, {"full": 10, "mini": 20}),
}


@torch.inference_mode(False)
def load_or_train(name: str, dataset: str = "MNIST") -> nn.Module:
    """Return a trained model, in evaluation mode, on the device of the course.

    Weights are kept in ``output/``, one file for each model, data set and edition of the data
    (full or mini). A file that is missing, damaged or foreign is made again by training. Weights of
    a training that was interrupted are returned, but not kept; so are those that cannot be written,
    with a warning.

    Args:
        name: ``"Net"``, ``"Model"``, ``"CNN"``, ``"LeNet"`` or ``"MLP"``.
        dataset: ``"MNIST"`` or ``"FashionMNIST"``.

    Raises:
        UnknownNameError: There is no such model or data set.
        DataError: As :func:`helpers.data.prepare`.
    """
    if name not in _TRAININGS:
        raise UnknownNameError(_UNKNOWN_MODEL.format(name=name, known=", ".join(_TRAININGS)))
    edition = data.edition(dataset)
    path = Path("output") / f"{name}-{dataset}-{edition}.pt"
    with seeded(0):
        model = _TRAININGS[name].make().to(training.device())
    try:
        training.load(model, path)
    except DataError:
        train = data.batches(dataset, batch_size=training.FAST.batch_size)
        epochs = _TRAININGS[name].epochs[edition]
        history = training.fit(model, train, recipe=training.FAST, epochs=epochs)
        if not history.interrupted:
            _keep(model, path)
    return model.eval()


def _keep(model: nn.Module, path: Path) -> None:
    try:
        training.save(model, path)
    except (OSError, RuntimeError) as error:  # PyTorch tells of a full disk by the latter
        warnings.warn(_WEIGHTS_NOT_KEPT.format(path=path, error=error), stacklevel=3)
