"""Figures made of images: grids, mistakes, a single prediction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from helpers import text
from helpers.errors import ShapeError, require_range
from helpers.plots.figure import (
    LONG_NAME,
    TRAIN_COLOUR,
    as_array,
    as_labels,
    course_style,
    figure_and_axes,
    new_figure,
    require_shape,
    require_unit_range,
)

GAP = 2
"""Pixels between the pictures of a grid."""
_ROW, _SMALLEST, _LARGEST = 6.0, 0.6, 1.2
"""Inches: pictures share the width of a row as far as they neither become small nor huge."""


def as_pictures(images: ArrayLike) -> np.ndarray:
    """Return images as an array (N, H, W) or (N, H, W, 3) with values in [0, 1].

    Args:
        images: (N, H, W), (N, 1, H, W) or (N, 3, H, W), on any device; uint8, or floats in [0, 1].

    Raises:
        ShapeError: ``images`` has another shape, or holds nothing.
        RangeError: Pixels lie outside [0, 1].
    """
    images = as_array(images)
    if images.ndim == 4 and images.shape[1] == 1:
        images = images[:, 0]
    elif images.ndim == 4 and images.shape[1] == 3:
        images = images.transpose(0, 2, 3, 1)
    elif images.ndim != 3:
        raise ShapeError(text.NOT_IMAGES.format(shape=images.shape))
    if images.size == 0:
        raise ShapeError(text.NO_IMAGES)
    if images.dtype == np.uint8:
        return images / 255
    require_unit_range(images, text.PIXELS_OUT_OF_RANGE)
    return np.clip(images, 0, 1).astype(float)


def tile(pictures: np.ndarray, columns: int, gap: int = GAP, fill: float = 1.0) -> np.ndarray:
    """Lay pictures (N, H, W) or (N, H, W, 3) out in rows on one canvas, ``gap`` pixels apart."""
    count, height, width = pictures.shape[:3]
    rows = -(-count // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, *pictures.shape[3:])
    canvas = np.full(shape, fill, dtype=pictures.dtype)
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        canvas[top : top + height, left : left + width] = picture
    return canvas


def draw_tiles(
    ax: Axes,
    pictures: np.ndarray,
    columns: int,
    titles: ArrayLike | None = None,
    *,
    fill: float = 1.0,
    **options: object,
) -> AxesImage:
    """Draw pictures in rows as one image, with a title above each; ``options`` are imshow's.

    Many axes of one picture each would take a hundred times as long.

    Raises:
        ShapeError: There is not one title a picture.
    """
    height, width = pictures.shape[1:3]
    names = as_titles(titles, len(pictures))
    gap = _gap(height, names)
    canvas = tile(pictures, columns, gap, fill)
    drawn = ax.imshow(canvas, interpolation="nearest", **options)
    for index, name in enumerate(names):
        row, column = divmod(index, columns)
        middle, top = column * (width + gap) + (width - 1) / 2, row * (height + gap) - 0.5
        ax.text(middle, top - 0.05 * height, name, ha="center", va="bottom", fontsize=8)
    ax.set_axis_off()
    return drawn


def as_titles(titles: ArrayLike | None, count: int) -> list[str]:
    """Return a text above each of ``count`` pictures; none at all if ``titles`` is None.

    Raises:
        ShapeError: There is not one title a picture.
    """
    if titles is None:
        return []
    # A text alone is one title, not one a letter.
    names = [str(title) for title in np.atleast_1d(as_array(titles))]
    if len(names) != count:
        raise ShapeError(text.WRONG_NUMBER_OF_TITLES.format(titles=len(names), images=count))
    return names


def _gap(height: int, names: Sequence[str]) -> int:
    """Return how many pixels pictures stand apart: a third of their height a line of text."""
    lines = max((name.count("\n") + 1 for name in names), default=0)
    return lines * max(round(height / 3), 1) or GAP


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
    gap = _gap(height, as_titles(titles, len(pictures)))
    inches = np.clip(_ROW / columns, _SMALLEST, _LARGEST) / width
    fig, ax = figure_and_axes(
        ax,
        width=max(inches * columns * (width + gap), 1.5),
        height=inches * rows * (height + gap) + 0.1,
        description=text.IMAGES_ALT.format(count=len(pictures)),
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
        fig = new_figure(4, 1, text.NO_MISTAKES)
        fig.text(0.5, 0.5, text.NO_MISTAKES, ha="center", va="center")
        return fig
    arrow = "\n→ " if max(map(len, classes)) > LONG_NAME else " → "
    titles = [f"{classes[labels[i]]}{arrow}{classes[predictions[i]]}" for i in wrong]
    fig = plot_images(images[wrong], titles)
    fig.description = text.MISCLASSIFIED_ALT.format(count=len(wrong))
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
        wrong = text.NOT_PROBABILITIES.format(shape=probabilities.shape, classes=len(classes))
        raise ShapeError(wrong)
    require_unit_range(probabilities, text.PROBABILITIES_OUT_OF_RANGE)
    fig = new_figure(6.4, 2.8, text.PREDICTION_ALT)
    image_ax, bars_ax = fig.subplots(1, 2, width_ratios=[1, 1.6])
    image_ax.imshow(as_pictures(as_array(image)[None])[0], cmap="gray", vmin=0, vmax=1)
    image_ax.set_axis_off()
    # Placed by number: at a place by name, classes of one name would hide each other.
    places = range(len(classes))
    bars = bars_ax.barh(places, probabilities, tick_label=classes, color=TRAIN_COLOUR)
    bars_ax.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
    bars_ax.set(xlim=(0, 1.15), xlabel=text.PROBABILITY)
    bars_ax.invert_yaxis()
    bars_ax.spines[["top", "right"]].set_visible(False)
    return fig
