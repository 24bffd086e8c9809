"""Maps of evidence, below the images that they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import figure
from numpy.typing import ArrayLike

from helpers.internal.arrays import as_maps, as_pictures
from helpers.internal.figure import SIGNED, course_style
from helpers.internal.overlay import overlay
from helpers.internal.rows import named_maps, picture_rows
from helpers.internal.sentences import Sentence
from helpers.internal.tiles import draw_tiles

_MAPS_ALT = Sentence(
    ja="{count} 枚の画像と、その下に並べたマップ（{names}）",
    en="{count} images, and below them their maps ({names})",
)
_OVERLAY_ALT = Sentence(
    ja="{count} 枚の画像と、その下に並べた、マップを重ねた画像（{names}）",
    en="{count} images, and below them the images with maps laid over ({names})",
)


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
    rows = {name: as_maps(values, len(pictures)) for name, values in named_maps(maps).items()}
    fig, axes = picture_rows(pictures, list(rows), titles, _MAPS_ALT)
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
    rows = named_maps(maps)
    fig, axes = picture_rows(pictures, list(rows), titles, _OVERLAY_ALT)
    for ax, values in zip(axes, rows.values(), strict=True):
        mixed = overlay(images, values, alpha=alpha, cmap=cmap)
        draw_tiles(ax, mixed, columns=len(mixed), fill=255)
    return fig
