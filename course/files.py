"""Writes files whole or not at all, and says clearly when a disk does not take them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from course import text
from course.errors import StorageError
from helpers.internal.files import whole_file


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file in one step, and its folders if they are missing.

    A reader, also after the writer was killed or while there are several, sees the earlier file or
    a whole new one.

    Raises:
        StorageError: The folder cannot be written, or the disk is full; nothing is left behind.
    """
    with storage_errors(path), whole_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


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
