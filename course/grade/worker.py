"""Runs and judges one submission after the other, in a process of its own.

Nothing here imports nbgrader, and a process works on one lesson alone: so it starts quickly, and
PyTorch and TensorFlow never meet in it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from pathlib import Path

from course.grade.judge.judge import judge
from course.grade.run.runner import Runner
from course.grade.run.sandbox import SETTINGS
from course.grade.shared.assignment import Assignment
from course.grade.shared.stages import Figures, Judgement, Phrasebook, Run, Stages, Submission
from course.grade.shared.untrusted import png
from course.grade.wire.limits import Limits
from exercises.catalogue import find
from exercises.wording import Phrases


@dataclass(frozen=True)
class Conditions:
    """What is the same for all submissions of a lesson.

    Attributes:
        assignment: What they answer.
        seed: The secret seed of the cases.
        limits: What an answer may use.
        sandboxed: Lock the answers in; False only for code that is trusted.
    """

    assignment: Assignment
    seed: int
    limits: Limits
    sandboxed: bool


class Worker:
    """Grades submissions of one lesson, and keeps a sandbox ready for the next one."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        # The course's own answers must see the data that the students' see in the sandbox.
        os.environ.update(SETTINGS)
        self._open = contextlib.ExitStack()
        self._runner = self._open.enter_context(
            Runner(conditions.limits, sandboxed=conditions.sandboxed)
        )

    def close(self) -> None:
        """End the sandbox."""
        self._open.close()

    def grade(
        self, submission: Submission, run: Run | None = None
    ) -> tuple[Run, Judgement, Figures]:
        """Run a submission, unless a run is given, and judge it.

        Raises:
            SandboxError: Strangers' code cannot be locked in here.
            GradingError: The course's own answer fails here.
        """
        conditions = self.conditions
        run = run or self._runner.run(submission, conditions.assignment, seed=conditions.seed)
        figures = Figures(tuple(filter(None, map(png, submission.figures))))
        return run, judge(submission, run, conditions.assignment), figures

    def grade_and_keep(self, key: str, stages: Stages) -> None:
        """Grade the submission that ``stages`` keeps under ``key``; its judgement is kept last."""
        run, judgement, figures = self.grade(stages.read(Submission, key), stages.read(Run, key))
        for record in (run, figures, judgement):
            stages.write(key, record)


def phrasebook(assignment: Assignment) -> Phrasebook:
    """Return the words of a lesson's exercises."""
    return Phrasebook({name: Phrases.of(find(name)) for name in assignment.exercises})


_worker: Worker
_stages: Stages


def begin(conditions: Conditions, folder: Path) -> None:
    """Make this process a worker on the stages in ``folder``."""
    global _worker, _stages
    # One thread: as many workers as processors are at work already.
    os.environ["OMP_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker, _stages = Worker(conditions), Stages(folder)
    if _stages.read(Phrasebook, conditions.assignment.name) is None:
        _stages.write(conditions.assignment.name, phrasebook(conditions.assignment))


def _end_with_parent() -> None:
    # A grader that was killed cannot tell its workers; they must not go on beside the next one.
    connection.wait([parent_process().sentinel])
    os._exit(1)


def grade_key(key: str) -> None:
    """Grade one submission in this worker process."""
    _worker.grade_and_keep(key, _stages)
