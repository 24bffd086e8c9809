"""Spreads submissions over worker processes, and goes on when one of them dies."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from course.grade import worker
from course.grade.judge.judge import failed
from course.grade.shared.stages import Stages, Submission
from course.grade.shared.untrusted import line
from course.grade.worker import Conditions
from helpers.errors import CourseError


def grade_all(
    keys: Iterable[str], conditions: Conditions, stages: Stages, workers: int
) -> Iterator[str]:
    """Grade submissions of one lesson; yield each key when its judgement is kept.

    A submission that ends its worker process is tried once more, alone; if it does so again, it
    is left for a person, and flagged.

    Args:
        keys: What ``stages`` keeps the submissions under.
        conditions: What is the same for all of them.
        stages: Where they are, and where the judgements go.
        workers: How many processes to use.

    Raises:
        CourseError: Grading cannot go on for anybody, such as on a full disk.
    """
    waiting = deque(keys)
    while waiting:
        suspects = yield from _until_broken(waiting, conditions, stages, workers)
        for suspect in suspects:
            if (yield from _until_broken(deque([suspect]), conditions, stages, 1)):
                _give_up(suspect, conditions, stages, "")
                yield suspect


def _until_broken(
    waiting: deque[str], conditions: Conditions, stages: Stages, workers: int
) -> Generator[str, None, list[str]]:
    """Work on what is waiting; return the submissions that were at work when a process died."""
    processes = min(workers, len(waiting))
    with ProcessPoolExecutor(
        processes,
        # Not forked: this process has threads, and may have loaded anything.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=worker.begin,
        initargs=(conditions, stages.folder),
    ) as executor:
        at_work: dict[Future[None], str] = {}
        while waiting or at_work:
            # No more than can be at work, so that those at work are all that can be to blame.
            while waiting and len(at_work) < processes:
                try:
                    at_work[executor.submit(worker.grade_key, waiting[0])] = waiting[0]
                except BrokenProcessPool:  # a process died since the last result
                    return list(at_work.values())
                waiting.popleft()
            done, _ = wait(at_work, return_when=FIRST_COMPLETED)
            if any(isinstance(future.exception(), BrokenProcessPool) for future in done):
                return list(at_work.values())
            for future in done:
                key = at_work.pop(future)
                _settle(future, key, conditions, stages)
                yield key
    return []


def _settle(future: Future[None], key: str, conditions: Conditions, stages: Stages) -> None:
    if (error := future.exception()) is not None:
        settle_error(error, key, conditions, stages)


def settle_error(error: BaseException, key: str, conditions: Conditions, stages: Stages) -> None:
    """Leave a submission that cannot be graded to a person.

    Raises:
        CourseError: ``error`` is one: grading cannot go on for anybody.
    """
    if isinstance(error, CourseError):
        raise error
    _give_up(key, conditions, stages, f"{type(error).__name__}: {error}")


def _give_up(key: str, conditions: Conditions, stages: Stages, reason: str) -> None:
    submission = stages.read(Submission, key)
    stages.write(key, failed(submission, conditions.assignment, line(reason)))
