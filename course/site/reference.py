"""The reference of ``helpers``, read from its code without importing it.

An import would load PyTorch, and half a minute would go by until a page is written.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from sphinx.ext.napoleon import Config, GoogleDocstring

# Arguments as one list with their types in the signature, where the code has them.
_NAPOLEON = Config(napoleon_use_param=True, napoleon_use_rtype=False, napoleon_use_ivar=True)
# The older places of what has moved, and what no notebook imports.
_LEFT_OUT = {"__init__", "check", "text", "figure"}

Definition = ast.FunctionDef | ast.ClassDef


def module_names(helpers: Path) -> list[str]:
    """Return the modules that notebooks may import, such as ``["data", "embed"]``.

    Args:
        helpers: Folder of the package.
    """
    files = {path.stem for path in helpers.glob("*.py")} - _LEFT_OUT
    packages = {path.parent.name for path in helpers.glob("plots/__init__.py")}
    return sorted(files | packages)


def module_page(helpers: Path, module: str) -> str:
    """Return the page of a module, in MyST.

    Args:
        helpers: Folder of the package.
        module: One of :func:`module_names`.
    """
    path = helpers / f"{module}.py"
    parts = [path] if path.is_file() else sorted((helpers / module).glob("*.py"))
    about = path if path.is_file() else helpers / module / "__init__.py"
    introduction = ast.get_docstring(_parsed(about)) or ""
    lines = [f".. py:module:: helpers.{module}", "", *introduction.splitlines(), ""]
    for part in parts:
        if part.stem not in _LEFT_OUT:
            for definition in _public(_parsed(part)):
                lines += _description(definition)
    # A docstring may hold a code block of its own.
    return "\n".join([f"# helpers.{module}", "", "`````{eval-rst}", *lines, "`````", ""])


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _public(body: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    for node in body.body:
        named = isinstance(node, Definition) and not node.name.startswith("_")
        if named and ast.get_docstring(node):
            yield node


def _description(node: Definition, of_class: bool = False) -> list[str]:
    """Return the lines that describe a function or class, with the methods of a class."""
    kind = "class" if isinstance(node, ast.ClassDef) else "method" if of_class else "function"
    marks = _decorators(node)
    lines = [f".. py:{kind}:: {_signature(node, of_class and 'staticmethod' not in marks)}"]
    lines += [f"   :{mark}:" for mark in ("classmethod", "staticmethod") if mark in marks]
    if "property" in marks:
        lines = [f".. py:property:: {node.name}"]
    docstring = GoogleDocstring(ast.get_docstring(node), _NAPOLEON, what=kind)
    body = ["", *docstring.lines(), ""]
    if isinstance(node, ast.ClassDef):
        for method in _public(node):
            body += _description(method, of_class=True)
    return [*lines, *(f"   {line}".rstrip() for line in body)]


def _decorators(node: Definition) -> Sequence[str]:
    return [ast.unparse(decorator) for decorator in node.decorator_list]


def _signature(node: Definition, bound: bool) -> str:
    if isinstance(node, ast.FunctionDef):
        arguments = node.args
        if bound:
            arguments.args = arguments.args[1:]
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return f"{node.name}({ast.unparse(arguments)}){returns}"
    made = next((part for part in node.body if getattr(part, "name", "") == "__init__"), None)
    return f"{node.name}({_arguments(made)})" if isinstance(made, ast.FunctionDef) else node.name


def _arguments(function: ast.FunctionDef) -> str:
    function.args.args = function.args.args[1:]
    return ast.unparse(function.args)
