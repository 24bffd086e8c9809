"""Finds what an answer needs from cells that the student added: imports, helper functions."""

from __future__ import annotations

import ast
import builtins
import contextlib
from collections.abc import Iterable, Mapping

from course.grade.handout import Handout, bound_names, statements

_BUILT_IN = frozenset(dir(builtins))


def needed_definitions(answer: str, own: Mapping[str, ast.stmt]) -> str:
    """Return the definitions that an answer uses, directly or through one another, as code.

    Args:
        answer: Code of an exercise cell.
        own: What :func:`own_definitions` found.
    """
    wanted, needed = _names_used(statements(answer)), set()
    while wanted:
        name = wanted.pop()
        if name in own and name not in needed:
            needed.add(name)
            wanted |= _names_used([own[name]])
    nodes = dict.fromkeys(node for name, node in own.items() if name in needed)
    return "\n".join(map(ast.unparse, nodes))


def own_definitions(sources: Iterable[str], handout: Handout) -> dict[str, ast.stmt]:
    """Return the student's own imports, functions, classes and constants, by the names they bind.

    Args:
        sources: Code cells that are no answers, in order.
        handout: The notebook as it was handed out; what stands there is nobody's own.
    """
    asked_for = {name for names in handout.names.values() for name in names}
    nodes = (node for source in sources for node in statements(source))
    return {
        name: node
        for node in nodes
        if ast.dump(node) not in handout.statements
        for name in _binds(node)
        if name not in asked_for
    }


def _binds(node: ast.stmt) -> tuple[str, ...]:
    match node:
        case ast.Import() | ast.ImportFrom():
            return tuple(alias.asname or alias.name.split(".")[0] for alias in node.names)
        case ast.Assign() | ast.AnnAssign() if not _is_constant(node.value):
            return ()  # such as a whole training
    return bound_names(node)


def _is_constant(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Lambda):
        return True
    with contextlib.suppress(ValueError, TypeError, RecursionError, MemoryError):
        ast.literal_eval(value)
        return True
    return False


def _names_used(nodes: Iterable[ast.stmt]) -> set[str]:
    """Return the names that come from outside the statements."""
    parts = [part for node in nodes for part in ast.walk(node)]
    names = [part for part in parts if isinstance(part, ast.Name)]
    loaded = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    own = {name.id for name in names if not isinstance(name.ctx, ast.Load)}
    arguments = {part.arg for part in parts if isinstance(part, ast.arg)}
    return loaded - own - arguments - _BUILT_IN
