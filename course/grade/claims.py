"""Tells whose file is whose, and which of a student's files counts.

Nobody can take away what another student handed in: files that may be of different students are
never merged, whatever number stands in them.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from course.grade.answers import is_changed
from course.grade.archive import Entry
from course.grade.file_names import (
    name_of_file,
    name_of_lms,
    number_of_file,
    participant,
    path_of_file,
    student_of_file,
)
from course.grade.handout import Handout
from course.grade.stages import Flag, Student, Submission
from course.grade.submission import read_submission, shown_file
from course.grade.untrusted import line, plain_form


@dataclass(frozen=True)
class Claim:
    """What a file says about itself, as far as it matters to other files.

    Attributes:
        place: Among all files, from 0.
        file: Its path in the folder or zip.
        modified: When it was written; the greater, the later.
        answers: How many exercises were worked on.
        lesson: Name of the lesson; empty if it is no notebook of the course.
        number: The student's.
        name: The student's, without spaces and differences of case and width.
        origin: Where it comes from: the LMS's folder, or of files without a number the whole path.
        vouched: Whether files of different origins are certainly of different students.
        has_number: Whether the student's number is known; names of files stand for it otherwise.
        key: Of the submission; empty until it is known that the file counts.
        flags: What the other files mean for this one.
    """

    place: int
    file: str
    modified: tuple[int, ...]
    answers: int
    lesson: str
    number: str
    name: str
    origin: str
    vouched: bool
    has_number: bool
    key: str = ""
    flags: tuple[Flag, ...] = ()

    @property
    def folder(self) -> str:
        """The folder of the file."""
        return str(PurePosixPath(self.file).parent)


def claim_of(place: int, entry: Entry, handouts: Mapping[str, Handout]) -> Claim:
    """Return what a file claims; ``place`` is its place among all files."""
    submission = read_submission(entry, handouts)
    stubs = handouts[submission.lesson].stubs if submission.lesson else {}
    has_number = _has_number(submission, entry.file)
    origin, vouched = participant(entry.file)
    if not has_number and not name_of_lms(entry.file):
        origin, vouched = path_of_file(entry.file, submission.lesson), True
    return Claim(
        place=place,
        file=entry.file,
        modified=tuple(entry.modified),
        answers=sum(is_changed(code, stubs[key]) for key, code in submission.answers.items()),
        lesson=submission.lesson,
        number=submission.student.number,
        name=_plain(submission.student.name),
        origin=origin,
        vouched=vouched,
        has_number=has_number,
    )


def _has_number(submission: Submission, file: str) -> bool:
    instead = student_of_file(file, submission.lesson).number or shown_file(file)
    found = number_of_file(file, submission.lesson)
    return bool(found) or submission.student.number != instead


def _plain(name: str) -> str:
    return "".join(plain_form(name).casefold().split())


def that_count(
    claims: Iterable[Claim], recorded: Callable[[str], Submission | None]
) -> Iterator[Claim]:
    """Yield the claims that count, each with a key of its own."""
    groups: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in _named_apart(claims):
        # Files that are no notebooks of the course are told one by one.
        lesson = claim.lesson or f"file {claim.place}"
        groups[claim.number.casefold(), lesson].append(claim)
    used: Counter[str] = Counter()
    for group in groups.values():
        for claim in _of_one_number(group, recorded):
            used[key := _key(claim)] += 1
            unique = key if used[key] == 1 else f"{key}-{used[key]}"
            yield replace(claim, key=unique)


def _named_apart(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Yield the claims, those named by a folder of many students by their files instead."""
    claims = list(claims)
    origins: dict[tuple[str, str], set[str]] = defaultdict(set)
    for claim in claims:
        if claim.lesson and not claim.has_number:
            origins[claim.folder, claim.lesson].add(claim.origin)
    for claim in claims:
        many = len(origins[claim.folder, claim.lesson]) > 1 and not claim.has_number
        name = name_of_file(claim.file, claim.lesson)
        yield replace(claim, number=name) if many and name else claim


def _of_one_number(
    group: list[Claim], recorded: Callable[[str], Submission | None]
) -> Iterator[Claim]:
    # Nobody may replace a fellow student's work by handing in under that student's number.
    by_person: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in group:
        by_person[_person(claim, group)].append(claim)
    people = [_newest(files) for files in by_person.values()]
    if len(people) < 2:
        yield from people
        return
    before = recorded(_key(people[0]))
    # Marks that a teacher gave stay with the number that they were given to.
    owner = _most_alike(people, before) if before else None
    for claim in people:
        number = claim.number if claim is owner else f"{claim.number} ({_label(claim, people)})"
        flags = (*claim.flags, Flag("number_shared", detail=line(claim.number)))
        yield replace(claim, number=number, flags=flags)


def _person(claim: Claim, group: list[Claim]) -> tuple[str, str]:
    """Return what differs between the students who use one number for one lesson."""
    near = {other.name for other in group if other.name and other.origin == claim.origin}
    name = claim.name or (near.pop() if len(near) == 1 else "")
    return claim.origin if claim.vouched or not name else "", name


def _most_alike(people: list[Claim], before: Submission) -> Claim:
    """Return who was recorded."""

    def likeness(claim: Claim) -> tuple[bool, ...]:
        return (
            line(claim.file) == before.file,
            participant(claim.file) == participant(before.file),
            claim.name == _plain(before.student.name),
        )

    return max(people, key=likeness)


def _label(claim: Claim, people: list[Claim]) -> str:
    """Return what no other has: the name, else where the file comes from."""
    for part in ("name", "origin"):
        own = getattr(claim, part)
        if own and [getattr(other, part) for other in people].count(own) == 1:
            return line(own, len(own))
    return shown_file(claim.file)


def _newest(group: list[Claim]) -> Claim:
    *others, newest = sorted(group, key=lambda one: (one.modified, one.answers, one.file))
    flags = tuple(Flag("second_file", detail=line(other.file)) for other in others)
    return replace(newest, flags=flags)


def _key(claim: Claim) -> str:
    student = Student(claim.number).key
    return f"{student}-{claim.lesson or _digest(claim.file)}"


def _digest(file: str) -> str:
    return hashlib.sha256(file.encode(errors="surrogatepass")).hexdigest()[:8]
