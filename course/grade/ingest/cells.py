"""Reads the cells out of a notebook file that may be anything at all."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

LARGEST_FILE = 20 * 2**20
"""Bytes; a larger notebook is reported, not read: as Python objects it could fill the memory."""

MOST_CELLS = 5000
"""A notebook with more is reported: every cell takes time, also an empty one."""

LONGEST_SOURCE = 50_000
"""Characters of one cell; the rest is cut off."""

LONGEST_NOTEBOOK = 1_000_000
"""Characters of all cells together; a longer notebook is reported, since analysing takes time."""

_LONGEST_GRADE_ID = 100
_LONGEST_PRINTED = 5000

# Colab puts a picture that was pasted into a text between its words.
_DATA_URI = re.compile(r"data:[\w/+.-]{1,50};base64,[\w+/=]+")


class UnreadableError(Exception):
    """A file is no notebook that can be graded.

    Attributes:
        reason: Key of the sentence in ``course.grade.record.flags``.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class NotebookCell:
    """What grading reads of a cell, every value of the type that it says.

    Attributes:
        type: ``"code"``, ``"markdown"`` or ``"raw"``.
        source: Its text, lines ended by ``"\\n"``.
        grade_id: nbgrader's name for the cell; empty if the cell has lost it.
        pngs: The pictures among its outputs, as they stand in the file, not looked at.
        count: The number that the notebook gave its last execution; 0 if it has none.
        printed: What it printed, as far as it is worth looking at.
    """

    type: str
    source: str
    grade_id: str = ""
    pngs: tuple[str, ...] = field(default=(), repr=False)
    count: int = 0
    printed: str = field(default="", repr=False)


def read_cells(content: bytes) -> tuple[NotebookCell, ...]:
    """Return a notebook's cells, whatever version of the format and however damaged.

    Raises:
        UnreadableError: The file is too large, no JSON, or no notebook.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableError("too_large", f"{math.ceil(len(content) / 2**20)} MB")
    notebook = _mapping(_json(content))
    nodes = _list(notebook.get("cells"))
    for sheet in _list(notebook.get("worksheets")):  # nbformat 3 and older
        nodes += _list(_mapping(sheet).get("cells"))
    if not nodes and "nbformat" not in notebook:
        raise UnreadableError("not_a_notebook")
    if len(nodes) > MOST_CELLS:
        raise UnreadableError("too_large")
    cells = tuple(_cell(node) for node in nodes if isinstance(node, dict))
    if sum(len(cell.source) for cell in cells) > LONGEST_NOTEBOOK:
        raise UnreadableError("too_large")
    return cells


def _json(content: bytes) -> Any:
    try:
        return json.loads(_decoded(content))
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError("unreadable", f"{type(error).__name__}: {error}") from error


def _decoded(content: bytes) -> str:
    try:
        return content.decode(json.detect_encoding(content), "surrogatepass")
    except UnicodeDecodeError:
        return content.decode("cp932", "replace")


def _cell(node: dict[str, Any]) -> NotebookCell:
    # nbformat 3 has its code in "input", and headings as cells of their own.
    kind, source = node.get("cell_type"), node.get("source", node.get("input"))
    grading = _mapping(_mapping(node.get("metadata")).get("nbgrader"))
    grade_id, outputs = grading.get("grade_id"), _list(node.get("outputs"))
    count = node.get("execution_count", node.get("prompt_number"))
    return NotebookCell(
        type=kind if kind in ("code", "raw") else "markdown",
        source=_DATA_URI.sub("data:,", plain_text(source))[:LONGEST_SOURCE],
        grade_id=grade_id[:_LONGEST_GRADE_ID] if isinstance(grade_id, str) else "",
        pngs=tuple(filter(None, map(_png, outputs))),
        count=count if type(count) is int else 0,
        printed="".join(map(_printed, outputs))[:_LONGEST_PRINTED],
    )


def _png(output: Any) -> str:
    output = _mapping(output)
    return _joined(_mapping(output.get("data", output)).get("image/png"))


def _printed(output: Any) -> str:
    return plain_text(_mapping(output).get("text"))


def plain_text(value: Any) -> str:
    """Return a notebook's text, which may be cut into lines, fit to be stored anywhere.

    NUL and halves of surrogate pairs, which JSON allows, become question marks of some kind:
    Python would refuse the code anyhow, and databases and files refuse the text.
    """
    text = _joined(value).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return text.encode(errors="replace").decode()


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else []
