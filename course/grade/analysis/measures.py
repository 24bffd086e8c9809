"""The numbers that describe a test: how points are spread, and which items agree with the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NORMAL_95 = 1.959963984540054
"""Standard deviations on both sides of the mean that hold 95 % of a normal distribution."""

_ALIKE = 1e-9
"""Points that differ by less differ by how sums are rounded."""


@dataclass(frozen=True)
class Spread:
    """How points are spread over a class.

    Attributes:
        points: One number a student, ascending.
        highest: The points of a perfect student.
        mean: Arithmetic mean.
        quartiles: Lower quartile, median and upper quartile, interpolated linearly.
        deviation: Standard deviation of the sample (n - 1); None for fewer than two students.
    """

    points: tuple[float, ...]
    highest: float
    mean: float
    quartiles: tuple[float, float, float]
    deviation: float | None


def spread(points: NDArray[np.float64], highest: float) -> Spread:
    """Describe the points of at least one student.

    Args:
        points: Shape (students,).
        highest: The points of a perfect student.
    """
    ordered = np.sort(points)
    return Spread(
        points=tuple(ordered.tolist()),
        highest=highest,
        mean=float(ordered.mean()),
        quartiles=tuple(np.quantile(ordered, [0.25, 0.5, 0.75]).tolist()),
        deviation=float(ordered.std(ddof=1)) if ordered.size > 1 else None,
    )


@dataclass(frozen=True)
class Correlation:
    """A correlation of Pearson's, with what it rests on.

    Attributes:
        value: From -1 to 1; None where it is not defined: fewer than three students, or all alike.
        students: How many it rests on.
        low: Where its 95 % confidence interval begins (Fisher's transformation); None where that
            is not defined.
        high: Where it ends.
    """

    value: float | None
    students: int
    low: float | None = None
    high: float | None = None


def correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> Correlation:
    """Correlate two rows of numbers over the students that have both.

    Args:
        one: Shape (students,); NaN where there is none.
        other: The same.
    """
    both = ~(np.isnan(one) | np.isnan(other))
    one, other, students = one[both], other[both], int(both.sum())
    if students < 3 or min(np.ptp(one), np.ptp(other)) < _ALIKE:
        return Correlation(None, students)
    value = float(np.clip(np.corrcoef(one, other)[0, 1], -1, 1))
    if students == 3 or abs(value) == 1:
        return Correlation(value, students)
    margin = _NORMAL_95 / np.sqrt(students - 3)
    low, high = np.tanh(np.arctanh(value) + np.array([-margin, margin]))
    return Correlation(value, students, float(low), float(high))


def item_rest_correlations(points: NDArray[np.float64]) -> list[Correlation]:
    """Correlate each item with the sum of all others: the corrected item-total correlation.

    Left in the total, an item would correlate with itself, the more so the fewer items there are.

    Args:
        points: Shape (students, items); NaN where an item has no points yet. A student with such
            an item counts only where it is the item itself that is left out of the sum.
    """
    items = range(points.shape[1])
    rests = (np.delete(points, item, axis=1).sum(axis=1) for item in items)
    if points.shape[1] < 2:
        return [Correlation(None, 0) for _ in items]
    return [correlation(points[:, item], rest) for item, rest in zip(items, rests, strict=True)]
