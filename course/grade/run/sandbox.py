"""The sandbox: what strangers' code can see, as a bubblewrap command.

No folder of the course has its own path in there, nor has an environment's, nor a Python in a home
folder: strangers need not know where a teacher keeps things. Who reads compiled files or the
kernel's list of mounts can still find some of it, so verdicts are stripped of paths as well.
"""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import course
from course.errors import SandboxError
from course.grade.wire.folders import CELL, SCRATCH
from helpers.internal.sentences import Sentence

SETTINGS = {"COURSE_DATA": "mini", "CUDA_VISIBLE_DEVICES": ""}
"""Environment of every process that runs answers or references: they must see the same data."""

LANGUAGE = {"COURSE_LANG": "en"}
"""Environment of answers: errors that cross over are in one language, as Python's own are."""

_NO_SANDBOX = Sentence(
    ja="提出されたコードを閉じ込めて実行するために、bubblewrap が必要です。"
    "Debian や Ubuntu では `sudo apt install bubblewrap`、"
    "Fedora では `sudo dnf install bubblewrap` で入ります。"
    "閉じ込めずに実行するには --unsafe-no-sandbox を付けますが、"
    "提出されたコードは、このマシンのファイルとネットワークを自由に使えてしまいます。",
    en="bubblewrap is needed to close in the code that was handed in. "
    "Install it with `sudo apt install bubblewrap` on Debian or Ubuntu, "
    "with `sudo dnf install bubblewrap` on Fedora. "
    "--unsafe-no-sandbox runs the code without it, "
    "but then the code can use all files and the network of this machine.",
)
SANDBOX_FAILS = Sentence(
    ja="bubblewrap はありますが、このマシンでは動きません（{error}）。"
    "Ubuntu 24.04 以降では `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` が、"
    "コンテナの中では `--privileged` が必要なことがあります。"
    "`sysctl user.max_user_namespaces` が 0 なら、増やしてください。",
    en="bubblewrap is there but does not work on this machine ({error}). "
    "Ubuntu 24.04 and newer may need "
    "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, a container `--privileged`. "
    "If `sysctl user.max_user_namespaces` is 0, raise it.",
)

_COURSE, _PYTHON, _PACKAGES = "/course", "/python", "/packages"
_ROOMS = ("helpers", "exercises", "course/grade/inside", "course/grade/wire")
"""All that can be read of the course: no solutions, no notebooks, no tests, nothing that judges."""

_OF_EVERYBODY = (Path("/usr"), Path("/opt"))
"""Folders of the system, where Python may stay at its own path."""

_BESIDE_PYTHON = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/fonts",
    "/etc/fonts",
    "/etc/ld.so.cache",
)
_ENVIRONMENT = {
    **SETTINGS,
    **LANGUAGE,
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "HOME": SCRATCH,
    "XDG_CACHE_HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "MPLBACKEND": "agg",
    "TQDM_DISABLE": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    # A forked process must not wait for threads that its parent had; and each worker has one core.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
# What the fork server needs to close answers in. It drops all of them before an answer runs.
_CAPABILITIES = ("SYS_ADMIN", "SYS_CHROOT", "SYS_RESOURCE", "SETUID", "SETGID", "SETPCAP", "KILL")
_FIRST_USER, _USERS = 60_000, 5_000


def check_sandbox() -> None:
    """See that strangers' code can be closed in on this machine.

    Raises:
        SandboxError: bubblewrap is not installed, or does not work here; it says what to do.
    """
    if shutil.which("bwrap") is None:
        raise SandboxError(str(_NO_SANDBOX))
    tried = subprocess.run(
        sandboxed("pass"), capture_output=True, text=True, errors="replace", check=False
    )
    if tried.returncode:
        raise SandboxError(SANDBOX_FAILS.format(error=tried.stderr.strip()))


def answer_user() -> int:
    """Return the user id that answers run under; 0 means the caller's own, without its rights.

    Only root can give answers another one. Each grader's process gives its own, because the limit
    on processes counts those of a user.
    """
    return _FIRST_USER + os.getpid() % _USERS if os.geteuid() == 0 else 0


def sandboxed(program: str, *arguments: str) -> list[str]:
    """Return the bubblewrap command for the server, which closes each answer in by itself.

    It has no network. It can read Python with its packages, the helpers, the exercises and the
    rooms of the grader that it needs, and write to an empty scratch folder.

    Args:
        program: Python code.
        arguments: What it finds in ``sys.argv``.
    """
    rights = []
    for capability in _CAPABILITIES:
        rights += ["--cap-add", f"CAP_{capability}"]
    if os.geteuid() != 0:
        rights += ["--unshare-user", "--uid", "0", "--gid", "0"]
    return [
        *("bwrap", "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid"),
        *("--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--cap-drop", "ALL"),
        *("--dir", CELL, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
        *("--tmpfs", SCRATCH),
        *_readable(),
        *rights,
        *("--remount-ro", "/", "--remount-ro", "/dev", "--remount-ro", "/tmp", "--chdir", SCRATCH),
        *_environment(),
        *("--", str(_placed(Path(sys.executable).resolve()))),
        # Without packages beside Python itself, which an environment does not have either.
        *("-S", "-c", f"{_start()}; {program}", *arguments),
    ]


def _start() -> str:
    packages = [str(_placed(folder)) for folder in _packages()]
    return f"import site, sys; sys.path += {packages}; site.setquit()"


def _readable() -> Iterator[str]:
    root = Path(course.__file__).parents[1]
    bound = {_base(): _placed(_base())} | {folder: _placed(folder) for folder in _packages()}
    bound |= {root / room: Path(_COURSE, room) for room in _ROOMS}
    system = [Path(path) for path in _BESIDE_PYTHON]
    for folder in sorted({above for path in (*system, *bound.values()) for above in path.parents}):
        # bwrap makes missing folders for its own user alone; answers have another.
        yield from ("--perms", "0755", "--dir", str(folder))
    for path in system:
        yield from ("--ro-bind-try", str(path), str(path))
    for path, place in bound.items():
        yield from ("--ro-bind", str(path), str(place))


def _base() -> Path:
    """Return the folder of Python itself, not of an environment."""
    return Path(sys.base_prefix).resolve()


def _packages() -> list[Path]:
    """Return the folders of installed packages."""
    return [Path(folder).resolve() for folder in site.getsitepackages() if Path(folder).is_dir()]


def _placed(path: Path) -> Path:
    """Return where a file or folder of Python, or a folder of packages, lies in the sandbox."""
    base = _base()
    if path.is_relative_to(base):
        is_of_everybody = any(base.is_relative_to(folder) for folder in _OF_EVERYBODY)
        return path if is_of_everybody else Path(_PYTHON, path.relative_to(base))
    return Path(_PACKAGES, str(_packages().index(path)))


def _environment() -> Iterator[str]:
    yield "--clearenv"
    # A Python that was built to look for its own library at one path only.
    library = str(_placed(_base() / "lib")) if sysconfig.get_config_var("Py_ENABLE_SHARED") else ""
    paths = {"PYTHONPATH": _COURSE} | ({"LD_LIBRARY_PATH": library} if library else {})
    for name, value in {**_ENVIRONMENT, **paths}.items():
        yield from ("--setenv", name, value)
