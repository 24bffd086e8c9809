"""Finds out who handed a notebook in, from the names that the LMS and students give to files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from course.grade.stages import Student
from course.grade.student import compact
from course.grade.untrusted import line, plain_form

_NUMBER = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,4}\d[0-9A-Za-z]{4,11}(?![A-Za-z0-9])")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
# Moodle's number is that of a row in a table, another one for every assignment.
_MOODLE = re.compile(r"\A((.+)_\d+)_assignsubmission_(?:file_|onlinetext_)?")
_AROUND_NAMES = " _-.,()[]「」【】~〜"
_COPY_MARKS = re.compile(
    r"\(\d+\)|再提出|のコピー|コピー(?: ?[〜~] ?)?|Copy[ _]of|\bcopy\b", re.IGNORECASE
)


def number_in_file_name(file: str) -> str:
    """Return what looks like a student's number in the name of the file itself, or nothing."""
    return _number(_MOODLE.sub("", PurePosixPath(file).stem))


def name_of_lms(file: str) -> str:
    """Return the student's name in the folder or file name that Moodle made, or nothing."""
    moodle = _moodle(file)
    return _shown(plain_form(moodle[2])) if moodle else ""


def _moodle(file: str) -> re.Match[str] | None:
    return next(filter(None, map(_MOODLE.match, PurePosixPath(file).parts)), None)


def _number(text: str) -> str:
    found = (match[0] for match in _NUMBER.finditer(compact(text)))
    return next((number.upper() for number in found if not _DATE.fullmatch(number)), "")


def number_of_file(file: str, lesson: str) -> str:
    """Return the number in a file's name, else in the innermost folder that has one, or nothing."""
    return next(filter(None, map(_number, _parts(file, lesson))), "")


def student_of_file(file: str, lesson: str) -> Student:
    """Return the student that a file's name and folders tell.

    Args:
        file: Its name with folders, as the LMS made it: ``"山田太郎_123456_file_/03.ipynb"``.
        lesson: Name of its lesson, which tells nothing about the student.

    Returns:
        A student with a number, or in its place the name that Moodle gave, else the innermost
        folder that tells something, else the file's name; with an empty number if nothing does.
    """
    stem, *folders = _parts(file, lesson)
    names = [name_of_lms(file), *map(_shown, [*folders, stem])]
    return Student(number_of_file(file, lesson) or next(filter(None, names), ""))


def name_of_file(file: str, lesson: str) -> str:
    """Return what a file's name tells without its folders, or nothing."""
    return name_of_lms(file) or _shown(_parts(file, lesson)[0])


def path_of_file(file: str, lesson: str) -> str:
    """Return what files have in common that only differ in marks of copies; not fit to be shown."""
    stem, *_ = _parts(file, lesson)
    return f"{PurePosixPath(file).parent}/{stem.strip(_AROUND_NAMES)}"


def participant(file: str) -> tuple[str, bool]:
    """Return the place where the LMS put a file, and whether it vouches for who handed it in.

    A folder with a number is of the LMS if it is the outermost: students name those inside.
    """
    if moodle := _moodle(file):
        return moodle[1], True
    *folders, _ = PurePosixPath(file).parts
    return "/".join(folders), bool(folders and _number(folders[0]))


def _parts(file: str, lesson: str) -> list[str]:
    """Return the name without its ending and lesson, then its folders from the inside out."""
    path = PurePosixPath(file)
    stem = path.name.split(".ipynb")[0] if ".ipynb" in path.name else path.stem
    names = [stem, *(folder.name.removesuffix(".zip") for folder in path.parents)]
    # Part by part, because it makes a slash of 「／」. macOS writes 「コピー」 in other letters.
    parts = [plain_form(_MOODLE.sub(r"\2 ", name)) for name in names]
    if lesson:
        parts = [part.replace(lesson, " ") for part in parts]
    # Such as the "03" of a lesson.
    parts = [re.sub(r"^\d{1,2}(?=[_ .-]|$)", " ", part) for part in parts]
    return [_COPY_MARKS.sub(" ", part) for part in parts]


def _shown(part: str) -> str:
    shown = line(part, len(part)).strip(_AROUND_NAMES)
    return shown if any(map(str.isalnum, shown)) else ""
