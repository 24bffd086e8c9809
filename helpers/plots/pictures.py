"""Figures made of images: grids, mistakes, a single prediction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers.errors import ShapeError, require_range
from helpers.internal.arrays import (
    as_array,
    as_labels,
    as_pictures,
    require_shape,
    require_unit_range,
)
from helpers.internal.figure import (
    LONG_NAME,
    TRAIN_COLOUR,
    course_style,
    figure_and_axes,
    new_figure,
)
from helpers.internal.sentences import Sentence
from helpers.internal.tiles import as_titles, draw_tiles, gap_for, tile

__all__ = ["plot_images", "plot_misclassified", "plot_prediction", "tile"]

_IMAGES_ALT = Sentence(
    ja="{count} 枚の画像を並べた図",
    en="A grid of {count} images",
)
_MISCLASSIFIED_ALT = Sentence(
    ja="間違えた {count} 枚の画像",
    en="{count} misclassified images",
)
_NO_MISTAKES = Sentence(
    ja="間違いはありません。",
    en="There are no mistakes.",
)
_PREDICTION_ALT = Sentence(
    ja="1 枚の画像と、クラスごとの確率の棒グラフ",
    en="One image, and bars of the probability of each class",
)
_PROBABILITY = Sentence(ja="確率", en="Probability")
_NOT_PROBABILITIES = Sentence(
    ja="確率の形が {shape} です。クラスは {classes} 個なので、({classes},) にしてください。",
    en="The probabilities have shape {shape}. There are {classes} classes: make it ({classes},).",
)
_PROBABILITIES_OUT_OF_RANGE = Sentence(
    ja="確率が {low:g} から {high:g} まであります。ロジットなら、先に softmax をかけてください。",
    en="The probabilities go from {low:g} to {high:g}. If they are logits, apply softmax first.",
)

_ROW, _SMALLEST, _LARGEST = 6.0, 0.6, 1.2
"""Inches: pictures share the width of a row as far as they neither become small nor huge."""


@course_style()
def plot_images(
    images: ArrayLike,
    titles: ArrayLike | None = None,
    *,
    columns: int = 10,
    ax: Axes | None = None,
) -> figure.Figure:
    """Draw images in a grid, as one picture.

    Args:
        images: (N, 1, H, W), (N, 3, H, W) or (N, H, W); floats in [0, 1], or uint8.
        titles: A short text or number above each image.
        columns: Images in a row.
        ax: Where to draw; a new figure if None.

    Raises:
        ShapeError: ``images`` has another shape, or holds nothing, or there is not one title an
            image.
        RangeError: Pixels lie outside [0, 1], or ``columns`` is not positive.
    """
    require_range("columns", columns, 1)
    pictures = as_pictures(images)
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    height, width = pictures.shape[1:3]
    gap = gap_for(height, as_titles(titles, len(pictures)))
    inches = np.clip(_ROW / columns, _SMALLEST, _LARGEST) / width
    fig, ax = figure_and_axes(
        ax,
        width=max(inches * columns * (width + gap), 1.5),
        height=inches * rows * (height + gap) + 0.1,
        description=_IMAGES_ALT.format(count=len(pictures)),
    )
    draw_tiles(ax, pictures, columns, titles, cmap="gray", vmin=0, vmax=1)
    return fig


@course_style()
def plot_misclassified(
    images: ArrayLike,
    labels: ArrayLike,
    predictions: ArrayLike,
    classes: Sequence[str],
    *,
    confidences: ArrayLike | None = None,
    limit: int = 30,
) -> figure.Figure:
    """Draw misclassified images, titled "true → predicted".

    Args:
        images: (N, 1, H, W), (N, 3, H, W) or (N, H, W); floats in [0, 1], or uint8.
        labels: True classes (N,).
        predictions: Predicted classes (N,).
        classes: Name of each class.
        confidences: Probability (N,) of the predicted class; the surest mistakes then come first.
        limit: The most images to draw.

    Raises:
        ShapeError: ``images`` has another shape, or the labels or confidences are not one an image.
        LabelError: A label is no index into ``classes``.
        RangeError: Pixels lie outside [0, 1], or ``limit`` is not positive.
    """
    require_range("limit", limit, 1)
    images = as_array(images)
    count = len(as_pictures(images))
    labels, predictions = (
        as_labels(answers, classes, count=count) for answers in (labels, predictions)
    )
    wrong = np.flatnonzero(labels != predictions)
    if confidences is not None:
        confidences = as_array(confidences)
        require_shape("confidences", confidences, (count,))
        wrong = wrong[np.argsort(-confidences[wrong], kind="stable")]
    wrong = wrong[:limit]
    if len(wrong) == 0:
        fig = new_figure(4, 1, _NO_MISTAKES)
        fig.text(0.5, 0.5, _NO_MISTAKES, ha="center", va="center")
        return fig
    arrow = "\n→ " if max(map(len, classes)) > LONG_NAME else " → "
    titles = [f"{classes[labels[i]]}{arrow}{classes[predictions[i]]}" for i in wrong]
    fig = plot_images(images[wrong], titles)
    fig.description = _MISCLASSIFIED_ALT.format(count=len(wrong))
    return fig


@course_style()
def plot_prediction(
    image: ArrayLike, probabilities: ArrayLike, classes: Sequence[str]
) -> figure.Figure:
    """Draw one image beside the probability of each class.

    Args:
        image: (1, H, W) or (3, H, W) in [0, 1].
        probabilities: (classes,), in [0, 1].
        classes: Name of each class.

    Raises:
        ShapeError: ``image`` has another shape, or there is not one probability a class.
        RangeError: Pixels or probabilities lie outside [0, 1].
    """
    probabilities = as_array(probabilities)
    if probabilities.shape != (len(classes),):
        wrong = _NOT_PROBABILITIES.format(shape=probabilities.shape, classes=len(classes))
        raise ShapeError(wrong)
    require_unit_range(probabilities, _PROBABILITIES_OUT_OF_RANGE)
    fig = new_figure(6.4, 2.8, _PREDICTION_ALT)
    image_ax, bars_ax = fig.subplots(1, 2, width_ratios=[1, 1.6])
    image_ax.imshow(as_pictures(as_array(image)[None])[0], cmap="gray", vmin=0, vmax=1)
    image_ax.set_axis_off()
    # Placed by number: at a place by name, classes of one name would hide each other.
    places = range(len(classes))
    bars = bars_ax.barh(places, probabilities, tick_label=classes, color=TRAIN_COLOUR)
    bars_ax.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
    bars_ax.set(xlim=(0, 1.15), xlabel=_PROBABILITY)
    bars_ax.invert_yaxis()
    bars_ax.spines[["top", "right"]].set_visible(False)
    return fig
