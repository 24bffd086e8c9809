"""Turns a lesson's source into its two notebooks: the solution and the student edition.

The student edition is made by nbgrader's own preprocessors, as ``nbgrader generate_assignment``
would make it, so that any instructor who runs nbgrader can use either notebook as it is.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode, v4
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)

from course.lessons import Cell, Lesson
from course.pictures import embed_pictures
from course.repository import Repository, in_language
from helpers.internal.sentences import Sentence

COMPARED = "nbval-check-output"
"""Tag of the cells whose outputs are kept, and compared by ``pytest --nbval-lax``."""

_NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_CODE_STUB = Sentence(
    ja="# ここにコードを書いてください。\nraise NotImplementedError",
    en="# Write your code here.\nraise NotImplementedError",
)
_ESSAY_STUB = Sentence(
    ja="（ここにあなたの考えを書いてください。）",
    en="(Write your thoughts here.)",
)
_OPEN_IN_COLAB = Sentence(ja="Colab で開く", en="Open in Colab")
_INSTALL_NOTE = Sentence(
    ja="# 最初に、このセルを実行してください。Google Colab では、教材のパッケージを入れます。\n"
    "# すでに入っていれば、何も入れません。",
    en="# Run this cell first. On Google Colab it installs the course's packages.\n"
    "# Where they are installed already, it installs nothing.",
)
_OTHER_HELPERS_NOTE = Sentence(
    ja="同じ場所に、helpers という別のファイルやフォルダがあっても、教材のほうを使います。",
    en="The course's helpers are used even if another file or folder of that name lies here.",
)
_WIDGET = "application/vnd.jupyter.widget-view+json"
_INSTALL = "install"


def solution_edition(
    lesson: Lesson, repository: Repository, points: Mapping[str, float]
) -> NotebookNode:
    """Return the full notebook with nbgrader's metadata, without outputs.

    A rubric stands below the model answer in the essay's own cell, which nbgrader clears as a
    whole: the cells of both editions are the same ones, and hand-outs made with
    ``nbgrader generate_assignment`` do not show it.

    Args:
        lesson: A source without faults.
        repository: Where it will be published.
        points: Points of every exercise, by id.
    """
    return _notebook(lesson, repository.solutions, repository, points)


def student_edition(
    lesson: Lesson, repository: Repository, points: Mapping[str, float]
) -> NotebookNode:
    """Return what students open: stubs for solutions and essays, no outputs.

    Args:
        lesson: A source without faults.
        repository: Where it will be published.
        points: Points of every exercise, by id.
    """
    notebook = _notebook(lesson, repository.notebooks, repository, points)
    for cell in notebook.cells:
        _set_tags(cell, [tag for tag in cell.metadata.get("tags", ()) if tag != COMPARED])
    # nbgrader's order: what locks and clears first, then the checksums of what is handed out.
    for preprocessor in (
        LockCells(),
        ClearSolutions(
            code_stub={"python": _CODE_STUB.in_language(lesson.language)},
            text_stub=_ESSAY_STUB.in_language(lesson.language),
        ),
        ClearOutput(),
        CheckCellMetadata(),
        ComputeChecksums(),
    ):
        notebook, _ = preprocessor.preprocess(notebook, {})
    return notebook


def needs_execution(notebook: NotebookNode, earlier: NotebookNode) -> bool:
    """Return whether the code differs, so that earlier outputs say nothing about it."""
    return _code(notebook) != _code(earlier)


def keep_outputs(notebook: NotebookNode, source: NotebookNode) -> None:
    """Copy the text outputs of the deterministic cells from ``source``, by cell id.

    All other outputs (pictures, progress bars, warnings, what differs from run to run) stay out.
    """
    outputs = {cell.id: cell.outputs for cell in source.cells if cell.cell_type == "code"}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, start=1):
        if COMPARED in cell.metadata.get("tags", ()):
            # nbval compares cells with a count alone; this is the one of a run from top to bottom.
            cell.execution_count = count
            cell.outputs = [
                kept for output in outputs.get(cell.id, ()) if (kept := _text_output(output, count))
            ]


def dumps(notebook: NotebookNode) -> str:
    """Return the notebook as text, the same for the same content.

    Raises:
        nbformat.ValidationError: The notebook is not valid.
    """
    nbformat.validate(notebook)
    return v4.writes(notebook) + "\n"


def _notebook(
    lesson: Lesson, folder: Path, repository: Repository, points: Mapping[str, float]
) -> NotebookNode:
    cells = [cell for cell in lesson.cells if cell.role != "rubric"]
    return v4.new_notebook(
        metadata=nbformat.from_dict(_NOTEBOOK_METADATA),
        cells=[
            *_colab_cells(lesson, folder, repository),
            *(_node(lesson, cell, points) for cell in cells),
        ],
    )


def _colab_cells(lesson: Lesson, folder: Path, repository: Repository) -> list[NotebookNode]:
    # GitHub and Colab call the default branch HEAD; pip takes it where nothing is named.
    notebook = in_language(folder, lesson.language) / f"{lesson.name}.ipynb"
    url = (
        f"https://colab.research.google.com/github/{repository.address}"
        f"/blob/{repository.tag or 'HEAD'}/{repository.relative(notebook)}"
    )
    source = f"git+https://github.com/{repository.address}"
    if repository.tag:
        source += f"@{repository.tag}"
    # Not in the source, where jupytext would turn the magic into a comment.
    install = f"""{_INSTALL_NOTE.in_language(lesson.language)}
import os
import sys
from pathlib import Path

os.environ["COURSE_LANG"] = "{lesson.language}"
try:
    import helpers.preflight
except Exception:
    # {_OTHER_HELPERS_NOTE.in_language(lesson.language)}
    sys.modules.pop("helpers", None)
    sys.path.sort(key=lambda folder: Path(folder).resolve() == Path.cwd())
    %pip install -q "{repository.name} @ {source}\""""
    return [
        v4.new_markdown_cell(
            f"[{_OPEN_IN_COLAB.in_language(lesson.language)}]({url})", id=f"{lesson.number}-colab"
        ),
        v4.new_code_cell(install, id=f"{lesson.number}-{_INSTALL}"),
    ]


def _node(lesson: Lesson, cell: Cell, points: Mapping[str, float]) -> NotebookNode:
    if cell.type == "markdown":
        prose = "\n\n".join([cell.source, *_rubrics(lesson, cell)])
        node = v4.new_markdown_cell(embed_pictures(prose, lesson.path.parent), id=cell.id)
    else:
        node = v4.new_code_cell(cell.source, id=cell.id)
    if grading := _grading(cell, points):
        node.metadata["nbgrader"] = nbformat.from_dict(grading)
    _set_tags(node, [*cell.keys.get("tags", ()), *([COMPARED] if cell.deterministic else [])])
    return node


def _rubrics(lesson: Lesson, cell: Cell) -> list[str]:
    """Return the text of the rubric that belongs to an essay; nothing for other cells."""
    if cell.role != "essay":
        return []
    return [rubric.source for rubric in lesson.having("rubric") if rubric.exercise == cell.exercise]


def _set_tags(node: NotebookNode, tags: list[str]) -> None:
    node.metadata.pop("tags", None)
    if tags:
        node.metadata["tags"] = tags


def _grading(cell: Cell, points: Mapping[str, float]) -> dict[str, Any] | None:
    """Return nbgrader's metadata of a cell."""
    match cell.role:
        case "exercise":
            return _nbgrader(cell, solution=True)
        case "check":
            return _nbgrader(cell, grade=True, locked=True, points=points[cell.exercise])
        case "essay":
            return _nbgrader(cell, grade=True, solution=True, points=cell.keys["points"])
    return None


def _nbgrader(cell: Cell, **settings: float) -> dict[str, Any]:
    return {
        "schema_version": 3,
        "grade_id": f"{cell.role}-{cell.exercise}",
        "grade": False,
        "solution": False,
        "locked": False,
        "task": False,
    } | settings


def _code(notebook: NotebookNode) -> list[tuple[str, bool]]:
    # The installing cell names the version of the course, which changes no output.
    return [
        (cell.source, COMPARED in cell.metadata.get("tags", ()))
        for cell in notebook.cells
        if cell.cell_type == "code" and not cell.id.endswith(f"-{_INSTALL}")
    ]


def _text_output(output: NotebookNode, count: int) -> NotebookNode | None:
    match output.output_type:
        case "stream" if output.name == "stdout":
            return v4.new_output("stream", name="stdout", text=output.text)
        case "execute_result" if _is_text(output.data):
            return v4.new_output("execute_result", _text(output.data), execution_count=count)
        case "display_data" if _is_text(output.data):
            return v4.new_output("display_data", _text(output.data))
    return None


def _is_text(data: NotebookNode) -> bool:
    # Widgets carry a text too, but it shows a moment of the progress bar.
    return "text/plain" in data and _WIDGET not in data


def _text(data: NotebookNode) -> NotebookNode:
    return NotebookNode({"text/plain": data["text/plain"]})
