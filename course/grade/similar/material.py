"""What the course itself explains: no student's likeness to it, or through it, tells anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import get_args

from course.grade.ingest.cells import read_cells
from course.grade.ingest.handout import Handouts
from course.grade.similar.fragments import CODE, ESSAYS, fragments, tokens
from course.repository import Repository, in_language
from helpers.internal.sentences import Language


@dataclass(frozen=True)
class Material:
    """What a lesson shows its students and their graders, in every language.

    Attributes:
        given: Names that answers have from the lesson: imports and functions.
        known: By kind, the fragments of stubs, solutions, demonstrations and prose.
    """

    given: Collection[str]
    known: dict[str, frozenset[str]]


def material(repository: Repository, lesson: str, handouts: Handouts) -> Material:
    """Read what a lesson explains: both editions, as far as they have been built.

    Raises:
        UnreadableError: A built notebook is damaged.
    """
    given = frozenset(
        name
        for (of_lesson, _), handout in handouts.items()
        if of_lesson == lesson
        for name in handout.given_names
    )
    known: dict[str, set[str]] = {CODE: set(), ESSAYS: set()}
    for source, is_code in _cells(repository, lesson):
        kind = CODE if is_code else ESSAYS
        known[kind].update(fragments(tokens(kind, source, given)))
    return Material(given, {kind: frozenset(parts) for kind, parts in known.items()})


def _cells(repository: Repository, lesson: str) -> Iterator[tuple[str, bool]]:
    for folder in (repository.notebooks, repository.solutions):
        for language in get_args(Language):
            path = in_language(folder, language) / f"{lesson}.ipynb"
            if path.is_file():
                cells = read_cells(path.read_bytes())
                yield from ((cell.source, cell.type == "code") for cell in cells)
