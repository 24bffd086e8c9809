"""Figures of a training run: its curves, and what the trained model confuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from helpers.errors import ShapeError
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
from helpers.internal.figure import (
    CLASS_COLOURS,
    TRAIN_COLOUR,
    VALID_COLOUR,
    course_style,
    figure_and_axes,
    new_figure,
    turn_long_names,
)
from helpers.internal.sentences import Sentence
from helpers.internal.words import NOTHING_TO_DRAW

if TYPE_CHECKING:
    from helpers.training import History

_LOSS_HISTORY_ALT = Sentence(
    ja="エポックごとの損失の折れ線グラフ",
    en="Curves of the loss over the epochs",
)
_CONFUSION_ALT = Sentence(
    ja="正解のクラスを行、予測したクラスを列とする混同行列",
    en="The confusion matrix: one row for each true class, one column for each predicted class",
)
_NUMBER_OF_MISTAKES = Sentence(ja="間違えた枚数", en="Number of mistakes")
_TRUE_CLASS = Sentence(ja="正解のクラス", en="True class")
_PREDICTED_CLASS = Sentence(ja="予測したクラス", en="Predicted class")


@course_style()
def plot_history(*histories: History) -> figure.Figure:
    """Draw the loss and, where there was validation, the accuracy of one or several training runs.

    Args:
        histories: What :func:`helpers.training.fit` returned for each run; colours repeat after
            ten.

    Raises:
        ShapeError: There is no run.
    """
    if not histories:
        raise ShapeError(NOTHING_TO_DRAW)
    validated = any(history.valid_accuracy for history in histories)
    width, description = (9, HISTORY_ALT) if validated else (6, _LOSS_HISTORY_ALT)
    fig = new_figure(width, 3.2, description)
    axes = fig.subplots(1, 1 + validated, squeeze=False)[0]
    loss_ax = axes[0]
    for index, history in enumerate(histories):
        several = len(histories) > 1
        own = CLASS_COLOURS[index % len(CLASS_COLOURS)]
        colours = (own, own) if several else (TRAIN_COLOUR, VALID_COLOUR)
        prefix = f"{history.recipe} " if several else ""
        draw_curve(loss_ax, history.train_loss, colours[0], f"{prefix}{TRAINING}", "--")
        draw_curve(loss_ax, history.valid_loss, colours[1], f"{prefix}{VALIDATION}")
        if validated:
            draw_curve(axes[1], history.valid_accuracy, colours[1])
    epochs = max(len(history.train_loss) for history in histories)
    loss_ax.set_title(LOSS)
    loss_ax.set_ylim(bottom=0)
    if validated:
        axes[1].set_title(ACCURACY)
    finish_curves(fig, axes, epochs)
    return fig


@course_style()
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

    Raises:
        ShapeError: The labels are not (N,), or the predictions are not as many.
        LabelError: A label is no index into ``classes``.
    """
    import seaborn as sns  # loads pandas and SciPy: a second that only heat maps are worth

    labels = as_labels(labels, classes)
    predictions = as_labels(predictions, classes, count=len(labels))
    size = len(classes)
    counts = np.bincount(size * labels + predictions, minlength=size**2).reshape(size, size)
    correct = np.eye(size, dtype=bool)
    fig, ax = figure_and_axes(ax, 6.4, 5.4, _CONFUSION_ALT)
    sns.heatmap(
        counts,
        mask=correct,
        annot=np.where(counts > 0, counts.astype(str), ""),
        fmt="",
        cmap="rocket_r",
        vmin=0,
        vmax=max(1, counts[~correct].max(initial=0)),
        square=True,
        linewidths=0.5,
        xticklabels=classes,
        yticklabels=classes,
        cbar_kws={"label": _NUMBER_OF_MISTAKES, "ticks": MaxNLocator(integer=True)},
        ax=ax,
    )
    for index, count in enumerate(np.diag(counts)):
        ax.text(index + 0.5, index + 0.5, count, ha="center", va="center")
    ax.set(xlabel=_PREDICTED_CLASS, ylabel=_TRUE_CLASS)
    ax.tick_params(length=0)
    ax.tick_params(axis="y", rotation=0)
    turn_long_names(ax, classes)
    return fig
