"""Notebooks as `course run` leaves them, for the tests of the site, at the cost of running one."""

import io
from pathlib import Path

import nbformat
from nbformat import v4
from rich.console import Console

from course.repository import Repository
from course.run import run_notebooks

ROOT = Path(__file__).parents[1]
RUN = "01_data"
"""The lesson that is run; it draws figures and takes seconds."""


def executed_notebooks(folder: Path) -> None:
    """Run one lesson; take what the solution notebooks keep of the others' outputs.

    CI runs all notebooks elsewhere, and the site shows what it is given, so minutes are saved here.
    """
    solutions = Repository.read(ROOT).solutions
    for path in (*solutions.glob("*.ipynb"), *solutions.glob("en/*.ipynb")):
        if path.name != f"{RUN}.ipynb" or path.parent != solutions:
            target = folder / path.relative_to(solutions)
            target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(as_if_run(nbformat.read(path, as_version=4)), target)
    rows = run_notebooks(
        [solutions / f"{RUN}.ipynb"], folder, strict=True, console=Console(file=io.StringIO())
    )
    assert [row.error for row in rows] == [None]


def as_if_run(notebook):
    """Give every code cell a count."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = cell.execution_count or 1
    return notebook


def lesson_notebooks():
    """Return a small student edition, its solution, and the outputs of the solution's cells."""
    exercise = {"nbgrader": {"solution": True, "grade": False, "grade_id": "exercise-9-1"}}
    check = {"nbgrader": {"solution": False, "grade": True, "grade_id": "check-9-1"}}
    essay = {"nbgrader": {"solution": True, "grade": True, "grade_id": "essay-9-2"}}

    def notebook(answer, opinion):
        return v4.new_notebook(
            cells=[
                v4.new_markdown_cell("[Colab](https://example.org)", id="09-colab"),
                v4.new_code_cell("%pip install it", id="09-install"),
                v4.new_markdown_cell(
                    "# 09 試す\n\n**畳み込み (convolution)** を試します。\n\n"
                    "**目標**\n\n- 足し算を `書ける`。\n- 引ける。\n\n**時間の目安**: 25 分",
                    id="09-a",
                ),
                v4.new_markdown_cell(
                    "## 1. 足す\n\n```python\n# 見出しではない\n```\n\n### もっと\n\n"
                    "**重み (weight)** を\n足します。",
                    id="09-b",
                ),
                v4.new_code_cell("draw()", id="09-c"),
                v4.new_code_cell(f"# 問 9-1\n{answer}", id="09-exercise-9-1", metadata=exercise),
                v4.new_code_cell('check("9-1")', id="09-check-9-1", metadata=check),
                v4.new_markdown_cell(opinion, id="09-essay-9-2", metadata=essay),
            ]
        )

    student = notebook("raise NotImplementedError", "ここに書いてください。")
    solution = notebook("total = left + right", "足す順序を変えても、**和**は同じだからです。")
    picture = v4.new_output(
        "display_data", {"image/png": "QUJD"}, metadata={"image/png": {"alt": "3 本の [棒]"}}
    )
    outputs = {
        "09-c": [
            v4.new_output("stream", name="stdout", text="描きます\n"),
            v4.new_output("stream", name="stderr", text="警告\n"),
            picture,
        ],
        "09-exercise-9-1": [v4.new_output("stream", name="stdout", text="total = left + right")],
        "09-check-9-1": [v4.new_output("stream", name="stdout", text="✅")],
    }
    return student, solution, outputs
