"""All eight solutions, headless, on the mini data: time, first figure, memory."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from benchmarks.figure import Aim, Figure
from course.repository import Repository, lesson_files

_LONGEST_NOTEBOOK, _LONGEST_TOGETHER = 45, 240
_MOST_MEMORY = {"mini": 3.0, "full": 6.0}
"""GiB, by the edition of the data."""


def measure() -> list[Figure]:
    """Run each notebook once, from a cold start, with the caches of numba and the data warm.

    The mini data is used unless ``COURSE_DATA`` says otherwise.
    """
    edition = os.environ.setdefault("COURSE_DATA", "mini")
    repository = Repository.find(Path(__file__).parent)
    runs = {path.stem: _in_a_process(path) for path in lesson_files(repository.solutions, ".ipynb")}
    seconds, first_figure, memory = (
        {name: run[part] for name, run in runs.items()} for part in range(3)
    )
    quick = tuple(Aim(_LONGEST_NOTEBOOK, way=name) for name in runs) if edition == "mini" else ()
    small = tuple(Aim(_MOST_MEMORY.get(edition, 6.0), way=name) for name in runs)
    figures = [
        Figure(f"Solution notebooks, {edition} data", seconds, aims=quick),
        Figure("… until the first figure", first_figure),
        Figure("… peak memory of the kernel", memory, unit="GiB", aims=small),
    ]
    if edition == "mini":
        total = {"ours": sum(seconds.values())}
        figures.append(Figure("… all eight", total, aims=(Aim(_LONGEST_TOGETHER),)))
    return figures


def _in_a_process(path: Path) -> tuple[float, float, float]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(run, path).result()


def run(path: Path) -> tuple[float, float, float]:
    """Return seconds until the end and until the first figure, and the kernel's peak in GiB.

    Runs one notebook only, as the system tells the peak of all child processes together.
    """
    first_figure: list[float] = []

    def look(cell: NotebookNode, cell_index: int, **_: object) -> None:
        if not first_figure and any(
            "image/png" in output.get("data", ()) for output in cell.outputs
        ):
            first_figure.append(time.perf_counter() - start)

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, kernel_name="python3", on_cell_executed=look)
        start = time.perf_counter()
        client.execute(cwd=folder, env=os.environ | {"CI": "1"})
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    return seconds, *first_figure, peak
