"""Second stage: runs a submission's answers in the sandbox and brings back what was observed."""

from __future__ import annotations

import base64
import contextlib
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from types import TracebackType

from course.errors import SandboxError
from course.grade.run.sandbox import (
    LANGUAGE,
    SANDBOX_FAILS,
    SETTINGS,
    answer_user,
    check_sandbox,
    sandboxed,
)
from course.grade.shared.assignment import Assignment
from course.grade.shared.cases import cases_of
from course.grade.shared.stages import Flag, Run, Submission
from course.grade.syntax.source import python_of
from course.grade.wire.channel import receive, send
from course.grade.wire.limits import DEFAULT_LIMITS, Limits
from course.grade.wire.messages import Job, Order, encode_jobs
from course.grade.wire.plain import decode
from exercises.exercise import Case, Observation
from helpers.internal.sentences import Sentence

_ENDED = "ended"
_LONGEST_START = 300.0
_LONGEST_END = 30.0
_LONGEST_REASON = 100
_SERVER_FAILS = Sentence(
    ja="採点用のプロセスが始まりません（{error}）。",
    en="The grading process does not start ({error}).",
)


def run(
    submission: Submission,
    assignment: Assignment,
    *,
    seed: int,
    limits: Limits = DEFAULT_LIMITS,
    sandboxed: bool = True,
) -> Run:
    """Run one submission. For several, a :class:`Runner` is faster.

    Raises:
        SandboxError: bubblewrap is not installed, or does not work here.
    """
    with Runner(limits, sandboxed=sandboxed) as runner:
        return runner.run(submission, assignment, seed=seed)


class Runner:
    """Runs submissions one after the other, each answer closed in by itself.

    It keeps one fork server, for one lesson at a time: give it submissions sorted by lesson.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, sandboxed: bool = True) -> None:
        """Prepare to run.

        Args:
            limits: For each answer.
            sandboxed: Whether answers are closed in. Without, they can do what the caller can.

        Raises:
            SandboxError: bubblewrap is not installed, or does not work here.
        """
        if sandboxed:
            check_sandbox()
        self._limits, self._sandboxed = limits, sandboxed
        self._served: tuple[Assignment, int] | None = None
        self._server: _Server | None = None

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def run(self, submission: Submission, assignment: Assignment, *, seed: int) -> Run:
        """Run a submission's answers on the cases of a seed that no student knows.

        Returns:
            Observations of every exercise that was answered, one a case. An answer that was
            stopped has an error in place of each, and a flag.

        Raises:
            SandboxError: The sandbox does not start; never because of what an answer does.
        """
        start = time.monotonic()
        observations, flags = {}, []
        for job, ended, reply in self._ask(list(_jobs(submission, assignment)), assignment, seed):
            ended, observed = _read(ended, reply, len(cases_of(job.exercise, seed)))
            observations[job.exercise] = observed
            if ended != _ENDED:
                flags.append(Flag(ended, job.exercise))
        return Run(observations, seed, time.monotonic() - start, tuple(flags))

    def _ask(
        self, jobs: list[Job], assignment: Assignment, seed: int
    ) -> Iterator[tuple[Job, str, bytes]]:
        """Yield each job, why its answer ended and what it said."""
        while jobs:
            server = self._serving(assignment, seed)
            try:
                server.send(jobs)
                while jobs:
                    ended, reply = server.receive()
                    self._require_closed_in(ended, reply)
                    yield jobs.pop(0), ended, reply
            except OSError:
                # The server is gone, which an answer cannot bring about short of bringing the
                # machine to its knees. Those after it get a new one.
                self._stop()
                yield jobs.pop(0), "process_died", b""

    def _require_closed_in(self, ended: str, reply: bytes) -> None:
        if ended == "not_closed_in":
            self._stop()
            raise SandboxError(SANDBOX_FAILS.format(error=reply.decode(errors="replace")))

    def _serving(self, assignment: Assignment, seed: int) -> _Server:
        if self._server is None or self._served != (assignment, seed):
            self._stop()
            self._server = _Server(assignment, seed, self._limits, self._sandboxed)
            self._served = assignment, seed
        return self._server

    def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def _jobs(submission: Submission, assignment: Assignment) -> Iterator[Job]:
    for place, exercise in enumerate(assignment.exercises):
        answer = submission.answers.get(exercise)
        if answer is not None:
            yield Job(exercise, _python_of(answer), assignment.exercises[:place])


def _python_of(answer: str) -> str:
    try:
        return python_of(answer)
    except (SyntaxError, RecursionError):
        return answer  # what is wrong with it shows when it is run


def _read(ended: str, reply: bytes, count: int) -> tuple[str, list[Observation]]:
    """Return why an answer ended, seen from here, and one observation for each of its cases."""
    if ended == _ENDED:
        with contextlib.suppress(ValueError):
            observations = decode(reply)
            if len(observations) == count:
                return ended, observations
        ended = "malformed_reply"
    return ended, [{"error": ended, "by": "sandbox"}] * count


class _Server:
    """A fork server with the two ends of its channel."""

    def __init__(self, assignment: Assignment, seed: int, limits: Limits, in_sandbox: bool) -> None:
        self._limits = limits
        self._channel, theirs = socket.socketpair()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - a pipe that is full would stop it
        channel = str(theirs.fileno())
        command = [sys.executable, "-c", _PROGRAM, channel]
        self._process = subprocess.Popen(
            sandboxed(_PROGRAM, channel) if in_sandbox else command,
            env=os.environ | SETTINGS | LANGUAGE,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
        )
        theirs.close()
        user = answer_user() if in_sandbox else 0
        cases = {name: _packed(cases_of(name, seed)) for name in assignment.exercises}
        self._start(Order(assignment.set_up, assignment.exercises, cases, limits, user, in_sandbox))

    def _start(self, order: Order) -> None:
        self._channel.settimeout(_LONGEST_START)
        try:
            send(self._channel, order.encode())
            receive(self._channel, _LONGEST_REASON)
        except OSError as error:
            with contextlib.suppress(subprocess.TimeoutExpired):  # it may be saying why
                self._process.wait(_LONGEST_END)
            self._errors.seek(0)
            told = self._errors.read().decode(errors="replace").strip() or str(error)
            self.close()
            raise SandboxError(_SERVER_FAILS.format(error=told)) from error

    def send(self, jobs: Sequence[Job]) -> None:
        """Send a submission's jobs.

        Raises:
            OSError: The server has gone.
        """
        self._channel.settimeout(self._limits.seconds + _LONGEST_END)
        send(self._channel, encode_jobs(jobs))

    def receive(self) -> tuple[str, bytes]:
        """Return why the next answer ended and the bytes that it said.

        Raises:
            OSError: The server has gone or does not answer.
        """
        ended = receive(self._channel, _LONGEST_REASON).decode()
        return ended, receive(self._channel, self._limits.reply)

    def close(self) -> None:
        """End the server, and with it everything in its sandbox."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
        self._errors.close()


def _packed(cases: list[Case]) -> str:
    return base64.b64encode(pickle.dumps(cases)).decode()


_PROGRAM = "from course.grade.inside.server import main; main()"
"""By name: nothing of the room that strangers' code runs in is imported here."""
