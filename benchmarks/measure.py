"""Times several ways to do one thing, fairly: in turns, so that a busy machine slows down all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def seconds_in_turns(
    ways: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    warm_up: bool = True,
    choose: Callable[[list[float]], float] = statistics.median,
) -> dict[str, float]:
    """Return the seconds that each way takes, by default the median.

    Args:
        ways: What to time, by name.
        rounds: How often each is timed.
        warm_up: Call each once more beforehand, untimed.
        choose: Makes one number of those of all rounds.
    """
    if warm_up:
        for way in ways.values():
            way()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(seconds(way))
    return {name: choose(taken) for name, taken in times.items()}


def seconds(way: Callable[[], object]) -> float:
    """Return the seconds of wall time that one call takes."""
    start = time.perf_counter()
    way()
    return time.perf_counter() - start
