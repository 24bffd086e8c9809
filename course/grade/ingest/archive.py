"""Lists the files that were handed in: of a folder, or of a zip, with the zips inside them.

Nothing is unpacked into the file system, so that names such as ``../../grades.csv`` stay text.
"""

from __future__ import annotations

import contextlib
import errno
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
from typing import IO

from course.errors import StorageError, SubmissionsError
from course.grade.ingest.cells import LARGEST_FILE, UnreadableError
from helpers.errors import CourseError
from helpers.internal.sentences import Sentence

_NO_SUBMISSIONS = Sentence(
    ja="{path} は、提出物のフォルダでも zip でもありません（{error}）。",
    en="{path} is neither a folder nor a zip of submissions ({error}).",
)
_OWN_RESULTS = Sentence(
    ja="{path} は採点の結果のフォルダです。提出物のフォルダか zip を指定してください。",
    en="{path} is the folder of the results. Name a folder or zip of submissions.",
)
_NO_ROOM = Sentence(
    ja="このマシンの側の理由で、提出物を読めません（{error}）。"
    "ディスクの空き容量、メモリ、同時に開けるファイルの数（ulimit -n）を確かめてください。",
    en="This machine cannot read the submissions ({error}). "
    "See to free disk space, memory and the number of open files (ulimit -n).",
)

LARGEST_UPLOAD = 2**30
MOST_FILES = 5000
DEEPEST_ZIP = 3
"""What one zip inside the folder or zip may unpack to: bytes, files, zips within zips."""

_UTF_8_NAME = 0x800
_SHORTAGES = {
    errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO,
}  # fmt: skip
_JUNK = {"__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class UploadedFile:
    """One file that was handed in.

    Attributes:
        file: Its name, with slashes; whatever the student or the LMS wrote.
        modified: Year, month, day, hour, minute, second.
        read: Returns its content; raises UnreadableError, and StorageError where this machine is
            to blame. To be called before the next entry is asked for.
    """

    file: str
    modified: tuple[int, ...]
    read: Callable[[], bytes]


def files_in(source: Path, skip: Path | None = None) -> Iterator[UploadedFile]:
    """List every file but the operating systems' own, in the same order every time.

    Files that cannot be read are listed too: their ``read`` says why. A zip is open only while its
    own files are listed, so that no number of zips exhausts this machine.

    Args:
        source: A folder or a zip.
        skip: A folder that is no submission, wherever it lies.

    Raises:
        SubmissionsError: ``source`` is neither, or is ``skip`` itself.
        StorageError: This machine cannot unpack or open any more.
    """
    try:
        if _is_same(source, skip):
            raise SubmissionsError(_OWN_RESULTS.format(path=source))
        if source.is_dir():
            yield from _of_folder(source, skip)
        else:
            with zipfile.ZipFile(source) as archive:
                yield from _of_zip(archive, "")
    except CourseError:
        raise
    except Exception as error:  # zipfile raises all kinds on what is no zip
        _raise_if_ours(error)
        raise SubmissionsError(_NO_SUBMISSIONS.format(path=source, error=error)) from error


def _of_folder(folder: Path, skip: Path | None) -> Iterator[UploadedFile]:
    refused: list[OSError] = []
    paths = list(_paths(folder, skip, refused.append))
    for file, path in sorted((_file(path, folder), path) for path in paths):
        if not _is_junk(file):
            yield from _of_path(path, file)
    for error in refused:
        _raise_if_ours(error)
        if Path(error.filename) == folder:
            raise error
        yield _refused(_file(Path(error.filename), folder), (), "unreadable", str(error.strerror))


def _paths(folder: Path, skip: Path | None, on_error: Callable[[OSError], None]) -> Iterator[Path]:
    for parent, subfolders, files in os.walk(folder, onerror=on_error):
        if _is_same(Path(parent), skip):
            subfolders.clear()
            continue
        # os.walk enters no link, but lists links to folders among the folders.
        links = [name for name in subfolders if (Path(parent) / name).is_symlink()]
        yield from (Path(parent) / name for name in files + links)


def _is_same(folder: Path, skip: Path | None) -> bool:
    return skip is not None and skip.exists() and folder.exists() and folder.samefile(skip)


def _file(path: Path, folder: Path) -> str:
    return "/".join(_decoded(os.fsencode(part)) for part in path.relative_to(folder).parts)


def _of_path(path: Path, file: str) -> Iterator[UploadedFile]:
    status = path.lstat()
    modified = time.localtime(status.st_mtime)[:6]
    if stat.S_ISLNK(status.st_mode):
        yield _refused(file, modified, "link")
    elif not stat.S_ISREG(status.st_mode):
        yield _refused(file, modified, "unreadable")
    elif _is_zip(file):
        yield from _of_upload(lambda: zipfile.ZipFile(path), file, modified, _Allowance())
    else:
        yield UploadedFile(file, modified, lambda: _content(lambda: path.open("rb")))


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
    archive: zipfile.ZipFile, prefix: str, allowance: _Allowance | None = None
) -> Iterator[UploadedFile]:
    """List a zip: the class's own, or with an ``allowance`` one inside an upload."""
    for info in sorted(archive.infolist(), key=_name):
        file = prefix + _name(info)
        if file.endswith("/") or _is_junk(file):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            yield _refused(file, info.date_time, "link")
        elif _is_zip(file):
            unpack = functools.partial(_inner_zip, archive, info)
            yield from _of_upload(unpack, file, info.date_time, allowance or _Allowance())
        else:
            open_member = functools.partial(archive.open, info)
            yield UploadedFile(file, info.date_time, functools.partial(_content, open_member))


@contextlib.contextmanager
def _inner_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[zipfile.ZipFile]:
    if info.file_size > LARGEST_UPLOAD:
        raise UnreadableError("too_large")
    with _temporary_file() as copy:
        with archive.open(info) as packed:
            shutil.copyfileobj(packed, copy)
        with zipfile.ZipFile(copy) as inner:
            yield inner


def _temporary_file() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError as error:  # on a full disk tempfile finds no folder at all
        raise StorageError(_NO_ROOM.format(error=error)) from error


def _of_upload(
    open_zip: Callable[[], contextlib.AbstractContextManager[zipfile.ZipFile]],
    file: str,
    modified: tuple[int, ...],
    allowance: _Allowance,
) -> Iterator[UploadedFile]:
    """List a zip that was handed in; one that is damaged or a bomb is one refused entry."""
    try:
        if file.lower().count(".zip/") >= DEEPEST_ZIP:
            raise UnreadableError("too_large")
        with open_zip() as archive:
            allowance.take(archive.infolist())
            yield from _of_zip(archive, f"{file}/", allowance)
    except StorageError:
        raise
    except UnreadableError as error:
        yield _refused(file, modified, error.reason)
    except Exception as error:  # zipfile raises all kinds on what is no zip
        _raise_if_ours(error)
        yield _refused(file, modified, "unreadable", str(error))


def _is_zip(file: str) -> bool:
    return file.lower().endswith(".zip")


def _content(open_file: Callable[[], contextlib.AbstractContextManager]) -> bytes:
    try:
        with open_file() as file:
            return file.read(LARGEST_FILE + 1)
    except Exception as error:  # a damaged or encrypted zip makes zipfile raise all kinds
        _raise_if_ours(error)
        raise UnreadableError("unreadable", str(error)) from error


def _raise_if_ours(error: Exception) -> None:
    """Blame no student for a machine that is short of something.

    Raises:
        StorageError: It is.
    """
    if isinstance(error, OSError) and error.errno in _SHORTAGES:
        raise StorageError(_NO_ROOM.format(error=error.strerror)) from error


def _refused(file: str, modified: tuple[int, ...], reason: str, detail: str = "") -> UploadedFile:
    def refuse() -> bytes:
        raise UnreadableError(reason, detail)

    return UploadedFile(file, modified, refuse)


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name: zips made in Japan have cp932 in them, or UTF-8 not marked so."""
    name = info.orig_filename
    if not info.flag_bits & _UTF_8_NAME:
        name = _decoded(name.encode("cp437"))
    return name.replace("\\", "/")


def _decoded(name: bytes) -> str:
    """Return a name as text: the last of the encodings has a character for every byte."""
    for encoding in ("utf-8", "cp932"):
        with contextlib.suppress(UnicodeDecodeError):
            return name.decode(encoding)
    return name.decode("cp437")


def _is_junk(file: str) -> bool:
    parts = PurePosixPath(file).parts
    return not parts or bool(_JUNK & set(parts)) or parts[-1].startswith("._")
