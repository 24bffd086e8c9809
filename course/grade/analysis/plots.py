"""Where the marks of the page's plots lie; the template draws them as SVG.

Across, everything is a share of the plot's width in percent, so that a plot fits a telephone and a
projector with letters of one size; up and down, everything is pixels from the top.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from course.grade.analysis.findings import DISCRIMINATES, HARD, ExerciseMeasures
from course.grade.analysis.measures import Spread

HEIGHT = 190.0
"""Pixels from the top to the axis of a histogram, and to the lower edge of the map."""

_HEADROOM = 40.0
_MOST_BARS = 24
_MOST_TICKS = 7
_MOST_LINES = 4
_STEPS = tuple(base * 10**power for power in range(6) for base in (1, 2, 5))
_GAP = 0.08
_LOWEST, _TOP = -0.5, 1.0
_EDGE = 4.0
_LABEL_WIDE = 10.0


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram: the students with at least ``low`` and less than ``high`` points."""

    x: float
    width: float
    y: float
    height: float
    count: int
    low: float
    high: float


@dataclass(frozen=True)
class Histogram:
    """A histogram of points.

    Attributes:
        bars: From 0 to the highest points.
        ticks: Place and number of each mark of the lower axis.
        lines: Place and number of each line across.
        median: Place of the median.
    """

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]
    lines: tuple[tuple[float, int], ...]
    median: float


def histogram(spread: Spread) -> Histogram:
    """Lay out the points of a class; a perfect student has a bar of their own."""
    top = max(spread.highest, *spread.points)
    step = _step(top, _MOST_BARS)
    bars = int(top // step) + 1
    counts, _ = np.histogram(spread.points, bins=np.arange(bars + 1) * step)
    line_step = _step(counts.max(), _MOST_LINES)
    pixels = (HEIGHT - _HEADROOM) / counts.max()
    slot = 100 / bars
    # Bars of one point stand above their number, wider ones between two numbers.
    middle = slot / 2 if step == 1 else 0.0
    tick_step = _step(bars, _MOST_TICKS)
    return Histogram(
        bars=tuple(
            Bar(
                x=place * slot + slot * _GAP,
                width=slot * (1 - 2 * _GAP),
                y=HEIGHT - count * pixels,
                height=count * pixels,
                count=count,
                low=place * step,
                high=(place + 1) * step,
            )
            for place, count in enumerate(counts.tolist())
        ),
        ticks=tuple((place * slot + middle, place * step) for place in range(0, bars, tick_step)),
        lines=tuple(
            (HEIGHT - count * pixels, count)
            for count in range(line_step, int(counts.max()) + 1, line_step)
        ),
        median=spread.quartiles[1] / step * slot + middle,
    )


def _step(top: float, most: int) -> int:
    """Return the smallest round step of which at most ``most`` reach from 0 to ``top``."""
    return next(step for step in _STEPS if top / step <= most)


@dataclass(frozen=True)
class Segment:
    """A part of a bar of outcomes."""

    outcome: str
    x: float
    width: float
    count: int


def segments(exercise: ExerciseMeasures) -> list[Segment]:
    """Lay the outcomes of an exercise end to end; those that nobody had are left out."""
    laid, x = [], 0.0
    for outcome, count in exercise.outcomes.items():
        width = 100 * count / exercise.students
        if count:
            laid.append(Segment(outcome, x, width, count))
        x += width
    return laid


@dataclass(frozen=True)
class Point:
    """An exercise on the map of how hard and how telling exercises are.

    Attributes:
        exercise: What is shown.
        x: In percent.
        y: In pixels.
        label: Where its id is written, in pixels; None if it needs no name.
    """

    exercise: ExerciseMeasures
    x: float
    y: float
    label: float | None


@dataclass(frozen=True)
class Map:
    """Share of the points across, item-rest correlation up.

    Attributes:
        points: The exercises that have both.
        right: Right edge of the corner of those that are hard and not telling, in percent.
        top: Its upper edge, in pixels.
        zero: Where a correlation of 0 is, in pixels.
    """

    points: tuple[Point, ...]
    right: float
    top: float
    zero: float


def exercise_map(exercises: Iterable[ExerciseMeasures], suspected: Collection[str]) -> Map:
    """Lay out the map.

    Args:
        exercises: What is shown, as far as it has a correlation.
        suspected: Ids of those that are called by name.
    """
    shown = [one for one in exercises if one.item_rest.value is not None]
    labels: list[tuple[float, float]] = []
    points = []
    for one in sorted(shown, key=lambda one: one.mean):
        x, y = _across(one.mean), _up(one.item_rest.value)
        label = _free_place(x, y, labels) if one.exercise in suspected else None
        points.append(Point(one, x, y, label))
    return Map(tuple(points), right=_across(HARD), top=_up(DISCRIMINATES), zero=_up(0.0))


def _free_place(x: float, y: float, labels: list[tuple[float, float]]) -> float:
    """Return where a label fits above or below its point, and remember that it is there."""
    above, below = y - 10, y + 20

    def is_free(place: float) -> bool:
        return all(abs(x - left) > _LABEL_WIDE or abs(place - top) > 13 for left, top in labels)

    place = next(filter(is_free, (above, below)), above)
    labels.append((x, place))
    return place


def _across(share: float) -> float:
    return _EDGE + (100 - 2 * _EDGE) * min(share, 1.0)


def _up(correlation: float) -> float:
    shown = max(_LOWEST, correlation)
    return HEIGHT - (shown - _LOWEST) / (_TOP - _LOWEST) * (HEIGHT - _HEADROOM)
