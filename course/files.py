"""Writes files whole or not at all, and says clearly when a disk does not take them."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from course import text
from helpers.errors import StorageError


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
