"""Maps of evidence: their colours, and figures that show them below the images they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers import text
from helpers.errors import ShapeError, UnknownNameError, require_range
from helpers.plots.figure import SIGNED, as_array, course_style, new_figure, require_unit_range
from helpers.plots.pictures import GAP, as_pictures, as_titles, draw_tiles

_COLOURS = {
    "inferno": cv2.COLORMAP_INFERNO,
    "magma": cv2.COLORMAP_MAGMA,
    "plasma": cv2.COLORMAP_PLASMA,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "hot": cv2.COLORMAP_HOT,
    "jet": cv2.COLORMAP_JET,
}


def overlay(
    images: ArrayLike, maps: ArrayLike, *, alpha: float = 0.5, cmap: str = "inferno"
) -> np.ndarray:
    """Return images with coloured maps laid over them: uint8 RGB, (N, H, W, 3).

    Args:
        images: (N, 1, H, W), (N, 3, H, W) or (N, H, W), floats in [0, 1] or uint8.
        maps: (N, h, w) with values in [0, 1] (NaN counts as 0), such as those of ``normalise``;
            enlarged to the size of the images (bilinear).
        alpha: Share of the map in the mixture, in [0, 1].
        cmap: ``"inferno"``, ``"magma"``, ``"plasma"``, ``"viridis"``, ``"hot"`` or ``"jet"``. Jet
            is not the default: its lightness rises and falls, so that it shows edges where the map
            has none, and colour-blind readers cannot tell its ends apart.

    Raises:
        ShapeError: ``images`` has another shape, or ``maps`` is not one map an image.
        RangeError: ``images``, ``maps`` or ``alpha`` lies outside its range.
        UnknownNameError: There is no such colour map.
    """
    require_range("alpha", alpha, 0, 1)
    if cmap not in _COLOURS:
        raise UnknownNameError(text.UNKNOWN_COLOURS.format(name=cmap, known=", ".join(_COLOURS)))
    pictures = _as_rgb(as_pictures(images))
    count, height, width = pictures.shape[:3]
    levels = _as_maps(maps, count)
    require_unit_range(levels, text.MAPS_OUT_OF_RANGE)
    levels = np.clip(np.nan_to_num(levels), 0, 1)
    levels = np.stack([cv2.resize(level, (width, height)) for level in levels])
    # OpenCV colours one picture at a time: the batch is one tall picture to it.
    tall = np.rint(levels * 255).astype(np.uint8).reshape(-1, width)
    coloured = cv2.cvtColor(cv2.applyColorMap(tall, _COLOURS[cmap]), cv2.COLOR_BGR2RGB)
    mixed = cv2.addWeighted(pictures.reshape(-1, width, 3), 1 - alpha, coloured, alpha, 0)
    return mixed.reshape(pictures.shape)


@course_style()
def plot_maps(
    images: ArrayLike,
    maps: ArrayLike | Mapping[str, ArrayLike],
    titles: Sequence[object] | None = None,
    *,
    cmap: str = "inferno",
) -> figure.Figure:
    """Draw images in a row and each kind of map in a row below, with the scale of its values.

    The maps of one row share one scale, from 0 to the largest value. A row with negative values
    gets a diverging scale with white at 0.

    Args:
        images: (N, 1, H, W), (N, 3, H, W) or (N, H, W) in [0, 1].
        maps: (N, h, w), or several of them by name: a row each.
        titles: A short text above each image.
        cmap: matplotlib's colour map for rows without negative values.

    Raises:
        ShapeError: ``images`` has another shape, ``maps`` is not one map an image or holds no
            maps, or there is not one title an image.
        RangeError: Pixels lie outside [0, 1].
    """
    pictures = as_pictures(images)
    rows = {name: _as_maps(values, len(pictures)) for name, values in _named(maps).items()}
    fig, axes = _rows(pictures, list(rows), titles, text.MAPS_ALT)
    for ax, values in zip(axes, rows.values(), strict=True):
        # NaN, which a training that failed leaves behind, takes no part in the scale.
        finite = values[np.isfinite(values)]
        highest = np.abs(finite).max(initial=0) or 1
        signed = finite.min(initial=0) < 0
        drawn = draw_tiles(
            ax,
            values,
            columns=len(values),
            fill=np.nan,
            cmap=SIGNED if signed else cmap,
            vmin=-highest if signed else 0,
            vmax=highest,
        )
        # Inside the axes' own frame, so that all rows keep one width.
        fig.colorbar(drawn, cax=ax.inset_axes([1.01, 0, 0.012, 1]))
    return fig


@course_style()
def plot_overlay(
    images: ArrayLike,
    maps: ArrayLike | Mapping[str, ArrayLike],
    titles: Sequence[object] | None = None,
    *,
    alpha: float = 0.5,
    cmap: str = "inferno",
) -> figure.Figure:
    """Draw images in a row and below them the images with each kind of map laid over.

    Args:
        images: (N, 1, H, W), (N, 3, H, W) or (N, H, W) in [0, 1].
        maps: (N, h, w) in [0, 1], or several of them by name: a row each.
        titles: A short text above each image.
        alpha: As for :func:`overlay`.
        cmap: As for :func:`overlay`.

    Raises:
        ShapeError: As for :func:`plot_maps`.
        RangeError, UnknownNameError: As for :func:`overlay`.
    """
    pictures = as_pictures(images)
    rows = _named(maps)
    fig, axes = _rows(pictures, list(rows), titles, text.OVERLAY_ALT)
    for ax, values in zip(axes, rows.values(), strict=True):
        mixed = overlay(images, values, alpha=alpha, cmap=cmap)
        draw_tiles(ax, mixed, columns=len(mixed), fill=255)
    return fig


def _named(maps: ArrayLike | Mapping[str, ArrayLike]) -> Mapping[str, ArrayLike]:
    if not isinstance(maps, Mapping):
        return {text.MAP: maps}
    if not maps:
        raise ShapeError(text.NOTHING_TO_DRAW)
    return maps


def _as_maps(maps: ArrayLike, count: int) -> np.ndarray:
    maps = as_array(maps)
    if maps.ndim != 3 or len(maps) != count or maps.size == 0:
        raise ShapeError(text.NOT_ONE_MAP_AN_IMAGE.format(shape=maps.shape, count=count))
    return maps.astype(np.float32)


def _as_rgb(pictures: np.ndarray) -> np.ndarray:
    pixels = np.rint(pictures * 255).astype(np.uint8)
    return pixels if pixels.ndim == 4 else np.repeat(pixels[..., None], 3, axis=-1)


def _rows(
    pictures: np.ndarray, names: Sequence[str], titles: Sequence[object] | None, description: str
) -> tuple[figure.Figure, list[Axes]]:
    """Return a figure with the pictures in its first row, and axes for a named row each below."""
    count, height, width = pictures.shape[:3]
    row_height = height / width
    headings = as_titles(titles, count)
    fig = new_figure(
        count + 2.2,
        (row_height + 0.12) * (len(names) + 1) + (0.3 if headings else 0),
        description.format(count=count, names=text.LIST_SEPARATOR.join(names)),
    )
    fig.get_layout_engine().set(w_pad=0.1)
    axes = fig.subplots(len(names) + 1, 1)
    draw_tiles(axes[0], pictures, columns=count, cmap="gray", vmin=0, vmax=1)
    for ax, name in zip(axes, [text.INPUT, *names], strict=True):
        ax.text(-0.01, 0.5, name, transform=ax.transAxes, ha="right", va="center")
    for index, heading in enumerate(headings):
        middle = index * (width + GAP) + (width - 1) / 2
        axes[0].text(middle, -2, heading, ha="center", va="bottom", fontsize=9)
    return fig, list(axes[1:])
