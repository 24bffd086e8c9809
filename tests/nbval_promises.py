"""What a notebook promises beyond running: nbval compares the blank editions too, and finds no ❌.

A pytest plugin, loaded by conftest.py. A blank edition has no outputs to compare with. Since the
course's own answers are used where nothing is written yet, its demonstrations must show what those
of the solutions show, and its checks that everything is still to do.
"""

import functools
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode, v4

from course.editions import COMPARED
from course.repository import Repository
from exercises.catalogue import find

NOT_DONE = {
    "ja": "問 {id}: 未完成 まだ書かれていないところがあります。\n"
    "  いまは教材の解答例で先へ進みます。\n",
    "en": "Exercise {id}: unfinished. Something is still to be written.\n"
    "  From here on the course's own answer is used.\n",
}
REPOSITORY = Repository.find(Path(__file__))


def pytest_collection_modifyitems(items):
    for item in items:
        if _is_notebook_cell(item) and item.path.is_relative_to(REPOSITORY.notebooks):
            name = item.path.relative_to(REPOSITORY.notebooks)
            expected = _expected_of_blank(name).get(item.cell.id)
            if expected is not None:
                item.cell.outputs = expected
                item.cell.execution_count = 1
                item.options["check"] = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    result = yield
    if _is_notebook_cell(item) and "❌" in str(item.test_outputs):
        pytest.fail(f"{item.name} prints ❌: {item.test_outputs}")
    return result


def _is_notebook_cell(item) -> bool:
    return type(item).__name__ == "IPyNbCell"


@functools.cache
def _expected_of_blank(name: Path) -> dict[str, list[NotebookNode]]:
    """Return what the compared cells of a blank edition show, by cell id."""
    solution = nbformat.read(REPOSITORY.solutions / name, as_version=4)
    return {
        cell.id: _not_done(cell, name) if "check" in cell.id else cell.outputs
        for cell in solution.cells
        if COMPARED in cell.metadata.get("tags", ())
    }


def _not_done(cell: NotebookNode, name: Path) -> list[NotebookNode]:
    exercise = find(cell.metadata.nbgrader.grade_id.removeprefix("check-"))
    said = NOT_DONE["en" if name.parent.name == "en" else "ja"].format(id=exercise.id)
    return [v4.new_output("stream", name="stdout", text=said)]
