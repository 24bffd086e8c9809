"""Figures of what channels answer: feature maps, and the images that excite a channel most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from helpers.errors import ShapeError, require_range
from helpers.internal.arrays import as_array, as_pictures, require_shape
from helpers.internal.figure import CLASS_COLOURS, course_style, figure_and_axes, new_figure
from helpers.internal.sentences import Sentence
from helpers.internal.tiles import GAP, PANEL, draw_tiles, tile

_NOT_MAPS = Sentence(
    ja="形が {shape} の配列は特徴マップとして描けません。1 枚の画像の (C, 高さ, 幅) にしてください。",
    en="An array of shape {shape} cannot be drawn as feature maps. Make it (C, height, width), those of one image.",
)
_NOT_EXCITING_IMAGES = Sentence(
    ja="形が {shape} の配列は、チャンネルごとの画像として描けません。(チャンネル数, 枚数, 1, H, W) か (チャンネル数, 枚数, 3, H, W) にしてください。",
    en="An array of shape {shape} cannot be drawn as images of each channel. Make it (channels, images, 1, H, W) or (channels, images, 3, H, W).",
)
_FEATURE_MAPS_ALT = Sentence(
    ja="{count} 枚の特徴マップを並べた図",
    en="A grid of {count} feature maps",
)
_EXCITING_ALT = Sentence(
    ja="チャンネルごとに、最も強く反応した {count} 枚の画像と、反応した場所",
    en="For each channel, the {count} images that it answers most strongly, and where",
)
_ACTIVATION = Sentence(ja="反応の強さ", en="Activation")


@course_style()
def plot_feature_maps(
    maps: ArrayLike, *, columns: int = 4, ax: Axes | None = None
) -> figure.Figure:
    """Draw the feature maps of one image in a grid, each titled with its channel, on one scale.

    Args:
        maps: (C, h, w), on any device.
        columns: Maps in a row.
        ax: Where to draw; a new figure if None.

    Raises:
        ShapeError: ``maps`` has another shape, or holds nothing.
        RangeError: ``columns`` is not positive.
    """
    require_range("columns", columns, 1)
    maps = as_array(maps)
    if maps.ndim != 3 or maps.size == 0:
        raise ShapeError(_NOT_MAPS.format(shape=maps.shape))
    columns = min(columns, len(maps))
    fig, ax = figure_and_axes(
        ax,
        width=1.3 * columns + 1,
        height=1.3 * -(-len(maps) // columns) + 0.3,
        description=_FEATURE_MAPS_ALT.format(count=len(maps)),
    )
    drawn = draw_tiles(
        ax, maps.astype(float), columns, range(len(maps)), fill=np.nan, cmap="viridis"
    )
    fig.colorbar(drawn, ax=ax, label=str(_ACTIVATION), aspect=30, fraction=0.05)
    return fig


@course_style()
def plot_exciting_images(
    images: ArrayLike,
    corners: ArrayLike,
    size: int,
    channels: Sequence[int],
) -> figure.Figure:
    """Draw the images that excite each channel most, a row a channel, with the patch it looked at.

    Args:
        images: (channels, k, 1, H, W) or (channels, k, 3, H, W): floats in [0, 1], or
            uint8.
        corners: (channels, k, 2): row and column of the first pixel of each patch. A patch may
            reach beyond the image, as padding does.
        size: Side of the patches in pixels, the receptive field of the layer.
        channels: Number of each channel, for the labels.

    Raises:
        ShapeError: ``images`` has another shape, or holds nothing, or ``corners`` or ``channels``
            are not as many.
    """
    images, corners = as_array(images), as_array(corners).astype(float)
    if images.ndim != 5 or images.shape[2] not in (1, 3):
        raise ShapeError(_NOT_EXCITING_IMAGES.format(shape=images.shape))
    rows, columns = images.shape[:2]
    require_shape("corners", corners, (rows, columns, 2))
    require_shape("channels", as_array(channels), (rows,))
    pictures = as_pictures(images.reshape(rows * columns, *images.shape[2:]))
    height, width = pictures.shape[1:3]
    description = _EXCITING_ALT.format(count=columns)
    fig = new_figure(PANEL * columns + 0.8, PANEL * rows + 0.2, description)
    ax = fig.subplots()
    ax.imshow(tile(pictures, columns, GAP), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    patches = _patches(corners, size, height, width)
    ax.add_collection(
        PatchCollection(patches, facecolor="none", edgecolor=CLASS_COLOURS[1], linewidth=1.5)
    )
    labels = [f"ch {channel}" for channel in channels]
    ax.set_yticks(np.arange(rows) * (height + GAP) + height / 2, labels=labels)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.set_frame_on(False)
    return fig


def _patches(corners: np.ndarray, size: int, height: int, width: int) -> list[Rectangle]:
    """Return where the patches lie on the canvas, without what reaches beyond their images."""
    first, last = np.maximum(corners, 0), np.minimum(corners + size, (height, width))
    rows, columns = corners.shape[:2]
    tiles = np.stack(np.mgrid[:rows, :columns], axis=-1) * (height + GAP, width + GAP)
    places, sizes = (tiles + first).reshape(-1, 2), (last - first).reshape(-1, 2)
    return [
        Rectangle((left - 0.5, top - 0.5), wide, high)
        for (top, left), (high, wide) in zip(places, sizes, strict=True)
    ]
