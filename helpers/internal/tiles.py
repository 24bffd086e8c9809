"""Many pictures as one: laid out on one canvas, a hundred times faster than axes for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from helpers.errors import ShapeError
from helpers.internal.arrays import as_array
from helpers.internal.sentences import Sentence

_WRONG_NUMBER_OF_TITLES = Sentence(
    ja="題が {titles} 個、画像が {images} 枚です。同じ数にしてください。",
    en="There are {titles} titles and {images} images. Their numbers must be equal.",
)

GAP = 2
"""Pixels between the pictures of a grid."""
PANEL = 0.75
"""Inches a kernel, or a small picture, is wide."""
MOST_PANELS = 4096
"""More kernels than that cannot be told apart on a page."""


def tile(pictures: np.ndarray, columns: int, gap: int = GAP, fill: float = 1.0) -> np.ndarray:
    """Lay pictures (N, H, W) or (N, H, W, 3) out in rows on one canvas, ``gap`` pixels apart."""
    count, height, width = pictures.shape[:3]
    rows = -(-count // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, *pictures.shape[3:])
    canvas = np.full(shape, fill, dtype=pictures.dtype)
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        canvas[top : top + height, left : left + width] = picture
    return canvas


def draw_tiles(
    ax: Axes,
    pictures: np.ndarray,
    columns: int,
    titles: ArrayLike | None = None,
    *,
    fill: float = 1.0,
    **options: object,
) -> AxesImage:
    """Draw pictures in rows as one image, with a title above each; ``options`` are imshow's.

    Many axes of one picture each would take a hundred times as long.

    Raises:
        ShapeError: There is not one title a picture.
    """
    height, width = pictures.shape[1:3]
    names = as_titles(titles, len(pictures))
    gap = gap_for(height, names)
    canvas = tile(pictures, columns, gap, fill)
    drawn = ax.imshow(canvas, interpolation="nearest", **options)
    for index, name in enumerate(names):
        row, column = divmod(index, columns)
        middle, top = column * (width + gap) + (width - 1) / 2, row * (height + gap) - 0.5
        ax.text(middle, top - 0.05 * height, name, ha="center", va="bottom", fontsize=8)
    ax.set_axis_off()
    return drawn


def as_titles(titles: ArrayLike | None, count: int) -> list[str]:
    """Return a text above each of ``count`` pictures; none at all if ``titles`` is None.

    Raises:
        ShapeError: There is not one title a picture.
    """
    if titles is None:
        return []
    # A text alone is one title, not one a letter.
    names = [str(title) for title in np.atleast_1d(as_array(titles))]
    if len(names) != count:
        raise ShapeError(_WRONG_NUMBER_OF_TITLES.format(titles=len(names), images=count))
    return names


def gap_for(height: int, names: Sequence[str]) -> int:
    """Return how many pixels pictures stand apart: a third of their height a line of text."""
    lines = max((name.count("\n") + 1 for name in names), default=0)
    return lines * max(round(height / 3), 1) or GAP
