"""Where the data files come from: find them, or download them, or unpack the embedded mini sets.

:func:`locate` does the work of :func:`helpers.data.prepare`. Files are only ever used after their
SHA-256 was found right, and only ever written in one step, so that a kill, a full disk or a second
notebook at the same moment cannot leave half a file behind.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import hashlib
import http.client
import importlib.resources
import os
import queue
import tempfile
import threading
import time
import urllib.request
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from helpers.errors import DataError, UnknownNameError
from helpers.internal.files import whole_file
from helpers.internal.sentences import Sentence
from helpers.internal.words import listed

_UNKNOWN_DATASET = Sentence(
    ja="データ {name} はありません。使えるのは {known} です。",
    en="There is no data set {name}. There are: {known}.",
)
_UNKNOWN_SETTING = Sentence(
    ja="COURSE_DATA={setting} という設定はありません。auto、mini、full のどれかにしてください。",
    en="COURSE_DATA={setting} is no setting. Make it auto, mini or full.",
)
_FULL_DATA_MISSING = Sentence(
    ja="""{name} の完全版が手に入りません（COURSE_DATA=full）。
試したところ:
{tried}
対処のしかた（どれか 1 つ）:
- ネットワークにつなぎ、カーネルを再起動して、もう一度実行します。
- IDX ファイルのあるフォルダを、環境変数 COURSE_DATA_DIR で指定します。
- COURSE_DATA=auto か COURSE_DATA=mini にして、ミニ版で進めます。""",
    en="""The full {name} cannot be had (COURSE_DATA=full).
Tried:
{tried}
What to do (any one of these):
- Connect to a network, restart the kernel and run again.
- Name the folder of the IDX files in the environment variable COURSE_DATA_DIR.
- Set COURSE_DATA to auto or mini, and go on with the mini set.""",
)
_DATA_DIR_MISSING = Sentence(
    ja="COURSE_DATA_DIR のフォルダ {path} がありません。つづりを確かめてください。",
    en="There is no folder {path}, which COURSE_DATA_DIR names. Check the spelling.",
)
_FILE_REFUSED = Sentence(
    ja="{path} は使いません。壊れているか、本物と中身が違います。取り直すか、どけてください。",
    en="{path} is not used. It is damaged, or not the genuine file. Fetch it again, or move it away.",
)
_DOWNLOAD_FAILED = Sentence(
    ja="{url}: ダウンロードできません（{error}）", en="{url}: the download failed ({error})"
)
_DOWNLOAD_DIFFERS = Sentence(
    ja="届いたファイルが本物と違います", en="the file that came is not the genuine one"
)
_NETWORK_TOO_SLOW = Sentence(ja="応答がないか、遅すぎます", en="no answer, or too slow a one")
_NOT_WRITABLE = Sentence(
    ja="{path}: 書き込めません（{error}）", en="{path}: cannot be written ({error})"
)
_NO_ROOM = Sentence(
    ja="""データを置く場所がありません。
{tried}
ディスクの空きを作るか、書き込めるフォルダを環境変数 XDG_CACHE_HOME で指定してください。""",
    en="""There is nowhere to put the data.
{tried}
Free some disk space, or name a folder that can be written in the environment variable XDG_CACHE_HOME.""",
)
_PACKAGE_DAMAGED = Sentence(
    ja="教材のデータが読めません（{error}）。教材をインストールし直してください。",
    en="The data of the course cannot be read ({error}). Install the course again.",
)


FILENAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
# SHA-256 of the uncompressed files of the full sets, in the order of FILENAMES.
_SUMS = {
    "MNIST": (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    "FashionMNIST": (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
}
FULL_SHA256 = {name: dict(zip(FILENAMES, sums, strict=True)) for name, sums in _SUMS.items()}
# The mirrors that torchvision asks; kept here because asking torchvision would load torch.
MIRRORS = {
    "MNIST": "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "FashionMNIST": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
}
# Copies of the operating system: Debian's package dataset-fashion-mnist.
SYSTEM_FOLDERS = {"FashionMNIST": [Path("/usr/share/datasets/fashion-mnist")], "MNIST": []}

TIMEOUT = 3.0  # seconds for a mirror to answer, name resolution included
MIN_SPEED = 20_000  # bytes per second below which a download is given up
STALE = 3600.0  # seconds after which a temporary file must be the leftover of a killed process

SETTINGS = ("auto", "mini", "full")
Edition = Literal["full", "mini"]


class Location(NamedTuple):
    """A torchvision root, and which edition of the data lies in it."""

    root: Path
    edition: Edition


_failed_mirrors: dict[str, str] = {}  # address -> why; a mirror that failed is not asked again


def locate(name: str, root: str | os.PathLike | None = None) -> Location:
    """Find or make a torchvision root for a data set.

    Args:
        name: ``"MNIST"`` or ``"FashionMNIST"``.
        root: Folder to use in place of the course's cache.

    Raises:
        UnknownNameError: ``name``, or the environment variable ``COURSE_DATA``, is unknown.
        DataError: ``COURSE_DATA=full`` and the full set cannot be had, or nothing can be written.
    """
    if name not in FULL_SHA256:
        known = listed(FULL_SHA256)
        raise UnknownNameError(_UNKNOWN_DATASET.format(name=name, known=known))
    setting = os.environ.get("COURSE_DATA") or "auto"
    if setting not in SETTINGS:
        raise UnknownNameError(_UNKNOWN_SETTING.format(setting=setting))

    own_root = None if root is None else Path(root).expanduser().absolute()
    tried: list[str] = []
    if setting != "mini" and (found := _locate_full(name, own_root, tried)):
        return Location(found, "full")
    if setting == "full":
        raise DataError(_FULL_DATA_MISSING.format(name=name, tried=_as_lines(tried)))
    return Location(_locate_mini(name, own_root), "mini")


def _locate_full(name: str, root: Path | None, tried: list[str]) -> Path | None:
    """Return a root with the full set, or None; ``tried`` gets a line for all that did not help."""
    expected = FULL_SHA256[name]
    stores = [store / "full" for store in _stores(root)]
    users = _user_folders(root)
    places = [*users, *stores]
    for place in places:
        if not _damaged(_raw(place, name), expected):
            return place
    tried += [str(place) for place in [*places, *SYSTEM_FOLDERS[name]]]

    for store in stores:
        folder = _raw(store, name)
        obtain = functools.partial(_obtain, name, users, folder, tried)
        try:
            return store if _install(folder, expected, obtain) else None
        except OSError as error:
            tried.append(_NOT_WRITABLE.format(path=store, error=error))
    return None


def _locate_mini(name: str, root: Path | None) -> Path:
    """Return a root with the mini set, which is unpacked there if need be."""
    files = _embedded(name)
    expected = {filename: _sha256(content) for filename, content in files.items()}
    failures = []
    for store in _stores(root):
        try:
            _install(_raw(store / "mini", name), expected, files.get)
        except OSError as error:
            failures.append(_NOT_WRITABLE.format(path=store, error=error))
        else:
            return store / "mini"
    raise DataError(_NO_ROOM.format(tried=_as_lines(failures)))


# --- folders -------------------------------------------------------------------------------------


def _user_folders(root: Path | None) -> list[Path]:
    """Return the folders of the user in which to look: they are read, never changed."""
    folders = [] if root is None else [root]
    if chosen := os.environ.get("COURSE_DATA_DIR"):
        # Path.expanduser fails for an unknown user; this leaves the folder to be told as missing.
        folder = Path(os.path.expanduser(chosen)).absolute()
        if not os.path.isdir(folder):
            warnings.warn(_DATA_DIR_MISSING.format(path=folder), stacklevel=2)
        folders.insert(0, folder)
    return folders


def _stores(root: Path | None) -> list[Path]:
    """Return the folders to keep files in: the next one serves where one cannot be written."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    last = Path(tempfile.gettempdir()) / f"cnn-gasshuku-{user}"
    # A user of a container may have no home: "~" then stays as it is.
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    first = root or Path(cache, "cnn-gasshuku")
    return [last] if str(first).startswith("~") else [first, last]


def _raw(root: Path, name: str) -> Path:
    """Return the folder in which torchvision looks for the files of a data set."""
    return root / name / "raw"


def _copies(name: str, filename: str, users: list[Path], own: Path) -> list[Path]:
    """Return the paths, nearest first, at which a copy of a file for the folder ``own`` may lie."""
    folders = [place for user in users for place in (_raw(user, name), user / name, user)]
    near = [folder / each for folder in folders for each in (filename, f"{filename}.gz")]
    system = [folder / f"{filename}.gz" for folder in SYSTEM_FOLDERS[name]]
    return [*near, own / f"{filename}.gz", *system]


# --- files ---------------------------------------------------------------------------------------


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@functools.cache
def _digest_of_state(path: Path, size: int, modified_ns: int) -> str:
    """Return the SHA-256 of a file; computed once a process for each state of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_intact(path: Path, sha256: str) -> bool:
    """Tell whether the file is there and has this SHA-256."""
    try:
        state = path.stat()
        return _digest_of_state(path, state.st_size, state.st_mtime_ns) == sha256
    except OSError:
        return False


def _damaged(folder: Path, expected: dict[str, str]) -> list[Path]:
    """Return the paths of the expected files that are missing or differ from their SHA-256."""
    return [
        folder / name for name, sha256 in expected.items() if not _is_intact(folder / name, sha256)
    ]


def _install(folder: Path, expected: dict[str, str], obtain: Callable[[str], bytes | None]) -> bool:
    """Complete the files of a folder of ours; False if ``obtain`` has no content for one of them.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in _damaged(folder, expected):
        content = obtain(path.name)
        if content is None:
            for damaged in _damaged(folder, expected):
                damaged.unlink(missing_ok=True)
            return False
        _remove_stale(path)
        with whole_file(path) as file:
            file.write(content)
    return True


def _remove_stale(path: Path) -> None:
    """Remove what a process that was killed while writing ``path`` left behind."""
    for leftover in path.parent.glob(f".{path.name}.*.part"):
        with contextlib.suppress(OSError):  # another process may be tidying up too
            if time.time() - leftover.stat().st_mtime > STALE:
                leftover.unlink()


@functools.cache
def _embedded(name: str) -> dict[str, bytes]:
    """Return the IDX files of the mini set, which travel with the package."""
    folder = importlib.resources.files("helpers") / "mini"
    try:
        return {
            filename: gzip.decompress((folder / f"{name}-{filename}.gz").read_bytes())
            for filename in FULL_SHA256[name]
        }
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(_PACKAGE_DAMAGED.format(error=error)) from error


# --- one file of a full set ----------------------------------------------------------------------


def _obtain(
    name: str, users: list[Path], own: Path, tried: list[str], filename: str
) -> bytes | None:
    """Return the content of a genuine file from the nearest place that has it, or None."""
    for path in _copies(name, filename, users, own):
        content = _read_genuine(path, FULL_SHA256[name][filename], tried)
        if content is not None:
            return content
    return _download(name, filename, tried)


def _read_genuine(path: Path, sha256: str, tried: list[str]) -> bytes | None:
    """Return the uncompressed content of a file if it is there and has this SHA-256."""
    if not os.path.isfile(path):
        return None
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error):
        content = b""
    found = _sha256(content)
    if found == sha256:
        return content
    # In a folder without subfolders, the file of the same name may be the other data set's.
    if not any(found in files.values() for files in FULL_SHA256.values()):
        sentence = _FILE_REFUSED.format(path=path)
        tried.append(sentence)
        warnings.warn(sentence, stacklevel=2)
    return None


def _download(name: str, filename: str, tried: list[str]) -> bytes | None:
    """Return the uncompressed content of a file from the mirror, or None if it cannot be had."""
    mirror = MIRRORS[name]
    if mirror not in _failed_mirrors:
        try:
            content = gzip.decompress(_fetch(f"{mirror}{filename}.gz"))
            if _sha256(content) == FULL_SHA256[name][filename]:
                return content
            _failed_mirrors[mirror] = str(_DOWNLOAD_DIFFERS)
        # A broken server can also forward to an address that is none, which is a ValueError.
        except (OSError, ValueError, http.client.HTTPException, EOFError, zlib.error) as error:
            _failed_mirrors[mirror] = str(error)
    tried.append(_DOWNLOAD_FAILED.format(url=mirror, error=_failed_mirrors[mirror]))
    return None


def _fetch(url: str) -> bytes:
    """Download a file with a progress bar; TimeoutError if it comes too slowly to wait for."""
    from helpers.progress import progress_bar

    received = bytearray()
    start = time.monotonic()
    with _open(url) as response:
        size = response.length  # None if the server did not say, or not in numbers
        options = {"total": size, "unit": "B", "unit_scale": True, "desc": url.rsplit("/", 1)[-1]}
        with progress_bar(**options) as bar:
            while chunk := response.read1(1 << 16):
                received += chunk
                bar.update(len(chunk))
                if time.monotonic() - start > TIMEOUT + len(received) / MIN_SPEED:
                    raise TimeoutError(_NETWORK_TOO_SLOW)
    return bytes(received)


def _open(url: str) -> http.client.HTTPResponse:
    """Open an address within TIMEOUT seconds.

    urllib's own time-out does not bound name resolution, hence the thread, which nobody waits for.
    """
    outcomes: queue.SimpleQueue = queue.SimpleQueue()

    def connect() -> None:
        try:
            outcomes.put(urllib.request.urlopen(url, timeout=TIMEOUT))
        except Exception as error:
            outcomes.put(error)

    threading.Thread(target=connect, daemon=True).start()
    try:
        outcome = outcomes.get(timeout=TIMEOUT)
    except queue.Empty:
        raise TimeoutError(_NETWORK_TOO_SLOW) from None
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _as_lines(entries: list[str]) -> str:
    """Return the entries as a list, one a line, each once."""
    return "\n".join(f"- {entry}" for entry in dict.fromkeys(entries))
