"""Reads one handed-in file: whose it is, of which lesson, with which answers. Executes nothing."""

from __future__ import annotations

from dataclasses import replace

from course.errors import StorageError
from course.grade.ingest.answers import answers_in, marks_of, names_of
from course.grade.ingest.archive import UploadedFile
from course.grade.ingest.cells import NotebookCell, UnreadableError, read_cells
from course.grade.ingest.essays import essays_in
from course.grade.ingest.figures import figures_in
from course.grade.ingest.file_names import (
    name_of_lms,
    number_in_file_name,
    number_of_file,
    number_of_lms,
    student_of_file,
)
from course.grade.ingest.handout import Handout, Handouts
from course.grade.ingest.patience import patience
from course.grade.ingest.student import compact, student_in, students_in
from course.grade.shared.assignment import ESSAY
from course.grade.shared.stages import Flag, Student, Submission
from course.grade.shared.untrusted import line

LONGEST = 10.0
"""Seconds of the processor's time that one file may take."""


def read_submissions(entry: UploadedFile, handouts: Handouts) -> list[Submission]:
    """Read one file: a submission for everybody who handed it in, the first of them surest.

    They get their keys when all files are known.
    """
    try:
        with patience(LONGEST):
            return _read_notebook(entry, handouts)
    except StorageError:
        raise
    except UnreadableError as error:
        flag = Flag(error.reason, detail=line(error.detail))
    except Exception as error:  # nothing that one student wrote may stop the others' grading
        flag = Flag("grader_failed", detail=line(f"ingest: {error!r}"))
    student = Student(student_of_file(entry.file, "").number or shown_file(entry.file))
    return [Submission("", student, "", line(entry.file), flags=(flag,))]


def _read_notebook(entry: UploadedFile, handouts: Handouts) -> list[Submission]:
    cells = _cells_of(entry)
    handout = _handout_of(cells, entry.file, handouts)
    students, student_flags = _students(cells, entry.file, handout)
    answers = answers_in(cells, handout)
    essays, essay_flags = essays_in(cells, handout)
    figures, figure_flags = figures_in(cells)
    first = Submission(
        key="",
        student=students[0],
        lesson=handout.name,
        file=line(entry.file),
        answers=answers.code,
        essays=essays,
        figures=figures,
        flags=(*student_flags, *answers.flags, *essay_flags, *figure_flags),
        accepted=answers.accepted,
        language=handout.language,
    )
    return [replace(first, student=student) for student in students]


def _cells_of(entry: UploadedFile) -> tuple[NotebookCell, ...]:
    content = entry.read()
    try:
        return read_cells(content)
    except UnreadableError as error:
        # Of a file with another ending one cannot expect a notebook.
        if ".ipynb" in entry.file.lower() or b'"cells"' in content[:1000]:
            raise
        raise UnreadableError("not_a_notebook") from error


def _handout_of(cells: tuple[NotebookCell, ...], file: str, handouts: Handouts) -> Handout:
    """Return the lesson with the most cells here, by their marks, else their definitions.

    Its language is the one that most cells are left in as they were handed out.
    """
    marks = {cell.grade_id.partition("-")[2] for cell in cells}
    marks |= {mark for cell in cells for mark in marks_of(cell)}
    names = {name for cell in cells for name in names_of(cell)}
    texts = {cell.source.strip() for cell in cells}

    def signs(handout: Handout) -> tuple[int, int, bool, int]:
        asked = handout.stubs.keys() | handout.essays.keys()
        defined = [wanted for wanted in handout.names.values() if names & set(wanted)]
        unchanged = len(texts & handout.fixed)
        return len(marks & asked), len(defined), handout.name in file, unchanged

    best = max(handouts.values(), key=signs)
    if not any(signs(best)[:3]):
        raise UnreadableError("not_of_course")
    return best


def _students(
    cells: tuple[NotebookCell, ...], file: str, handout: Handout
) -> tuple[list[Student], list[Flag]]:
    """Return everybody who handed a notebook in, whom the LMS names first, and what to flag."""
    own = [cell for cell in cells if _is_students(cell, handout)]
    first, *others = students_in(map(_prose, own))
    # In code, "# name: conv1" is about something else.
    name = student_in(_prose(cell) for cell in own if cell.type != "code").name
    first, flags = _identified(replace(first, name=name), file, handout)
    if not others:
        return [first], flags
    students = [first, *others]
    numbers = [student.number for student in students]
    if number_in_file_name(file) in numbers:
        flags = []
    told = {_compared(name) for name in _names_of(file, handout.name)} - {""}
    students.sort(key=lambda one: not told & {_compared(one.number), _compared(one.name)})
    return students, [*flags, Flag("pair_work", detail=line("、".join(numbers)))]


def _names_of(file: str, lesson: str) -> tuple[str, ...]:
    """Return what may name the student who handed a file in."""
    of_file = student_of_file(file, lesson).number
    return name_of_lms(file), number_of_lms(file), number_in_file_name(file), of_file


def _compared(name: str) -> str:
    return compact(name).casefold()


def _identified(student: Student, file: str, handout: Handout) -> tuple[Student, list[Flag]]:
    """Return the student with what the file's name tells, and what to flag."""
    of_file = student_of_file(file, handout.name)
    in_name = number_in_file_name(file)
    if student.number and in_name not in ("", student.number):
        return student, [Flag("other_number_in_file_name", detail=in_name)]
    if student.number or number_of_file(file, handout.name):
        return replace(student, number=student.number or of_file.number), []
    if name := name_of_lms(file):
        found = replace(student, number=name, name=student.name or name)
        return found, [Flag("name_for_number")]
    if of_file.number:
        return replace(student, number=of_file.number), []
    return replace(student, number=shown_file(file)), [Flag("unknown_student")]


def _is_students(cell: NotebookCell, handout: Handout) -> bool:
    """Say whether the cell may tell about the student: it was changed, and is no essay."""
    return cell.source.strip() not in handout.fixed and not cell.grade_id.startswith(ESSAY)


def _prose(cell: NotebookCell) -> str:
    if cell.type != "code":
        return cell.source
    return "\n".join(row for row in cell.source.split("\n") if row.lstrip().startswith("#"))


def shown_file(file: str) -> str:
    """Return a file's name on one line, whole."""
    return line(file, len(file))
