"""What an answer can see, write and reach from inside the sandbox: nothing that is not its own."""

import os
import socket
import sys
from pathlib import Path

import pytest
from grade_runner import (
    LIMITS,
    needs_sandbox,
    told_by,
)

from course.errors import SandboxError
from course.grade.run import sandbox
from course.grade.run.runner import Runner

ROOT = Path(__file__).parents[3]
HIDDEN = [
    *(ROOT / folder for folder in ("solutions", "notebooks", "tests", "pyproject.toml", ".git")),
    ROOT / "course" / "grade" / "judge" / "judge.py",
    ROOT / "course" / "cli.py",
    Path("/etc/passwd"),
    Path("/etc/shadow"),
    Path("/home"),
    Path("/var"),
    Path("/sys"),
    Path("/usr/bin/env"),
]


@needs_sandbox
def test_nothing_of_the_course_or_the_machine_can_be_read(tmp_path):
    gradebook = tmp_path / "gradebook.db"
    gradebook.write_text("points")
    paths = [str(path) for path in (*HIDDEN, gradebook, Path.home() / ".bashrc")]
    seen = told_by(f"import os\ntell([path for path in {paths} if os.path.lexists(path)])")
    assert "ValueError: []" in seen


@needs_sandbox
def test_only_the_own_temporary_folders_can_be_written():
    seen = told_by(
        "import os\n"
        "def writable(folder):\n"
        "    try:\n"
        "        with open(os.path.join(folder, 'mine'), 'w') as file:\n"
        "            return bool(file.write('x'))\n"
        "    except OSError:\n"
        "        return False\n"
        "folders = ['/']\n"
        "for _ in range(3):\n"
        "    entries = [entry for folder in folders for entry in os.scandir(folder)]\n"
        "    inner = {entry.path for entry in entries if entry.is_dir(follow_symlinks=False)}\n"
        "    folders = sorted({*folders, *inner} - {'/proc'})\n"
        "tell([folder for folder in folders if writable(folder)])"
    )
    assert "ValueError: ['/dev/shm', '/scratch']" in seen


@needs_sandbox
def test_no_network_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        seen = told_by(
            "import socket\n"
            "def reached(address):\n"
            "    try:\n"
            "        return socket.create_connection(address, timeout=1)\n"
            "    except OSError:\n"
            "        return None\n"
            f"addresses = [('127.0.0.1', {port}), ('192.0.2.1', 80)]\n"
            "tell([address for address in addresses if reached(address)])"
        )
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "ValueError: []" in seen


@needs_sandbox
def test_an_answer_sees_no_process_but_its_own():
    seen = told_by("import os\ntell([pid for pid in os.listdir('/proc') if pid.isdigit()])")
    assert "ValueError: ['1']" in seen


@needs_sandbox
def test_an_answer_has_no_rights_and_cannot_gain_any():
    seen = told_by(
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None)\n"
        "namespaces = [0x10000000, 0x20000, 0x40000000]\n"
        "status = open('/proc/self/status').read()\n"
        "rights = [line.split()[1] for line in status.splitlines() if line.startswith('Cap')]\n"
        "tell((set(rights), [libc.unshare(kind) for kind in namespaces], libc.chroot(b'/usr'),\n"
        "      libc.mount(None, b'/scratch', b'tmpfs', 0, None), 'NoNewPrivs:\\t1' in status))"
    )
    assert "({'0000000000000000'}, [-1, -1, -1], -1, -1, True)" in seen


@needs_sandbox
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give answers another user id")
def test_an_answer_of_roots_does_not_run_as_root():
    user = sandbox.answer_user()
    assert f"ValueError: ({user}, {user}, [])" in told_by(
        "import os\ntell((os.getuid(), os.getgid(), os.getgroups()))"
    )


@needs_sandbox
def test_an_answer_inherits_no_file_but_its_pipe():
    seen = told_by(
        "import os, stat\n"
        "def kind(number):\n"
        "    mode = os.fstat(number).st_mode\n"
        "    return stat.S_ISFIFO(mode) and 'pipe' or stat.S_ISCHR(mode) and 'device' or mode\n"
        "def is_open(number):\n"
        "    try:\n"
        "        return bool(os.fstat(number))\n"
        "    except OSError:\n"
        "        return False\n"
        "tell([kind(number) for number in range(1000) if is_open(number)])"
    )
    assert "ValueError: ['device', 'device', 'device', 'pipe']" in seen


@needs_sandbox
def test_an_answer_cannot_fill_the_disk():
    seen = told_by(
        "import os\n"
        "def written(path):\n"
        "    size = 0\n"
        "    try:\n"
        "        with open(path, 'wb', buffering=0) as file:\n"
        "            while size < 2**26:\n"
        "                size += file.write(bytes(2**16))\n"
        "    except OSError:\n"
        "        pass\n"
        "    return size\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "tell(sum(written(f'/scratch/{name}') for name in 'abcd') >> 20)"
    )
    assert f"ValueError: {LIMITS.files}" in seen or f"ValueError: {LIMITS.files - 1}" in seen


def test_without_bubblewrap_it_refuses_and_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="sudo apt install bubblewrap"):
        Runner(LIMITS)


def test_a_bubblewrap_that_does_not_work_is_told_with_its_reason(monkeypatch, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'No permissions to create a namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(SandboxError, match="No permissions to create a namespace"):
        Runner(LIMITS)


@needs_sandbox
def test_an_answer_does_not_learn_where_the_teacher_keeps_the_course():
    seen = told_by(
        "import os, sys\n"
        "files = [getattr(module, '__file__', None) for module in sys.modules.values()]\n"
        "known = [*sys.path, sys.executable, sys.prefix, *os.environ.values(), *map(str, files)]\n"
        f"own = ({str(ROOT)!r}, {sys.prefix!r}, {str(Path.home())!r})\n"
        "tell([path for path in known if path.startswith(own)]\n"
        "     + [path for path in own if os.path.exists(path)])"
    )
    assert "ValueError: []" in seen
