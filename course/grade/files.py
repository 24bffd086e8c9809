"""Writes files whole or not at all, and says clearly when a disk does not take them."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from course.grade import text
from helpers.errors import StorageError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file in one step, and its folders if they are missing.

    A reader, also after the writer was killed or while there are several, sees the earlier file or
    a whole new one.

    Raises:
        StorageError: The folder cannot be written, or the disk is full; nothing is left behind.
    """
    # Not by tempfile, which lets nobody but the writer read.
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    with storage_errors(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_through(part, content.encode() if isinstance(content, str) else content)
            part.replace(path)
        finally:
            # What hindered the writing may hinder this too, and is the error to tell.
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def _write_through(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # else, after a power cut, the new name may have no content


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
            raise StorageError(text.IN_USE.format(folder=path.parent))
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


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn errors of the disk into one that says what to do about ``path``.

    Raises:
        StorageError: Something could not be written or read.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StorageError(text.NOT_WRITTEN.format(path=path, error=reason)) from error
