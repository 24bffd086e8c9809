"""The sandbox: what strangers' code can see, as a bubblewrap command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import helpers
from course.grade import text
from course.grade.inside.server import CELL, SCRATCH
from course.grade.wire.limits import DEFAULT_LIMITS, Limits
from helpers.errors import SandboxError

__all__ = [
    "DEFAULT_LIMITS",
    "SETTINGS",
    "Limits",
    "answer_user",
    "check_sandbox",
    "sandboxed",
]

_BESIDE_PYTHON = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/fonts",
    "/etc/fonts",
    "/etc/ld.so.cache",
)
# Of the course only this: no solutions, no notebooks, no tests, and nothing that judges.
_PROGRAM = (
    "course/__init__.py",
    "course/grade/__init__.py",
    "course/grade/inside",
    "course/grade/wire",
)
SETTINGS = {"COURSE_DATA": "mini", "CUDA_VISIBLE_DEVICES": ""}
"""Environment of every process that runs answers or references: they must see the same data."""

_ENVIRONMENT = {
    **SETTINGS,
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
        raise SandboxError(text.NO_SANDBOX)
    command = sandboxed([sys.executable, "-S", "-c", ""])
    tried = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if tried.returncode:
        raise SandboxError(text.SANDBOX_FAILS.format(error=tried.stderr.strip()))


def answer_user() -> int:
    """Return the user id that answers run under; 0 means the caller's own, without its rights.

    Only root can give answers another one. Each grader's process gives its own, because the limit
    on processes counts those of a user.
    """
    return _FIRST_USER + os.getpid() % _USERS if os.geteuid() == 0 else 0


def sandboxed(command: Sequence[str]) -> list[str]:
    """Return the bubblewrap command for the fork server, which closes each answer in by itself.

    The program has no network. It can read Python with its packages, the helpers and what the
    grader needs inside, and write to an empty scratch folder.
    """
    rights = []
    for capability in _CAPABILITIES:
        rights += ["--cap-add", f"CAP_{capability}"]
    if os.geteuid() != 0:
        rights += ["--unshare-user", "--uid", "0", "--gid", "0"]
    return _bubblewrap(command, rights)


def _bubblewrap(command: Sequence[str], options: Sequence[str]) -> list[str]:
    return [
        *("bwrap", "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid"),
        *("--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--cap-drop", "ALL"),
        *("--dir", CELL, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
        *("--tmpfs", SCRATCH),
        *_readable(),
        *options,
        *("--remount-ro", "/", "--remount-ro", "/dev", "--remount-ro", "/tmp", "--chdir", SCRATCH),
        *_environment(),
        *("--", *command),
    ]


def _readable() -> Iterator[str]:
    root = Path(helpers.__file__).parents[1]
    paths = [Path(sys.base_prefix), Path(sys.prefix), root / "helpers", root / "exercises"]
    paths += [root / name for name in _PROGRAM]
    system = [Path(path) for path in _BESIDE_PYTHON]
    for folder in sorted({folder for path in system + paths for folder in path.parents}):
        # bwrap makes missing folders for its own user alone; answers have another.
        yield from ("--perms", "0755", "--dir", str(folder))
    for path in system:
        yield from ("--ro-bind-try", str(path), str(path))
    for path in paths:
        yield from ("--ro-bind", str(path), str(path))


def _environment() -> Iterator[str]:
    yield "--clearenv"
    root = str(Path(helpers.__file__).parents[1])
    for name, value in {**_ENVIRONMENT, "PYTHONPATH": root}.items():
        yield from ("--setenv", name, value)
