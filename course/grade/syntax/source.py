"""What a notebook's cells mean to Python: the code that IPython would run, and the names in it.

Nothing is executed. The code is a stranger's: it may be broken, or nested deeper than Python itself
can look into.
"""

from __future__ import annotations

import ast
import functools
import re
import symtable
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_DEEPEST = 200
"""Levels of a statement's syntax tree. Python writes deeper ones only where its stack is empty."""

_MOST_WORK = 300_000
"""Characters that IPython may look at in one cell: it starts anew for every line of its own."""

_IPYTHON_LINE = re.compile(r"^[ \t]*[%!?]|\?[ \t]*$|=[ \t]*[%!]", re.MULTILINE)
# IPython takes these for magics without a mark too, where they stand alone in a cell.
_UNMARKED = re.compile(r"^[ \t]*(?:pip3?|conda|ls|cd|pwd)(?:[ \t].*)?$", re.MULTILINE)
# Cell magics whose cell is no Python, or is not run as a part of the notebook.
_FOREIGN = re.compile(
    r"\A\s*%%(?:!|sx|system|cmd|script|bash|sh|perl|ruby|pypy|python\d?|html|svg|latex|markdown|js"
    r"|javascript|writefile|file|timeit)(?!\w)"
)
_CELL_MAGIC = re.compile(r"\A(\s*)%%.*")
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
_DEFINITIONS = _FUNCTIONS | ast.ClassDef
_OTHER_SCOPES = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def parsed(source: str) -> ast.Module:
    """Return the syntax tree of Python code.

    Raises:
        SyntaxError: It is no Python.
        RecursionError: It is nested too deep to be looked into.
    """
    try:
        return ast.parse(source)
    except ValueError as error:  # NUL, in Python 3.11
        raise SyntaxError(str(error)) from error
    except MemoryError as error:  # what the parser says when its own stack is full
        raise RecursionError(str(error)) from error


@functools.lru_cache(maxsize=64)  # a notebook's cells: each is looked at several times
def python_of(source: str) -> str:
    """Return the Python code of a cell, without what IPython does: magics, help, shell commands.

    A cell that Python can read stays as it is: there, a line may begin with ``%`` and divide.

    Raises:
        SyntaxError: It is neither Python nor IPython, with the line.
        RecursionError: It is nested too deep to be looked into.
    """
    try:
        parsed(source)
    except SyntaxError as error:
        return _without_ipython(source, error)
    return source


def _without_ipython(source: str, error: SyntaxError) -> str:
    if _FOREIGN.match(source):
        return ""
    # Its lines stay where they are, so that errors name the right one.
    body = _CELL_MAGIC.sub(r"\1", source)
    if len(body) * (1 + len(_IPYTHON_LINE.findall(body))) > _MOST_WORK:
        raise error
    # Seldom needed, and slow to load.
    from IPython.core.inputtransformer2 import TransformerManager

    first_lines = body[: len(body) - len(body.lstrip("\n"))]
    try:
        code = first_lines + TransformerManager().transform_cell(_UNMARKED.sub("pass", body))
    except RuntimeError:  # too many lines of its own
        raise error from None
    return _without_calls_of_ipython(code, parsed(code))


def _without_calls_of_ipython(code: str, tree: ast.Module) -> str:
    """Put plain values in place of the calls that IPython makes of its lines."""
    rows = code.encode().splitlines(keepends=True)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _calls_ipython(node)]
    # From the end, so that what stands before keeps its place.
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        if node.lineno == node.end_lineno:
            row = rows[node.lineno - 1]
            instead = _instead_of(node).encode()
            rows[node.lineno - 1] = row[: node.col_offset] + instead + row[node.end_col_offset :]
    return b"".join(rows).decode()


def _calls_ipython(node: ast.Call) -> bool:
    match node.func:
        case ast.Attribute(value=ast.Call(func=ast.Name("get_ipython"), args=[])):
            return True
    return False


def _instead_of(call: ast.Call) -> str:
    match call.func.attr, call.args:
        case "run_line_magic", [ast.Constant("time"), ast.Constant(str(statement))]:
            return statement or "None"
        case "getoutput", _:
            return "[]"
    return "None"


@functools.lru_cache(maxsize=64)
def statements(source: str) -> tuple[ast.stmt, ...]:
    """Return a cell's top-level statements, without those too deep to be written again.

    There are none if it is no Python; lines of IPython's own count as values.
    """
    try:
        body = parsed(python_of(source)).body
    except (SyntaxError, RecursionError):
        return ()
    return tuple(node for node in body if _is_shallow(node))


def _is_shallow(node: ast.AST) -> bool:
    level = [node]
    for _ in range(_DEEPEST):
        level = [below for part in level for below in ast.iter_child_nodes(part)]
        if not level:
            return True
    return False


def fault_in(source: str) -> SyntaxError | None:
    """Return why Python cannot read a cell; None if it can."""
    try:
        python_of(source)
    except SyntaxError as error:
        return error
    except RecursionError:
        pass
    return None


def definitions(code: str) -> str:
    """Return the imports, functions, classes and constants of a cell, without what it does.

    Raises:
        SyntaxError: The code is no Python.
    """
    return "\n".join(ast.unparse(node) for node in parsed(code).body if is_definition(node))


def is_definition(node: ast.stmt) -> bool:
    """Say whether a statement only defines: an import, a function, a class, a constant."""
    if isinstance(node, ast.Assign):
        are_names = all(isinstance(target, ast.Name) for target in node.targets)
        return are_names and _is_literal(node.value)
    return isinstance(node, ast.Import | ast.ImportFrom | _DEFINITIONS)


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, RecursionError):
        return False
    return True


@dataclass(frozen=True)
class Step:
    """A statement with what it does to names.

    Attributes:
        node: The statement.
        binds: Names that get another value.
        changes: Names whose values are changed in their place.
    """

    node: ast.stmt
    binds: frozenset[str]
    changes: frozenset[str]


def steps(source: str, given: Collection[str] = ()) -> list[Step]:
    """Return the statements of a cell, without those that ``given`` has as :func:`ast.dump`."""
    return [
        Step(node, frozenset(bound_names(node)), frozenset(changed_names(node)))
        for node in statements(source)
        if not given or ast.dump(node) not in given
    ]


# --- names ----------------------------------------------------------------------------------------
def defined_names(source: str) -> tuple[str, ...]:
    """Return what a cell defines at its top level: functions, classes, names that are assigned.

    What an import brings, and what :func:`exercises.check` hands back, is none of its own.
    """
    nodes = (node for node in statements(source) if not is_import(node))
    return tuple(name for node in nodes for name in bound_names(node))


def is_import(node: ast.stmt) -> bool:
    """Say whether a statement is an import."""
    return isinstance(node, ast.Import | ast.ImportFrom)


def bound_names(node: ast.stmt) -> tuple[str, ...]:
    """Return the names that a statement binds where it stands, in branches and loops as well."""
    return tuple(name for part in _here(node) for name in _bound(part))


def _here(node: ast.stmt) -> Iterator[ast.AST]:
    """Yield the parts of a statement that are of its own scope."""
    waiting: list[ast.AST] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, _OTHER_SCOPES) or (
            isinstance(part, ast.Assign) and is_check(part.value)
        ):
            continue
        yield part
        is_bare = isinstance(part, ast.AnnAssign) and part.value is None
        if not (is_bare or isinstance(part, _DEFINITIONS)):
            waiting += reversed(list(ast.iter_child_nodes(part)))


def _bound(part: ast.AST) -> tuple[str, ...]:
    match part:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return (part.name,)
        case ast.Import() | ast.ImportFrom():
            return tuple(alias.asname or alias.name.partition(".")[0] for alias in part.names)
        case ast.Name(id=name, ctx=ast.Store()):
            return (name,)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return (name,)
    return ()


def changed_names(node: ast.stmt) -> set[str]:
    """Return the names whose values a statement may change in their place.

    As do ``table[0] = 1``, ``options.width = 2`` and a call such as ``found.append(3)``.
    """
    changed = set()
    for part in _here(node):
        match part:
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                changed.add(_root(part))
            case ast.Expr(ast.Call(func=ast.Attribute() as method)):
                changed.add(_root(method))
    return changed - {""}


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def loaded_names(node: ast.AST) -> set[str]:
    """Return the names that are read anywhere in a piece of code."""
    names = (part for part in ast.walk(node) if isinstance(part, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


def free_names(code: str) -> set[str]:
    """Return the names that code takes from elsewhere, built-in ones too; none if it is no Python.

    Args:
        code: Python.
    """
    try:
        whole = symtable.symtable(code, "<cell>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    own = {one.get_name() for one in whole.get_symbols() if one.is_assigned() or one.is_imported()}
    used = {symbol.get_name() for table in _tables(whole) for symbol in _from_outside(table)}
    return (used - own) | _built_upon(code)


def _tables(whole: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    waiting = [whole]
    while waiting:
        table = waiting.pop()
        yield table
        waiting += table.get_children()


def _from_outside(table: symtable.SymbolTable) -> Iterator[symtable.Symbol]:
    """Yield what a scope does not have itself: also what it takes by ``global`` and changes."""
    for symbol in table.get_symbols():
        if (table.get_type() == "module" and symbol.is_referenced()) or symbol.is_global():
            yield symbol


def _built_upon(code: str) -> set[str]:
    """Return the names that code gives a new value made of the one they have from elsewhere."""
    built, bound = set(), set()
    for node in statements(code):
        built |= {name for name in rebuilt_names(node) if name not in bound}
        bound |= set(bound_names(node))
    return built


def rebuilt_names(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds to something made of what they were."""
    rebuilt: set[str] = set()
    for part in _here(node):
        match part:
            case ast.AugAssign(target=ast.Name(name)):
                rebuilt.add(name)
            case ast.Assign():
                names = {name for target in part.targets for name in _names_in(target)}
                rebuilt |= names & loaded_names(part.value)
            case ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value):
                rebuilt |= {name} & loaded_names(value)
    return rebuilt


def _names_in(target: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}


# --- checks ---------------------------------------------------------------------------------------
def checked_in(node: ast.AST) -> list[str]:
    """Return the ids of the exercises that a piece of code checks, in any order.

    Both forms count, ``check("3-1", answer)`` and ``check("3-1")``.
    """
    return [part.args[0].value for part in ast.walk(node) if is_check(part)]


def is_check(node: ast.AST) -> bool:
    """Say whether code is a call of ``check`` for one exercise."""
    match node:
        case ast.Call(func=ast.Name("check") | ast.Attribute(attr="check"), args=[first, *_]):
            return isinstance(first, ast.Constant) and isinstance(first.value, str)
    return False
