"""Figures of a data set: how many images a class has, which values pixels take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter
from numpy.typing import ArrayLike

from helpers.internal.arrays import as_array, as_labels
from helpers.internal.figure import (
    TRAIN_COLOUR,
    course_style,
    figure_and_axes,
    new_figure,
    turn_long_names,
)
from helpers.internal.sentences import Sentence
from helpers.internal.words import CLASS

_CLASS_COUNTS_ALT = Sentence(
    ja="クラスごとの枚数の棒グラフ",
    en="Bars of the number of images of each class",
)
_HISTOGRAM_ALT = Sentence(
    ja="正規化の前と後の画素値のヒストグラム",
    en="Histograms of the pixel values before and after normalizing",
)
_MEAN = Sentence(ja="平均", en="Mean")
_NUMBER_OF_IMAGES = Sentence(ja="枚数", en="Number of images")
_NUMBER_OF_PIXELS = Sentence(
    ja="画素の個数（対数目盛）",
    en="Number of pixels (log scale)",
)
_PIXEL_VALUE = Sentence(ja="画素の値", en="Pixel value")
_BEFORE_NORMALISING = Sentence(ja="正規化の前", en="Before normalizing")
_AFTER_NORMALISING = Sentence(ja="正規化の後", en="After normalizing")


@course_style()
def plot_class_counts(
    labels: ArrayLike, classes: Sequence[str], *, ax: Axes | None = None
) -> figure.Figure:
    """Draw how many images each class has.

    Args:
        labels: (N,), integers.
        classes: Name of each class.
        ax: Where to draw; a new figure if None.

    Raises:
        ShapeError: ``labels`` has another shape.
        LabelError: A label is no index into ``classes``.
    """
    counts = np.bincount(as_labels(labels, classes), minlength=len(classes))
    fig, ax = figure_and_axes(ax, 6.4, 3.2, _CLASS_COUNTS_ALT)
    # Placed by number: at a place by name, classes of one name would hide each other.
    bars = ax.bar(range(len(classes)), counts, tick_label=classes, color=TRAIN_COLOUR)
    ax.bar_label(bars, label_type="center", fontsize=9)
    ax.axhline(counts.mean(), color="black", linewidth=1, linestyle="--", label=_MEAN)
    ax.set(xlabel=CLASS, ylabel=_NUMBER_OF_IMAGES)
    turn_long_names(ax, classes)
    # Above the axes, where no bar reaches.
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return fig


@course_style()
def plot_pixel_histogram(before: ArrayLike, after: ArrayLike, *, bins: int = 51) -> figure.Figure:
    """Draw how often each pixel value occurs, before and after normalising, side by side.

    Args:
        before: Pixels in [0, 1], any shape.
        after: The same pixels, normalised.
        bins: Bars of each histogram.
    """
    fig = new_figure(8, 3, _HISTOGRAM_ALT)
    parts = ((_BEFORE_NORMALISING, before), (_AFTER_NORMALISING, after))
    for ax, (title, pixels) in zip(fig.subplots(1, 2, sharey=True), parts, strict=True):
        pixels = as_array(pixels).ravel()
        ax.hist(pixels, bins=bins, color=TRAIN_COLOUR, log=True)
        mean = pixels.mean()
        ax.axvline(mean, color="black", linestyle="--", label=f"{_MEAN} {mean:.2f}")
        # Plain numbers, as matplotlib would write powers of ten as mathematics.
        ax.yaxis.set_major_formatter("{x:,.0f}")
        ax.yaxis.set_minor_formatter(NullFormatter())
        ax.set(title=title, xlabel=_PIXEL_VALUE)
        ax.legend(frameon=False)
        ax.spines[["top", "right"]].set_visible(False)
    fig.axes[0].set_ylabel(_NUMBER_OF_PIXELS)
    return fig
