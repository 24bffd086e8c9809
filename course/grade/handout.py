"""What students were given: the notebooks that their submissions are compared with."""

from __future__ import annotations

import ast
import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from course.grade.cells import Cell, read_cells
from course.grade.inside import without_magics
from course.repository import Repository, lesson_files

EXERCISE, ESSAY = "exercise-", "essay-"
"""How the grade ids of answers begin; the rest is the exercise's id, such as ``"3-1"``."""


@dataclass(frozen=True)
class Handout:
    """A lesson's student edition.

    Attributes:
        name: Such as ``"03_training"``.
        stubs: Exercise cells as they were handed out, by exercise id, in order.
        names: What each exercise cell defines, by exercise id.
        essays: Essay cells as they were handed out, by essay id, in order.
        questions: The cell above each essay, which asks, by essay id.
        fixed: Text of every cell that asks for no answer.
        statements: Every top-level statement of its code, as :func:`ast.dump` shows it.
    """

    name: str
    stubs: dict[str, str]
    names: dict[str, tuple[str, ...]]
    essays: dict[str, str]
    questions: dict[str, str]
    fixed: frozenset[str]
    statements: frozenset[str]

    @property
    def number(self) -> str:
        """As in exercise ids: ``"3"`` for ``"03_training"``."""
        return str(int(self.name[:2]))


def read_handouts(repository: Repository) -> dict[str, Handout]:
    """Read the student edition of every lesson, by name.

    Raises:
        UnknownNameError: No notebook has been built.
        UnreadableError: A built notebook is damaged.
    """
    paths = lesson_files(repository.notebooks, ".ipynb")
    return {path.stem: _handout(path.stem, read_cells(path.read_bytes())) for path in paths}


def _handout(name: str, cells: tuple[Cell, ...]) -> Handout:
    stubs = {cell.grade_id.removeprefix(EXERCISE): cell.source for cell in _of(EXERCISE, cells)}
    code = (cell.source for cell in cells if cell.type == "code")
    return Handout(
        name=name,
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
        statements=frozenset(ast.dump(node) for source in code for node in statements(source)),
    )


def _of(kind: str, cells: tuple[Cell, ...]) -> Iterator[Cell]:
    return (cell for cell in cells if cell.grade_id.startswith(kind))


@functools.lru_cache(maxsize=64)  # a notebook's cells: each is looked at several times
def statements(source: str) -> tuple[ast.stmt, ...]:
    """Return the top-level statements of a cell; none if it is no Python.

    Lines for the shell and for IPython (``!``, ``%``) count as ``pass``.
    """
    try:
        tree = ast.parse(without_magics(source))
        ast.unparse(tree)  # so deep that Python cannot write it again is no honest code either
        return tuple(tree.body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def defined_names(source: str) -> tuple[str, ...]:
    """Return what a cell defines at its top level: functions, classes, names that are assigned.

    What :func:`exercises.check` hands back is no definition of the cell's own.
    """
    return tuple(name for node in statements(source) for name in bound_names(node))


def bound_names(node: ast.stmt) -> tuple[str, ...]:
    """Return the names that one statement defines."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return (node.name,)
        case ast.Assign(value=ast.Call(func=ast.Name(id="check"))):
            return ()
        case ast.Assign() | ast.AnnAssign(value=ast.expr()):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found = (part for target in targets for part in ast.walk(target))
            return tuple(part.id for part in found if isinstance(part, ast.Name))
    return ()
