"""Turns a student edition into a page: outputs of demonstrations, anchors, pictures as files."""

from __future__ import annotations

import base64
import copy
import hashlib
import mimetypes
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode, v4

from course.site.text import words
from course.site.trees import Language

_HEADING = re.compile(r"^(#{1,4}) +(.+?)\s*$")
_FENCE = re.compile(r"^(```|~~~)")
_TIME = re.compile(r"^\*\*[^*]+\*\*\s*[:：]\D*(\d+)\s*(?:分|min)", re.MULTILINE)
_GOALS = re.compile(r"^\*\*(?:目標|Goals?)\*\*[:：]?\n+((?:- .+\n?)+)", re.MULTILINE)
_DATA_URI = re.compile(r"^\[(?P<name>[^\]]+)\]: data:[\w/+.-]+;base64,(?P<data>.+)$", re.MULTILINE)
_FORM = re.compile(r"\A(?!#).+\n\n(?:- [^\n]+[:：][ \t]*(?:\n|\Z)){2,}\Z")
_WIDGET = "application/vnd.jupyter.widget-view+json"
_SETTING_UP = ("-colab", "-install")


@dataclass(frozen=True)
class Section:
    """A heading of a lesson.

    Attributes:
        anchor: Its id in the page, the same in both languages.
        level: 1 for the lesson's title, 2 for its sections, …
        title: Its words, in Markdown.
        cell: Id of the cell that it stands in.
        line: Its line in the cell, from 0.
    """

    anchor: str
    level: int
    title: str
    cell: str
    line: int


@dataclass(frozen=True)
class LessonPage:
    """A lesson as the site shows it.

    Attributes:
        name: Such as ``"03_training"``.
        notebook: What Sphinx reads.
        student: The student edition that it was made from.
        sections: All headings, in order.
        pictures: Files that belong beside the page, by name.
        drawn: Names of the figures that each demonstration drew, and what they show, by the
            demonstration's code.
    """

    name: str
    notebook: NotebookNode
    student: NotebookNode
    sections: tuple[Section, ...]
    pictures: Mapping[str, bytes]
    drawn: Mapping[str, tuple[tuple[str, str], ...]]

    @property
    def number(self) -> str:
        """Two digits, such as ``"03"``."""
        return self.name[:2]

    @property
    def title(self) -> str:
        """The lesson's title, with its number."""
        return self.sections[0].title

    @property
    def minutes(self) -> str:
        """How long a student needs, as the lesson says; empty if it does not."""
        found = _TIME.search(self._prose())
        return found[1] if found else ""

    @property
    def goals(self) -> list[str]:
        """What a student will be able to do, in Markdown."""
        found = _GOALS.search(self._prose())
        return [line.removeprefix("- ").strip() for line in found[1].splitlines()] if found else []

    def _prose(self) -> str:
        return "\n\n".join(c.source for c in self.student.cells if c.cell_type == "markdown")


@dataclass
class _Pictures:
    """Collects pictures as files."""

    folder: str
    files: dict[str, bytes] = field(default_factory=dict)

    def add(self, content: bytes, name: str) -> str:
        """Return the path of a picture from its page."""
        unique = f"{hashlib.sha256(content).hexdigest()[:12]}-{name}"
        self.files[unique] = content
        return f"{self.folder}/{unique}"


def lesson_page(
    name: str,
    student: NotebookNode,
    outputs: Mapping[str, list[NotebookNode]],
    language: Language,
    solution: NotebookNode | None = None,
) -> LessonPage:
    """Return the page of a lesson.

    Args:
        name: Such as ``"03_training"``.
        student: The student edition, whose cells are shown.
        outputs: What the cells of the solution gave, by cell id; those of exercises and checks
            stay out.
        language: That of the page.
        solution: Its solutions and model answers are shown too, folded.
    """
    says = words(language)
    pictures = _Pictures("pictures")
    solutions = {cell.id: cell.source for cell in solution.cells} if solution else {}
    sections, cells, drawn = [], [], {}
    for cell in student.cells:
        if cell.id.endswith(_SETTING_UP) or _is_form(cell):
            continue
        if cell.cell_type == "markdown":
            found = list(cell_sections(cell))
            sections += found
            cells.append(_prose_cell(cell, found, pictures))
        else:
            shown = _code_cell(cell)
            if not _grading(cell):
                figures: list[tuple[str, str]] = []
                for output in outputs.get(cell.id, ()):
                    shown.outputs += _shown_output(output, pictures, says, figures)
                if figures:
                    drawn[cell.source] = tuple(figures)
            cells.append(shown)
        if _grading(cell).get("solution") and cell.id in solutions:
            cells.append(_folded(cell, solutions[cell.id], says, pictures))
    notebook = v4.new_notebook(cells=cells, metadata=copy.deepcopy(student.metadata))
    return LessonPage(name, notebook, student, tuple(sections), pictures.files, drawn)


def cell_sections(cell: NotebookNode) -> Iterator[Section]:
    """Yield the headings of a prose cell; their anchors are made from the cell's id alone."""
    fenced = False
    count = 0
    for number, line in enumerate(cell.source.splitlines()):
        fenced ^= bool(_FENCE.match(line))
        if not fenced and (heading := _HEADING.match(line)):
            count += 1
            anchor = f"cell-{cell.id}" + (f"-{count}" if count > 1 else "")
            yield Section(anchor.lower(), len(heading[1]), heading[2], cell.id, number)


def _grading(cell: NotebookNode) -> Mapping[str, object]:
    """Return nbgrader's metadata of an exercise, a check or an essay; empty for other cells."""
    return cell.metadata.get("nbgrader", {})


def _is_form(cell: NotebookNode) -> bool:
    """Return whether a cell asks for a student's name and number, which no page can take."""
    return cell.cell_type == "markdown" and bool(_FORM.search(cell.source))


def _prose_cell(cell: NotebookNode, sections: list[Section], pictures: _Pictures) -> NotebookNode:
    lines = cell.source.splitlines()
    for section in reversed(sections):
        lines.insert(section.line, f"({section.anchor})=")
    return v4.new_markdown_cell(_with_files("\n".join(lines), pictures), id=cell.id)


def _with_files(source: str, pictures: _Pictures) -> str:
    """Return prose whose embedded pictures are files."""

    def refer(picture: re.Match[str]) -> str:
        path = pictures.add(base64.b64decode(picture["data"]), picture["name"])
        return f"[{picture['name']}]: {path}"

    return _DATA_URI.sub(refer, source)


def _code_cell(cell: NotebookNode) -> NotebookNode:
    grading = _grading(cell)
    role = "exercise" if grading.get("solution") else "check" if grading else None
    metadata = {"tags": [role]} if role else {}  # a class of the page
    return v4.new_code_cell(cell.source, id=cell.id, metadata=metadata)


def _shown_output(
    output: NotebookNode,
    pictures: _Pictures,
    says: Mapping[str, str],
    figures: list[tuple[str, str]],
) -> list[NotebookNode]:
    """Return an output as the page shows it: figures with their words, no warnings, no widgets."""
    match output.output_type:
        case "stream":
            return [copy.deepcopy(output)] if output.name == "stdout" else []
        case "display_data" | "execute_result":
            data = dict(output.data)
            for kind in ("image/png", "image/svg+xml", "image/jpeg"):
                if kind in data:
                    described = output.metadata.get(kind, {}).get("alt") or says["figure"]
                    path = pictures.add(_bytes(data[kind], kind), f"figure{_ending(kind)}")
                    figures.append((path, described))
                    return [_markdown(f"![{_escaped(described)}]({path})")]
            if _WIDGET in data:  # its text shows nothing of what it does
                return [_markdown(f"*{says['widget']}*")]
            # What rich prints has colours that cannot be read on every background.
            kinds = ("text/plain",) if _printed(data) else ("text/html", "text/plain")
            kept = {kind: data[kind] for kind in kinds if kind in data}
            return [v4.new_output("display_data", kept)] if kept else []
    return []


def _printed(data: Mapping[str, str]) -> bool:
    return "text/plain" in data and data.get("text/html", "").startswith("<pre")


def _bytes(content: str, kind: str) -> bytes:
    return content.encode() if kind == "image/svg+xml" else base64.b64decode(content)


def _ending(kind: str) -> str:
    return mimetypes.guess_extension(kind) or ""


def _escaped(words_of_picture: str) -> str:
    return re.sub(r"([\[\]\\*_`$<>])", r"\\\1", " ".join(words_of_picture.split()))


def _markdown(source: str) -> NotebookNode:
    return v4.new_output("display_data", {"text/markdown": source})


def _folded(
    cell: NotebookNode, source: str, says: Mapping[str, str], pictures: _Pictures
) -> NotebookNode:
    """Return a cell that shows a solution, or a model answer with its rubric, when opened."""
    if cell.cell_type == "code":
        title, body = says["solution"], f"```python\n{source}\n```"
    else:
        title, body = says["model_answer"], _with_files(source, pictures)
    folded = f'<details class="solution"><summary>{title}</summary>\n\n{body}\n\n</details>'
    return v4.new_markdown_cell(folded, id=f"{cell.id}-solution"[:64])
