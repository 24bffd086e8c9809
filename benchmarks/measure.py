"""Times several ways to do one thing, fairly: in turns, so that a busy machine slows down all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def seconds_in_turns(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds that each way takes.

    Args:
        ways: What to time, by name. Each is called once more beforehand, to warm up.
        rounds: How often each is timed.
    """
    for way in ways.values():
        way()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken) for name, taken in times.items()}
