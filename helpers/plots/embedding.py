"""Figures of points that stand for images: maps in two or three dimensions, coloured by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from matplotlib import figure
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers.errors import ShapeError, require_range
from helpers.internal.figure import (
    course_style,
    figure_and_axes,
    new_figure,
)
from helpers.internal.scatter import Classify, checked_points, draw_legend, draw_map, draw_regions
from helpers.internal.sentences import Sentence
from helpers.internal.words import NOTHING_TO_DRAW, listed

_EMBEDDING_ALT = Sentence(
    ja="{count:,} 個の点を、クラスの色で塗り分けた地図 {title}",
    en="A map of {count:,} points, colored by class: {title}",
)
_EMBEDDINGS_ALT = Sentence(
    ja="同じ点を、クラスの色で塗り分けた地図（{titles}）",
    en="Maps of the same points, colored by class ({titles})",
)


@course_style()
def plot_embedding(
    points: ArrayLike,
    labels: ArrayLike,
    classes: Sequence[str],
    *,
    title: str = "",
    axis: str | None = None,
    classify: Classify | None = None,
    ax: Axes | None = None,
) -> figure.Figure:
    """Draw points in two or three dimensions, coloured and named by class.

    Names stand at the median of each class, as ten colours alone are too many to look up.

    Args:
        points: (N, 2) or (N, 3).
        labels: Class (N,) of each point, integers from 0.
        classes: Name of each class; ten at most.
        title: Above the map.
        axis: What the axes are called before their number: ``"PC"`` gives PC1 and PC2.
        classify: In two dimensions, what the model would answer at any place: its regions are
            coloured behind the points.
        ax: Where to draw (axes of matplotlib's "3d" projection for three dimensions); a new figure
            if None.

    Raises:
        ShapeError: ``points`` is not (N, 2) or (N, 3), holds nothing, has not one label a point, or
            does not fit the dimensions of ``ax``.
        LabelError: A label is not one of the classes, or there are more than ten classes.
        RangeError: ``points`` holds NaN or infinity.
    """
    points, labels = checked_points(points, labels, classes)
    fig, ax = figure_and_axes(
        ax,
        width=6.4,
        height=5.2,
        description=_EMBEDDING_ALT.format(count=len(points), title=title),
        projection="3d" if points.shape[1] == 3 else None,
    )
    draw_map(ax, points, labels, classes, title, axis)
    if classify is not None:
        draw_regions(ax, classify, len(classes))
    draw_legend(ax, labels, classes)
    return fig


@course_style()
def plot_embeddings(
    maps: Mapping[str, ArrayLike],
    labels: ArrayLike,
    classes: Sequence[str],
    *,
    axes: Mapping[str, str] = MappingProxyType({}),
    columns: int = 3,
) -> figure.Figure:
    """Draw several two-dimensional maps of the same points side by side, under one legend.

    Args:
        maps: Points (N, 2) of each map, by its title.
        labels: Class (N,) of each point.
        classes: Name of each class; ten at most.
        axes: What the axes of a map are called before their number, by the map's title:
            ``{"PCA": "PC"}`` gives PC1 and PC2.
        columns: Maps in a row.

    Raises:
        ShapeError: There is no map, or one is not (N, 2); else as :func:`plot_embedding`.
        LabelError: As :func:`plot_embedding`.
        RangeError: ``columns`` is not positive; else as :func:`plot_embedding`.
    """
    require_range("columns", columns, 1)
    if not maps:
        raise ShapeError(NOTHING_TO_DRAW)
    columns = min(columns, len(maps))
    rows = -(-len(maps) // columns)
    fig = new_figure(
        3.4 * columns + 0.8,
        3.5 * rows,
        _EMBEDDINGS_ALT.format(titles=listed(maps)),
    )
    panels = fig.subplots(rows, columns, squeeze=False)
    for ax, (title, points) in zip(panels.flat, maps.items(), strict=False):
        points, labels = checked_points(points, labels, classes)
        draw_map(ax, points, labels, classes, title, axes.get(title))
    for ax in panels.flat[len(maps) :]:
        ax.set_axis_off()
    draw_legend(panels[0, -1], labels, classes)
    return fig
