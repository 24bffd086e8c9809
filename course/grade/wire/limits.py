"""What one answer may use, set in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What the answer to one exercise may use.

    Attributes:
        seconds: Wall time, and processor time of each process.
        memory: MiB, of all its processes together.
        processes: How many processes and threads there may be at a time.
        files: MiB that may be written to one file, to the temporary folder and to ``/dev/shm``.
        reply: Bytes that its observations may take.
    """

    seconds: float = 20.0
    memory: int = 3072
    processes: int = 64
    files: int = 64
    reply: int = 4 * 2**20


DEFAULT_LIMITS = Limits()
