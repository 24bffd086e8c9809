"""Runs each answer in a fresh process, forked from one that has imported everything already.

The program of the sandbox. It has three kinds of processes:

* the *server* runs a lesson's set-up once, then forks a keeper for each submission. It never
  reads one: nothing of it can stay in its memory, where the next one would inherit it;
* a *keeper* reads a student's jobs and for each closes an answer in, watches it and kills it;
* an *answer* has files, process ids and shared memory of its own, no rights, and one pipe, to say
  what was observed.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import gc
import importlib
import math
import os
import pickle
import resource
import select
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from course.grade.inside.answer import Prepared, modules_in_use, new_notebook, observe_answer
from course.grade.wire.channel import receive, send
from course.grade.wire.folders import CELL, SCRATCH
from course.grade.wire.limits import Limits
from course.grade.wire.messages import Job, Order, decode_jobs
from course.grade.wire.plain import encode

_LONGEST_JOB = 2**26
_MIB = 2**20
_WATCH_INTERVAL = 0.05
_OPEN_FILES = 256  # enough for a dozen DataLoader workers; sockets hold memory of the system's own
_USED_UP = 0.75  # the system ends an answer by a coarser clock than the one it reports with
_CLOSED_IN = b"closed in\n"

# From <sched.h>, <sys/mount.h>, <linux/prctl.h> and <linux/capability.h>.
_CLONE_NEWNS, _CLONE_NEWIPC, _CLONE_NEWPID = 0x20000, 0x8000000, 0x20000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_CAPABILITY_VERSION, _CAPABILITY_WORDS, _CAPABILITY_SETS = 0x20080522, 2, 3

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Serve the channel whose file descriptor is the program's argument, until it is closed."""
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        order = Order.decode(receive(channel, _LONGEST_JOB))
        lesson = Prepared(
            new_notebook(order.set_up, order.exercises),
            # Made by the grader itself; what answers send back is never unpickled.
            {name: pickle.loads(base64.b64decode(packed)) for name, packed in order.cases.items()},
        )
        _import_ahead(order.exercises)
        gc.freeze()  # so that collecting garbage in an answer leaves the shared memory shared
        send(channel, b"ready")
        while channel.recv(1, socket.MSG_PEEK):
            keeper = os.fork()
            if keeper == 0:
                _keep(channel, order, lesson)
                os._exit(0)
            _, status = os.waitpid(keeper, 0)
            if status:
                sys.exit(f"a keeper ended with status {status}")


def _import_ahead(exercises: tuple[str, ...]) -> None:
    """Import what libraries leave until it is used, or else each answer would do so again.

    A process that may calculate finds out; this one must not, or its threads would be missing after
    the next fork.
    """
    reading, writing = os.pipe()
    if os.fork() == 0:
        _say(writing, "\n".join(modules_in_use(exercises)).encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as names:
        for name in names.read().splitlines():
            with contextlib.suppress(ImportError):  # some are made by code and lie in no file
                importlib.import_module(name)
    os.wait()


def _keep(channel: socket.socket, order: Order, lesson: Prepared) -> None:
    for job in decode_jobs(receive(channel, _LONGEST_JOB)):
        ended, said = _run_closed_in(job, channel, order, lesson)
        send(channel, ended.encode())
        send(channel, said)


def _run_closed_in(
    job: Job, channel: socket.socket, order: Order, lesson: Prepared
) -> tuple[str, bytes]:
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        answer = _fork_with_new_process_ids() if order.sandboxed else os.fork()
        if answer == 0:
            try:
                channel.close()
                os.close(reading)
                os.chdir(folder)
                _answer(job, writing, order, lesson)
            finally:  # whatever happens in here must not go on as a keeper
                os._exit(0)
        os.close(writing)
        ended, said = _watch(reading, order)
        used = _kill(answer, order)
    os.close(reading)
    # The system ends who uses up the processor's time, and says no more of it than of any death.
    if ended == "process_died" and used >= _USED_UP * order.limits.seconds:
        ended = "time_limit"
    return ended, said


def _answer(job: Job, pipe: int, order: Order, lesson: Prepared) -> None:
    try:
        _close_in(order)
    except OSError as error:
        _say(pipe, str(error).encode())
        return
    _say(pipe, _CLOSED_IN)
    _say(pipe, encode(observe_answer(job, lesson)))


def _fork_with_new_process_ids() -> int:
    """Fork the first process of a namespace: it sees no other, and all in it end when it does."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    _call("unshare", _CLONE_NEWPID)
    child = os.fork()
    if child:
        # Back, because a process can leave its namespace once only.
        _call("setns", own, _CLONE_NEWPID)
    os.close(own)
    return child


def _say(pipe: int, message: bytes) -> None:
    while message:
        message = message[os.write(pipe, message) :]


def _watch(pipe: int, order: Order) -> tuple[str, bytes]:
    """Return why the answer ended, and what it said until then."""
    limits, said = order.limits, bytearray()
    deadline = time.monotonic() + limits.seconds
    shared_before, inherited = _shared_memory(), _private_memory(os.getppid())
    while True:
        if select.select([pipe], [], [], _WATCH_INTERVAL)[0]:
            part = os.read(pipe, 2**16)
            if not part:
                return _end(bytes(said))
            said += part
        if len(said) > limits.reply:
            return "reply_too_long", b""
        if time.monotonic() > deadline:
            return "time_limit", b""
        shared = _shared_memory() - shared_before
        if order.sandboxed and _own_memory(inherited) + shared > limits.memory:
            return "memory_limit", b""


def _end(said: bytes) -> tuple[str, bytes]:
    if not said.startswith(_CLOSED_IN):
        return "not_closed_in", said
    reply = said.removeprefix(_CLOSED_IN)
    return ("ended" if reply else "process_died"), reply


def _own_memory(inherited: float) -> float:
    """Return the MiB of all answer's processes; the others are bwrap's, the server and this one.

    Each process counts without the MiB that it has inherited: the server's own, which the system
    holds once and counts for each.
    """
    others = {1, os.getppid(), os.getpid()}
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    return sum(max(0.0, _private_memory(pid) - inherited) for pid in pids if pid not in others)


def _private_memory(pid: int) -> float:
    return _mib(f"/proc/{pid}/status", b"RssAnon:")


def _shared_memory() -> float:
    """Return the machine's shared memory in MiB: temporary files are a part of it."""
    return _mib("/proc/meminfo", b"Shmem:")


def _mib(path: str, name: bytes) -> float:
    try:
        # A process can have any bytes but these line ends in its name.
        lines = Path(path).read_bytes().split(b"\n")
    except OSError:  # the process has ended
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _kill(answer: int, order: Order) -> float:
    """End all of an answer's processes, and return how many seconds of processor time it used."""
    # In a sandbox it is the first process of its namespace, and all others end with it.
    kill = os.kill if order.sandboxed else os.killpg
    kill(answer, signal.SIGKILL)
    used = os.wait4(answer, 0)[2]
    return used.ru_utime + used.ru_stime


def _close_in(order: Order) -> None:
    """Give up everything that an answer does not need.

    Raises:
        OSError: This system does not allow it.
    """
    # In a group of its own, as a signal to a whole group crosses namespaces.
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    if order.sandboxed:
        # Where memory runs short all the same, the machine ends an answer and not the grader.
        Path("/proc/self/oom_score_adj").write_text("1000")
        _change_files(order.limits)
        _drop_rights(order.user)
    _limit(order)


def _change_files(limits: Limits) -> None:
    _call("unshare", _CLONE_NEWNS | _CLONE_NEWIPC)
    _call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    size = f"size={limits.files}m,mode=1777".encode()
    for folder in (SCRATCH.encode(), b"/dev/shm"):
        _call("mount", b"tmpfs", folder, b"tmpfs", _MS_NOSUID | _MS_NODEV, size)
    _call("mount", b"proc", b"/proc", b"proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, None)
    # The kernel gives no user namespace, and with it no new rights, to a process whose root is not
    # the root of its file system.
    _call("mount", b"/", CELL.encode(), None, _MS_BIND | _MS_REC, None)
    os.chroot(CELL)
    os.chdir(SCRATCH)


def _drop_rights(user: int) -> None:
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for capability in range(int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1):
        _call("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    none = (ctypes.c_uint32 * (_CAPABILITY_WORDS * _CAPABILITY_SETS))()
    _call("capset", header, none)


def _limit(order: Order) -> None:
    limits = order.limits
    most = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: math.ceil(limits.seconds),
        resource.RLIMIT_FSIZE: limits.files * _MIB,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
    }
    if order.sandboxed:  # elsewhere the user's other processes count as well
        most[resource.RLIMIT_NPROC] = limits.processes
        # What the server has mapped, several GB for PyTorch, is no memory of the answer.
        most[resource.RLIMIT_AS] = _mapped() + limits.memory * _MIB
    for kind, value in most.items():
        resource.setrlimit(kind, (value, value))


def _mapped() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _call(name: str, *arguments: Any) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
