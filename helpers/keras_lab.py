"""The Keras lab sheet B2-1: the functions that its students know by name, and its experiment.

Keras 3 runs on TensorFlow here, without PyTorch in the process. Images are (N, 28, 28, 1) in
[0, 1], with the channel axis last, and labels are integers (N,).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from helpers.data import arrays
from helpers.errors import RangeError, UnknownNameError
from helpers.internal.curves import EPOCH
from helpers.internal.keras_backend import device, fit_small, keras
from helpers.internal.sentences import Sentence
from helpers.internal.words import listed
from helpers.plots.lab import plot_conv_filter, plot_result, random_plot
from helpers.progress import progress_bar

__all__ = [
    "ProgressBar",
    "bpnn",
    "cnn",
    "device",
    "fit_small",
    "get_data_mnist",
    "misclassified",
    "model_setup",
    "plot_conv_filter",
    "plot_result",
    "random_plot",
    "run_seeds",
]

_DATA_SIZE_OUT_OF_RANGE = Sentence(
    ja="data_size が {size} です。1 以上、{most} 以下にしてください。",
    en="data_size is {size}. Make it at least 1 and at most {most}.",
)
_UNKNOWN_OPTIMIZER = Sentence(
    ja="オプティマイザ {name} はありません。使えるのは {known} です。",
    en="There is no optimizer {name}. There are: {known}.",
)

Labelled = tuple[np.ndarray, np.ndarray]
"""Images float32 (N, 28, 28, 1) in [0, 1] and labels int64 (N,)."""

_OPTIMIZERS = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}


def get_data_mnist(data_size: int | None = None) -> tuple[Labelled, Labelled]:
    """Return MNIST as Keras takes it: ``(X_train, y_train), (X_test, y_test)``.

    Args:
        data_size: Only the first ``data_size`` training images; all of them if None. The test
            images are always all.

    Raises:
        RangeError: ``data_size`` is below 1, or there are not that many.
        DataError: As :func:`helpers.data.prepare`.
    """
    images, labels = arrays("MNIST")
    if data_size is not None and not 1 <= data_size <= len(labels):
        raise RangeError(_DATA_SIZE_OUT_OF_RANGE.format(size=data_size, most=len(labels)))
    train, test = (images[:data_size], labels[:data_size]), arrays("MNIST", train=False)
    return _scaled(*train), _scaled(*test)


def _scaled(images: np.ndarray, labels: np.ndarray) -> Labelled:
    return np.divide(images, 255, dtype=np.float32)[..., np.newaxis], labels


def cnn(dense: int = 20) -> keras.Sequential:
    """Return the network of B2-1, untrained: (N, 28, 28, 1) to probabilities (N, 10).

    Args:
        dense: Units of the fully connected layer between the convolution and the output.
    """
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            keras.layers.Conv2D(32, (5, 5), activation="relu"),
            keras.layers.MaxPooling2D((2, 2)),
            keras.layers.Flatten(),
            keras.layers.Dense(dense, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def bpnn(hidden: int = 128) -> keras.Sequential:
    """Return a three-layer network without convolution, 784–``hidden``–10, untrained.

    It takes and returns what :func:`cnn` does. A network of this kind that learns by error
    backpropagation is called a backpropagation neural network (BPNN).
    """
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(hidden, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def model_setup(model: keras.Model, optimizer: str = "adam", lr: float = 0.001) -> keras.Model:
    """Make a model ready for training: cross-entropy loss, accuracy, and an optimizer.

    Args:
        model: Gives probabilities; it is changed in place.
        optimizer: ``"adam"`` or ``"sgd"``.
        lr: Learning rate.

    Returns:
        ``model`` itself.

    Raises:
        UnknownNameError: There is no such optimizer.
    """
    if optimizer not in _OPTIMIZERS:
        known = listed(_OPTIMIZERS)
        raise UnknownNameError(_UNKNOWN_OPTIMIZER.format(name=optimizer, known=known))
    model.compile(
        optimizer=_OPTIMIZERS[optimizer](learning_rate=lr),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


class ProgressBar(keras.callbacks.Callback):
    """Shows a bar over the epochs of a training, with the scores of the last one.

    Pass it as ``model.fit(…, verbose=0, callbacks=[ProgressBar()])``.
    """

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Begin the bar."""
        self._bar = progress_bar(total=self.params["epochs"], desc=str(EPOCH))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Move the bar by one epoch."""
        self._bar.set_postfix(logs, refresh=False)
        self._bar.update()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Take the bar away."""
        self._bar.close()


def misclassified(
    X: np.ndarray, y: np.ndarray, probabilities: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the images that a model gets wrong, their true and their predicted classes.

    Args:
        X: Images (N, ...).
        y: True classes (N,).
        probabilities: What the model predicts, (N, classes).
    """
    predict = probabilities.argmax(axis=1)
    wrong = predict != y
    return X[wrong], y[wrong], predict[wrong]


def run_seeds(
    make_model: Callable[[], keras.Model],
    train: Labelled,
    test: Labelled,
    seeds: Iterable[int],
    epochs: int,
) -> np.ndarray:
    """Train a network once a seed (Adam, lr 0.001, batch 128, 10 % validation) and test it.

    Args:
        make_model: Returns a new untrained network.
        train: ``(X_train, y_train)``.
        test: ``(X_test, y_test)``.
        seeds: A training each; integers.
        epochs: Of each training.

    Returns:
        Test accuracies (seeds,) in [0, 1].
    """
    accuracies = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        model = model_setup(make_model(), optimizer="adam", lr=0.001)
        fit_small(model, *train, epochs=epochs)
        accuracies.append(model.evaluate(*test, verbose=0)[1])
    return np.array(accuracies)
