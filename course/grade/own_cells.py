"""Finds what an answer needs from the rest of the notebook: imports, functions, values.

They may stand in cells that the student added, in other answers, or in the demonstrations, which
are not run as such; under ``if``, ``try`` and ``with``, in loops, and below the answer.
"""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from course.grade.cells import Cell
from course.grade.handout import Handout
from course.grade.source import (
    bound_names,
    changed_names,
    free_names,
    is_import,
    loaded_names,
    statements,
)

_BUILT_IN = frozenset(dir(builtins))
_AT_ONCE = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_AT_ONCE |= ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class _Step:
    """A statement that gives a name its value, or a part of it.

    Attributes:
        place: Of its cell in the notebook.
        node: The statement.
        binds: Whether it binds the name; else it only changes the value that the name has.
    """

    place: int
    node: ast.stmt
    binds: bool


class OwnDefinitions:
    """What stands in a notebook besides what every answer finds done."""

    def __init__(self, cells: Sequence[Cell], handout: Handout) -> None:
        self._steps: dict[str, dict[int, _Step]] = defaultdict(dict)
        code = ((place, cell) for place, cell in enumerate(cells) if cell.type == "code")
        nodes = ((place, node) for place, cell in code for node in statements(cell.source))
        for number, (place, node) in enumerate(nodes):
            if ast.dump(node) not in handout.given:
                bound = set(bound_names(node))
                for name in bound | changed_names(node):
                    self._steps[name][number] = _Step(place, node, name in bound)

    def needed_by(self, answer: str, *, known: Collection[str], until: int) -> str:
        """Return the statements that an answer uses, directly or through one another, as code.

        Of several definitions of a name the last one counts, with those before it that it uses, as
        in ``model = model.to(device)``.

        Args:
            answer: Python.
            known: Names that have their values already.
            until: Place of the cell where the answer was checked; what stands below it serves only
                where nothing above does.
        """
        wanted, seen = free_names(answer), _BUILT_IN | set(known)
        needed: dict[int, ast.stmt] = {}
        while wanted := wanted - seen:
            seen |= wanted
            found = {number: node for name in wanted for number, node in self._of(name, until)}
            new = [node for number, node in found.items() if number not in needed]
            wanted = {name for node in new for name in free_names(ast.unparse(node))}
            needed |= found
        return "\n".join(ast.unparse(needed[number]) for number in sorted(needed))

    def _of(self, name: str, until: int) -> list[tuple[int, ast.stmt]]:
        steps = self._steps.get(name, {})
        above = {number: step for number, step in steps.items() if step.place <= until}
        if any(step.binds for step in above.values()):
            steps = above
        chosen: list[tuple[int, ast.stmt]] = []
        for number, step in steps.items():
            if step.binds and isinstance(step.node, _AT_ONCE) and not _builds_on(step.node, name):
                chosen = []
            # What is called on a module draws and prints.
            if step.binds or (chosen and not is_import(chosen[0][1])):
                chosen.append((number, step.node))
        return chosen


def _builds_on(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.Assign | ast.AnnAssign) and name in loaded_names(node)
