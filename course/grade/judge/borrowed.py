"""Notices answers that call the course's own implementation instead of being one.

It looks at the code and executes nothing. What it finds is for the instructor to look at: it takes
no points away, and code that hides well enough escapes it. Code that is nested too deep to be
looked into is told as such.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from course.grade.shared.stages import Flag
from course.grade.syntax.source import parsed, python_of, statements
from exercises.exercise import Exercise

# What reaches a function without naming it. No exercise of the course needs any of these.
_ROUNDABOUT_NAMES = frozenset(
    {
        "__builtins__", "__closure__", "__code__", "__dict__", "__file__", "__globals__",
        "__import__", "__loader__", "__path__", "__spec__", "__subclasses__", "__wrapped__",
        "_getframe", "compile", "eval", "exec", "f_globals", "f_locals", "get_ipython", "gi_frame",
        "globals", "locals", "tb_frame", "vars",
    }
)  # fmt: skip
_ROUNDABOUT_MODULES = (
    "builtins", "code", "ctypes", "dis", "gc", "imp", "importlib", "inspect", "linecache",
    "marshal", "pkgutil", "runpy", "sys.meta_path", "sys.modules", "sys.path", "zipimport",
)  # fmt: skip
# Files that hold the course's own answers, by name or as any Python file.
_COURSE_FILE = re.compile(r"\.py\b|\b(?:exercises|helpers)\b")
_PACKAGES = ("exercises", "helpers")
_DEFINITIONS = ("exercises", "helpers.check")
_STUDENTS_OWN = "exercises.check.own"


def borrowed(
    answers: Mapping[str, str], set_up: Sequence[str], exercises: Sequence[Exercise]
) -> tuple[Flag, ...]:
    """Return a flag for each answer that reaches what it should do itself.

    That is: the course's answer to an exercise, whatever else stands in a module of helpers that
    holds an answer of this lesson, and the exercise definitions. What the notebook's own cells
    import by name is given to the student, unless it is the answer.

    An answer that cannot be looked into is flagged as well.

    Args:
        answers: Code by exercise id, in order: an import in one also serves the next.
        set_up: The notebook's own cells with imports.
        exercises: The lesson's exercises.
    """
    course = _Course(set_up, exercises)
    bindings = dict(course.bindings)
    flags = []
    for exercise in exercises:
        try:
            nodes = _nodes(answers.get(exercise.id, ""))
        except RecursionError:
            flags.append(Flag("unexamined", exercise.id))
            continue
        bindings |= _bindings(nodes)
        found = dict.fromkeys(course.reached(exercise, nodes, bindings))
        if found:
            flags.append(Flag("borrowed", exercise.id, ", ".join(found)))
        # Later answers may call this one: whatever it is, they have not borrowed it.
        for name in exercise.names:
            bindings.pop(name, None)
    return tuple(flags)


def _nodes(answer: str) -> list[ast.stmt]:
    """Return all statements of an answer, however deep; none if it is no Python, and cannot run.

    Raises:
        RecursionError: Python itself cannot look into it.
    """
    try:
        return parsed(python_of(answer)).body
    except SyntaxError:
        return []


class _Course:
    """Where a lesson's answers lie in helpers, and what its notebook gives away."""

    def __init__(self, set_up: Sequence[str], exercises: Sequence[Exercise]) -> None:
        self.bindings = _bindings(node for source in set_up for node in statements(source))
        references = [part for exercise in exercises for part in exercise.references]
        self._homes = {*_DEFINITIONS, *(reference.__module__ for reference in references)}
        self._given = set(self.bindings.values())
        self._names = {exercise.id: set(exercise.names) for exercise in exercises}

    def reached(
        self, exercise: Exercise, nodes: Sequence[ast.stmt], bindings: Mapping[str, str]
    ) -> Iterator[str]:
        """Yield the paths in helpers, and the roundabout ways, that an answer takes."""
        names = {reference.__name__ for reference in exercise.references} | set(exercise.names)
        imported = (path for path in _paths_imported(nodes) if path not in self._given)
        for path in (*imported, *_paths_used(nodes, bindings)):
            if self._is_answer(path, names):
                yield path
            if any(_lies_in(path, module) for module in _ROUNDABOUT_MODULES):
                yield path
        yield from _roundabout_names(nodes)
        yield from _course_files(nodes)
        yield from self._references_asked_for(nodes)

    def _references_asked_for(self, nodes: Iterable[ast.stmt]) -> Iterator[str]:
        """Yield the calls of ``check`` that cannot be meant to check an answer of the lesson."""
        for part in _parts(nodes):
            match part:
                case ast.Call(func=ast.Name("check") | ast.Attribute(attr="check"), args=arguments):
                    if not self._checks(*arguments):
                        yield "check"

    def _checks(self, *arguments: ast.expr) -> bool:
        match arguments:
            case [ast.Constant(str(exercise_id))]:
                return exercise_id in self._names
            case [ast.Constant(str(exercise_id)), answer]:
                named = {name.id for name in ast.walk(answer) if isinstance(name, ast.Name)}
                return named == self._names.get(exercise_id)
        return False

    def _is_answer(self, path: str, names: set[str]) -> bool:
        if not any(_lies_in(path, package) for package in _PACKAGES) or path == _STUDENTS_OWN:
            return False
        if path.rpartition(".")[2] in names:
            return True
        # A module that is given is given for the pictures it draws, not to be passed on whole.
        is_given = path in self._given - self._homes
        return not is_given and any(_lies_in(path, home) for home in self._homes)


def _lies_in(path: str, module: str) -> bool:
    return path == module or path.startswith(f"{module}.")


def _bindings(nodes: Iterable[ast.stmt]) -> dict[str, str]:
    """Return the dotted path that each imported name stands for."""
    return dict(pair for part in _parts(nodes) for pair in _imported(part))


def _parts(nodes: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    return (part for node in nodes for part in ast.walk(node))


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds, with what they stand for; nothing for other nodes."""
    match node:
        case ast.ImportFrom():
            yield from ((one.asname or one.name, f"{node.module}.{one.name}") for one in node.names)
        case ast.Import():
            for one in node.names:
                package = one.name.partition(".")[0]
                yield (one.asname, one.name) if one.asname else (package, package)


def _paths_imported(nodes: Iterable[ast.stmt]) -> Iterator[str]:
    for part in _parts(nodes):
        if isinstance(part, ast.Import):
            yield from (one.name for one in part.names)
        yield from (path for _, path in _imported(part))


def _paths_used(nodes: Iterable[ast.stmt], bindings: Mapping[str, str]) -> Iterator[str]:
    """Yield the dotted path of every use of an imported name: ``explain.saliency`` is one."""
    inner: set[int] = set()
    for part in _parts(nodes):
        if id(part) not in inner and (dotted := _dotted(part)):
            inner |= {id(below) for below in ast.walk(part)}
            name, dot, rest = dotted.partition(".")
            if name in bindings:
                yield f"{bindings[name]}{dot}{rest}"


def _dotted(node: ast.AST) -> str:
    """Return ``"explain.saliency"`` for the expression that says so; else nothing."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _roundabout_names(nodes: Iterable[ast.stmt]) -> Iterator[str]:
    for part in _parts(nodes):
        match part:
            # As text too, since getattr takes it.
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=name):
                if name in _ROUNDABOUT_NAMES and not _is_method(part):
                    yield name


def _is_method(part: ast.AST) -> bool:
    # model.eval() and model.compile() are no built-in functions.
    return isinstance(part, ast.Attribute) and hasattr(builtins, part.attr)


def _course_files(nodes: Iterable[ast.stmt]) -> Iterator[str]:
    """Yield texts that name a file of Python or of the course; what only says something is none."""
    parts = list(_parts(nodes))
    said = {id(part.value) for part in parts if isinstance(part, ast.Expr)}
    for part in parts:
        match part:
            case ast.Constant(value=str(words)) if id(part) not in said:
                if found := _COURSE_FILE.search(words):
                    yield found[0]
