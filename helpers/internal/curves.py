"""Curves over the epochs of a training, for PyTorch's and for Keras's."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib import figure
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from helpers.internal.sentences import Sentence

HISTORY_ALT = Sentence(
    ja="エポックごとの損失と正解率の折れ線グラフ",
    en="Curves of the loss and the accuracy over the epochs",
)
TRAINING = Sentence(ja="訓練", en="Training")
VALIDATION = Sentence(ja="検証", en="Validation")
EPOCH = Sentence(ja="エポック", en="Epoch")
LOSS = Sentence(ja="損失", en="Loss")
ACCURACY = Sentence(ja="正解率", en="Accuracy")


def draw_curve(
    ax: Axes,
    values: Sequence[float],
    colour: str,
    label: str | None = None,
    style: str = "-",
    epochs: Sequence[int] | None = None,
) -> None:
    """Draw values at their epochs, which are 1, 2, … if None; nothing if there are none."""
    if values:
        places = range(1, len(values) + 1) if epochs is None else epochs
        ax.plot(places, values, style, color=colour, marker="o", markersize=4, label=label)


def finish_curves(fig: figure.Figure, axes: Sequence[Axes], epochs: int) -> None:
    """Give axes that share their curves' names an axis of epochs each, and one legend."""
    for ax in axes:
        ax.set(xlabel=EPOCH, xlim=(0.8, max(epochs, 1) + 0.2))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
    if axes[0].lines:
        # Beside the axes, since curves may run anywhere inside them.
        fig.legend(handles=axes[0].lines, loc="outside right upper", frameon=False)
