"""Figures of what is inside a convolution: its kernels, and the feature maps they make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from matplotlib import figure
from matplotlib.colors import ListedColormap
from numpy.typing import ArrayLike

from helpers.errors import LayerError, RangeError, UnknownNameError, require_range
from helpers.internal.arrays import as_kernels, as_pictures
from helpers.internal.figure import course_style
from helpers.internal.kernels import (
    add_colour_bar,
    find_convolution,
    mosaic_of,
    tight_figure,
    zero_centred,
)
from helpers.internal.sentences import Sentence
from helpers.internal.tiles import MOST_PANELS, PANEL, as_titles, draw_tiles

if TYPE_CHECKING:
    from torch import nn

_NOT_THREE_CHANNELS = Sentence(
    ja="層「{name}」の入力は {channels} チャンネルです。色つきで描けるのは 3 チャンネルの層だけです。single_channel=True にしてください。",
    en="Layer “{name}” takes {channels} channels. Only layers that take 3 can be drawn in "
    "color: set single_channel=True.",
)
_TOO_MANY_PANELS = Sentence(
    ja="カーネルが {count:,} 個あります。1 枚ずつ描けるのは {most:,} 個までです。plot_weights(model, layer, collated=True) なら、層全体を 1 枚に描けます。",
    en="There are {count:,} kernels. At most {most:,} can be drawn one by one. plot_weights(model, layer, collated=True) draws a whole layer as one picture.",
)
_UNKNOWN_SCALE = Sentence(
    ja="目盛 {name} はありません。使えるのは {known} です。",
    en="There is no scale {name}. There are: {known}.",
)

Scale = Literal["shared", "kernel"]

# Its lightest grey still stands out from a white page.
_GREY = ListedColormap([str(level) for level in np.linspace(0, 0.92, 256)])
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
    kernels = as_kernels(find_convolution(model, name).weight)
    if not single_channel:
        return _plot_colour_kernels(kernels, name)
    return mosaic_of(kernels) if collated else plot_filters(kernels, scale="kernel")


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
    fig = tight_figure(
        PANEL * columns * len(panels) + 1.2,
        PANEL * rows + (0.9 if headings else 0.5),
        sum(map(len, panels)),
    )
    axes = fig.subplots(1, len(panels), squeeze=False)[0]
    if scale == "kernel":
        panels = [standardise(kernels) for kernels in panels]
        options = {"cmap": _GREY, "vmin": 0, "vmax": 1}
    else:
        options = zero_centred(*panels)
    for ax, network, kernels in zip(axes, networks, panels, strict=True):
        names = [f"{out},{into}" for out, into in np.ndindex(network.shape[:2])]
        drawn = draw_tiles(ax, kernels, columns, names, fill=np.nan, **options)
    for ax, heading in zip(axes, headings, strict=bool(headings)):
        ax.set_title(heading, pad=22)  # clear of the names of the first row
    add_colour_bar(fig, drawn, axes, PANEL * rows, scale)
    return fig


def _plot_colour_kernels(kernels: np.ndarray, name: str) -> figure.Figure:
    """Draw each kernel (3, h, w) as a small colour picture, standardised over all its values."""
    if kernels.shape[1] != 3:
        raise LayerError(_NOT_THREE_CHANNELS.format(name=name, channels=kernels.shape[1]))
    pictures = as_pictures(standardise(kernels))
    columns = min(12, len(pictures))
    rows = -(-len(pictures) // columns)
    fig = tight_figure(PANEL * columns + 0.2, PANEL * rows + 0.3, len(pictures))
    ax = fig.subplots()
    draw_tiles(ax, pictures, columns, range(len(pictures)))
    return fig
