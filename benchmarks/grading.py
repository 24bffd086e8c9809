"""Grading one submission of notebook 01, of a class: course grade against nbgrader autograde."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from benchmarks.figure import Aim, Figure
from course.grade import grading
from course.grade.wire.limits import Limits
from course.repository import Repository

_LESSON = "01_data"
_WORKERS = 2
_CLASS = 300
_A_MINUTE = 200
_CLASS_OF_NBGRADER = 3
"""Fewer, as each takes as long as the first; ours spreads its start over the whole class."""


def measure() -> list[Figure]:
    """Measure the seconds of wall time that either way takes for a submission.

    Every student hands in the solutions. Both ways start cold and end with marks in a gradebook.
    Ours runs the answers alone, closed in, by two workers; nbgrader runs the whole notebook, with
    the rights of the caller.
    """
    repository = Repository.find(Path(__file__).parent)
    notebook = repository.solutions / f"{_LESSON}.ipynb"
    with tempfile.TemporaryDirectory() as folder:
        values = {
            "ours": grade_with_course(repository, notebook, Path(folder) / "ours") / _CLASS,
            "nbgrader autograde": (
                grade_with_nbgrader(notebook, Path(folder) / "nbgrader") / _CLASS_OF_NBGRADER
            ),
        }
    title = f"Grading a submission of 01, in a class of {_CLASS}, {_WORKERS} workers"
    return [Figure(title, values, aims=(Aim(60 / _A_MINUTE),))]


def grade_with_course(repository: Repository, notebook: Path, folder: Path) -> float:
    """Return the seconds that ``course grade`` takes for a class."""
    submissions = folder / "submissions"
    submissions.mkdir(parents=True)
    for number in range(_CLASS):
        shutil.copy(notebook, submissions / f"s{number:03}.ipynb")
    start = time.perf_counter()
    grading.grade(
        submissions,
        folder / "out",
        repository,
        pool=grading.local_pool(_WORKERS),
        limits=Limits(),
        console=Console(quiet=True),
    )
    return time.perf_counter() - start


def grade_with_nbgrader(notebook: Path, folder: Path) -> float:
    """Return the seconds that ``nbgrader autograde`` takes for a few submissions."""
    source = folder / "source" / _LESSON
    source.mkdir(parents=True)
    shutil.copy(notebook, source)
    _nbgrader(folder, "generate_assignment", _LESSON)
    for number in range(_CLASS_OF_NBGRADER):
        submitted = folder / "submitted" / f"s{number}" / _LESSON
        submitted.mkdir(parents=True)
        shutil.copy(notebook, submitted)
    start = time.perf_counter()
    _nbgrader(folder, "autograde", _LESSON)
    return time.perf_counter() - start


def _nbgrader(folder: Path, *command: str) -> None:
    # nbgrader calls alembic by its name.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"PATH": path, "COURSE_DATA": "mini", "COURSE_STRICT": "1", "CI": "1"}
    subprocess.run(
        [sys.executable, "-m", "nbgrader", *command],
        cwd=folder,
        env=os.environ | settings,
        check=True,
        capture_output=True,
    )
