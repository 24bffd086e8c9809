"""Figures of a training run: its curves, and what the trained model confuses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib import figure
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from sklearn.metrics import confusion_matrix

from helpers import text
from helpers.plots.figure import (
    CLASS_COLOURS,
    TRAIN_COLOUR,
    VALID_COLOUR,
    figure_and_axes,
    new_figure,
)


def plot_history(*histories: object) -> figure.Figure:
    """Draw the loss and the accuracy of one or several training runs.

    Args:
        histories: :class:`helpers.training.History` of each run.
    """
    fig = new_figure(9, 3.4, text.HISTORY_ALT)
    loss_ax, accuracy_ax = fig.subplots(1, 2)
    for index, history in enumerate(histories):
        several = len(histories) > 1
        colours = (CLASS_COLOURS[index],) * 2 if several else (TRAIN_COLOUR, VALID_COLOUR)
        prefix = f"{history.recipe} " if several else ""
        _draw_curve(loss_ax, history.train_loss, colours[0], f"{prefix}{text.TRAINING}", "--")
        _draw_curve(loss_ax, history.valid_loss, colours[1], f"{prefix}{text.VALIDATION}")
        _draw_curve(accuracy_ax, history.valid_accuracy, colours[1], f"{prefix}{text.VALIDATION}")
    loss_ax.set(title=text.LOSS, xlabel=text.EPOCH, ylabel=text.LOSS)
    loss_ax.set_ylim(bottom=0)
    accuracy_ax.set(title=text.ACCURACY, xlabel=text.EPOCH, ylabel=text.ACCURACY)
    for ax in (loss_ax, accuracy_ax):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if ax.lines:
            ax.legend()
        ax.grid(alpha=0.3)
        sns.despine(ax=ax)
    return fig


def _draw_curve(ax: Axes, values: list[float], colour: str, label: str, style: str = "-") -> None:
    if values:
        epochs = range(1, len(values) + 1)
        ax.plot(epochs, values, style, color=colour, marker="o", markersize=4, label=label)


def plot_confusion(
    labels: ArrayLike, predictions: ArrayLike, classes: Sequence[str], *, ax: Axes | None = None
) -> figure.Figure:
    """Draw the confusion matrix: a row a true class, a column a predicted class.

    The diagonal is counted but not coloured, so that the few mistakes show.

    Args:
        labels: True classes (N,).
        predictions: Predicted classes (N,).
        classes: Name of each class.
        ax: Where to draw; a new figure if None.
    """
    counts = confusion_matrix(
        np.asarray(labels), np.asarray(predictions), labels=range(len(classes))
    )
    fig, ax = figure_and_axes(ax, 6.4, 5.4, text.CONFUSION_ALT)
    sns.heatmap(
        counts,
        mask=np.eye(len(classes), dtype=bool),
        annot=True,
        fmt="d",
        cmap="rocket_r",
        vmin=0,
        square=True,
        linewidths=0.5,
        xticklabels=classes,
        yticklabels=classes,
        cbar_kws={"label": text.NUMBER_OF_MISTAKES},
        ax=ax,
    )
    for index, correct in enumerate(np.diag(counts)):
        ax.text(index + 0.5, index + 0.5, correct, ha="center", va="center", weight="bold")
    ax.set(xlabel=text.PREDICTED_CLASS, ylabel=text.TRUE_CLASS)
    return fig
