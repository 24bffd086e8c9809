"""Finds what an answer needs from cells that the student added: imports, functions, values."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable

from course.grade.handout import Handout, bound_names, statements

_BUILT_IN = frozenset(dir(builtins))


Definitions = dict[str, dict[int, ast.stmt]]
"""By the name that they bind, then by their place among all statements."""


def needed_definitions(answer: str, own: Definitions) -> str:
    """Return the definitions that an answer uses, directly or through one another, as code.

    Args:
        answer: Code of an exercise cell.
        own: What :func:`own_definitions` found.
    """
    wanted: set[str] = _names_used(statements(answer))
    needed: dict[int, ast.stmt] = {}
    while wanted:
        found = {place: node for name in wanted for place, node in own.get(name, {}).items()}
        new = {place: node for place, node in found.items() if place not in needed}
        wanted = {name for node in new.values() for name in _names_used([node])}
        needed |= new
    return "\n".join(ast.unparse(needed[place]) for place in sorted(needed))


def own_definitions(sources: Iterable[str], handout: Handout) -> Definitions:
    """Return the student's own imports, functions, classes and values.

    Of several definitions of a name the last one counts, with those before it that it uses, as in
    ``model = model.to(device)``.

    Args:
        sources: Code cells that are no answers, in order.
        handout: The notebook as it was handed out; what stands there is nobody's own.
    """
    asked_for = {name for names in handout.names.values() for name in names}
    nodes = (node for source in sources for node in statements(source))
    own: Definitions = {}
    for place, node in enumerate(nodes):
        if ast.dump(node) in handout.statements:
            continue
        loaded = _names_loaded(ast.walk(node))
        for name in set(_binds(node)) - asked_for:
            if name not in loaded:
                own[name] = {}
            own.setdefault(name, {})[place] = node
    return own


def _binds(node: ast.stmt) -> tuple[str, ...]:
    match node:
        case ast.Import() | ast.ImportFrom():
            return tuple(alias.asname or alias.name.split(".")[0] for alias in node.names)
    return bound_names(node)


def _names_used(nodes: Iterable[ast.stmt]) -> set[str]:
    """Return the names that come from outside the statements."""
    parts = [part for node in nodes for part in ast.walk(node)]
    names = [part for part in parts if isinstance(part, ast.Name)]
    own = {name.id for name in names if not isinstance(name.ctx, ast.Load)}
    arguments = {part.arg for part in parts if isinstance(part, ast.arg)}
    return _names_loaded(parts) - own - arguments - _BUILT_IN


def _names_loaded(parts: Iterable[ast.AST]) -> set[str]:
    names = (part for part in parts if isinstance(part, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}
