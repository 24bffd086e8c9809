"""Makes the notebooks that nbgrader's formgrader shows.

Nothing of a student's file is shown as it is. Each notebook is built anew from the course's own,
with the student's code, essays and figures put in where they belong, without outputs; formgrader
escapes code, but would run the scripts of a Markdown cell in the instructor's session.
"""

from __future__ import annotations

import copy
import html
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode, v4

from course.grade.shared.stages import Figures, Submission
from course.grade.shared.untrusted import lines
from course.repository import Repository
from helpers.internal.sentences import Sentence

_NOTHING_WRITTEN = Sentence(ja="（記入がありません）", en="(nothing was written)")
_FOR_TEACHERS = Sentence(
    ja="#### 解答例と採点基準（先生用）", en="#### Model answer and rubric (for teachers)"
)
_FIGURES = Sentence(
    ja="#### 提出されたノートブックの図", en="#### Figures of the notebook that was handed in"
)
FIGURE = Sentence(ja="図 {number}", en="Figure {number}")
"""Names a figure of the student's."""

# Every line stays in the box, and an empty one does not end it: the text has no line breaks.
_ESSAY = '<pre style="white-space: pre-wrap; word-break: break-word">{essay}</pre>'


@dataclass(frozen=True)
class Pristine:
    """The course's own notebooks of a lesson.

    Attributes:
        student: As students get it.
        solution: With solutions, model answers and rubrics.
    """

    student: NotebookNode
    solution: NotebookNode

    @classmethod
    def read(cls, repository: Repository, lesson: str) -> Pristine:
        """Read both editions of a lesson."""
        folders = (repository.notebooks, repository.solutions)
        return cls(*(nbformat.read(folder / f"{lesson}.ipynb", as_version=4) for folder in folders))


def rebuild(pristine: Pristine, submission: Submission, figures: Figures) -> NotebookNode:
    """Return the notebook of a submission as an instructor reads it.

    It holds what was asked and what was answered, and leaves the lesson around it out. Below each
    essay stand its model answer and rubric.
    """
    model_answers = {_grade_id(cell): cell.source for cell in pristine.solution.cells}
    notebook = copy.deepcopy(pristine.student)
    cells = []
    for cell in _asked_and_answered(notebook.cells):
        kind, _, exercise = _grade_id(cell).partition("-")
        cells.append(cell)
        if kind == "exercise" and exercise in submission.answers:
            cell.source = lines(submission.answers[exercise])
        elif kind == "essay":
            cell.source = _shown_essay(submission.essays.get(exercise, ""))
            cells.append(_for_teachers(exercise, model_answers[_grade_id(cell)]))
    notebook.cells = [*cells, *_figure_cells(figures)]
    return notebook


def _asked_and_answered(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return nbgrader's cells, and the prose directly above each answer: its question."""
    following = [*cells[1:], v4.new_markdown_cell()]
    return [
        cell
        for cell, below in zip(cells, following, strict=True)
        if _grade_id(cell) or (cell.cell_type == "markdown" and _is_answer(below))
    ]


def _is_answer(cell: NotebookNode) -> bool:
    return cell.metadata.get("nbgrader", {}).get("solution", False)


def _grade_id(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def _shown_essay(essay: str) -> str:
    shown = html.escape(lines(essay).strip() or str(_NOTHING_WRITTEN))
    return _ESSAY.format(essay=shown.replace("\n", "&#10;"))


def _for_teachers(exercise: str, model_answer: str) -> NotebookNode:
    prose = f"{_FOR_TEACHERS}\n\n{model_answer}"
    return v4.new_markdown_cell(prose, id=f"teachers-{exercise}")


def _figure_cells(figures: Figures) -> list[NotebookNode]:
    if not figures.pngs:
        return []
    pictures = [
        f"![{FIGURE.format(number=number)}](data:image/png;base64,{png})"
        for number, png in enumerate(figures.pngs, start=1)
    ]
    prose = "\n\n".join([str(_FIGURES), *pictures])
    return [v4.new_markdown_cell(prose, id="figures")]
