"""What an entry of the benchmarks returns: one figure of merit, measured in several ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OURS = "ours"
"""The way of the course, among others."""


@dataclass(frozen=True)
class Aim:
    """What a figure is to reach.

    Attributes:
        factor: Times the value of ``than``, or a value in the figure's own unit.
        than: Another way, or None.
        at_most: Whether the value has to stay at or below that; else at or above.
        way: Whose value.
    """

    factor: float
    than: str | None = None
    at_most: bool = True
    way: str = OURS

    def is_met(self, values: Mapping[str, float]) -> bool:
        """Return whether the values of a figure reach it."""
        limit = self.factor * (values[self.than] if self.than else 1)
        return values[self.way] <= limit if self.at_most else values[self.way] >= limit

    def __str__(self) -> str:
        sign = "≤" if self.at_most else "≥"
        name = "" if self.way == OURS else f"{self.way} "
        return f"{name}{sign} {self.factor:.4g}" + (f" × {self.than}" if self.than else "")


@dataclass(frozen=True)
class Figure:
    """One figure of merit.

    Attributes:
        title: What was done.
        values: By way, ``"ours"`` first where there are others.
        unit: Of the values.
        aims: What is to be reached.
        note: What has to be known to read it.
    """

    title: str
    values: dict[str, float]
    unit: str = "s"
    aims: tuple[Aim, ...] = ()
    note: str = ""

    def verdicts(self) -> dict[str, bool]:
        """Return each aim in words, and whether it is met."""
        return {str(aim): aim.is_met(self.values) for aim in self.aims}
