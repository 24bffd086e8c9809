"""Lists the files that were handed in: of a folder, or of a zip, with the zips inside them.

Nothing is unpacked into the file system, so that names such as ``../../grades.csv`` stay text.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import stat
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from course.grade.cells import LARGEST_FILE, UnreadableError
from course.grade.text import NO_SUBMISSIONS
from helpers.errors import SubmissionsError

LARGEST_UPLOAD = 2**30
MOST_FILES = 5000
DEEPEST_ZIP = 3
"""What one zip inside the folder or zip may unpack to: bytes, files, zips within zips."""

_UTF_8_NAME = 0x800
_JUNK = {"__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Entry:
    """One file that was handed in.

    Attributes:
        file: Its name, with slashes; whatever the student or the LMS wrote.
        modified: Year, month, day, hour, minute, second.
        read: Returns its content; raises UnreadableError.
    """

    file: str
    modified: tuple[int, ...]
    read: Callable[[], bytes]


def entries(source: Path, stack: contextlib.ExitStack) -> list[Entry]:
    """List every file but the operating systems' own, in the order of their names.

    Files that cannot be read are listed too: their ``read`` says why.

    Args:
        source: A folder or a zip.
        stack: Keeps the zips open until the entries have been read.

    Raises:
        SubmissionsError: ``source`` is neither.
    """
    try:
        if source.is_dir():
            found = list(_of_folder(source, stack))
        else:
            archive = stack.enter_context(zipfile.ZipFile(source))
            found = list(_of_zip(archive, "", stack))
    except Exception as error:  # zipfile raises all kinds on what is no zip
        raise SubmissionsError(NO_SUBMISSIONS.format(path=source, error=error)) from error
    return sorted(found, key=lambda entry: entry.file)


def _of_folder(folder: Path, stack: contextlib.ExitStack) -> Iterator[Entry]:
    for parent, subfolders, files in os.walk(folder):
        # os.walk enters no link, but lists links to folders among the folders.
        links = [name for name in subfolders if (Path(parent) / name).is_symlink()]
        for path in (Path(parent) / name for name in files + links):
            file = path.relative_to(folder).as_posix()
            if not _is_junk(file):
                yield from _of_path(path, file, stack)


def _of_path(path: Path, file: str, stack: contextlib.ExitStack) -> Iterator[Entry]:
    status = path.lstat()
    modified = time.localtime(status.st_mtime)[:6]
    if stat.S_ISLNK(status.st_mode):
        yield _refused(file, modified, "link")
    elif not stat.S_ISREG(status.st_mode):
        yield _refused(file, modified, "unreadable")
    elif _is_zip(file):
        yield from _of_upload(lambda: zipfile.ZipFile(path), file, modified, stack, _Allowance())
    else:
        yield Entry(file, modified, lambda: _content(lambda: path.open("rb")))


class _Allowance:
    """What one upload may still unpack to, with all the zips in it."""

    def __init__(self) -> None:
        self._bytes = LARGEST_UPLOAD
        self._files = MOST_FILES

    def take(self, members: list[zipfile.ZipInfo]) -> None:
        # zipfile never gives more bytes of a member than the size that it states.
        self._bytes -= sum(member.file_size for member in members)
        self._files -= len(members)
        if self._bytes < 0 or self._files < 0:
            raise UnreadableError("too_large")


def _of_zip(
    archive: zipfile.ZipFile,
    prefix: str,
    stack: contextlib.ExitStack,
    allowance: _Allowance | None = None,
) -> Iterator[Entry]:
    """List a zip: the class's own, or with an ``allowance`` one inside an upload."""
    for info in archive.infolist():
        file = prefix + _name(info)
        if file.endswith("/") or _is_junk(file):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            yield _refused(file, info.date_time, "link")
        elif _is_zip(file):
            unpack = functools.partial(_inner_zip, archive, info, stack)
            yield from _of_upload(unpack, file, info.date_time, stack, allowance or _Allowance())
        else:
            open_member = functools.partial(archive.open, info)
            yield Entry(file, info.date_time, functools.partial(_content, open_member))


def _inner_zip(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, stack: contextlib.ExitStack
) -> zipfile.ZipFile:
    if info.file_size > LARGEST_UPLOAD:
        raise UnreadableError("too_large")
    copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (the stack closes it)
    with archive.open(info) as packed:
        shutil.copyfileobj(packed, copy)
    return zipfile.ZipFile(copy)


def _of_upload(
    open_zip: Callable[[], zipfile.ZipFile],
    file: str,
    modified: tuple[int, ...],
    stack: contextlib.ExitStack,
    allowance: _Allowance,
) -> Iterator[Entry]:
    """List a zip that was handed in; one that is damaged or a bomb is one refused entry."""
    try:
        if file.lower().count(".zip/") >= DEEPEST_ZIP:
            raise UnreadableError("too_large")
        archive = stack.enter_context(open_zip())
        allowance.take(archive.infolist())
        # As a list: a zip within that fails must not take this one's other files with it.
        found = list(_of_zip(archive, f"{file}/", stack, allowance))
    except UnreadableError as error:
        found = [_refused(file, modified, error.reason)]
    except Exception as error:  # zipfile raises all kinds on what is no zip
        found = [_refused(file, modified, "unreadable", str(error))]
    yield from found


def _is_zip(file: str) -> bool:
    return file.lower().endswith(".zip")


def _content(open_file: Callable[[], contextlib.AbstractContextManager]) -> bytes:
    try:
        with open_file() as file:
            return file.read(LARGEST_FILE + 1)
    except Exception as error:  # a damaged or encrypted zip makes zipfile raise all kinds
        raise UnreadableError("unreadable", str(error)) from error


def _refused(file: str, modified: tuple[int, ...], reason: str, detail: str = "") -> Entry:
    def refuse() -> bytes:
        raise UnreadableError(reason, detail)

    return Entry(file, modified, refuse)


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name: zips made in Japan have cp932 in them, or UTF-8 not marked so."""
    name = info.orig_filename
    if not info.flag_bits & _UTF_8_NAME:
        written = name.encode("cp437")
        for encoding in ("utf-8", "cp932"):
            with contextlib.suppress(UnicodeDecodeError):
                name = written.decode(encoding)
                break
    return name.replace("\\", "/")


def _is_junk(file: str) -> bool:
    parts = PurePosixPath(file).parts
    return not parts or bool(_JUNK & set(parts)) or parts[-1].startswith("._")
