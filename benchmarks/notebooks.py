"""All eight solutions, headless, on the mini data: time, first figure, memory, all together."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from rich.console import Console

from benchmarks.figure import Aim, Figure
from benchmarks.measure import seconds_in_turns
from course.errors import NotebookError
from course.repository import Repository, lesson_files
from course.run import run_notebooks
from helpers import data

_LONGEST_NOTEBOOK, _LONGEST_TOGETHER = 45, 240
_IN_TURN, _SHARE_OF_TIME = "one after another", 0.75
_MOST_MEMORY = {"mini": 3.0, "full": 6.0}
"""GiB, by the edition of the data."""


def measure() -> list[Figure]:
    """Run each notebook once, from a cold start, with the caches of numba and the data warm.

    The mini data is used unless ``COURSE_DATA`` says otherwise.
    """
    os.environ.setdefault("COURSE_DATA", "mini")
    edition = data.edition("MNIST")
    repository = Repository.find(Path(__file__).parent)
    runs = {path.stem: _in_a_process(path) for path in lesson_files(repository.solutions, ".ipynb")}
    seconds = {name: run.seconds for name, run in runs.items()}
    first_figure = {name: run.first_figure for name, run in runs.items() if run.first_figure}
    memory = {name: run.memory for name, run in runs.items()}
    quick = tuple(Aim(_LONGEST_NOTEBOOK, way=name) for name in runs) if edition == "mini" else ()
    small = tuple(Aim(_MOST_MEMORY[edition], way=name) for name in runs)
    figures = [
        Figure(f"Solution notebooks, {edition} data", seconds, aims=quick),
        Figure("… until the first figure", first_figure),
        Figure("… peak memory of the kernel", memory, unit="GiB", aims=small),
    ]
    if edition == "mini":
        figures.append(_together(repository))
    return figures


def _together(repository: Repository) -> Figure:
    """Measure ``course run`` with its notebooks side by side, and one after another."""
    ways = {"ours": lambda: _run_all(repository), _IN_TURN: lambda: _run_all(repository, jobs=1)}
    values = seconds_in_turns(ways, rounds=1, warm_up=False)
    aims = (Aim(_SHARE_OF_TIME, _IN_TURN), Aim(_LONGEST_TOGETHER))
    return Figure("… all eight, with their pages", values, aims=aims)


def _run_all(repository: Repository, jobs: int | None = None) -> None:
    paths = lesson_files(repository.solutions, ".ipynb")
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        console = Console(file=nowhere)
        rows = run_notebooks(paths, Path(folder), strict=True, jobs=jobs, console=console)
    if failed := [f"{row.notebook}: {row.error}" for row in rows if not row.ok]:
        raise NotebookError(", ".join(failed))


@dataclass(frozen=True)
class Run:
    """What running one notebook took.

    Attributes:
        seconds: Wall time, the start of the kernel included.
        first_figure: Seconds until the first figure was there; None if there is none.
        memory: Peak of the kernel, in GiB.
    """

    seconds: float
    first_figure: float | None
    memory: float


def _in_a_process(path: Path) -> Run:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(run, path).result()


def run(path: Path) -> Run:
    """Run one notebook; only one a process, as the system tells the peak of all child processes."""
    first_figure = None

    def look(cell: NotebookNode, cell_index: int, **_: object) -> None:
        nonlocal first_figure
        drawn = any("image/png" in output.get("data", ()) for output in cell.outputs)
        if drawn and first_figure is None:
            first_figure = time.perf_counter() - start

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],
            on_cell_executed=look,
        )
        start = time.perf_counter()
        client.execute(cwd=folder, env=os.environ | {"CI": "1"})
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    return Run(seconds, first_figure, peak)
