"""Says a mistake in words: for an instructor, shorter than what a student reads."""

from __future__ import annotations

import builtins

from course.grade.analysis import text
from course.grade.analysis.results import Mistake
from exercises.catalogue import find
from exercises.exercise import Exercise
from exercises.traces import TRACES
from exercises.translations import PROBLEMS
from helpers.errors import UnknownNameError
from helpers.internal.sentences import Language, Sentence

_DIFFERENCES = frozenset(("number", "number with inputs", "first difference", "difference"))


def mistake_in_words(exercise: str, mistake: Mistake, words: Language) -> str:
    """Return what is wrong in one or two sentences.

    Args:
        exercise: Id of the exercise.
        mistake: What is wrong.
        words: In which language.
    """
    if mistake.kind == "stopped":
        return text.STOPPED[mistake.key].in_language(words)
    if mistake.kind == "hint":
        return _hint(exercise, mistake.key, words)
    if mistake.kind == "trace" and mistake.key in TRACES:
        return TRACES[mistake.key].in_language(words)
    if mistake.kind == "error":
        return _error(mistake.key, words)
    kind = "number" if mistake.kind in _DIFFERENCES else mistake.kind
    sentence = text.MISTAKES.get(kind, text.MISTAKES["other"])
    return sentence.in_language(words).format(key=_item(exercise, mistake.key, words))


def _error(key: str, words: Language) -> str:
    problem = PROBLEMS.get(key)
    if problem and "{" not in problem.ja:
        return problem.in_language(words)
    sentence = text.MISTAKES["error"] if key in vars(builtins) else text.OTHER_ERROR
    return sentence.in_language(words).format(key=key)


def _hint(exercise: str, name: str, words: Language) -> str:
    found = _exercise(exercise)
    sentences = (hint.sentence for hint in found.hints if hint.name == name) if found else iter(())
    sentence = next(sentences, None)
    return sentence.in_language(words) if sentence else name


def _item(exercise: str, key: str, words: Language) -> str:
    found = _exercise(exercise)
    sentence = found.items.get(key) if found else None
    return sentence.in_language(words) if isinstance(sentence, Sentence) else key


def _exercise(exercise: str) -> Exercise | None:
    """Return an exercise; None if the course has it no longer."""
    try:
        return find(exercise)
    except UnknownNameError:
        return None
