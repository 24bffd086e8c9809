"""What students were given: the notebooks that their submissions are compared with."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import get_args

from course.grade.ingest.cells import NotebookCell, read_cells
from course.grade.shared.assignment import ESSAY, EXERCISE
from course.grade.syntax.source import (
    Step,
    bound_names,
    defined_names,
    is_definition,
    statements,
    steps,
)
from course.repository import Repository, in_language, lesson_files
from helpers.internal.sentences import Language


@dataclass(frozen=True)
class Handout:
    """A lesson's student edition.

    Attributes:
        name: Such as ``"03_training"``.
        language: Of its words.
        stubs: Exercise cells as they were handed out, by exercise id, in order.
        names: What each exercise cell defines, by exercise id.
        essays: Essay cells as they were handed out, by essay id, in order.
        questions: The cell above each essay, which asks, by essay id.
        fixed: Text of every cell that asks for no answer.
        given: The statements that every answer finds done, as :func:`ast.dump` shows them: what
            defines something, and the stubs.
        given_names: What they bind.
        demonstrations: The others of its code cells, by the text of the cell.
    """

    name: str
    language: Language
    stubs: dict[str, str]
    names: dict[str, tuple[str, ...]]
    essays: dict[str, str]
    questions: dict[str, str]
    fixed: frozenset[str]
    given: frozenset[str]
    given_names: frozenset[str]
    demonstrations: dict[str, list[Step]] = field(repr=False)

    @property
    def number(self) -> str:
        """As in exercise ids: ``"3"`` for ``"03_training"``."""
        return str(int(self.name[:2]))


Handouts = Mapping[tuple[str, Language], Handout]
"""What students were given, by lesson and language."""


def read_handouts(repository: Repository) -> Handouts:
    """Read the student edition of every lesson, in every language that it was built in.

    Raises:
        UnknownNameError: No notebook has been built.
        UnreadableError: A built notebook is damaged.
    """
    handouts = {}
    for language in get_args(Language):
        folder = in_language(repository.notebooks, language)
        if language != "ja" and not folder.is_dir():
            continue
        for path in lesson_files(folder, ".ipynb"):
            cells = read_cells(path.read_bytes())
            handouts[path.stem, language] = _handout(path.stem, language, cells)
    return handouts


def _handout(name: str, language: Language, cells: tuple[NotebookCell, ...]) -> Handout:
    stubs = {cell.grade_id.removeprefix(EXERCISE): cell.source for cell in _of(EXERCISE, cells)}
    nodes = list(_given(cells))
    given = frozenset(map(ast.dump, nodes))
    return Handout(
        name=name,
        language=language,
        stubs=stubs,
        names={exercise: defined_names(stub) for exercise, stub in stubs.items()},
        essays={cell.grade_id.removeprefix(ESSAY): cell.source for cell in _of(ESSAY, cells)},
        questions={
            essay.grade_id.removeprefix(ESSAY): question.source
            for question, essay in itertools.pairwise(cells)
            if essay.grade_id.startswith(ESSAY)
        },
        fixed=frozenset(
            cell.source.strip() for cell in cells if not cell.grade_id.startswith((EXERCISE, ESSAY))
        ),
        given=given,
        given_names=frozenset(name for node in nodes for name in bound_names(node)),
        demonstrations={
            cell.source.strip(): steps(cell.source, given)
            for cell in cells
            if cell.type == "code" and not cell.grade_id.startswith(EXERCISE)
        },
    )


def _of(kind: str, cells: tuple[NotebookCell, ...]) -> Iterator[NotebookCell]:
    return (cell for cell in cells if cell.grade_id.startswith(kind))


def _given(cells: tuple[NotebookCell, ...]) -> Iterator[ast.stmt]:
    for cell in cells:
        if cell.type == "code":
            is_stub = cell.grade_id.startswith(EXERCISE)
            yield from (node for node in statements(cell.source) if is_stub or is_definition(node))
