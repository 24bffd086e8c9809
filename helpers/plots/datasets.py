"""Figures of a data set: how many images a class has, which values pixels take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib import figure
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers import text
from helpers.plots.figure import TRAIN_COLOUR, figure_and_axes, new_figure


def plot_class_counts(
    labels: ArrayLike, classes: Sequence[str], *, ax: Axes | None = None
) -> figure.Figure:
    """Draw how many images each class has.

    Args:
        labels: (N,), integers.
        classes: Name of each class.
        ax: Where to draw; a new figure if None.
    """
    counts = np.bincount(np.asarray(labels), minlength=len(classes))
    fig, ax = figure_and_axes(ax, 6.4, 3.2, text.CLASS_COUNTS_ALT)
    bars = ax.bar(classes, counts, color=TRAIN_COLOUR)
    ax.bar_label(bars, fontsize=8)
    ax.axhline(counts.mean(), color="black", linewidth=1, linestyle="--", label=text.MEAN)
    ax.set(xlabel=text.CLASS, ylabel=text.NUMBER_OF_IMAGES)
    ax.margins(y=0.15)
    ax.legend(loc="lower right")
    sns.despine(ax=ax)
    return fig


def plot_pixel_histogram(before: ArrayLike, after: ArrayLike, *, bins: int = 51) -> figure.Figure:
    """Draw how often each pixel value occurs, before and after normalising, side by side.

    Args:
        before: Pixels in [0, 1], any shape.
        after: The same pixels, normalised.
        bins: Bars of each histogram.
    """
    fig = new_figure(8, 3, text.HISTOGRAM_ALT)
    parts = ((text.BEFORE_NORMALISING, before), (text.AFTER_NORMALISING, after))
    for ax, (title, pixels) in zip(fig.subplots(1, 2, sharey=True), parts, strict=True):
        pixels = np.asarray(pixels).ravel()
        ax.hist(pixels, bins=bins, color=TRAIN_COLOUR, log=True)
        mean = pixels.mean()
        ax.axvline(mean, color="black", linestyle="--", label=f"{text.MEAN} {mean:.2f}")
        ax.set(title=title, xlabel=text.PIXEL_VALUE)
        ax.legend()
        sns.despine(ax=ax)
    fig.axes[0].set_ylabel(text.NUMBER_OF_PIXELS)
    return fig
