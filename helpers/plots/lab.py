"""Figures of the lab sheet B2-1: a training's curves, kernels, and a gallery of digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import figure
from numpy.typing import ArrayLike

from helpers.data import CLASSES
from helpers.errors import LayerError, RangeError, ShapeError
from helpers.internal.arrays import as_labels
from helpers.internal.figure import TRAIN_COLOUR, VALID_COLOUR, course_style, new_figure
from helpers.internal.sentences import Sentence
from helpers.internal.tiles import draw_tiles
from helpers.internal.words import LIST_SEPARATOR, NONE
from helpers.plots.filters import MOST_PANELS, plot_filters
from helpers.plots.training import (
    ACCURACY,
    HISTORY_ALT,
    LOSS,
    TRAINING,
    VALIDATION,
    draw_curve,
    finish_curves,
)

if TYPE_CHECKING:
    import keras

_UNKNOWN_CONVOLUTION = Sentence(
    ja="畳み込み層 {layer_id} はありません。layer_id は、畳み込み層だけを 0 から数えた番号です。このモデルの畳み込み層は {known} です。",
    en="There is no convolution {layer_id}. layer_id counts the convolutions alone, from 0. Those of this model: {known}.",
)
_LAYER_WITHOUT_WEIGHTS = Sentence(
    ja="畳み込み層 {layer_id} には、まだ重みがありません。モデルの最初に keras.Input を置いてください。",
    en="Convolution {layer_id} has no weights yet. Begin the model with keras.Input.",
)
_TOO_MANY_KERNELS = Sentence(
    ja="畳み込み層 {layer_id} のカーネルは {count:,} 個あります。描けるのは {most:,} 個までです。カーネルの少ない層を選んでください。",
    en="Convolution {layer_id} has {count:,} kernels. At most {most:,} can be drawn. Choose a layer with fewer.",
)
_BEFORE_WRONG_SHAPE = Sentence(
    ja="before の形が {shape} です。同じ層の、前の重みを渡してください。形は {wanted} になるはずです。",
    en="before has shape {shape}. Pass earlier weights of the same layer; their shape must be {wanted}.",
)
_VALIDATED_AT_UNKNOWN_EPOCHS = Sentence(
    ja="エポックは {epochs} 個、検証の値は {count} 個です。どのエポックの値なのか、記録からはわかりません。fit に渡した validation_freq を、plot_result にも渡してください。",
    en="There are {epochs} epochs and {count} validations. The log does not tell at which epochs. Pass the validation_freq of fit to plot_result, too.",
)
_NOT_KERAS_IMAGES = Sentence(
    ja="X の形が {shape} です。(N, 28, 28, 1) にしてください。",
    en="X has shape {shape}. Make it (N, 28, 28, 1).",
)
_CLASS_WITHOUT_IMAGES = Sentence(ja="{name} はなし", en="no {name}")
_GALLERY_ALT = Sentence(
    ja="列ごとに 1 つのクラスを並べた、{count} 枚の画像",
    en="{count} images, a column a class",
)
_BEFORE_TRAINING = Sentence(ja="学習前", en="Before training")
_AFTER_TRAINING = Sentence(ja="学習後", en="After training")

_CLASSES = CLASSES["MNIST"]
_GALLERY_ROWS = 5


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
    fig = new_figure(9, 3.2, HISTORY_ALT)
    axes = fig.subplots(1, 2)
    kinds = (_name_of_accuracy(log), "loss")
    for ax, kind, title in zip(axes, kinds, (ACCURACY, LOSS), strict=True):
        draw_curve(ax, log.history.get(kind, []), TRAIN_COLOUR, TRAINING, "--", epochs)
        values = log.history.get(f"val_{kind}", [])
        draw_curve(ax, values, VALID_COLOUR, VALIDATION, epochs=validated)
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
        wrong = _VALIDATED_AT_UNKNOWN_EPOCHS.format(epochs=len(epochs), count=count)
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
        wrong = _TOO_MANY_KERNELS.format(layer_id=layer_id, count=count, most=MOST_PANELS)
        raise RangeError(wrong)
    if before is None:
        return plot_filters(_channels_first(kernels), columns=16)
    if np.shape(before) != kernels.shape:
        wrong = _BEFORE_WRONG_SHAPE.format(shape=np.shape(before), wanted=kernels.shape)
        raise ShapeError(wrong)
    return plot_filters(
        _channels_first(before),
        _channels_first(kernels),
        titles=(_BEFORE_TRAINING, _AFTER_TRAINING),
        columns=16,
    )


def _channels_first(kernels: ArrayLike) -> np.ndarray:
    """Bring weights from Keras's order (h, w, in, out) to (out, in, h, w)."""
    return np.transpose(kernels, (3, 2, 0, 1))


def _find_convolution(model: keras.Model, layer_id: int) -> keras.layers.Conv2D:
    from keras import layers

    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    if layer_id not in range(len(convolutions)):
        known = str(LIST_SEPARATOR).join(map(str, range(len(convolutions)))) or str(NONE)
        raise LayerError(_UNKNOWN_CONVOLUTION.format(layer_id=layer_id, known=known))
    if not convolutions[layer_id].built:
        raise LayerError(_LAYER_WITHOUT_WEIGHTS.format(layer_id=layer_id))
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
        names[column] = _CLASS_WITHOUT_IMAGES.format(name=_CLASSES[column])
        for row, index in enumerate(places):
            tiles[row * columns + column] = pictures[index]
            names[row * columns + column] = str(titles[index])
    fig = new_figure(7.6, 4.2, _GALLERY_ALT.format(count=sum(map(len, chosen))))
    draw_tiles(fig.subplots(), tiles, columns, names, cmap="gray", vmin=0, vmax=1)
    return fig


def _pictures(X: ArrayLike) -> np.ndarray:
    pictures = np.asarray(X)
    if pictures.ndim == 4 and pictures.shape[-1] == 1:
        pictures = pictures[..., 0]
    if pictures.ndim != 3:
        raise ShapeError(_NOT_KERAS_IMAGES.format(shape=np.shape(X)))
    return pictures
