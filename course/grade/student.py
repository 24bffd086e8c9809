"""Finds out who handed a notebook in: from what the student filled in, or from the file's name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from course.grade.stages import Student
from course.grade.untrusted import line

_LABELS = {
    "学生証番号": "number",
    "学籍番号": "number",
    "学生番号": "number",
    "student id": "number",
    "student number": "number",
    "名前": "name",
    "氏名": "name",
    "name": "name",
    "メールアドレス": "mail",
    "メール": "mail",
    "e-mail": "mail",
    "email": "mail",
    "mail": "mail",
}
_LONGEST = {"number": 40, "name": 100, "mail": 100}

# 「- **学生証番号**（半角）: S123」「| 名前 | 山田 |」 and what else people make of a form: white
# space in front of a number, or nothing if the value stands on the next line.
_LABEL = re.compile(
    rf"(?<!\w)({'|'.join(sorted(_LABELS, key=len, reverse=True))})"
    r"[\s*_`]{0,9}(?:[（(][^（()）\n]{0,40}[)）])?[\s*_`]{0,9}"
    r"(?:([:：=＝|｜]|$)|(?<=\s)(?=[A-Za-zＡ-Ｚａ-ｚ]{0,4}\d))",
    re.IGNORECASE,
)
_DECORATION = " \t\u3000*_`|｜"
_BEFORE_LABELS = _DECORATION + "#>-・"
_PLACEHOLDER = re.compile(r"[（(<＜].*[)）>＞]|[-:…・.]+|未記入|未入力|なし|")
_TAG = re.compile(r"</?(?:b|i|u|em|strong|font|span|p|div|center|li|h\d)\b[^<>]{0,100}>", re.I)
_LINE_BREAK = re.compile(r"\n|<br ?/?>", re.IGNORECASE)

_NUMBER = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,4}\d[0-9A-Za-z]{4,11}(?![A-Za-z0-9])")
# Beside a label, where it may have hyphens: 「2021-0123」.
_WRITTEN_NUMBER = re.compile(
    r"(?<![0-9A-Za-z_-])[A-Za-z]{0,4}[ -]?\d[0-9A-Za-z]*(?:[-_][0-9A-Za-z]+)*"
)
_SHORTEST_NUMBER = 5
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
# Moodle's number is that of a row in a table, another one for every assignment.
_MOODLE = re.compile(r"\A((.+)_\d+)_assignsubmission_(?:file_|onlinetext_)?")
_AROUND_NAMES = " _-.,()[]「」【】~〜"
_COPY_MARKS = re.compile(
    r"\(\d+\)|再提出|のコピー|コピー(?: ?[〜~] ?)?|Copy[ _]of|\bcopy\b", re.IGNORECASE
)


def student_in(texts: Iterable[str]) -> Student:
    """Return what students wrote about themselves; entries that are nowhere are empty.

    Args:
        texts: Cells, in order. Of several entries the first one that is filled in counts.
    """
    entries: dict[str, str] = {}
    for text in texts:
        for label, value in _entries(text):
            if not _PLACEHOLDER.fullmatch(value):
                entries.setdefault(label, value)
    cleaned = {label: line(value, _LONGEST[label]) for label, value in entries.items()}
    return Student(
        number=_number_alone(cleaned.get("number", "")),
        name=cleaned.get("name", ""),
        mail=_compact(cleaned.get("mail", "")),
    )


def has_label(row: str) -> bool:
    """Say whether a row is an entry of the form, filled in or not."""
    return bool(_labels(row))


def _labels(row: str) -> list[re.Match[str]]:
    return [match for match in _LABEL.finditer(row) if _is_entry(match)]


def _is_entry(match: re.Match[str]) -> bool:
    if match[2] is None:  # in prose, "name 3x" is none
        return _LABELS[match[1].lower()] == "number"
    return bool(match[2]) or not match.string[: match.start()].strip(_BEFORE_LABELS)


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield label and value of each entry, filled in or not."""
    columns: list[str] = []
    rows = [_TAG.sub("", row) for row in _LINE_BREAK.split(text)]
    for place, row in enumerate(rows):
        found = _labels(row)
        ends = [*(match.start() for match in found[1:]), len(row)]
        for match, end in zip(found, ends, strict=False):
            label, value = _LABELS[match[1].lower()], row[match.end() : end].strip(_DECORATION)
            is_open = not value and end == len(row) and "|" not in row
            yield label, _value_below(label, rows[place + 1 : place + 3]) if is_open else value
        # A table may have the labels in its first row, and the values below them.
        fields = [field.strip(_DECORATION) for field in row.strip(" |｜").split("|")]
        if len(found) > 1 and "|" in row:
            columns = [_LABELS.get(field.lower(), "") for field in fields]
        elif columns and not all(map(_PLACEHOLDER.fullmatch, fields)):
            pairs = zip(columns, fields, strict=False)
            yield from ((label, field) for label, field in pairs if label)
            columns = []


def _value_below(label: str, rows: list[str]) -> str:
    """Return what stands below a label if it can be its value; a blank row may be between."""
    value = next((row.strip(_BEFORE_LABELS) for row in rows if row.strip()), "")
    fits = {
        "number": bool(_number_in(value)),
        "mail": "@" in unicodedata.normalize("NFKC", value),
        "name": bool(rows and rows[0].strip()),
    }
    return value if fits[label] and not has_label(value) else ""


def _number_alone(value: str) -> str:
    """Return a number in its plain form, without brackets or a name beside it."""
    return _compact(_number_in(value) or value).upper()


def _number_in(value: str) -> str:
    found = _WRITTEN_NUMBER.finditer(unicodedata.normalize("NFKC", value))
    return next((match[0] for match in found if len(match[0]) >= _SHORTEST_NUMBER), "")


def _compact(text: str) -> str:
    """Return a number or address in its plain form: no full-width letters, no spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def number_in_file_name(file: str) -> str:
    """Return what looks like a student's number in the name of the file itself, or nothing."""
    return _number(_MOODLE.sub("", PurePosixPath(file).stem))


def name_of_lms(file: str) -> str:
    """Return the student's name in the folder or file name that Moodle made, or nothing."""
    moodle = _moodle(file)
    return _shown(unicodedata.normalize("NFKC", moodle[2])) if moodle else ""


def _moodle(file: str) -> re.Match[str] | None:
    return next(filter(None, map(_MOODLE.match, PurePosixPath(file).parts)), None)


def _number(text: str) -> str:
    found = (match[0] for match in _NUMBER.finditer(_compact(text)))
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
    parts = [unicodedata.normalize("NFKC", _MOODLE.sub(r"\2 ", name)) for name in names]
    if lesson:
        parts = [part.replace(lesson, " ") for part in parts]
    # Such as the "03" of a lesson.
    parts = [re.sub(r"^\d{1,2}(?=[_ .-]|$)", " ", part) for part in parts]
    return [_COPY_MARKS.sub(" ", part) for part in parts]


def _shown(part: str) -> str:
    shown = line(part, len(part)).strip(_AROUND_NAMES)
    return shown if any(map(str.isalnum, shown)) else ""
