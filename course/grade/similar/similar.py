"""Compares the submissions of a lesson, and keeps what a person needs to judge the likest pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from course.grade.ingest.handout import Handouts
from course.grade.shared.stages import Stages, Student, Submission
from course.grade.shared.untrusted import lines
from course.grade.similar.fragments import CODE, ESSAYS, LENGTH, Token, fragments, tokens
from course.grade.similar.likeness import Comparison, Pair, compare
from course.grade.similar.material import Material, material
from course.repository import Repository

MOST_SHOWN = 100
"""Pairs of a lesson that are shown side by side; all are counted."""

_FEW = 0.1
"""What at most one in ten of the class has is marked as rare."""

COMMON, RARE = "common", "rare"
Segment = tuple[str, str]
"""A piece of a text, and how it is marked: ``COMMON``, ``RARE`` or not at all, ``""``."""


Fragment = tuple[str, str]
"""The id of an exercise or essay, and a fragment of an answer to it."""


@dataclass(frozen=True)
class Part:
    """An exercise or essay that two students have in common, at least in part.

    Attributes:
        kind: ``CODE`` or ``ESSAYS``.
        name: Its id, such as ``"3-2"``.
        texts: What either wrote, with what is shared marked.
    """

    kind: str
    name: str
    texts: tuple[list[Segment], list[Segment]]


@dataclass(frozen=True)
class Alike:
    """Two submissions that are alike.

    Attributes:
        students: Who handed them in.
        files: Under which names.
        measures: How alike they are, by kind; only the kinds that stand out.
        parts: What is shown side by side; empty beyond ``MOST_SHOWN`` pairs.
    """

    students: tuple[Student, Student]
    files: tuple[str, str]
    measures: dict[str, Pair]
    parts: tuple[Part, ...] = ()

    @property
    def evidence(self) -> float:
        """In bits, of all kinds together."""
        return sum(pair.evidence for pair in self.measures.values())


@dataclass(frozen=True)
class Findings:
    """What the comparison of one lesson has brought to light.

    Attributes:
        lesson: Such as ``"03_training"``.
        submissions: How many were compared.
        asked_for: By kind, the likeness and the bits of evidence that a pair had to have.
        pairs: The strongest first.
    """

    lesson: str
    submissions: int
    asked_for: dict[str, tuple[float, float]]
    pairs: list[Alike]


def of_lesson(
    lesson: str, keys: Sequence[str], stages: Stages, repository: Repository, handouts: Handouts
) -> Findings:
    """Compare the submissions of one lesson; one at a time is in memory.

    Args:
        lesson: Such as ``"03_training"``.
        keys: Of its submissions.
        stages: Where the submissions are kept.
        repository: Where the course's own texts are found.
        handouts: What students were given.
    """
    explained = material(repository, lesson, handouts)
    compared = {
        kind: compare(_own(kind, _read(stages, key), explained) for key in keys)
        for kind in (CODE, ESSAYS)
    }
    found: dict[tuple[int, int], dict[str, Pair]] = {}
    for kind, comparison in compared.items():
        for pair in comparison.pairs:
            found.setdefault((pair.first, pair.second), {})[kind] = pair
    pairs = [_alike(keys, stages, places, measures) for places, measures in found.items()]
    # One notebook of two students who worked as a pair tells nothing.
    pairs = sorted((one for one in pairs if one.files[0] != one.files[1]), key=_strongest_first)
    shown = [
        replace(one, parts=tuple(_parts(one, keys, stages, explained, compared)))
        for one in pairs[:MOST_SHOWN]
    ]
    asked_for = {kind: (one.least_likeness, one.least_evidence) for kind, one in compared.items()}
    return Findings(lesson, len(keys), asked_for, shown + pairs[MOST_SHOWN:])


def _read(stages: Stages, key: str) -> Submission:
    """Return a submission whose texts have no invisible characters, with which one could hide."""
    submission = stages.read(Submission, key)
    return replace(
        submission,
        answers={exercise: lines(code) for exercise, code in submission.answers.items()},
        essays={essay: lines(prose) for essay, prose in submission.essays.items()},
    )


def _texts(kind: str, submission: Submission) -> Mapping[str, str]:
    return submission.answers if kind == CODE else submission.essays


def _own(kind: str, submission: Submission, explained: Material) -> Iterator[Fragment]:
    """Yield the fragments of what a student wrote."""
    for name, text in _texts(kind, submission).items():
        for fragment in fragments(tokens(kind, text, explained.given)):
            if fragment not in explained.known[kind]:
                yield name, fragment


def _alike(
    keys: Sequence[str], stages: Stages, places: tuple[int, int], measures: dict[str, Pair]
) -> Alike:
    first, second = (stages.read(Submission, keys[place]) for place in places)
    return Alike((first.student, second.student), (first.file, second.file), measures)


def _strongest_first(pair: Alike) -> tuple[float, list[str]]:
    return -pair.evidence, [student.key for student in pair.students]


def _parts(
    pair: Alike,
    keys: Sequence[str],
    stages: Stages,
    explained: Material,
    compared: Mapping[str, Comparison],
) -> Iterator[Part]:
    for kind, measure in pair.measures.items():
        both = [_read(stages, keys[place]) for place in (measure.first, measure.second)]
        marks = _marks(kind, both, explained, compared[kind].holders, len(keys))
        first, second = (_texts(kind, one) for one in both)
        for name in (name for name in first if name in marks):
            texts = (
                list(_marked(text, tokens(kind, text, explained.given), marks[name]))
                for text in (first[name], second[name])
            )
            yield Part(kind, name, tuple(texts))


def _marks(
    kind: str,
    both: Iterable[Submission],
    explained: Material,
    holders: Mapping[Fragment, int],
    submissions: int,
) -> dict[str, dict[str, str]]:
    """Return how each fragment that both have is marked, by exercise or essay."""
    first, second = (set(_own(kind, one, explained)) for one in both)
    few = max(2, _FEW * submissions)
    marks: dict[str, dict[str, str]] = {}
    for name, fragment in (first & second) & holders.keys():
        mark = RARE if holders[name, fragment] <= few else COMMON
        marks.setdefault(name, {})[fragment] = mark
    return marks


def _marked(text: str, found: Sequence[Token], marks: Mapping[str, str]) -> Iterator[Segment]:
    """Cut a text where its marking changes."""
    of_tokens = [""] * len(found)
    for place, fragment in enumerate(fragments(found)):
        if mark := marks.get(fragment):
            for token in range(place, place + LENGTH):
                of_tokens[token] = max(of_tokens[token], mark)  # in the alphabet, rare is higher
    of_characters = [""] * len(text)
    for place, (token, mark) in enumerate(zip(found, of_tokens, strict=True)):
        end = token.end
        if place + 1 < len(found) and of_tokens[place + 1] == mark:
            gap = text[end : found[place + 1].begin]
            end += len(gap) if gap.isspace() and "\n" not in gap else 0
        of_characters[token.begin : end] = [mark] * (end - token.begin)
    for mark, characters in groupby(zip(text, of_characters, strict=True), key=lambda one: one[1]):
        yield "".join(character for character, _ in characters), mark
