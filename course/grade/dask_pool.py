"""Spreads submissions over the workers of a Dask cluster.

Submissions and results travel by value, so workers need no disk in common with this machine: only
the same version of the course, and bubblewrap. Dask runs a task again when its worker dies; what
came back is kept here, at once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from course.errors import GradingError
from course.grade.pool import settle_error
from course.grade.shared.assignment import Assignment
from course.grade.shared.stages import Figures, Judgement, Phrasebook, Run, Stages, Submission
from course.grade.worker import Conditions, Worker, phrasebook
from helpers.internal.sentences import Sentence

if TYPE_CHECKING:
    from distributed import Client, Future

_NO_DASK = Sentence(
    ja="--scheduler を使うには Dask が必要です: pip install 'cnn-gasshuku[dask]'",
    en="--scheduler needs Dask: pip install 'cnn-gasshuku[dask]'",
)
_NO_SCHEDULER = Sentence(
    ja="{address} の Dask スケジューラにつながりません（{error}）。",
    en="The Dask scheduler at {address} cannot be reached ({error}).",
)
_NO_WORKERS = Sentence(
    ja="{address} の Dask スケジューラに、ワーカーがいません。"
    "`dask worker {address}` で始めてください。",
    en="The Dask scheduler at {address} has no workers. Start one with `dask worker {address}`.",
)
_LOST_SCHEDULER = Sentence(
    ja="{address} の Dask スケジューラとの接続が切れました。同じコマンドで、続きから採点します。",
    en="The connection to the Dask scheduler at {address} was lost. "
    "The same command goes on from here.",
)

_AHEAD = 2
"""Tasks for each of the cluster's threads: one at work, one that is there already."""

_LONGEST_WAIT = 60
"""Seconds for the first worker to come: the cluster may just be starting."""


def dask_pool(address: str) -> Callable[[Iterable[str], Conditions, Stages], Iterator[str]]:
    """Return a pool that grades on the workers of a Dask scheduler.

    Args:
        address: Such as ``"tcp://10.0.0.1:8786"``.
    """

    def grade_keys(keys: Iterable[str], conditions: Conditions, stages: Stages) -> Iterator[str]:
        keys = list(keys)
        if not keys:
            return
        with _silent(), _connected(address) as client, _losses(address):
            yield from _grade_all(client, keys, conditions, stages)

    return grade_keys


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what Dask says of a lost connection from an instructor, who gets one sentence."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        from distributed import Client
    except ImportError as error:
        raise GradingError(str(_NO_DASK)) from error
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise GradingError(_NO_SCHEDULER.format(address=address, error=error)) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_LONGEST_WAIT)
        except TimeoutError as error:
            raise GradingError(_NO_WORKERS.format(address=address)) from error
        yield client


@contextmanager
def _losses(address: str) -> Iterator[None]:
    """Turn the loss of the scheduler into an error that says so; no submission is to blame."""
    try:
        yield
    except (OSError, CancelledError) as error:
        raise GradingError(_LOST_SCHEDULER.format(address=address)) from error


def _grade_all(
    client: Client, keys: list[str], conditions: Conditions, stages: Stages
) -> Iterator[str]:
    """Yield each key when its judgement is kept; a few submissions at a time leave the disk."""
    from distributed import as_completed

    at_work: dict[Future, str] = {}
    waiting, done = iter(keys), as_completed(loop=client.loop)
    words = client.submit(words_of, conditions.assignment, pure=False)

    def send(count: int) -> None:
        for key in islice(waiting, count):
            submission = stages.read(Submission, key)
            future = client.submit(grade_one, conditions, submission, pure=False)
            at_work[future] = key
            done.add(future)

    send(_AHEAD * max(1, sum(client.nthreads().values())))
    for future in done:
        key = at_work.pop(future)
        _keep(future, key, conditions, stages)
        send(1)
        yield key
    stages.write(conditions.assignment.name, words.result())


def _keep(future: Future, key: str, conditions: Conditions, stages: Stages) -> None:
    if future.cancelled():  # by Dask itself, when it lost the scheduler
        raise CancelledError
    if (error := future.exception()) is not None:
        settle_error(error, key, conditions, stages)
        return
    for record in future.result():
        stages.write(key, record)


_one_at_a_time = threading.Lock()
_worker: Worker | None = None


def grade_one(conditions: Conditions, submission: Submission) -> tuple[Run, Figures, Judgement]:
    """Grade one submission in a process of the cluster, where the lesson's sandbox is kept ready.

    Returns:
        Run, figures and, last, the judgement: once that is kept, the submission is done.
    """
    global _worker
    with _one_at_a_time:
        if _worker is None or _worker.conditions != conditions:
            if _worker:
                _worker.close()
            _load_torchvision()
            _worker = Worker(conditions)
        run, judgement, figures = _worker.grade(submission)
    return run, figures, judgement


def words_of(assignment: Assignment) -> Phrasebook:
    """Return the words of a lesson's exercises, in a process of the cluster."""
    with _one_at_a_time:
        _load_torchvision()
        return phrasebook(assignment)


def _load_torchvision() -> None:
    # Before TensorFlow: the other order can abort (see tests/helpers/test_import_orders.py).
    import torchvision  # noqa: F401
