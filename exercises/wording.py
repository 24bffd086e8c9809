"""Says a verdict in words, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exercises.engine import Verdict
from exercises.exercise import Exercise
from exercises.traces import TRACES
from exercises.translations import explain
from helpers.internal.sentences import Sentence

_SENTENCES = {
    "correct": Sentence(ja="正解です。", en="Correct."),
    "blank": Sentence(
        ja="まだ書かれていないところがあります。", en="Something is still to be written."
    ),
    "absent": Sentence(ja="「{item}」が得られません。", en="“{item}” could not be read."),
    "text": Sentence(
        ja="「{item}」が {got} です。{want} になるはずです。",
        en="“{item}” is {got}; it should be {want}.",
    ),
    "shape": Sentence(
        ja="「{item}」の形が {got} です。{want} になるはずです。",
        en="“{item}” has shape {got}; it should be {want}.",
    ),
    "number": Sentence(
        ja="「{item}」が {got} です。{want} になるはずです。",
        en="“{item}” is {got}; it should be {want}.",
    ),
    "number with inputs": Sentence(
        ja="「{item}」が {got} です。{want} になるはずです（{inputs} のとき）。",
        en="“{item}” is {got}; it should be {want} (for {inputs}).",
    ),
    "first difference": Sentence(
        ja="「{item}」の値が合いません。最初に違うのは {place} で、{got} です。{want} になるはずです。",
        en="“{item}” differs. The first difference is at {place}: it is {got} and should be "
        "{want}.",
    ),
    "difference": Sentence(
        ja="「{item}」の値が合いません。問題文と、上の説明をもう一度読んでみましょう。",
        en="“{item}” is not as it should be. Read the task and the text above it again.",
    ),
}
"""By reason of a verdict, where neither a hint nor an error nor a trace says more."""


@dataclass(frozen=True)
class Phrases:
    """The words of one exercise, apart from what they belong to: whoever shows a verdict needs
    neither PyTorch nor Keras.

    Attributes:
        hints: The sentence of each hint, by its name.
        items: What to call each entry of an observation.
    """

    hints: Mapping[str, Sentence]
    items: Mapping[str, Sentence]

    @classmethod
    def of(cls, exercise: Exercise) -> Phrases:
        """Take them from an exercise."""
        return cls({hint.name: hint.sentence for hint in exercise.hints}, dict(exercise.items))


def in_words(verdict: Verdict, phrases: Phrases) -> str:
    """Return one or two sentences that tell an answer's author what was found."""
    if verdict.reason == "error":
        return explain(verdict.fields)
    if verdict.reason == "hint":
        return str(phrases.hints[verdict.hint])
    item = verdict.fields.get("item", "")
    if verdict.reason == "trace":
        return str(TRACES[item])
    fields = {**verdict.fields, "item": phrases.items.get(item, item)}
    return _SENTENCES[verdict.reason].format(**fields)
