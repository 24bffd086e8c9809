"""Reads the notebooks that `course run` leaves, and refuses what is missing, stale or failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course.errors import SiteError
from course.site import text
from course.site.trees import Tree


def outputs_by_cell(tree: Tree, lesson: str) -> dict[str, list[NotebookNode]]:
    """Return the outputs of a lesson's code cells, by cell id.

    The code that was run is compared with the solution notebook of today; a change of ``helpers``
    alone is not seen.

    Raises:
        SiteError: The lesson has not been run, its code has changed since, or a cell failed.
    """
    says = {"notebook": f"{lesson}.ipynb", "command": tree.command}
    executed = read(tree.executed / f"{lesson}.ipynb")
    if executed is None:
        raise SiteError(text.NOT_EXECUTED.format(**says))
    wanted = dict(_code(read(tree.solution(lesson))))
    found = dict(_code(executed))
    for cell in [*wanted, *found]:
        if wanted.get(cell) != found.get(cell):
            raise SiteError(text.STALE.format(**says, cell=cell))
    for cell in executed.cells:
        if cell.cell_type == "code" and not _ran(cell):
            raise SiteError(text.FAILED.format(**says, cell=cell.id))
    return {cell.id: cell.outputs for cell in executed.cells if cell.cell_type == "code"}


def read(path: Path) -> NotebookNode | None:
    """Return the notebook at ``path``; None if there is none that can be read."""
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except Exception:  # nbformat raises all kinds on what is no notebook
        return None


def _code(notebook: NotebookNode | None) -> Iterator[tuple[str, str]]:
    for cell in notebook.cells if notebook else ():
        if cell.cell_type == "code":
            yield cell.id, cell.source


def _ran(cell: NotebookNode) -> bool:
    # Where a run ends early, what follows has no count.
    failed = any(output.output_type == "error" for output in cell.outputs)
    return not failed and (cell.execution_count is not None or not cell.source.strip())
