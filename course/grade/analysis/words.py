"""Says a mistake in words: for an instructor, shorter than what a student reads."""

from __future__ import annotations

import builtins
from collections.abc import Mapping

from course.grade.analysis import text
from course.grade.analysis.results import Mistake
from exercises.traces import TRACES
from exercises.translations import PROBLEMS
from exercises.wording import Phrases
from helpers.internal.sentences import Sentence

_NO_PHRASES = Phrases({}, {})


class Wording:
    """Knows the words of the exercises.

    Args:
        phrases: By exercise id; without them, hints and items are called by their names.
    """

    def __init__(self, phrases: Mapping[str, Phrases]) -> None:
        self._phrases = phrases

    def of(self, exercise: str, mistake: Mistake) -> Sentence:
        """Return what is wrong with an answer, in one or two sentences."""
        phrases, key = self._phrases.get(exercise, _NO_PHRASES), mistake.key
        match mistake.kind:
            case "hint":
                return phrases.hints.get(key) or _name(key)
            case "error":
                return _error(key)
            case "no_result":
                return text.NO_RESULT[key]
            case "trace":
                return TRACES.get(key) or _name(key)
        item = phrases.items.get(key) or _name(key)
        sentence = text.MISTAKES.get(mistake.kind, text.WRONG_VALUE)
        return _filled(sentence, item)


def _error(key: str) -> Sentence:
    problem = PROBLEMS.get(key)
    if problem and "{" not in problem.ja:
        return problem
    known = key in vars(builtins)
    return _filled(text.MISTAKES["error"], _name(key)) if known else text.OTHER_ERROR


def _name(name: str) -> Sentence:
    return Sentence(ja=name, en=name)


def _filled(sentence: Sentence, key: Sentence) -> Sentence:
    return Sentence(ja=sentence.ja.format(key=key.ja), en=sentence.en.format(key=key.en))
