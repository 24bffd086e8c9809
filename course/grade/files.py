"""Writes files whole or not at all, and says clearly when a disk does not take them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from course.grade import text
from helpers.errors import StorageError


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file in one step, and its folders if they are missing.

    A reader, also after the writer was killed, sees the earlier file or the whole new one.

    Raises:
        StorageError: The folder cannot be written, or the disk is full; nothing is left behind.
    """
    part = path.with_name(f"{path.name}.part")
    with storage_errors(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content.encode() if isinstance(content, str) else content)
            part.replace(path)
        except OSError:
            # What hindered the writing may hinder this too, and is the error to tell.
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise


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
