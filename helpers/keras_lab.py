"""The Keras lab sheet B2-1: the functions that its students know by name, and its experiment.

Keras 3 runs on TensorFlow here, without PyTorch in the process. Images are (N, 28, 28, 1) in
[0, 1], with the channel axis last, and labels are integers (N,).
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from matplotlib import figure
from numpy.typing import ArrayLike

from helpers import text
from helpers.data import CLASSES, arrays
from helpers.errors import LayerError, RangeError, ShapeError, UnknownNameError
from helpers.plots.figure import TRAIN_COLOUR, VALID_COLOUR, as_labels, course_style, new_figure
from helpers.plots.filters import MOST_PANELS, plot_filters
from helpers.plots.pictures import draw_tiles
from helpers.plots.training import draw_curve, finish_curves
from helpers.progress import progress_bar


@contextlib.contextmanager
def _startup_notes_hidden() -> Iterator[None]:
    """Hide what TensorFlow's C++ part writes while it starts, unless that fails.

    It greets everybody with a page on CPU instructions and absent GPUs, some of it before it looks
    at its own log level.
    """
    with tempfile.TemporaryFile() as notes:
        standard_error = os.dup(2)
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except BaseException:
            notes.seek(0)
            os.write(standard_error, notes.read())
            raise
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)


# Each library reads its variable once, when it is imported. Level 1 leaves out mere notes.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
os.environ["KERAS_BACKEND"] = "tensorflow"
with _startup_notes_hidden():
    import keras
    import tensorflow as tf
    from keras import layers

    _DEVICE = "gpu" if tf.config.list_physical_devices("GPU") else "cpu"

Labelled = tuple[np.ndarray, np.ndarray]
"""Images float32 (N, 28, 28, 1) in [0, 1] and labels int64 (N,)."""

_OPTIMIZERS = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}
_CLASSES = CLASSES["MNIST"]
_GALLERY_ROWS = 5


def device() -> str:
    """Return what TensorFlow computes on: ``"gpu"`` or ``"cpu"``."""
    return _DEVICE


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
        raise RangeError(text.DATA_SIZE_OUT_OF_RANGE.format(size=data_size, most=len(labels)))
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
            layers.Conv2D(32, (5, 5), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(dense, activation="relu"),
            layers.Dense(10, activation="softmax"),
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
            layers.Flatten(),
            layers.Dense(hidden, activation="relu"),
            layers.Dense(10, activation="softmax"),
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
        known = text.LIST_SEPARATOR.join(_OPTIMIZERS)
        raise UnknownNameError(text.UNKNOWN_OPTIMIZER.format(name=optimizer, known=known))
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
        self._bar = progress_bar(total=self.params["epochs"], desc=text.EPOCH)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Move the bar by one epoch."""
        self._bar.set_postfix(logs, refresh=False)
        self._bar.update()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Take the bar away."""
        self._bar.close()


@course_style()
def plot_result(
    log: keras.callbacks.History, *, validation_freq: int | Sequence[int] | None = None
) -> figure.Figure:
    """Draw the accuracy and the loss of a training, an epoch a point.

    Args:
        log: What ``model.fit`` or :func:`fit_small` returned.
        validation_freq: What ``model.fit`` was given under this name, which its log does not tell:
            validated every so many epochs, or at the epochs of a list. Known of
            :func:`fit_small`; else every epoch if None.

    Raises:
        ShapeError: There are more or fewer validations than that.
    """
    if validation_freq is None:
        validation_freq = (log.params or {}).get("validation_freq", 1)
    epochs = [epoch + 1 for epoch in log.epoch]
    validated = _validated_epochs(log, epochs, validation_freq)
    fig = new_figure(9, 3.2, text.HISTORY_ALT)
    axes = fig.subplots(1, 2)
    kinds = (_name_of_accuracy(log), "loss")
    for ax, kind, title in zip(axes, kinds, (text.ACCURACY, text.LOSS), strict=True):
        draw_curve(ax, log.history.get(kind, []), TRAIN_COLOUR, text.TRAINING, "--", epochs)
        values = log.history.get(f"val_{kind}", [])
        draw_curve(ax, values, VALID_COLOUR, text.VALIDATION, epochs=validated)
        ax.set_title(title)
    axes[1].set_ylim(bottom=0)
    finish_curves(fig, axes, max(epochs, default=1))
    return fig


def _validated_epochs(
    log: keras.callbacks.History, epochs: Sequence[int], frequency: int | Sequence[int]
) -> list[int]:
    every_few = isinstance(frequency, int)
    validated = [
        epoch for epoch in epochs if (epoch % frequency == 0 if every_few else epoch in frequency)
    ]
    count = max((len(values) for name, values in log.history.items() if "val_" in name), default=0)
    if count not in (0, len(validated)):
        wrong = text.VALIDATED_AT_UNKNOWN_EPOCHS.format(epochs=len(epochs), count=count)
        raise ShapeError(wrong)
    return validated


def _name_of_accuracy(log: keras.callbacks.History) -> str:
    # Keras calls it as it was called in compile, such as "acc".
    return next((name for name in log.history if "acc" in name and "val_" not in name), "accuracy")


def plot_conv_filter(
    model: keras.Model, layer_id: int, *, before: ArrayLike | None = None
) -> figure.Figure:
    """Draw the kernels of a convolution on one zero-centred colour scale.

    Args:
        model: The model to look into.
        layer_id: Number of the convolution, counted from 0 among the convolutions alone, as in the
            lab sheet.
        before: The layer's earlier weights, (h, w, in, out): drawn beside those of now, on the same
            scale.

    Raises:
        LayerError: The model has no such convolution, or it has no weights yet.
        RangeError: It has more kernels than can be drawn.
        ShapeError: ``before`` has another shape than the weights of now.
    """
    kernels = _find_convolution(model, layer_id).kernel.numpy()
    count = kernels.shape[2] * kernels.shape[3]
    if count > MOST_PANELS:
        wrong = text.TOO_MANY_KERNELS.format(layer_id=layer_id, count=count, most=MOST_PANELS)
        raise RangeError(wrong)
    if before is None:
        return plot_filters(_channels_first(kernels), columns=16)
    if np.shape(before) != kernels.shape:
        wrong = text.BEFORE_WRONG_SHAPE.format(shape=np.shape(before), wanted=kernels.shape)
        raise ShapeError(wrong)
    return plot_filters(
        _channels_first(before),
        _channels_first(kernels),
        titles=(text.BEFORE_TRAINING, text.AFTER_TRAINING),
        columns=16,
    )


def _channels_first(kernels: ArrayLike) -> np.ndarray:
    """Bring weights from Keras's order (h, w, in, out) to (out, in, h, w)."""
    return np.transpose(kernels, (3, 2, 0, 1))


def _find_convolution(model: keras.Model, layer_id: int) -> layers.Conv2D:
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    if layer_id not in range(len(convolutions)):
        known = text.LIST_SEPARATOR.join(map(str, range(len(convolutions)))) or text.NONE
        raise LayerError(text.UNKNOWN_CONVOLUTION.format(layer_id=layer_id, known=known))
    if not convolutions[layer_id].built:
        raise LayerError(text.LAYER_WITHOUT_WEIGHTS.format(layer_id=layer_id))
    return convolutions[layer_id]


@course_style()
def random_plot(
    X: ArrayLike, y: ArrayLike, predict: ArrayLike | None = None, *, seed: int | None = None
) -> figure.Figure:
    """Draw a gallery of randomly chosen digits: five rows, a column a class.

    A class with fewer than five images leaves places empty; one without any is named.

    Args:
        X: Images (N, H, W, 1) or (N, H, W) in [0, 1].
        y: True classes (N,), 0 to 9.
        predict: Predicted classes (N,); the images are then titled "true -> predicted".
        seed: Of the choice; a new choice every time if None.

    Raises:
        ShapeError: ``X`` has another shape, or ``y`` or ``predict`` is not one class an image.
        LabelError: A class lies outside 0 to 9.
    """
    pictures = _pictures(X)
    titles = labels = as_labels(y, _CLASSES, count=len(pictures))
    if predict is not None:
        predicted = as_labels(predict, _CLASSES, count=len(pictures))
        titles = [f"{true} -> {guess}" for true, guess in zip(labels, predicted, strict=True)]
    order = np.random.default_rng(seed).permutation(len(pictures))
    columns = len(_CLASSES)
    tiles = np.ones((_GALLERY_ROWS * columns, *pictures.shape[1:]))
    names = [""] * len(tiles)
    chosen = [order[labels[order] == column][:_GALLERY_ROWS] for column in range(columns)]
    for column, places in enumerate(chosen):
        # The title of an image takes the place of this one.
        names[column] = text.CLASS_WITHOUT_IMAGES.format(name=_CLASSES[column])
        for row, index in enumerate(places):
            tiles[row * columns + column] = pictures[index]
            names[row * columns + column] = str(titles[index])
    fig = new_figure(7.6, 4.2, text.GALLERY_ALT.format(count=sum(map(len, chosen))))
    draw_tiles(fig.subplots(), tiles, columns, names, cmap="gray", vmin=0, vmax=1)
    return fig


def _pictures(X: ArrayLike) -> np.ndarray:
    pictures = np.asarray(X)
    if pictures.ndim == 4 and pictures.shape[-1] == 1:
        pictures = pictures[..., 0]
    if pictures.ndim != 3:
        raise ShapeError(text.NOT_KERAS_IMAGES.format(shape=np.shape(X)))
    return pictures


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


def fit_small(
    model: keras.Model,
    X: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int,
    batch_size: int = 128,
    validation_split: float = 0.1,
) -> keras.callbacks.History:
    """Train on a few images as ``model.fit`` does, in a fraction of the time.

    For arrays, ``fit`` sets up its supply of batches anew in every epoch, which takes longer than
    computing with a few hundred images. Here the images are handed to it as a data set instead.

    Args:
        model: Made ready by :func:`model_setup`; it is trained in place.
        X: Images (N, ...).
        y: Classes (N,).
        epochs: Passes over the images.
        batch_size: Images a batch; the last one may be smaller.
        validation_split: Share of the images, from the end, that only serves to validate, once
            after the last epoch.

    Returns:
        What ``model.fit`` returns.
    """
    count = int(len(X) * (1 - validation_split))
    options = tf.data.Options()
    # Finding the best number of threads takes longer than it saves.
    options.autotune.enabled = False
    train, valid = (
        tf.data.Dataset.from_tensor_slices(part).with_options(options)
        for part in ((X[:count], y[:count]), (X[count:], y[count:]))
    )
    if model.compiled:  # if not, `fit` says so
        # If the optimizer makes its variables within the first step, that step is traced twice.
        model.optimizer.build(model.trainable_variables)
    log = model.fit(
        train.shuffle(count).batch(batch_size),
        validation_data=valid.batch(batch_size),
        validation_freq=epochs,
        epochs=epochs,
        shuffle=False,  # the data set does it
        verbose=0,
    )
    log.params["validation_freq"] = epochs  # for plot_result, as Keras notes all but this
    return log


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
