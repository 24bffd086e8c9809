"""Executes a notebook from a cold start."""

import asyncio
import os
import tempfile
from collections.abc import Mapping

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from course.errors import NotebookError

CELL_TIMEOUT = 600
"""Seconds after which a cell counts as hung."""

_QUIET = {"CI": "1", "TQDM_DISABLE": "1"}


def execute(
    notebook: NotebookNode, settings: Mapping[str, str], *, cell_timeout: int = CELL_TIMEOUT
) -> None:
    """Execute a notebook as :func:`execute_async` does, and wait for its end."""
    asyncio.run(execute_async(notebook, settings, cell_timeout=cell_timeout))


async def execute_async(
    notebook: NotebookNode, settings: Mapping[str, str], *, cell_timeout: int = CELL_TIMEOUT
) -> None:
    """Execute a notebook in place, in a fresh kernel and an empty folder, without progress bars.

    Its kernel ends with it, when it is cancelled too.

    Args:
        notebook: Receives its outputs; after an error, those up to it.
        settings: Environment variables, such as ``{"COURSE_DATA": "mini"}``.
        cell_timeout: Seconds that one cell may take.

    Raises:
        NotebookError: A cell failed, ran for too long, or ended the kernel (it says which cell), or
            the kernel did not start.
    """
    place = "before the first cell"

    def remember(cell: NotebookNode, cell_index: int) -> None:
        nonlocal place
        place = f"cell {cell.get('id', cell_index + 1)}"

    environment = os.environ | _QUIET | settings
    # Figures are drawn by Jupyter's own backend, whatever the shell has set.
    environment.pop("MPLBACKEND", None)
    # What a notebook saves goes to ./output, so each runs in a folder of its own.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        client = NotebookClient(
            notebook,
            timeout=cell_timeout,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],  # the kernel's notes would break our lines
            on_cell_start=remember,
        )
        try:
            await client.async_execute(cwd=folder, env=environment)
        except Exception as error:  # errors of cells, of the kernel and of the way to it
            # nbclient takes a cancellation for the death of the kernel.
            if asyncio.current_task().cancelling():
                raise asyncio.CancelledError from error
            raise NotebookError(f"{place}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}"
    return f"{type(error).__name__}: {error}"
