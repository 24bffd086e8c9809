"""The first stage: reads what was handed in, and executes nothing.

Any folder or zip gives one submission a file, whatever its name; a file that cannot be read becomes
a submission without answers, with a flag that says why, and the rest goes on.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from course.grade.answers import answers_in, essays_in, is_changed, marks_of, names_of
from course.grade.archive import Entry, entries
from course.grade.cells import Cell, UnreadableError, read_cells
from course.grade.figures import figures_in
from course.grade.handout import ESSAY, Handout
from course.grade.stages import Flag, Student, Submission
from course.grade.student import (
    name_of_file,
    number_in_file_name,
    number_of_file,
    participant,
    path_of_file,
    student_in,
    student_of_file,
)
from course.grade.text import CHANGED
from course.grade.untrusted import line
from helpers.errors import StorageError, SubmissionsError


def ingest(
    source: Path,
    handouts: Mapping[str, Handout],
    *,
    recorded: Callable[[str], Submission | None] = lambda key: None,
    skip: Path | None = None,
) -> Iterator[Submission]:
    """Read every file of a folder or zip.

    Of several files of one student for one lesson the newest counts (of equally new ones, the one
    with more answers, then the last by name); it is flagged with the names of the others. Where
    their names or the LMS's folders say that they are of different students, all of them count:
    they get numbers that tell them apart, but whoever has been recorded keeps the number.

    Args:
        source: A folder or a zip, with folders and zips in it, as the LMS made it.
        handouts: What students were given, by lesson.
        recorded: Returns what an earlier run gave under a key.
        skip: A folder that is no submission: that of the results, which may lie inside.

    Yields:
        Submissions whose keys differ, in the order of the files.

    Raises:
        SubmissionsError: ``source`` is neither a folder nor a zip, or changes meanwhile.
        StorageError: This machine cannot unpack or open any more.
    """
    # Read twice, so that pictures of a whole class never fill the memory.
    claims = [_claim(place, entry, handouts) for place, entry in enumerate(entries(source, skip))]
    count = {claim.place: claim for claim in _that_count(claims, recorded)}
    for place, entry in enumerate(entries(source, skip)):
        claim = count.pop(place, None)
        if claim is None:
            continue
        if entry.file != claim.file:
            raise SubmissionsError(CHANGED.format(path=source))
        submission = _read(entry, handouts)
        yield replace(
            submission,
            key=claim.key,
            student=replace(submission.student, number=claim.number),
            flags=claim.flags + submission.flags,
        )
    if count:
        raise SubmissionsError(CHANGED.format(path=source))


# --- which files count ----------------------------------------------------------------------------
@dataclass(frozen=True)
class _Claim:
    """What a file says about itself, as far as it matters to other files.

    Attributes:
        origin: Where it comes from: the LMS's folder, or of files without a number the whole path.
        vouched: Whether files of different origins are certainly of different students.
        has_number: Whether the student's number is known; names of files stand for it otherwise.
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
        return str(PurePosixPath(self.file).parent)


def _claim(place: int, entry: Entry, handouts: Mapping[str, Handout]) -> _Claim:
    submission = _read(entry, handouts)
    stubs = handouts[submission.lesson].stubs if submission.lesson else {}
    has_number = _has_number(submission, entry.file)
    origin, vouched = participant(entry.file)
    if not has_number:
        origin, vouched = path_of_file(entry.file, submission.lesson), True
    return _Claim(
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
    instead = student_of_file(file, submission.lesson).number or _shown_file(file)
    found = number_of_file(file, submission.lesson)
    return bool(found) or submission.student.number != instead


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _that_count(
    claims: Iterable[_Claim], recorded: Callable[[str], Submission | None]
) -> Iterator[_Claim]:
    """Yield the claims that count, each with a key of its own."""
    groups: dict[tuple[str, str], list[_Claim]] = defaultdict(list)
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


def _named_apart(claims: Iterable[_Claim]) -> Iterator[_Claim]:
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
    group: list[_Claim], recorded: Callable[[str], Submission | None]
) -> Iterator[_Claim]:
    # Nobody may replace a fellow student's work by handing in under that student's number.
    by_person: dict[tuple[str, str], list[_Claim]] = defaultdict(list)
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


def _person(claim: _Claim, group: list[_Claim]) -> tuple[str, str]:
    """Return what differs between the students who use one number for one lesson."""
    near = {other.name for other in group if other.name and other.origin == claim.origin}
    name = claim.name or (near.pop() if len(near) == 1 else "")
    return claim.origin if claim.vouched or not name else "", name


def _most_alike(people: list[_Claim], before: Submission) -> _Claim:
    """Return who was recorded."""

    def likeness(claim: _Claim) -> tuple[bool, ...]:
        return (
            line(claim.file) == before.file,
            participant(claim.file) == participant(before.file),
            claim.name == _plain(before.student.name),
        )

    return max(people, key=likeness)


def _label(claim: _Claim, people: list[_Claim]) -> str:
    """Return what no other has: the name, else where the file comes from."""
    for part in ("name", "origin"):
        own = getattr(claim, part)
        if own and [getattr(other, part) for other in people].count(own) == 1:
            return line(own, len(own))
    return _shown_file(claim.file)


def _newest(group: list[_Claim]) -> _Claim:
    *others, newest = sorted(group, key=lambda one: (one.modified, one.answers, one.file))
    flags = tuple(Flag("second_file", detail=line(other.file)) for other in others)
    return replace(newest, flags=flags)


def _key(claim: _Claim) -> str:
    student = Student(claim.number).key
    return f"{student}-{claim.lesson or _digest(claim.file)}"


def _digest(file: str) -> str:
    return hashlib.sha256(file.encode(errors="surrogatepass")).hexdigest()[:8]


def _shown_file(file: str) -> str:
    """Return a file's name on one line, whole."""
    return line(file, len(file))


# --- one file -------------------------------------------------------------------------------------
def _read(entry: Entry, handouts: Mapping[str, Handout]) -> Submission:
    """Read one file; it gets its key when all files are known."""
    try:
        return _read_notebook(entry, handouts)
    except StorageError:
        raise
    except UnreadableError as error:
        flag = Flag(error.reason, detail=line(error.detail))
    except Exception as error:  # nothing that one student wrote may stop the others' grading
        flag = Flag("grader_failed", detail=line(f"ingest: {error!r}"))
    student = Student(student_of_file(entry.file, "").number or _shown_file(entry.file))
    return Submission("", student, "", line(entry.file), flags=(flag,))


def _read_notebook(entry: Entry, handouts: Mapping[str, Handout]) -> Submission:
    cells = _cells_of(entry)
    handout = _handout_of(cells, entry.file, handouts)
    student, student_flags = _student(cells, entry.file, handout)
    answers, answer_flags = answers_in(cells, handout)
    essays, essay_flags = essays_in(cells, handout)
    figures, figure_flags = figures_in(cells)
    flags = (*student_flags, *answer_flags, *essay_flags, *figure_flags)
    file = line(entry.file)
    return Submission("", student, handout.name, file, answers, essays, figures, flags)


def _cells_of(entry: Entry) -> tuple[Cell, ...]:
    content = entry.read()
    try:
        return read_cells(content)
    except UnreadableError as error:
        # Of a file with another ending one cannot expect a notebook.
        if ".ipynb" in entry.file.lower() or b'"cells"' in content[:1000]:
            raise
        raise UnreadableError("not_a_notebook") from error


def _handout_of(cells: tuple[Cell, ...], file: str, handouts: Mapping[str, Handout]) -> Handout:
    """Return the lesson with the most cells here, by their marks, else their definitions."""
    marks = {cell.grade_id.partition("-")[2] for cell in cells}
    marks |= {mark for cell in cells for mark in marks_of(cell)}
    names = {name for cell in cells for name in names_of(cell)}

    def signs(handout: Handout) -> tuple[int, int, bool]:
        asked = handout.stubs.keys() | handout.essays.keys()
        defined = [wanted for wanted in handout.names.values() if names & set(wanted)]
        return len(marks & asked), len(defined), handout.name in file

    best = max(handouts.values(), key=signs)
    if not any(signs(best)):
        raise UnreadableError("not_of_course")
    return best


def _student(cells: tuple[Cell, ...], file: str, handout: Handout) -> tuple[Student, list[Flag]]:
    own = [cell for cell in cells if _is_students(cell, handout)]
    # In code, "# name: conv1" is about something else.
    name = student_in(_prose(cell) for cell in own if cell.type != "code").name
    student = replace(student_in(map(_prose, own)), name=name)
    of_file = student_of_file(file, handout.name)
    in_name = number_in_file_name(file)
    if student.number and in_name not in ("", student.number):
        return student, [Flag("other_number_in_file_name", detail=in_name)]
    if student.number or of_file.number:
        return replace(student, number=student.number or of_file.number), []
    return replace(student, number=_shown_file(file)), [Flag("unknown_student")]


def _is_students(cell: Cell, handout: Handout) -> bool:
    """Say whether the cell may tell about the student: it was changed, and is no essay."""
    return cell.source.strip() not in handout.fixed and not cell.grade_id.startswith(ESSAY)


def _prose(cell: Cell) -> str:
    if cell.type != "code":
        return cell.source
    return "\n".join(row for row in cell.source.split("\n") if row.lstrip().startswith("#"))
