"""Figures made of images: grids, mistakes, a single prediction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib import figure
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers import text
from helpers.errors import ShapeError
from helpers.plots.figure import TRAIN_COLOUR, figure_and_axes, new_figure

_GAP = 2


def as_pictures(images: ArrayLike) -> np.ndarray:
    """Return images as an array (N, H, W) or (N, H, W, 3) with values in [0, 1].

    Args:
        images: (N, H, W), (N, 1, H, W) or (N, 3, H, W), on any device; uint8, or floats in [0, 1]
            (others are clipped).

    Raises:
        ShapeError: ``images`` has another shape, or holds nothing.
    """
    if hasattr(images, "detach"):
        images = (
            images.detach().cpu().float().numpy()
            if images.is_floating_point()
            else (images.cpu().numpy())
        )
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[1] == 1:
        images = images[:, 0]
    elif images.ndim == 4 and images.shape[1] == 3:
        images = images.transpose(0, 2, 3, 1)
    elif images.ndim != 3:
        raise ShapeError(text.NOT_IMAGES.format(shape=images.shape))
    if len(images) == 0:
        raise ShapeError(text.NO_IMAGES)
    return images / 255 if images.dtype == np.uint8 else np.clip(images, 0, 1)


def tile(pictures: np.ndarray, columns: int, gap: int = _GAP, fill: float = 1.0) -> np.ndarray:
    """Lay pictures (N, H, W) or (N, H, W, 3) out in rows on one canvas, ``gap`` pixels apart."""
    count, height, width = pictures.shape[:3]
    rows = -(-count // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, *pictures.shape[3:])
    canvas = np.full(shape, fill, dtype=pictures.dtype)
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        canvas[top : top + height, left : left + width] = picture
    return canvas


def plot_images(
    images: ArrayLike,
    titles: Sequence[object] | None = None,
    *,
    columns: int = 10,
    ax: Axes | None = None,
) -> figure.Figure:
    """Draw images in a grid, as one picture.

    Args:
        images: (N, 1, H, W), (N, 3, H, W) or (N, H, W); floats in [0, 1], or uint8.
        titles: A short text above each image.
        columns: Images in a row.
        ax: Where to draw; a new figure if None.

    Raises:
        ShapeError: ``images`` has another shape, or holds nothing.
    """
    pictures = as_pictures(images)
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    height, width = pictures.shape[1:3]
    # Titles get a gap as wide as a line of text.
    gap = _GAP if titles is None else height // 3
    fig, ax = figure_and_axes(
        ax,
        width=max(0.75 * columns, 2.5),
        height=(0.75 if titles is None else 1.0) * rows + 0.2,
        description=text.IMAGES_ALT.format(count=len(pictures)),
    )
    ax.imshow(tile(pictures, columns, gap), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    for index, title in enumerate(titles if titles is not None else ()):
        row, column = divmod(index, columns)
        left, top = column * (width + gap) + width / 2, row * (height + gap) - 2
        ax.text(left, top, str(title), ha="center", va="bottom", fontsize=8)
    ax.set_axis_off()
    return fig


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
        images: (N, 1, H, W) in [0, 1].
        labels: True classes (N,).
        predictions: Predicted classes (N,).
        classes: Name of each class.
        confidences: Probability (N,) of the predicted class; the surest mistakes then come first.
        limit: The most images to draw.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    wrong = np.flatnonzero(labels != predictions)
    if confidences is not None:
        wrong = wrong[np.argsort(-np.asarray(confidences)[wrong], kind="stable")]
    wrong = wrong[:limit]
    if len(wrong) == 0:
        fig = new_figure(4, 1, text.NO_MISTAKES)
        fig.text(0.5, 0.5, text.NO_MISTAKES, ha="center", va="center")
        return fig
    titles = [f"{classes[labels[i]]} → {classes[predictions[i]]}" for i in wrong]
    fig = plot_images(as_pictures(images)[wrong], titles)
    fig.description = text.MISCLASSIFIED_ALT.format(count=len(wrong))
    return fig


def plot_prediction(
    image: ArrayLike, probabilities: ArrayLike, classes: Sequence[str]
) -> figure.Figure:
    """Draw one image beside the probability of each class.

    Args:
        image: (1, H, W) or (3, H, W) in [0, 1].
        probabilities: (classes,), in [0, 1].
        classes: Name of each class.
    """
    fig = new_figure(6.4, 2.8, text.PREDICTION_ALT)
    image_ax, bars_ax = fig.subplots(1, 2, width_ratios=[1, 1.6])
    image_ax.imshow(as_pictures(image[None])[0], cmap="gray", vmin=0, vmax=1)
    image_ax.set_axis_off()
    bars = bars_ax.barh(classes, np.asarray(probabilities), color=TRAIN_COLOUR)
    bars_ax.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
    bars_ax.set(xlim=(0, 1.15), xlabel=text.PROBABILITY)
    bars_ax.invert_yaxis()
    sns.despine(ax=bars_ax)
    return fig
