"""Shows a mistake in the code of somebody who made it, so that nobody is recognised by it."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections import defaultdict
from collections.abc import Iterable

from course.grade.analysis.results import HandedIn, Mistake, Results
from course.grade.shared.stages import Stages, Submission
from course.grade.shared.untrusted import lines, plain_form
from course.grade.syntax.source import python_of

MOST_READ = 8
"""Answers that are looked at for one example."""

LONGEST_SOURCE = 20_000
LONGEST_EXAMPLE = 1_500
"""Characters: longer answers are not read, longer examples are cut."""

_WORD = re.compile(r"[^\W_]+")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\x00-\x7f]+")
_PLAIN_TEXT = re.compile(r"[A-Za-z0-9_.]{0,20}")
_MOST_AUTHORS = 4
"""Students who may share a file. A word in the files of more, such as "late", is nobody's name."""

_LONG_ENOUGH = 5
"""Letters of a name that is looked for inside longer words too."""

_COMMON = frozenset(map(str.casefold, (*dir(builtins), *keyword.kwlist, "ipynb")))


class Examples:
    """Finds an example of a mistake among the answers of a class."""

    def __init__(self, stages: Stages, results: Results) -> None:
        self._stages = stages
        self._names = names_in(results)

    def of(self, exercise: str, mistake: Mistake, handed_in: Iterable[HandedIn]) -> str | None:
        """Return the shortest of the first answers with a mistake that names nobody."""
        authors = [one for one in handed_in if one.answers[exercise].mistake == mistake]
        codes = (self._code(one, exercise) for one in authors[:MOST_READ])
        shown = (shown_code(code) for code in codes if code)
        shortest_first = sorted(filter(None, shown), key=lambda code: (len(code), code))
        return next(
            (code for code in shortest_first if not names_somebody(code, self._names)), None
        )

    def _code(self, one: HandedIn, exercise: str) -> str | None:
        submission = self._stages.read(Submission, f"{one.student.key}-{one.lesson}")
        return submission and submission.answers.get(exercise)


def shown_code(code: str) -> str | None:
    """Return code without comments, docstrings and texts; None if it is no Python.

    What a person writes about itself stands in those. Short plain words between quotation marks
    stay: they are modes and names of layers.
    """
    if len(code) > LONGEST_SOURCE:
        return None
    try:
        tree = _Bare().visit(ast.parse(python_of(code)))
        bare = lines(ast.unparse(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return bare if len(bare) <= LONGEST_EXAMPLE else bare[: LONGEST_EXAMPLE - 1] + "…"


class _Bare(ast.NodeTransformer):
    """Takes out every text that is not one short plain word."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        value = node.value
        if isinstance(value, bytes):
            value = value.decode("latin-1")
        if isinstance(value, str) and not _PLAIN_TEXT.fullmatch(value):
            return ast.copy_location(ast.Constant("…"), node)
        return node


def names_in(results: Results) -> frozenset[str]:
    """Return the words by which anybody in a class could be recognised, in small letters."""
    names = set()
    of_files = defaultdict(set)
    for one in results.handed_in:
        student = one.student
        for entry in (student.number, student.name, student.mail):
            names |= _words(entry)
        for word in _words(one.file) - _words(one.lesson):
            of_files[word].add(student.key)
    names |= {word for word, students in of_files.items() if len(students) <= _MOST_AUTHORS}
    return frozenset(name for name in names - _COMMON if not _is_short(name))


def _words(text: str) -> set[str]:
    plain = plain_form(text).casefold()
    return {part for word in _WORD.findall(plain) for part in (word, *re.findall(r"\d+", word))}


def _is_short(name: str) -> bool:
    """Say whether a word is too short to point at anybody: a letter, or a number of the code."""
    return len(name) < (4 if name.isdigit() else 2) and name.isascii()


def names_somebody(code: str, names: frozenset[str]) -> bool:
    """Say whether one of the names occurs in code: as a word, a part of one, or inside one."""
    plain = plain_form(code)
    small = plain.casefold()
    parts = {part.casefold() for word in _WORD.findall(plain) for part in _PARTS.findall(word)}
    if not names.isdisjoint(parts | set(_WORD.findall(small))):
        return True
    inside = (name for name in names if len(name) >= _LONG_ENOUGH or not name.isascii())
    return any(name in small for name in inside)
