"""Sentences in two languages, beside the code that shows them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

Language = Literal["ja", "en"]


_addressed: ContextVar[Language | None] = ContextVar("addressed", default=None)


def language() -> Language:
    """Return the language that people are addressed in: ``COURSE_LANG``, Japanese by default."""
    if chosen := _addressed.get():
        return chosen
    return "en" if os.environ.get("COURSE_LANG", "").lower().startswith("en") else "ja"


@contextmanager
def addressed_in(language: Language | None) -> Iterator[None]:
    """Write in a language, whatever ``COURSE_LANG`` says; None leaves it at that."""
    token = _addressed.set(language)
    try:
        yield
    finally:
        _addressed.reset(token)


@dataclass(frozen=True)
class Sentence:
    """One sentence in Japanese and in English; which one is decided when it is shown.

    Attributes:
        ja: Japanese.
        en: English, with the same ``{names}`` to be filled in.
    """

    ja: str
    en: str

    def __str__(self) -> str:
        return self.in_language(language())

    def in_language(self, language: Language) -> str:
        """Return the sentence in a language that does not depend on who is addressed."""
        return getattr(self, language)

    def format(self, **values: Any) -> str:
        """Return the sentence with its ``{names}`` filled in, as :meth:`str.format` does."""
        return str(self).format(**values)

    def format_map(self, values: Mapping[str, Any]) -> str:
        """Return the sentence with its ``{names}`` filled in, as :meth:`str.format_map` does."""
        return str(self).format_map(values)
