"""Finds out who handed a notebook in, from the names that the LMS and students give to files."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from course.grade.ingest.student import compact
from course.grade.shared.stages import Student
from course.grade.shared.untrusted import line, plain_form

_NUMBER = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,4}\d[0-9A-Za-z]{4,11}(?![A-Za-z0-9])")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_ENDING = re.compile(r"\.ipynb(?:\.\w{1,4})?")
_AROUND_NAMES = " _-.,()[]「」【】~〜"
_COPY_MARKS = re.compile(
    r"\(\d+\)|再提出|のコピー|コピー(?: ?[〜~] ?)?|Copy[ _]of|\bcopy\b", re.IGNORECASE
)

# What the LMS calls a file or folder. Its numbers are those of a row in a table or of an account.
_MOODLE = re.compile(
    r"\A(?P<name>.+)(?P<id>_\d+)_assignsubmission_(?:file_|onlinetext_)?(?P<rest>.*)"
)
_CANVAS = re.compile(r"\A(?P<name>[^\W\d_]+)(?:_LATE)?(?P<id>_\d{2,})_\d{3,}_(?P<rest>.+)")
_BLACKBOARD = re.compile(
    r"\A(?P<id>.+)_(?P<name>[^_]+)_attempt_\d{4}(?:-\d\d){5}(?:_(?P<rest>.*)|\.txt)\Z"
)
_BRIGHTSPACE = re.compile(r"\A(?P<id>\d+-\d+) - (?P<name>.+) - .*\d{4} \d+ [AP]M(?P<rest>)\Z")
_SAKAI = re.compile(r"\A(?P<id>[^()]+)\((?P<name>[^()]+)\)(?P<rest>)\Z")
_SAKAI_FOLDER = re.compile(r"Submission attachment\(s\)|提出物の添付ファイル")
# Teams: 「Submitted files/山田 太郎/課題 3/Version 1/03.ipynb」
_VERSION = re.compile(r"(?:Version|バージョン) ?(\d+)", re.IGNORECASE)
_TEAMS_FOLDER = re.compile(
    r"Submitted files|Working files|提出済みのファイル|提出済みファイル|作業ファイル", re.IGNORECASE
)
_CONTAINER = re.compile(
    r"drive-download-.*|OneDrive_.*|submissions?|提出物?|" + _SAKAI_FOLDER.pattern
    + "|" + _VERSION.pattern + "|" + _TEAMS_FOLDER.pattern,
    re.IGNORECASE,
)  # fmt: skip
_ASSIGNMENT = re.compile(
    r"課題|宿題|演習|レポート|第 ?\d+ ?回|assignment|homework|report|exercise|lab|week",
    re.IGNORECASE,
)
# What students call their own file, besides who they are.
_OWN_WORDS = re.compile(
    r"課題|宿題|演習|レポート|最終版?|完成版?|修正版?|解答|提出用?|kadai|report|final|fixed|new"
    r"|answers?|assignment|homework|ver|v\d+|\d+|[_ .-]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Upload:
    """What an LMS says of a file that was handed in.

    Attributes:
        origin: Where it comes from: equal for all files of one student, in one download.
        name: The student's name, or what the LMS has in its place.
        rest: The file's own name, as the student gave it; empty if the LMS leaves it alone.
        version: The greater, the later, where the LMS counts what was handed in.
    """

    origin: str
    name: str
    rest: str
    version: int = 0


def upload_of(file: str) -> Upload | None:
    """Return what the LMS says in a file's name and folders; None if it says nothing."""
    parts = PurePosixPath(file).parts
    for part in parts:
        if found := _MOODLE.match(part):
            return _upload(found)
    for part in parts[:-1]:
        if found := _BRIGHTSPACE.match(part):
            return _upload(found)
    if teams := _of_teams(parts):
        return teams
    for folder, inside in itertools.pairwise(parts):
        if _SAKAI_FOLDER.fullmatch(inside) and (found := _SAKAI.match(folder)):
            return _upload(found)
    found = _CANVAS.match(parts[-1]) or _BLACKBOARD.match(parts[-1]) if parts else None
    return _upload(found, "/".join(parts[:-1])) if found else None


def _upload(found: re.Match[str], folder: str = "") -> Upload:
    name = line(plain_form(found["name"]), len(found["name"])).strip(_AROUND_NAMES)
    return Upload(f"{folder}/{found['name']}{found['id']}".lstrip("/"), name, found["rest"] or "")


def _of_teams(parts: tuple[str, ...]) -> Upload | None:
    versions = [place for place, part in enumerate(parts[:-1]) if _VERSION.fullmatch(part)]
    if not versions or versions[-1] == 0:
        return None
    last = versions[-1]
    starts = [place for place, part in enumerate(parts[:last]) if _TEAMS_FOLDER.fullmatch(part)]
    # Between the student and the version lies the assignment, if it was not left out.
    student = starts[-1] + 1 if starts and starts[-1] + 1 < last else max(last - 2, 0)
    if not starts and not _ASSIGNMENT.search(parts[last - 1]):
        is_name = not (_ASSIGNMENT.search(parts[student]) or _CONTAINER.fullmatch(parts[student]))
        student = student if is_name else last - 1
    name = _shown(plain_form(parts[student]))
    version = int(_VERSION.fullmatch(parts[last])[1][:9])
    return Upload("/".join(parts[:last]), name, "", version) if name else None


def number_in_file_name(file: str) -> str:
    """Return what looks like a student's number in the name of the file itself, or nothing."""
    upload = upload_of(file)
    return _number(upload.rest if upload and upload.rest else PurePosixPath(file).stem)


def name_of_lms(file: str) -> str:
    """Return the student's name in the folder or file name that the LMS made, or nothing."""
    upload = upload_of(file)
    return upload.name if upload else ""


def number_of_lms(file: str) -> str:
    """Return the number that the LMS, or a folder a student, puts above a file, or nothing."""
    if upload := upload_of(file):
        return _number(upload.name)
    folders = PurePosixPath(file).parts[:-1]
    return next(filter(None, map(_number, folders)), "")


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
        A student with a number, or in its place the name that the LMS gave, else the innermost
        folder that tells something, else the file's name; with an empty number if nothing does.
    """
    stem, *folders = _parts(file, lesson)
    names = [name_of_lms(file), *map(_shown, [*folders, stem])]
    return Student(number_of_file(file, lesson) or next(filter(None, names), ""))


def name_of_file(file: str, lesson: str) -> str:
    """Return what a file's name tells without its folders, or nothing."""
    return name_of_lms(file) or _shown(_parts(file, lesson)[0])


def author_of_file(file: str, lesson: str) -> str:
    """Return what a file's name tells about its author, without words about the work."""
    told = _OWN_WORDS.sub("", _shown(_parts(file, lesson)[0]))
    return told if len(told) > 1 else ""


def path_of_file(file: str, lesson: str) -> str:
    """Return what files have in common that only differ in marks of copies; not fit to be shown."""
    stem, *_ = _parts(file, lesson)
    return f"{PurePosixPath(file).parent}/{stem.strip(_AROUND_NAMES)}"


def participant(file: str) -> tuple[str, bool]:
    """Return the place where the LMS put a file, and whether it vouches for who handed it in.

    A folder with a number is of the LMS if it is the outermost: students name those inside.
    """
    if upload := upload_of(file):
        return upload.origin, True
    *folders, _ = PurePosixPath(file).parts
    return "/".join(folders), bool(folders and _number(folders[0]))


def _parts(file: str, lesson: str) -> list[str]:
    """Return the name without its ending and lesson, then its folders from the inside out."""
    path, upload = PurePosixPath(file), upload_of(file)
    # 「01_data.ipynb」のコピー 田中.ipynb
    own = PurePosixPath(f"{upload.name} {upload.rest}" if upload and upload.rest else path.name)
    stem = _ENDING.sub(" ", own.name) if _ENDING.search(own.name) else own.stem
    names = [stem, *(folder.name.removesuffix(".zip") for folder in path.parents)]
    # Part by part, because it makes a slash of 「／」. macOS writes 「コピー」 in other letters.
    parts = [
        plain_form(_BRIGHTSPACE.sub(r"\g<name>", _MOODLE.sub(r"\g<name> ", name))) for name in names
    ]
    parts = [" " if _CONTAINER.fullmatch(part) else part for part in parts]
    if lesson:
        parts = [part.replace(lesson, " ") for part in parts]
    # Such as the "03" of a lesson.
    parts = [re.sub(r"^\d{1,2}(?=[_ .-]|$)", " ", part) for part in parts]
    return [_COPY_MARKS.sub(" ", part) for part in parts]


def _shown(part: str) -> str:
    shown = line(part, len(part)).strip(_AROUND_NAMES)
    return shown if any(map(str.isalnum, shown)) else ""
