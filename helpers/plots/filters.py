"""Figures of what is inside a convolution: its kernels, and the feature maps they make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from helpers.errors import LayerError, RangeError, UnknownNameError, require_range
from helpers.internal.arrays import as_kernels, as_pictures
from helpers.internal.figure import SIGNED, course_style, new_figure
from helpers.internal.sentences import Sentence
from helpers.internal.tiles import as_titles, draw_tiles, tile
from helpers.internal.words import NONE

if TYPE_CHECKING:
    from torch import nn

_NOT_A_CONVOLUTION = Sentence(
    ja="層「{name}」は {kind} です。フィルタを描けるのは畳み込み層だけです。このモデルの畳み込み層は {known} です。",
    en="Layer “{name}” is {kind}. Only convolutions have filters to draw. Those of this model: {known}.",
)
_NOT_THREE_CHANNELS = Sentence(
    ja="層「{name}」の入力は {channels} チャンネルです。色つきで描けるのは 3 チャンネルの層だけです。single_channel=True にしてください。",
    en="Layer “{name}” takes {channels} channels. Only layers that take 3 can be drawn in colour: set single_channel=True.",
)
_TOO_MANY_PANELS = Sentence(
    ja="カーネルが {count:,} 個あります。1 枚ずつ描けるのは {most:,} 個までです。plot_weights(model, layer, collated=True) なら、層全体を 1 枚に描けます。",
    en="There are {count:,} kernels. At most {most:,} can be drawn one by one. plot_weights(model, layer, collated=True) draws a whole layer as one picture.",
)
_UNKNOWN_SCALE = Sentence(
    ja="目盛 {name} はありません。使えるのは {known} です。",
    en="There is no scale {name}. There are: {known}.",
)
_FILTERS_ALT = Sentence(
    ja="{count:,} 個のカーネルを並べた図",
    en="A grid of {count:,} kernels",
)
_WEIGHT = Sentence(ja="重み", en="Weight")
_DEVIATION_TICKS = (
    Sentence(ja="平均 − 2σ", en="mean − 2σ"),
    Sentence(ja="平均", en="mean"),
    Sentence(ja="平均 + 2σ", en="mean + 2σ"),
)
_INPUT_CHANNEL = Sentence(ja="入力チャンネル", en="Input channel")
_OUTPUT_CHANNEL = Sentence(ja="出力チャンネル", en="Output channel")

Scale = Literal["shared", "kernel"]

# Its lightest grey still stands out from a white page.
_GREY = ListedColormap([str(level) for level in np.linspace(0, 0.92, 256)])
_PANEL = 0.75  # inches
MOST_PANELS = 4096
"""More kernels than that cannot be told apart on a page."""
_DEVIATIONS = 2
"""How many standard deviations either way :func:`standardise` keeps."""


def standardise(kernels: np.ndarray) -> np.ndarray:
    """Bring each kernel to a mean of 0.5 and a standard deviation of 1/4, clipped to [0, 1].

    That is the z-score, of which two standard deviations either way fill the range. Sign and
    strength are lost, the pattern is kept. A constant kernel becomes 0.5.

    Args:
        kernels: (N, ...): each of the N entries is standardised by itself, over all other axes.
    """
    kernels = np.asarray(kernels, dtype=float)
    axes = tuple(range(1, kernels.ndim))
    centred = kernels - kernels.mean(axis=axes, keepdims=True)
    # A constant kernel has no deviation that it could be divided by.
    deviations = centred.std(axis=axes, keepdims=True) + 1e-6
    return np.clip(0.5 + centred / deviations / (2 * _DEVIATIONS), 0, 1)


@course_style()
def plot_weights(
    model: nn.Module,
    layer: str | int,
    single_channel: bool = True,
    collated: bool = False,
) -> figure.Figure:
    """Draw the kernels of a convolution layer.

    Args:
        model: The model to look into.
        layer: Dotted module path such as ``"conv1"``, or an index into ``model.features``.
        single_channel: One grey panel for each pair of output and input channel, 12 in a row,
            titled "out,in", each kernel standardised (:func:`standardise`). If False, one panel in
            colour for each output channel, which takes a layer with three input channels.
        collated: All single channels of the layer as one heat map on one zero-centred scale, a row
            an input channel and a column an output channel. Colour panels stay as they are.

    Raises:
        LayerError: The model has no such layer, it is no convolution, or ``single_channel`` is
            False and it has not three input channels.
        ModelError: As :func:`helpers.training.predict`.
        RangeError: The layer has more kernels than panels can show.
    """
    name = f"features.{layer}" if isinstance(layer, int) else layer
    kernels = as_kernels(_find_convolution(model, name).weight)
    if not single_channel:
        return _plot_colour_kernels(kernels, name)
    return _plot_mosaic(kernels) if collated else plot_filters(kernels, scale="kernel")


def _find_convolution(model: nn.Module, name: str) -> nn.Conv2d:
    from torch import nn

    from helpers.hooks import find_layer
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


@course_style()
def plot_filters(
    weights: ArrayLike,
    *others: ArrayLike,
    titles: Sequence[str] | None = None,
    scale: Scale = "shared",
    columns: int = 12,
) -> figure.Figure:
    """Draw kernels, each titled "out,in"; those of several networks beside each other.

    Args:
        weights: (out, in, h, w) of a layer.
        others: The same of other networks, or of the same network at another time.
        titles: A title for each network.
        scale: ``"shared"``: one zero-centred colour scale for all kernels of all networks:
            it keeps sign and strength, and leaves weak kernels pale. ``"kernel"``: each by itself
            (:func:`standardise`), which shows every pattern and hides sign and strength. Kernels of
            1×1 have no pattern and are always on the shared scale.
        columns: Kernels in a row, counted over all networks.

    Raises:
        ShapeError: Weights are not (out, in, h, w), or hold nothing, or there is not one title a
            network.
        RangeError: There are more kernels than panels can show, or ``columns`` is not positive.
        UnknownNameError: There is no such scale.
    """
    if scale not in get_args(Scale):
        known = ", ".join(get_args(Scale))
        raise UnknownNameError(_UNKNOWN_SCALE.format(name=scale, known=known))
    require_range("columns", columns, 1)
    networks = [as_kernels(kernels) for kernels in (weights, *others)]
    headings = as_titles(titles, len(networks))
    panels = [kernels.reshape(-1, *kernels.shape[2:]) for kernels in networks]
    if all(kernels.shape[1:] == (1, 1) for kernels in panels):
        scale = "shared"
    most = max(len(kernels) for kernels in panels)
    if most > MOST_PANELS:
        raise RangeError(_TOO_MANY_PANELS.format(count=most, most=MOST_PANELS))
    columns = max(min(columns // len(panels), most), 1)
    rows = -(-most // columns)
    fig = _tight_figure(
        _PANEL * columns * len(panels) + 1.2,
        _PANEL * rows + (0.9 if headings else 0.5),
        sum(map(len, panels)),
    )
    axes = fig.subplots(1, len(panels), squeeze=False)[0]
    if scale == "kernel":
        panels = [standardise(kernels) for kernels in panels]
        options = {"cmap": _GREY, "vmin": 0, "vmax": 1}
    else:
        options = _zero_centred(*panels)
    for ax, network, kernels in zip(axes, networks, panels, strict=True):
        names = [f"{out},{into}" for out, into in np.ndindex(network.shape[:2])]
        drawn = draw_tiles(ax, kernels, columns, names, fill=np.nan, **options)
    for ax, heading in zip(axes, headings, strict=bool(headings)):
        ax.set_title(heading, pad=22)  # clear of the names of the first row
    _add_colour_bar(fig, drawn, axes, _PANEL * rows, scale)
    return fig


def _tight_figure(width: float, height: float, kernels: int) -> figure.Figure:
    fig = new_figure(width, height, _FILTERS_ALT.format(count=kernels))
    # Square tiles leave room beside the axes, which this layout takes away.
    fig.set_layout_engine("compressed", wspace=0.08)
    return fig


def _zero_centred(*kernels: np.ndarray) -> dict[str, object]:
    """Return a diverging colour scale, with zero in its middle, that all kernels fit into."""
    values = np.concatenate([np.abs(part).ravel() for part in kernels])
    # A training that failed leaves NaN behind, which is drawn white.
    limit = values[np.isfinite(values)].max(initial=0) or 1.0
    return {"cmap": SIGNED, "vmin": -limit, "vmax": limit}


def _add_colour_bar(
    fig: figure.Figure, drawn: AxesImage, axes: Sequence[Axes], height: float, scale: Scale
) -> None:
    """Add a colour bar to axes that are ``height`` inches high, and at least an inch of it."""
    bar = fig.colorbar(drawn, ax=axes, aspect=15, fraction=0.05, shrink=max(0.9, 1 / height))
    if scale == "kernel":
        bar.set_ticks([0, 0.5, 1], labels=map(str, _DEVIATION_TICKS))
    else:
        bar.ax.set_title(_WEIGHT, fontsize="medium")
        bar.ax.yaxis.set_major_locator(MaxNLocator(4))


def _plot_colour_kernels(kernels: np.ndarray, name: str) -> figure.Figure:
    """Draw each kernel (3, h, w) as a small colour picture, standardised over all its values."""
    if kernels.shape[1] != 3:
        raise LayerError(_NOT_THREE_CHANNELS.format(name=name, channels=kernels.shape[1]))
    pictures = as_pictures(standardise(kernels))
    columns = min(12, len(pictures))
    rows = -(-len(pictures) // columns)
    fig = _tight_figure(_PANEL * columns + 0.2, _PANEL * rows + 0.3, len(pictures))
    ax = fig.subplots()
    draw_tiles(ax, pictures, columns, range(len(pictures)))
    return fig


def _plot_mosaic(kernels: np.ndarray) -> figure.Figure:
    """Draw a whole layer as one heat map: a row an input channel, a column an output channel."""
    import seaborn as sns  # loads pandas and SciPy: a second that only heat maps are worth

    outputs, inputs, height, width = kernels.shape
    by_input = kernels.swapaxes(0, 1).reshape(-1, height, width)
    canvas = tile(by_input, columns=outputs, gap=1, fill=np.nan)
    # Inches a weight is wide: wide layers fill the page, the kernels of small ones stay small.
    weight = min(_PANEL / (width + 1), 9 / canvas.shape[1])
    ax, bar_ax = _axes_of_mosaic(*canvas.shape, weight)
    sns.heatmap(
        canvas,
        **_zero_centred(kernels),
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
