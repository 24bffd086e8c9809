"""Ways to recognise a mistake, for :class:`exercises.exercise.Hint`.

Each returns a function of ``(got, want, case)``. None of them speaks where an entry is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from exercises.exercise import Case, Observation, close

Recogniser = Callable[[Observation, Observation, Case], bool]


def says(pattern: str) -> Recogniser:
    """Recognise a try that failed with an error in which the regular expression occurs."""
    return lambda got, want, case: bool(re.search(pattern, got.get("error", "")))


def equals(item: str, value: Any) -> Recogniser:
    """Recognise an entry that has this very value."""
    return lambda got, want, case: item in got and close(got[item], value)


def differs(*items: str) -> Recogniser:
    """Recognise that every one of these entries differs, and no other entry does."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        if "error" in got:
            return False
        different = {item for item in want if not close(got.get(item), want[item])}
        return different == set(items)

    return recognises


def like(
    item: str, mistaken: Callable[[Observation, Case], Any], **tolerances: float
) -> Recogniser:
    """Recognise an entry that is what a mistake gives, where that is not the right value too.

    Args:
        item: The entry.
        mistaken: Makes what the mistake gives from the reference's observation and the case.
        tolerances: ``rtol`` and ``atol`` of the comparison.
    """

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        if item not in got:
            return False
        with np.errstate(all="ignore"):
            value = mistaken(want, case)
        return close(got[item], value, **tolerances) and not close(value, want[item], **tolerances)

    return recognises


def has_shape(item: str, shape: Callable[[Observation], tuple[int, ...]]) -> Recogniser:
    """Recognise an entry of a shape that is made from the reference's observation."""
    return lambda got, want, case: item in got and np.shape(got[item]) == tuple(shape(want))
