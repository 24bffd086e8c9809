"""The language of the command line: ``COURSE_LANG``, else that of the system."""

from __future__ import annotations

import os

from helpers.internal.sentences import Language, Sentence, language

VARIABLE = "COURSE_LANG"

# In the order that POSIX gives them.
_LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")
_UNSPOKEN = ("", "C", "POSIX")


def command_line_language() -> Language:
    """Return the language to address somebody in who types commands.

    A system that names no language leaves it at the course's own, Japanese.
    """
    if os.environ.get(VARIABLE):
        return language()
    named = next(filter(None, map(os.environ.get, _LOCALES)), "")
    spoken = named.partition(".")[0].partition("_")[0]
    return "ja" if spoken in (*_UNSPOKEN, "ja") else "en"


def settle_language() -> None:
    """Address everybody in this language from now on, in the processes started from here too."""
    os.environ[VARIABLE] = command_line_language()


def in_own_language(ja: str, en: str) -> str:
    """Return one of two texts that are shown as they are when the program starts."""
    return Sentence(ja=ja, en=en).in_language(command_line_language())
