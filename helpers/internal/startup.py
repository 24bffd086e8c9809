"""What TensorFlow writes while it starts, kept from a notebook's first page."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def startup_notes_hidden() -> Iterator[None]:
    """Hide what TensorFlow's C++ part writes while it starts, unless that fails.

    It greets everybody with a page on CPU instructions and absent GPUs, some of it before it looks
    at its own log level.
    """
    with tempfile.TemporaryFile() as notes:
        standard_error = os.dup(2)
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except BaseException:
            notes.seek(0)
            os.write(standard_error, notes.read())
            raise
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
