"""Looks for anything in a student edition that students must not get."""

import re
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode

from course.lessons import Lesson, hidden_lines, shown_lines

_NOTEBOOK_METADATA = {"kernelspec", "language_info"}
_CELL_METADATA = {"nbgrader", "deletable", "editable", "tags"}
_NBGRADER_METADATA = {
    "schema_version", "grade_id", "grade", "solution", "locked", "task", "points", "checksum",
    "cell_type",
}  # fmt: skip
_SENTENCE_END = re.compile(r"[。！？!?]")
_DATA_URI = re.compile(r"data:[\w/+.-]+;base64,[\w+/=]+")
# Shorter remains (`)`, `else:`, `x = 1`) stand in any program and give nothing away.
_TELLING = 6


def leaks(lesson: Lesson, notebook: NotebookNode) -> list[str]:
    """Return what leaks from a lesson into a notebook for students, one sentence each.

    Sought are lines of solutions, sentences of model answers and rubrics (unless the lesson itself
    shows them elsewhere), outputs, execution counts, attachments, and metadata that neither
    Jupyter nor nbgrader needs.

    Args:
        lesson: The source, with all that is hidden.
        notebook: The student edition.
    """
    return [
        *_told_secrets(lesson, notebook),
        *_metadata("notebook", notebook.metadata, _NOTEBOOK_METADATA),
        *(leak for cell in notebook.cells for leak in _cell_leaks(cell)),
    ]


def secrets(lesson: Lesson) -> list[str]:
    """Return the telling lines and sentences that the lesson hides and shows nowhere."""
    shown = _plain("\n".join(line for cell in lesson.cells for line in shown_lines(cell)))
    hidden = (
        part
        for cell in lesson.cells
        for line in hidden_lines(cell)
        for part in telling_parts(line, prose=cell.type == "markdown")
    )
    return [part for part in dict.fromkeys(hidden) if part not in shown]


def telling_parts(line: str, *, prose: bool) -> list[str]:
    """Return a line of code, or the sentences of a line of prose, unless they give nothing away."""
    parts = _SENTENCE_END.split(line) if prose else [line]
    plain = (_plain(part).strip("-*#>| ") for part in parts)
    return [part for part in plain if len(re.findall(r"\w", part)) >= _TELLING]


def _told_secrets(lesson: Lesson, notebook: NotebookNode) -> Iterator[str]:
    told = _plain(_DATA_URI.sub("", "\n".join(_strings(notebook))))
    return (f"hidden text: {secret}" for secret in secrets(lesson) if secret in told)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for item in value.items() for text in _strings(item))
    elif isinstance(value, list | tuple):
        yield from (text for item in value for text in _strings(item))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _cell_leaks(cell: NotebookNode) -> Iterator[str]:
    if cell.get("outputs"):
        yield f"cell {cell.get('id')} has outputs"
    if cell.get("execution_count") is not None:
        yield f"cell {cell.get('id')} has an execution count"
    if cell.get("attachments"):
        yield f"cell {cell.get('id')} has attachments"
    yield from _metadata(f"cell {cell.get('id')}", cell.metadata, _CELL_METADATA)
    grading = cell.metadata.get("nbgrader", {})
    yield from _metadata(f"cell {cell.get('id')}, nbgrader", grading, _NBGRADER_METADATA)


def _metadata(place: str, metadata: dict[str, Any], allowed: set[str]) -> Iterator[str]:
    return (f"{place} has metadata {key}" for key in sorted(metadata.keys() - allowed))
