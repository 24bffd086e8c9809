"""Finds what an answer needs from the rest of the notebook: imports, functions, values.

They may stand in cells that the student added, in other answers, or in the demonstrations, which
are not run as such; under ``if``, ``try`` and ``with``, in loops, and below the answer.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from course.grade.ingest.cells import NotebookCell
from course.grade.ingest.handout import Handout
from course.grade.syntax.source import (
    Step,
    fault_in,
    free_names,
    is_import,
    rebuilt_names,
    statements,
    steps,
)

_BUILT_IN = frozenset(dir(builtins))
_AT_ONCE = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_AT_ONCE |= ast.Assign | ast.AnnAssign
_SEEMS_BOUND = re.compile(r"^[ \t]*(?:(?:async +)?def +|class +)?(\w+)(?= *[(\[:=])", re.MULTILINE)


@dataclass(frozen=True)
class _Use:
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

    def __init__(self, cells: Sequence[NotebookCell], handout: Handout) -> None:
        self._given = handout.given_names
        self._steps: dict[str, dict[int, _Use]] = defaultdict(dict)
        code = ((place, cell.source) for place, cell in enumerate(cells) if cell.type == "code")
        every = ((place, step) for place, source in code for step in _steps_of(source, handout))
        # Half a statement at the end of a notebook matters to nobody; a helper that is lost does.
        self._unreadable = {
            name: cell.source
            for cell in cells
            if cell.type == "code" and not statements(cell.source) and fault_in(cell.source)
            for name in _SEEMS_BOUND.findall(cell.source)
        }
        for number, (place, step) in enumerate(every):
            for name in step.binds | step.changes:
                self._steps[name][number] = _Use(place, step.node, name in step.binds)

    def needed_by(
        self, answer: str, places: Collection[int], *, known: set[str], until: int
    ) -> str:
        """Return the statements that an answer uses, directly or through one another, as code.

        Of several definitions of a name the last one counts, with those before it that it uses, as
        in ``model = model.to(device)``.

        Args:
            answer: Python.
            places: Of the cells that the answer stands in.
            known: Names that have their values already.
            until: Place of the cell where the answer was checked; what stands below it serves only
                where nothing above does.
        """
        wanted, seen = free_names(answer), _BUILT_IN | known
        needed: dict[int, ast.stmt] = {}
        while wanted := wanted - seen:
            seen |= wanted
            found = {
                number: node for name in wanted for number, node in self._of(name, places, until)
            }
            new = [node for number, node in found.items() if number not in needed]
            wanted = {name for node in new for name in free_names(ast.unparse(node))}
            needed |= found
        if self._unknown(seen - known, places, until):
            needed |= dict(self._of("*", places, until))
        return "\n".join(ast.unparse(needed[number]) for number in sorted(needed))

    def unreadable_for(self, answer: str) -> list[str]:
        """Return the cells that seem to bind what an answer uses, and cannot be read."""
        lost = free_names(answer) & self._unreadable.keys() - self._steps.keys()
        return list(dict.fromkeys(self._unreadable[name] for name in sorted(lost)))

    def _unknown(self, wanted: set[str], places: Collection[int], until: int) -> set[str]:
        """Return the names that nothing here is known to bind: ``import *`` may."""
        named = {name for name in wanted if self._of(name, places, until)}
        return wanted - named - self._given - _BUILT_IN

    def _of(self, name: str, places: Collection[int], until: int) -> list[tuple[int, ast.stmt]]:
        steps = {
            number: step
            for number, step in self._steps.get(name, {}).items()
            if step.place not in places
        }
        above = {number: step for number, step in steps.items() if step.place <= until}
        if any(step.binds for step in above.values()):
            steps = above
        chosen: list[tuple[int, ast.stmt]] = []
        for number, step in steps.items():
            is_new = isinstance(step.node, _AT_ONCE) and name != "*"
            if step.binds and is_new and not _builds_on(step.node, name):
                chosen = []
            # What is called on a module draws and prints.
            if step.binds or (chosen and not is_import(chosen[0][1])):
                chosen.append((number, step.node))
        return chosen


def _steps_of(source: str, handout: Handout) -> list[Step]:
    unchanged = handout.demonstrations.get(source.strip())
    return steps(source, handout.given) if unchanged is None else unchanged


def _builds_on(node: ast.stmt, name: str) -> bool:
    return name in rebuilt_names(node)
