"""Cuts answers into fragments that stay the same when a copy is renamed, commented or set anew.

The text is a stranger's: it may be broken, or made to be slow. The pattern takes a time that grows
with the length alone, and of a very long answer only the beginning is looked at.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from course.grade.shared.untrusted import plain_form

LONGEST = 20_000
"""Characters of one answer that are compared; the longest answer of the course has 1,500."""

CODE, ESSAYS = "code", "essays"
"""What is compared: the answers to exercises, and the essays, each kind with its own."""

LENGTH = 4
"""Tokens of a fragment of code, letters of one of an essay. Measured: 3 to 8 differ little."""

_OWN = "name"
_CODE = re.compile(
    r"""
      (?P<comment> \#[^\n]* )
    | (?P<string> (?i:[rbuf]{0,2})
        (?: \"{3} (?:\\.?|[^\\])*? (?:\"{3}|\Z) | '{3} (?:\\.?|[^\\])*? (?:'{3}|\Z)
          | \" (?:\\.|[^"\\\n])* \"? | ' (?:\\.|[^'\\\n])* '? ) )
    | (?P<number> (?:\d|\.\d) (?:[eE][-+]|[\w.])* )
    | (?P<name> \w+ )
    | (?P<line> \n )
    | (?P<mark> \*\*=? | //=? | [-+*/%@&|^=<>!:]= | -> | [^\s\\] )
    """,
    re.VERBOSE | re.DOTALL,
)
_LETTER = re.compile(r"\w")
_QUOTES = re.compile(r"\A\w*['\"]+|['\"]+\Z")
_PYTHON = frozenset(keyword.kwlist) | frozenset(dir(builtins))


@dataclass(frozen=True)
class Token:
    """A piece of a text: what it is compared as, and where it stands."""

    form: str
    begin: int
    end: int


def tokens(kind: str, text: str, given: Collection[str] = ()) -> list[Token]:
    """Return what fragments of a text are made of.

    Args:
        kind: ``CODE`` or ``ESSAYS``.
        text: An answer.
        given: Names in code that are the course's, not the student's choice.
    """
    if kind == ESSAYS:
        letters = _LETTER.finditer(text[:LONGEST])
        return [Token(plain_form(one[0]).casefold(), *one.span()) for one in letters]
    return list(_code_tokens(text[:LONGEST], given))


def _code_tokens(code: str, given: Collection[str]) -> Iterator[Token]:
    """Yield the tokens of code without comments, docstrings, layout and names of one's own."""
    found = [match for match in _CODE.finditer(code) if match.lastgroup != "comment"]
    depth, before = 0, "\n"
    for place, match in enumerate(found):
        kind, text = match.lastgroup, match[0]
        after = found[place + 1][0] if place + 1 < len(found) else "\n"
        if kind == "mark":
            depth = max(0, depth + (text in "([{") - (text in ")]}"))
        stands_alone = kind == "string" and (before, after, depth) == ("\n", "\n", 0)
        if kind == "string" and not stands_alone:
            yield Token('"' + _QUOTES.sub("", text), *match.span())
        elif kind == "name":
            is_keyword_argument = after == "=" and depth > 0
            is_given = before == "." or is_keyword_argument or text in _PYTHON or text in given
            yield Token(text if is_given else _OWN, *match.span())
        elif kind in ("number", "mark"):
            yield Token(text, *match.span())
        before = before if kind == "line" and depth else text


def fragments(found: Sequence[Token]) -> list[str]:
    """Return the fragments that begin at each token, one after the other."""
    forms = [one.form for one in found]
    return ["\0".join(forms[at : at + LENGTH]) for at in range(len(forms) - LENGTH + 1)]
