"""What the grader tells the server in the sandbox, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from course.grade.wire.limits import Limits


@dataclass(frozen=True)
class Order:
    """What a server is started with.

    Attributes:
        set_up: The lesson's set-up cells.
        exercises: The lesson's exercises.
        cases: Of each exercise, pickled and as base64. The seed that made them stays outside: an
            answer could show it to its author.
        limits: For every answer.
        user: User id that answers run under; 0 keeps the server's own.
        sandboxed: Whether the server runs in the sandbox, so that answers can be closed in.
    """

    set_up: tuple[str, ...]
    exercises: tuple[str, ...]
    cases: dict[str, str]
    limits: Limits
    user: int
    sandboxed: bool

    def encode(self) -> bytes:
        """Return the order as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, message: bytes) -> Order:
        """Read an order."""
        entries = json.loads(message)
        return cls(**entries | {"limits": Limits(**entries["limits"])})


@dataclass(frozen=True)
class Job:
    """One answer to run.

    Attributes:
        exercise: Its id.
        answer: The student's code.
        earlier: Ids of the lesson's exercises before it.
    """

    exercise: str
    answer: str
    earlier: tuple[str, ...]


def encode_jobs(jobs: Iterable[Job]) -> bytes:
    """Return a submission's jobs as JSON."""
    return json.dumps([asdict(job) for job in jobs]).encode()


def decode_jobs(message: bytes) -> list[Job]:
    """Read a submission's jobs."""
    return [Job(**entries) for entries in json.loads(message)]
