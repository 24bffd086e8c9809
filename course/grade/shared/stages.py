"""What the stages of grading hand to one another, and the folder where it is kept.

A stage writes one JSON file a submission, whole or not at all; a submission whose file can be read
is not done again. Everything in these files came from a student and is trusted by nobody.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from course.files import write_whole
from exercises.engine import Verdict
from exercises.exercise import Observation
from exercises.wording import Phrases
from helpers.internal.sentences import Language, Sentence

NOTES = frozenset(
    ("retyped", "lost_metadata", "other_cell", "own_cells", "essay_below", "figures_left_out")
)
"""Reasons of flags that the grader has dealt with: kept for the record, not worth a look."""

STOPPED = frozenset(
    ("time_limit", "memory_limit", "reply_too_long", "process_died", "malformed_reply")
)
"""Why an answer can end without a result: the reasons of flags and of verdicts."""

_LONGEST_KEY = 40


@dataclass(frozen=True)
class Student:
    """Who handed a notebook in: the header cell's entries, or what the file name tells."""

    number: str
    name: str = ""
    mail: str = ""

    @property
    def key(self) -> str:
        """The number as ASCII letters, digits, ``-`` and ``_``: a file name, an id for nbgrader.

        A number that had to be changed for that gets a part of its digest, so that two different
        numbers never share a key.
        """
        slug = re.sub(r"[^A-Za-z0-9_-]+", "-", self.number).strip("-_")[:_LONGEST_KEY]
        if slug and slug == self.number:
            return slug
        digest = hashlib.sha256(self.number.encode(errors="surrogatepass")).hexdigest()
        return f"{slug or 'student'}-{digest[:8]}"


@dataclass(frozen=True)
class Flag:
    """Something that an instructor should look at.

    Attributes:
        reason: Key of the sentence in ``course.grade.record.flags``.
        where: Id of the exercise or essay; empty for the whole notebook.
        detail: What was found, in a few words; from a student, so never trusted.
    """

    reason: str
    where: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Submission:
    """One notebook as it was handed in, read but never run.

    Attributes:
        key: Made of ASCII letters, digits, ``-`` and ``_``; one for each student and lesson.
        student: Who handed it in.
        lesson: Such as ``"03_training"``; empty if the file is no notebook of the course.
        file: Name inside the folder or zip that was handed in.
        answers: Code by exercise id.
        essays: Markdown by essay id.
        figures: PNG files, as base64, that the student's own notebook shows.
        flags: What an instructor should look at.
        accepted: Exercises that ``check`` called correct in the student's own notebook.
        language: Of the notebook that the student was given.
        handed_in: When the file was written, as far as the folder or zip tells:
            ``"2026-05-08T23:10:00"`` in the time of this machine, else empty. The same file, sent
            again later, is the same submission.
    """

    key: str
    student: Student
    lesson: str
    file: str
    answers: dict[str, str] = field(default_factory=dict)
    essays: dict[str, str] = field(default_factory=dict)
    figures: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    accepted: tuple[str, ...] = ()
    language: Language = "ja"
    handed_in: str = field(default="", compare=False)

    def may_have(self, essay: str) -> bool:
        """Say whether an essay has a word in it, or may stand elsewhere in the notebook."""
        return bool(self.essays.get(essay, "").strip()) or any(
            (flag.reason, flag.where) == ("essay_elsewhere", essay) for flag in self.flags
        )


@dataclass(frozen=True)
class Run:
    """What the sandbox sent back: claims of a student's process, judged elsewhere.

    Attributes:
        observations: One list a exercise, one observation a case; as ``exercises.engine.observe``.
        seed: The secret seed of the cases.
        seconds: How long the sandbox ran.
        flags: Such as a time-out or a process that ended early.
    """

    observations: dict[str, list[Observation]]
    seed: int
    seconds: float
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """The points of one submission; essays stand apart, graded by a person.

    Attributes:
        verdicts: By exercise id, every exercise of the lesson.
        points: By exercise id.
        flags: Of all stages.
    """

    verdicts: dict[str, Verdict]
    points: dict[str, float]
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True)
class Figures:
    """The pictures of one submission, decoded and encoded anew: as base64, PNG."""

    pngs: tuple[str, ...]


@dataclass(frozen=True)
class Phrasebook:
    """The words of a lesson's exercises, in every language, by exercise id.

    Whoever runs answers writes it down, so that whoever shows verdicts need not load PyTorch.
    """

    phrases: dict[str, Phrases]


@dataclass(frozen=True)
class Score:
    """What the gradebook holds on one exercise or essay, a person's marks included.

    Attributes:
        points: What counts; None while a person has still to mark it.
        highest: The points of a full answer.
        comment: What the person wrote about it.
    """

    points: float | None
    highest: float
    comment: str = ""


Record = TypeVar("Record", Submission, Run, Judgement, Figures, Phrasebook)


class Stages:
    """The folder where the stages keep their records: a file for each kind and submission.

    A phrasebook is kept under the name of its lesson.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, key: str, record: Record) -> None:
        """Keep a record, whole or not at all.

        Raises:
            StorageError: The folder cannot be written, or the disk is full.
        """
        encoded = json.dumps(asdict(record), default=_encode_array)
        write_whole(self._path(type(record), key), encoded)

    def read(self, kind: type[Record], key: str) -> Record | None:
        """Return a record; None if there is none, or none that can be read."""
        try:
            record = json.loads(self._path(kind, key).read_bytes(), object_hook=_decode_array)
            _, decode = _KINDS[kind]
            return decode(record)
        except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def forget(self, key: str, *kinds: type[Record]) -> None:
        """Remove what was kept of one submission, so that those stages do it again."""
        for kind in kinds:
            self._path(kind, key).unlink(missing_ok=True)

    def forget_all(self, *kinds: type[Record]) -> None:
        """Remove what was kept of all submissions."""
        for kind in kinds:
            for path in self._path(kind, "any").parent.glob("*.json"):
                path.unlink()

    def _path(self, kind: type[Record], key: str) -> Path:
        folder, _ = _KINDS[kind]
        return self.folder / folder / f"{key}.json"


def _encode_array(value: Any) -> dict[str, str]:
    # Bit for bit, and readable without a pickle. No other value of a record is a dict of this form.
    if not isinstance(value, np.ndarray):
        raise TypeError(f"a record cannot hold a {type(value).__name__}")
    content = io.BytesIO()
    np.save(content, value, allow_pickle=False)
    return {_ARRAY: base64.b64encode(content.getvalue()).decode()}


def _decode_array(value: dict[str, Any]) -> Any:
    if value.keys() != {_ARRAY}:
        return value
    return np.load(io.BytesIO(base64.b64decode(value[_ARRAY])), allow_pickle=False)


def _flags(record: dict[str, Any]) -> tuple[Flag, ...]:
    return tuple(Flag(**flag) for flag in record["flags"])


def _submission(record: dict[str, Any]) -> Submission:
    lists = {name: tuple(record[name]) for name in ("figures", "accepted")}
    student = {"student": Student(**record["student"])}
    return Submission(**record | lists | student | {"flags": _flags(record)})


def _run(record: dict[str, Any]) -> Run:
    return Run(**record | {"flags": _flags(record)})


def _judgement(record: dict[str, Any]) -> Judgement:
    verdicts = {exercise: Verdict(**verdict) for exercise, verdict in record["verdicts"].items()}
    return Judgement(**record | {"verdicts": verdicts, "flags": _flags(record)})


def _figures(record: dict[str, Any]) -> Figures:
    return Figures(tuple(record["pngs"]))


def _phrasebook(record: dict[str, Any]) -> Phrasebook:
    return Phrasebook(
        {
            exercise: Phrases(_sentences(words["hints"]), _sentences(words["items"]))
            for exercise, words in record["phrases"].items()
        }
    )


def _sentences(words: dict[str, dict[str, str]]) -> dict[str, Sentence]:
    return {name: Sentence(**languages) for name, languages in words.items()}


_ARRAY = "npy"
_KINDS: dict[type, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    Submission: ("submissions", _submission),
    Run: ("runs", _run),
    Judgement: ("judgements", _judgement),
    Figures: ("figures", _figures),
    Phrasebook: ("phrases", _phrasebook),
}
"""The folder of each kind of record, and what makes it of a JSON object."""
