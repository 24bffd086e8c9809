"""Tells whose file is whose, and which of a student's files counts.

Nobody can take away what another student handed in: files that may be of different students are
never merged, whatever stands in them. What the LMS says of an upload weighs more than what its
author wrote.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import PurePosixPath

from course.grade.ingest.answers import is_changed
from course.grade.ingest.archive import UploadedFile
from course.grade.ingest.file_names import (
    author_of_file,
    name_of_file,
    name_of_lms,
    number_in_file_name,
    number_of_file,
    number_of_lms,
    participant,
    path_of_file,
    student_of_file,
    upload_of,
)
from course.grade.ingest.handout import Handouts
from course.grade.ingest.submission import read_submissions, shown_file
from course.grade.shared.stages import Flag, Student, Submission
from course.grade.shared.untrusted import line, plain_form

_INDEX_FILES = {
    "index.html", "grades.csv", "grades.xls", "grades.xlsx", "reportlist.xls", "reportlist.xlsx",
    "timestamp.txt", "comments.txt", "feedbacktext.html", "readme.txt",
}  # fmt: skip
"""What an LMS adds to a download; nobody hands these in beside a notebook."""


@dataclass(frozen=True)
class Claim:
    """What a file says about one of its authors, as far as it matters to other files.

    Attributes:
        place: Of the file, among all files, from 0.
        person: Of the author, among those that the file names, from 0.
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
    person: int
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


def claims_of(place: int, entry: UploadedFile, handouts: Handouts) -> Iterator[Claim]:
    """Yield what a file claims, for each of its authors; ``place`` is its place among all files."""
    for person, submission in enumerate(read_submissions(entry, handouts)):
        yield _claim(place, person, entry, submission, handouts)


def _claim(
    place: int,
    person: int,
    entry: UploadedFile,
    submission: Submission,
    handouts: Handouts,
) -> Claim:
    stubs = handouts[submission.lesson, submission.language].stubs if submission.lesson else {}
    has_number = _has_number(submission, entry.file)
    origin, vouched = participant(entry.file)
    number_in_name = number_in_file_name(entry.file)
    if not has_number and not name_of_lms(entry.file):
        origin, vouched = path_of_file(entry.file, submission.lesson), True
    elif not vouched and number_in_name not in ("", submission.student.number):
        # Whoever gave the file its name may not be who it says inside.
        origin, vouched = number_in_name, True
    return Claim(
        place=place,
        person=person,
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
    claims = list(_named_by_lms(_named_apart(_without_index_files(list(claims)))))
    groups: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in _with_crowds_flagged(claims):
        # Files that are no notebooks of the course are told one by one.
        lesson = claim.lesson or f"file {claim.place}"
        groups[claim.number.casefold(), lesson].append(claim)
    used: Counter[str] = Counter()
    for group in groups.values():
        for claim in _of_one_number(group, recorded):
            used[key := _key(claim)] += 1
            unique = key if used[key] == 1 else f"{key}-{used[key]}"
            yield replace(claim, key=unique)


def _without_index_files(claims: list[Claim]) -> Iterator[Claim]:
    """Yield the claims without the lists that an LMS adds to what was handed in."""
    above = {
        str(folder)
        for claim in claims
        if claim.lesson
        for folder in PurePosixPath(claim.file).parents
    }
    for claim in claims:
        is_index = PurePosixPath(claim.file).name.casefold() in _INDEX_FILES or (
            claim.file.endswith(".txt") and upload_of(claim.file) is not None
        )
        if claim.lesson or not is_index or claim.folder not in above:
            yield claim


def _named_apart(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Yield the claims, those named by a folder of many students by their files instead."""
    claims = list(_named_below(list(claims)))
    origins: dict[tuple[str, str], list[str]] = defaultdict(list)
    numbers: dict[str, set[str]] = defaultdict(set)
    for claim in claims:
        if claim.lesson and claim.has_number:
            numbers[claim.folder].add(claim.number)
        elif claim.lesson:
            origins[claim.folder, claim.lesson].append(claim.origin)
    folders = {claim.folder for claim in claims if claim.lesson}
    beside = Counter(str(PurePosixPath(folder).parent) for folder in folders)
    for claim in claims:
        if claim.has_number or not claim.lesson or name_of_lms(claim.file):
            yield claim
            continue
        here = origins[claim.folder, claim.lesson]
        is_of_many = len(set(here)) > 1 or len(numbers[claim.folder]) > 1
        is_only_folder = beside[str(PurePosixPath(claim.folder).parent)] == 1
        name = name_of_file(claim.file, claim.lesson)
        if is_of_many and name:
            yield replace(claim, number=name)
        elif claim.folder != "." and (is_of_many or (is_only_folder and not name and here[1:])):
            # Drive makes copies of one name, and each can be of another student.
            flags = (*claim.flags, Flag("unknown_student"))
            number = shown_file(claim.file)
            yield replace(claim, number=number, origin=claim.file, flags=flags)
        else:
            yield claim


def _named_below(claims: list[Claim]) -> Iterator[Claim]:
    """Yield the claims, those from Teams that got the class's name with the folder below instead.

    Students lie there above their assignments, and sometimes below their class.
    """
    origins: dict[tuple[str, str], set[str]] = defaultdict(set)
    of_teams = [
        claim
        for claim in claims
        if not claim.has_number and (upload := upload_of(claim.file)) and upload.version
    ]
    for claim in of_teams:
        origins[claim.number, claim.lesson].add(claim.origin)
    many = {claim.place for claim in of_teams if len(origins[claim.number, claim.lesson]) > 1}
    for claim in claims:
        is_of_many = claim.place in many
        yield replace(claim, number=PurePosixPath(claim.origin).name) if is_of_many else claim


def _named_by_lms(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Yield the claims, those that contradict the LMS's own student number with that instead."""
    claims = list(claims)
    alone = {place for place, people in Counter(one.place for one in claims).items() if people == 1}
    told = {
        claim.place: number
        for claim in claims
        if claim.lesson and claim.place in alone and (number := number_of_lms(claim.file))
    }
    right = sum(told.get(claim.place) == claim.number for claim in claims)
    # Else they are numbers of something else, such as an account or the course.
    is_trusted = len(set(told.values())) > 1 and 2 * right >= len(told)
    for claim in claims:
        number = told.get(claim.place, claim.number)
        if is_trusted and number != claim.number:
            flag = Flag("other_number_in_file_name", detail=line(claim.number))
            yield replace(claim, number=number, flags=(*claim.flags, flag))
        else:
            yield claim


def _with_crowds_flagged(claims: list[Claim]) -> Iterator[Claim]:
    """Yield the claims, flagged where one upload brings several students' notebooks."""
    files = [PurePosixPath(claim.file).parts for claim in claims]
    # Folders that all files lie in are nobody's.
    folders = sorted(parts[:-1] for parts in files) or [()]
    levels = zip(folders[0], folders[-1], strict=False)
    shared = sum(1 for _ in takewhile(lambda level: level[0] == level[1], levels))
    units: dict[str, set[str]] = defaultdict(set)
    unit_of: dict[int, str] = {}
    for claim, parts in zip(claims, files, strict=True):
        if claim.lesson and claim.has_number and claim.person == 0 and len(parts) > shared + 1:
            unit_of[claim.place] = claim.origin if upload_of(claim.file) else parts[shared]
            units[unit_of[claim.place]].add(claim.number)
    # Else the folders are those of groups or lessons.
    are_students = sum(len(numbers) == 1 for numbers in units.values()) * 2 > len(units)
    for claim in claims:
        unit = unit_of.get(claim.place)
        if unit is not None and len(units[unit]) > 1 and (are_students or upload_of(claim.file)):
            flag = Flag("several_students", detail=line(f"{unit}: {len(units[unit])}"))
            yield replace(claim, flags=(*claim.flags, flag))
        else:
            yield claim


def _of_one_number(
    group: list[Claim], recorded: Callable[[str], Submission | None]
) -> Iterator[Claim]:
    # Who hands in alone has nothing from another's form.
    group = [claim for claim in group if claim.person == 0] or group
    names: dict[str, set[str]] = defaultdict(set)
    for claim in group:
        names[claim.origin] |= {claim.name} - {""}
    # Nobody may replace a fellow student's work by handing in under that student's number.
    by_person: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in group:
        by_person[_person(claim, names[claim.origin])].append(claim)
    people = [_newest(files) for files in by_person.values()]
    if len(people) < 2:
        yield from people
        return
    before = recorded(_key(people[0]))
    # Marks that a teacher gave stay with the number that they were given to.
    owner = _most_alike(people, before) if before else None
    taken = {part: Counter(getattr(one, part) for one in people) for part in ("name", "origin")}
    for claim in people:
        number = claim.number if claim is owner else f"{claim.number} ({_label(claim, taken)})"
        flags = (*claim.flags, Flag("number_shared", detail=line(claim.number)))
        yield replace(claim, number=number, flags=flags)


def _person(claim: Claim, near: set[str]) -> tuple[str, str]:
    """Return what differs between the students who use one number for one lesson.

    Args:
        claim: Whose.
        near: The names in all files of its origin.
    """
    name = claim.name or (next(iter(near)) if len(near) == 1 else "")
    origin = claim.origin if claim.vouched or not name else ""
    return (origin if claim.vouched else f"{origin}/{_other_author(claim)}"), name


def _other_author(claim: Claim) -> str:
    """Return whom a file's name tells, if that is neither the student's name nor number."""
    author = _plain(author_of_file(claim.file, claim.lesson))
    own = {claim.name, claim.number.casefold()} - {""}
    return "" if any(part in author or author in part for part in own) else author


def _most_alike(people: list[Claim], before: Submission) -> Claim:
    """Return who was recorded."""

    def likeness(claim: Claim) -> tuple[bool, ...]:
        return (
            line(claim.file) == before.file,
            participant(claim.file) == participant(before.file),
            claim.name == _plain(before.student.name),
        )

    return max(people, key=likeness)


def _label(claim: Claim, taken: Mapping[str, Counter[str]]) -> str:
    """Return what no other has: the name, else where the file comes from."""
    for part in ("name", "origin"):
        own = getattr(claim, part)
        if own and taken[part][own] == 1:
            return line(own, len(own))
    return shown_file(claim.file)


def _newest(group: list[Claim]) -> Claim:
    *others, newest = sorted(group, key=_age)
    flags = tuple(Flag("second_file", detail=line(other.file)) for other in others)
    return replace(newest, flags=newest.flags + flags)


def _age(claim: Claim) -> tuple[tuple[int, ...], int, int, str]:
    upload = upload_of(claim.file)
    return claim.modified, upload.version if upload else 0, claim.answers, claim.file


def _key(claim: Claim) -> str:
    student = Student(claim.number).key
    return f"{student}-{claim.lesson or _digest(claim.file)}"


def _digest(file: str) -> str:
    return hashlib.sha256(file.encode(errors="surrogatepass")).hexdigest()[:8]
