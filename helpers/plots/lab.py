"""Figures of the lab sheet B2-1: a training's curves, kernels, and a gallery of digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import figure
from numpy.typing import ArrayLike

from helpers.data import CLASSES
from helpers.internal.arrays import as_labels
from helpers.internal.curves import (
    ACCURACY,
    HISTORY_ALT,
    LOSS,
    TRAINING,
    VALIDATION,
    draw_curve,
    finish_curves,
)
from helpers.internal.figure import TRAIN_COLOUR, VALID_COLOUR, course_style, new_figure
from helpers.internal.lab_checks import (
    channels_first,
    keras_pictures,
    kernels_of,
    name_of_accuracy,
    require_same_shape,
    validated_epochs,
)
from helpers.internal.sentences import Sentence
from helpers.internal.tiles import draw_tiles
from helpers.plots.filters import plot_filters

if TYPE_CHECKING:
    import keras

_CLASS_WITHOUT_IMAGES = Sentence(ja="{name} はなし", en="no {name}")
_GALLERY_ALT = Sentence(
    ja="列ごとに 1 つのクラスを並べた、{count} 枚の画像",
    en="{count} images, one column for each class",
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
    validated = validated_epochs(log, epochs, validation_freq)
    fig = new_figure(9, 3.2, HISTORY_ALT)
    axes = fig.subplots(1, 2)
    kinds = (name_of_accuracy(log), "loss")
    for ax, kind, title in zip(axes, kinds, (ACCURACY, LOSS), strict=True):
        draw_curve(ax, log.history.get(kind, []), TRAIN_COLOUR, TRAINING, "--", epochs)
        values = log.history.get(f"val_{kind}", [])
        draw_curve(ax, values, VALID_COLOUR, VALIDATION, epochs=validated)
        ax.set_title(title)
    axes[1].set_ylim(bottom=0)
    finish_curves(fig, axes, max(epochs, default=1))
    return fig


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
    kernels = kernels_of(model, layer_id)
    if before is None:
        return plot_filters(channels_first(kernels), columns=16)
    require_same_shape(before, kernels)
    return plot_filters(
        channels_first(before),
        channels_first(kernels),
        titles=(_BEFORE_TRAINING, _AFTER_TRAINING),
        columns=16,
    )


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
    pictures = keras_pictures(X)
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
