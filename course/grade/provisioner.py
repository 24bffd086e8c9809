"""Jupyter kernels in the sandbox, for whatever starts kernels: nbclient, nbgrader, JupyterLab.

The grader itself uses the fork server, which is faster and closes each answer in by itself. A
kernel is for looking into one submission as a whole.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from course.grade.fork_server import SCRATCH
from course.grade.sandbox import DEFAULT_LIMITS, check_sandbox, sandboxed_kernel

NAME = "course-sandbox"
"""Of the entry point in the group ``jupyter_client.kernel_provisioners``, and of the kernel."""

_MAPPED_BY_LIBRARIES = 8192  # MiB of addresses, not of memory

# Inside, where the user's other processes do not count.
_LIMIT_PROCESSES = f"""import os, resource, sys
resource.setrlimit(resource.RLIMIT_NPROC, ({DEFAULT_LIMITS.processes},) * 2)
os.execv(sys.argv[1], sys.argv[1:])
"""


class SandboxProvisioner(LocalProvisioner):
    """Starts a kernel in the sandbox and talks to it over sockets in a folder that both see."""

    _folder: Path | None = None

    async def pre_launch(self, **options: Any) -> dict[str, Any]:
        """Prepare the folder and the command.

        Raises:
            SandboxError: bubblewrap is not installed, or does not work here.
        """
        check_sandbox()
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="kernel-"))
            # There is no network inside, not even to this machine.
            self.parent.transport = "ipc"
            self.parent.ip = str(self._folder / "socket")
            self.parent.connection_file = str(self._folder / "connection.json")
        options = await super().pre_launch(**options)
        kernel = [sys.executable, "-S", "-c", _LIMIT_PROCESSES, *options["cmd"]]
        command = _with_little_room(sandboxed_kernel(kernel, self._folder))
        return options | {"cmd": command, "preexec_fn": _limit}

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the folder, unless the kernel starts again."""
        await super().cleanup(restart)
        if self._folder is not None and not restart:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _with_little_room(command: list[str]) -> list[str]:
    """Put folders of a limited size in place of those that a kernel can write to."""
    size = str(DEFAULT_LIMITS.files * 2**20)
    folders = [
        option
        for folder in (SCRATCH, "/dev/shm")
        for option in ("--perms", "1777", "--size", size, "--tmpfs", folder)
    ]
    end = command.index("--")
    return [*command[:end], *folders, *command[end:]]


def _limit() -> None:
    # A kernel lives as long as somebody looks; who starts it limits the time of its cells.
    memory = DEFAULT_LIMITS.memory + _MAPPED_BY_LIBRARIES
    for kind, mebibytes in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, DEFAULT_LIMITS.files),
        (resource.RLIMIT_AS, memory),
    ):
        resource.setrlimit(kind, (mebibytes * 2**20, mebibytes * 2**20))


def write_kernel(folder: Path) -> Path:
    """Write a kernel called ``course-sandbox`` for this Python.

    Args:
        folder: One of ``jupyter --paths``' data folders.

    Returns:
        The kernel's folder.
    """
    kernel = folder / "kernels" / NAME
    kernel.mkdir(parents=True, exist_ok=True)
    specification = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python (sandbox)",
        "language": "python",
        "interrupt_mode": "message",  # signals do not get in
        "metadata": {"kernel_provisioner": {"provisioner_name": NAME}},
    }
    (kernel / "kernel.json").write_text(json.dumps(specification), encoding="utf-8")
    return kernel
