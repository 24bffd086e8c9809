"""Bounds the time that one file may take, whatever a stranger wrote into it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

from course.grade.ingest.cells import UnreadableError


class _OutOfTime(BaseException):  # no handler on the way may take it for an ordinary error
    pass


@contextlib.contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Stop what is done within when it has used that much of the processor's time.

    It works in the main thread alone, where files are read; elsewhere nothing is stopped.

    Raises:
        UnreadableError: It took longer.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    except _OutOfTime:
        raise UnreadableError("too_slow") from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(*_: object) -> None:
    raise _OutOfTime
