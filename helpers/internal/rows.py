"""Pictures in a row, and named rows of what belongs to them below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers.errors import ShapeError
from helpers.internal.figure import new_figure
from helpers.internal.sentences import Sentence
from helpers.internal.tiles import GAP, as_titles, draw_tiles
from helpers.internal.words import NOTHING_TO_DRAW, listed

_INPUT = Sentence(ja="入力", en="Input")
_MAP = Sentence(ja="マップ", en="Map")


def named_maps(maps: ArrayLike | Mapping[str, ArrayLike]) -> Mapping[str, ArrayLike]:
    """Return maps by the name of their row.

    Raises:
        ShapeError: There are none.
    """
    if not isinstance(maps, Mapping):
        return {str(_MAP): maps}
    if not maps:
        raise ShapeError(NOTHING_TO_DRAW)
    return maps


def picture_rows(
    pictures: np.ndarray,
    names: Sequence[str],
    titles: Sequence[object] | None,
    description: Sentence,
) -> tuple[figure.Figure, list[Axes]]:
    """Return a figure with the pictures in its first row, and axes for a named row each below."""
    count, height, width = pictures.shape[:3]
    row_height = height / width
    headings = as_titles(titles, count)
    fig = new_figure(
        count + 2.2,
        (row_height + 0.12) * (len(names) + 1) + (0.3 if headings else 0),
        description.format(count=count, names=listed(names)),
    )
    fig.get_layout_engine().set(w_pad=0.1)
    axes = fig.subplots(len(names) + 1, 1)
    draw_tiles(axes[0], pictures, columns=count, cmap="gray", vmin=0, vmax=1)
    for ax, name in zip(axes, [_INPUT, *names], strict=True):
        ax.text(-0.01, 0.5, name, transform=ax.transAxes, ha="right", va="center")
    for index, heading in enumerate(headings):
        middle = index * (width + GAP) + (width - 1) / 2
        axes[0].text(middle, -2, heading, ha="center", va="bottom", fontsize=9)
    return fig, list(axes[1:])
