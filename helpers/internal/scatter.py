"""Points of a map, in the colours of their classes: names, regions, one scale for all directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike

from helpers.errors import LabelError, RangeError, ShapeError
from helpers.internal.arrays import as_array, as_labels
from helpers.internal.figure import CLASS_COLOURS
from helpers.internal.sentences import Sentence
from helpers.internal.words import CLASS, NOT_FINITE, NOTHING_TO_DRAW

_NOT_A_MAP = Sentence(
    ja="点の形が {shape} です。(N, 2) か (N, 3) にしてください。",
    en="The points have shape {shape}. Make it (N, 2) or (N, 3).",
)
_TOO_MANY_CLASSES = Sentence(
    ja="クラスが {classes} 個あります。色で見分けられるように、{most} 個以下にしてください。",
    en="There are {classes} classes. Pass {most} at most, so that colors can tell them apart.",
)
_MAP_DOES_NOT_FIT_AXES = Sentence(
    ja="{size} 次元の点は、{axes} 次元の図に描けません。plot_embedding で ax を省くと、点に合った図に描けます。",
    en="Points in {size} dimensions cannot be drawn on axes with {axes}. Without ax, plot_embedding makes axes that fit.",
)
_DIMENSION = Sentence(ja="次元 ", en="Dimension ")

Classify = Callable[[np.ndarray], ArrayLike]
"""Gives the class (M,) of each place (M, 2) of a map."""

_REGION_STEPS = 400
_HALO = [withStroke(linewidth=3, foreground="white")]


def checked_points(
    points: ArrayLike, labels: ArrayLike, classes: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return points and labels as arrays that can be drawn.

    Raises:
        ShapeError, LabelError, RangeError: As :func:`helpers.plots.plot_embedding`.
    """
    points = as_array(points)
    if points.ndim != 2 or points.shape[1] not in (2, 3):
        raise ShapeError(_NOT_A_MAP.format(shape=points.shape))
    if len(points) == 0:
        raise ShapeError(NOTHING_TO_DRAW)
    if not np.isfinite(points).all():
        raise RangeError(NOT_FINITE)
    if len(classes) > len(CLASS_COLOURS):
        most = len(CLASS_COLOURS)
        raise LabelError(_TOO_MANY_CLASSES.format(classes=len(classes), most=most))
    return points, as_labels(labels, classes, count=len(points))


def draw_map(
    ax: Axes,
    points: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    title: str,
    axis: str | None,
) -> None:
    """Draw points in the colours of their classes, each class named at its median."""
    size, axes = points.shape[1], 3 if ax.name == "3d" else 2
    if size != axes:
        raise ShapeError(_MAP_DOES_NOT_FIT_AXES.format(size=size, axes=axes))
    # One scatter for all, so that no class lies on top of the others.
    ax.scatter(
        *points.T,
        c=np.array(CLASS_COLOURS)[labels],
        s=np.clip(8000 / len(points), 2, 18),
        linewidths=0,
        alpha=0.8,
        rasterized=True,
    )
    for label in np.unique(labels):
        place = np.median(points[labels == label], axis=0)
        name = ax.text(*place, classes[label], ha="center", va="bottom", size=12, zorder=5)
        name.set_path_effects(_HALO)
    _show_equally(ax, points)
    prefix = _DIMENSION if axis is None else axis
    names = {f"{side}label": f"{prefix}{n}" for n, side in enumerate("xyz"[:size], start=1)}
    ax.set(title=title, **names)
    ax.tick_params(labelsize=7, colors="#666666")


def _show_equally(ax: Axes, points: np.ndarray) -> None:
    """Show all points in a square, or a cube, in which every direction has one scale."""
    lowest, highest = points.min(axis=0), points.max(axis=0)
    reach = 0.55 * max((highest - lowest).max(), 1e-6)
    limits = zip("xyz", (lowest + highest) / 2, strict=False)
    ax.set(**{f"{axis}lim": (middle - reach, middle + reach) for axis, middle in limits})
    if points.shape[1] == 3:
        ax.set_box_aspect((1, 1, 1))
    else:
        ax.set_aspect("equal")


def draw_regions(ax: Axes, classify: Classify, classes: int) -> None:
    """Colour the area that the axes show by the class that its places are given."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    x, y = np.meshgrid(
        np.linspace(left, right, _REGION_STEPS), np.linspace(bottom, top, _REGION_STEPS)
    )
    places = np.column_stack([x.ravel(), y.ravel()]).astype(np.float32)
    ax.imshow(
        np.asarray(classify(places)).reshape(x.shape),
        cmap=ListedColormap(CLASS_COLOURS[:classes]),
        vmin=-0.5,
        vmax=classes - 0.5,
        extent=(left, right, bottom, top),
        origin="lower",
        interpolation="nearest",
        alpha=0.25,
        zorder=0,
    )


def draw_legend(ax: Axes, labels: np.ndarray, classes: Sequence[str]) -> None:
    """Draw a legend of the classes beside the axes."""
    handles = [
        Line2D([], [], linestyle="", marker="o", color=CLASS_COLOURS[label], label=classes[label])
        for label in np.unique(labels)
    ]
    gap = 1.06 if ax.name == "3d" else 1.02
    ax.legend(
        handles=handles,
        title=str(CLASS),
        loc="center left",
        bbox_to_anchor=(gap, 0.5),
        frameon=False,
    )
