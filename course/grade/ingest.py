"""The first stage: reads what was handed in, and executes nothing.

Any folder or zip gives one submission a file, whatever its name; a file that cannot be read becomes
a submission without answers, with a flag that says why, and the rest goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from course.grade.answers import answers_in, essays_in, is_changed, marks_of, names_of
from course.grade.archive import Entry, entries
from course.grade.cells import Cell, UnreadableError, read_cells
from course.grade.figures import figures_in
from course.grade.handout import ESSAY, Handout
from course.grade.stages import Flag, Student, Submission
from course.grade.student import number_in_file_name, student_in, student_of_file
from course.grade.untrusted import line


def ingest(source: Path, handouts: Mapping[str, Handout]) -> Iterator[Submission]:
    """Read every file of a folder or zip.

    Of several files of one student for one lesson the newest counts (of equally new ones, the one
    with more answers, then the last by name); it is flagged with the names of the others. Where
    their names say that they are of different students, all of them count.

    Args:
        source: A folder or a zip, with folders and zips in it, as the LMS made it.
        handouts: What students were given, by lesson.

    Yields:
        Submissions whose keys differ, in the order of the files.

    Raises:
        SubmissionsError: ``source`` is neither a folder nor a zip.
    """
    with contextlib.ExitStack() as stack:
        files = entries(source, stack)
        # Read twice, so that pictures of a whole class never fill the memory.
        claims = [_claim(place, entry, handouts) for place, entry in enumerate(files)]
        for claim in sorted(_that_count(claims), key=lambda claim: claim.place):
            submission = _read(files[claim.place], handouts)
            yield replace(
                submission,
                key=claim.key,
                student=replace(submission.student, number=claim.number),
                flags=claim.flags + submission.flags,
            )


# --- which files count ----------------------------------------------------------------------------
@dataclass(frozen=True)
class _Claim:
    """What a file says about itself, as far as it matters to other files."""

    place: int
    file: str
    modified: tuple[int, ...]
    answers: int
    lesson: str
    number: str
    name: str
    key: str = ""
    flags: tuple[Flag, ...] = ()


def _claim(place: int, entry: Entry, handouts: Mapping[str, Handout]) -> _Claim:
    submission = _read(entry, handouts)
    stubs = handouts[submission.lesson].stubs if submission.lesson else {}
    return _Claim(
        place=place,
        file=submission.file,
        modified=tuple(entry.modified),
        answers=sum(is_changed(code, stubs[key]) for key, code in submission.answers.items()),
        lesson=submission.lesson,
        number=submission.student.number,
        name="".join(unicodedata.normalize("NFKC", submission.student.name).casefold().split()),
    )


def _that_count(claims: Iterable[_Claim]) -> Iterator[_Claim]:
    """Yield the claims that count, each with a key of its own."""
    groups: dict[tuple[str, str], list[_Claim]] = defaultdict(list)
    for claim in claims:
        # Files that are no notebooks of the course are told one by one.
        lesson = claim.lesson or f"file {claim.place}"
        groups[claim.number.casefold(), lesson].append(claim)
    used: Counter[str] = Counter()
    for group in groups.values():
        for claim in _of_one_number(group):
            used[key := _key(claim)] += 1
            unique = key if used[key] == 1 else f"{key}-{used[key]}"
            yield replace(claim, key=unique)


def _of_one_number(group: list[_Claim]) -> Iterator[_Claim]:
    names = {claim.name for claim in group if claim.name}
    if len(names) < 2:
        yield _newest(group)
        return
    # Nobody may replace a fellow student's work by handing in under that student's number.
    by_name: dict[str, list[_Claim]] = defaultdict(list)
    for claim in group:
        by_name[claim.name].append(claim)
    for name, of_one_name in by_name.items():
        newest = _newest(of_one_name)
        number = f"{newest.number} ({name})" if name else newest.number
        flags = (*newest.flags, Flag("number_shared", detail=newest.number))
        yield replace(newest, number=number, flags=flags)


def _newest(group: list[_Claim]) -> _Claim:
    *others, newest = sorted(group, key=lambda one: (one.modified, one.answers, one.file))
    flags = tuple(Flag("second_file", detail=other.file) for other in others)
    return replace(newest, flags=flags)


def _key(claim: _Claim) -> str:
    student = Student(claim.number).key
    return f"{student}-{claim.lesson or hashlib.sha256(claim.file.encode()).hexdigest()[:8]}"


# --- one file -------------------------------------------------------------------------------------
def _read(entry: Entry, handouts: Mapping[str, Handout]) -> Submission:
    """Read one file; it gets its key when all files are known."""
    file = line(entry.file)
    try:
        return _read_notebook(entry, file, handouts)
    except UnreadableError as error:
        flag = Flag(error.reason, detail=line(error.detail))
    except Exception as error:  # nothing that one student wrote may stop the others' grading
        flag = Flag("grader_failed", detail=line(f"ingest: {error!r}"))
    student = student_of_file(file, "")
    return Submission("", student if student.number else Student(file), "", file, flags=(flag,))


def _read_notebook(entry: Entry, file: str, handouts: Mapping[str, Handout]) -> Submission:
    cells = _cells_of(entry)
    handout = _handout_of(cells, file, handouts)
    student, student_flags = _student(cells, file, handout)
    answers, answer_flags = answers_in(cells, handout)
    essays, essay_flags = essays_in(cells, handout)
    figures, figure_flags = figures_in(cells)
    flags = (*student_flags, *answer_flags, *essay_flags, *figure_flags)
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
    texts = (_prose(cell) for cell in cells if _is_students(cell, handout))
    student, of_file = student_in(texts), student_of_file(file, handout.name)
    in_name = number_in_file_name(file)
    if student.number and in_name not in ("", student.number):
        return student, [Flag("other_number_in_file_name", detail=in_name)]
    if student.number or of_file.number:
        return replace(student, number=student.number or of_file.number), []
    return replace(student, number=file), [Flag("unknown_student")]


def _is_students(cell: Cell, handout: Handout) -> bool:
    """Say whether the cell may tell about the student: it was changed, and is no essay."""
    return cell.source.strip() not in handout.fixed and not cell.grade_id.startswith(ESSAY)


def _prose(cell: Cell) -> str:
    if cell.type != "code":
        return cell.source
    return "\n".join(row for row in cell.source.split("\n") if row.lstrip().startswith("#"))
