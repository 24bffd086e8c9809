"""Keeps a second run out of a folder of results."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from course.errors import StorageError
from course.files import storage_errors
from helpers.internal.sentences import Sentence

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_IN_USE = Sentence(
    ja="{folder} では、ほかの course grade が採点しています。"
    "終わってから、もう一度実行してください。",
    en="Another course grade is grading into {folder}. Run this again when it has ended.",
)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, which ends with this process, however that ends.

    A system or disk without such locks goes on without.

    Raises:
        StorageError: Another process holds it, or the folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(path.open("ab"))
        if not _lock(file):
            raise StorageError(_IN_USE.format(folder=path.parent))
        yield


def _lock(file: BinaryIO) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network disks have no locks
        pass
    return True
