"""The one writer of files that readers find complete or not at all."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file, in a folder that is made if missing, that gets its name once it is complete.

    A reader, also after the writer was killed or while there are several, sees the earlier file or
    a whole new one. What a full disk or an error cuts short leaves nothing behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not by tempfile, which lets nobody but the writer read.
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # else, after a power cut, the new name may have no content
        part.replace(path)
    finally:
        # What hindered the writing may hinder this too, and is the error to tell.
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
