"""How figures of kernels are laid out: panels, colour bars, and a whole layer as one heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from helpers.errors import LayerError
from helpers.internal.figure import SIGNED, new_figure
from helpers.internal.sentences import Sentence
from helpers.internal.tiles import PANEL, tile
from helpers.internal.words import NONE

if TYPE_CHECKING:
    from torch import nn

_NOT_A_CONVOLUTION = Sentence(
    ja="層「{name}」は {kind} です。フィルタを描けるのは畳み込み層だけです。このモデルの畳み込み層は {known} です。",
    en="Layer “{name}” is {kind}. Only convolutions have filters to draw. Those of this model: {known}.",
)
_FILTERS_ALT = Sentence(
    ja="{count:,} 個のカーネルを並べた図",
    en="A grid of {count:,} kernels",
)
_WEIGHT = Sentence(ja="重み", en="Weight")
_INPUT_CHANNEL = Sentence(ja="入力チャンネル", en="Input channel")
_OUTPUT_CHANNEL = Sentence(ja="出力チャンネル", en="Output channel")
_DEVIATION_TICKS = (
    Sentence(ja="平均 − 2σ", en="mean − 2σ"),
    Sentence(ja="平均", en="mean"),
    Sentence(ja="平均 + 2σ", en="mean + 2σ"),
)


def find_convolution(model: nn.Module, name: str) -> nn.Conv2d:
    """Return a convolution by its dotted path.

    Raises:
        LayerError: The model has no such layer, or it is no convolution.
        ModelError: As :func:`helpers.internal.fitting.check_model`.
    """
    from torch import nn

    from helpers.internal.finding import find_layer
    from helpers.internal.fitting import check_model

    layer = find_layer(model, name)
    if not isinstance(layer, nn.Conv2d):
        convolutions = [
            path for path, module in model.named_modules() if isinstance(module, nn.Conv2d)
        ]
        known = ", ".join(convolutions) or str(NONE)
        kind = type(layer).__name__
        raise LayerError(_NOT_A_CONVOLUTION.format(name=name, kind=kind, known=known))
    check_model(model)
    return layer


def tight_figure(width: float, height: float, kernels: int) -> figure.Figure:
    """Return an empty figure for square tiles, close to each other."""
    fig = new_figure(width, height, _FILTERS_ALT.format(count=kernels))
    # Square tiles leave room beside the axes, which this layout takes away.
    fig.set_layout_engine("compressed", wspace=0.08)
    return fig


def zero_centred(*kernels: np.ndarray) -> dict[str, object]:
    """Return a diverging colour scale, with zero in its middle, that all kernels fit into."""
    values = np.concatenate([np.abs(part).ravel() for part in kernels])
    # A training that failed leaves NaN behind, which is drawn white.
    limit = values[np.isfinite(values)].max(initial=0) or 1.0
    return {"cmap": SIGNED, "vmin": -limit, "vmax": limit}


def add_colour_bar(
    fig: figure.Figure, drawn: AxesImage, axes: Sequence[Axes], height: float, scale: str
) -> None:
    """Add a colour bar to axes that are ``height`` inches high, and at least an inch of it."""
    bar = fig.colorbar(drawn, ax=axes, aspect=15, fraction=0.05, shrink=max(0.9, 1 / height))
    if scale == "kernel":
        bar.set_ticks([0, 0.5, 1], labels=map(str, _DEVIATION_TICKS))
    else:
        bar.ax.set_title(_WEIGHT, fontsize="medium")
        bar.ax.yaxis.set_major_locator(MaxNLocator(4))


def mosaic_of(kernels: np.ndarray) -> figure.Figure:
    """Draw a whole layer as one heat map: a row an input channel, a column an output channel."""
    import seaborn as sns  # loads pandas and SciPy: a second that only heat maps are worth

    outputs, inputs, height, width = kernels.shape
    by_input = kernels.swapaxes(0, 1).reshape(-1, height, width)
    canvas = tile(by_input, columns=outputs, gap=1, fill=np.nan)
    # Inches a weight is wide: wide layers fill the page, the kernels of small ones stay small.
    weight = min(PANEL / (width + 1), 9 / canvas.shape[1])
    ax, bar_ax = _axes_of_mosaic(*canvas.shape, weight)
    sns.heatmap(
        canvas,
        **zero_centred(kernels),
        square=True,
        xticklabels=False,
        yticklabels=False,
        cbar_ax=bar_ax,
        cbar_kws={"ticks": MaxNLocator(4)},
        ax=ax,
    )
    shown_outputs, shown_inputs = _channels_to_number(outputs), _channels_to_number(inputs)
    ax.set_xticks(shown_outputs * (width + 1) + width / 2, labels=shown_outputs)
    ax.set_yticks(shown_inputs * (height + 1) + height / 2, labels=shown_inputs, rotation=0)
    ax.set(xlabel=_OUTPUT_CHANNEL, ylabel=_INPUT_CHANNEL)
    bar_ax.set_title(_WEIGHT, fontsize="medium")
    ax.figure.description = _FILTERS_ALT.format(count=outputs * inputs)
    return ax.figure


def _axes_of_mosaic(rows: int, columns: int, weight: float) -> tuple[Axes, Axes]:
    """Return axes for weights that are ``weight`` inches wide, and axes for their colour bar.

    They are placed by hand: an automatic layout takes longer than all the rest of the drawing.
    """
    width, height = columns * weight, rows * weight
    fig = new_figure(width + 1.8, height + 1.1, description="")
    fig.set_layout_engine("none")
    bar_height = max(0.8 * height, 0.8)
    boxes = [
        (0.7, 0.6, width, height),
        (width + 0.9, 0.6 + (height - bar_height) / 2, 0.15, bar_height),
    ]
    size = (*fig.get_size_inches(), *fig.get_size_inches())
    mosaic, bar = (fig.add_axes(np.divide(box, size)) for box in boxes)
    return mosaic, bar


def _channels_to_number(count: int) -> np.ndarray:
    return np.arange(0, count, 8 if count > 16 else 1)
