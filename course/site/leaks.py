"""Looks for anything of a solution in pages that are published without solutions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

from nbformat import NotebookNode

from course.leaks import telling_parts

# What a reader does not see, and may by chance hold any letters.
_UNREAD = ("script", "style")


def hidden_parts(solution: NotebookNode, student: NotebookNode) -> list[str]:
    """Return the telling lines and sentences of a solution notebook that students are not shown.

    They are taken from the notebooks, not from the sources, so that they are found in the same way
    in both languages.
    """
    shown = "".join(_bare(cell.source) for cell in student.cells)
    hidden = (
        part
        for cell in solution.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
        for line in cell.source.splitlines()
        for part in telling_parts(line, prose=cell.cell_type == "markdown")
        if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line
    )
    return [part for part in dict.fromkeys(hidden) if _bare(part) not in shown]


def leaks(page: Path, hidden: Sequence[str]) -> list[str]:
    """Return those of the hidden parts that stand in an HTML page, however they are marked up."""
    told = _told(page.read_text(encoding="utf-8"))
    return [part for part in hidden if _bare(part) in told]


def _told(page: str) -> str:
    """Return what a page tells, descriptions of pictures included."""
    reader = _Reader()
    reader.feed(page)
    return _bare("".join(reader.told))


def _bare(words: str) -> str:
    """Return words without spaces and without what Markdown takes for marks."""
    return re.sub(r"[\s`*_$\\]+", "", words)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self._unread = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Keep descriptions of pictures; what scripts and styles hold is not read."""
        self._unread = tag in _UNREAD
        described = [value or "" for name, value in attributes if name in ("alt", "title")]
        self.told += [f" {value} " for value in described]

    def handle_endtag(self, tag: str) -> None:
        """Go on reading after a script or style."""
        if tag in _UNREAD:
            self._unread = False

    def handle_data(self, data: str) -> None:
        """Keep what is read."""
        if not self._unread:
            self.told.append(data)
