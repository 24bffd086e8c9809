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

# 「- **学生証番号**（半角）: S123」「| 名前 | 山田 |」 and what else people make of a form.
_LABEL = re.compile(
    rf"(?<!\w)({'|'.join(sorted(_LABELS, key=len, reverse=True))})"
    r"[\s*_`]{0,9}(?:[（(][^（()）\n]{0,40}[)）])?[\s*_`]{0,9}[:：=＝|｜]",
    re.IGNORECASE,
)
_DECORATION = " \t\u3000*_`|｜"
_PLACEHOLDER = re.compile(r"[（(<＜].*[)）>＞]|[-:…・.]+|")
_LINE_BREAK = re.compile(r"\n|<br ?/?>", re.IGNORECASE)

_NUMBER = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,4}\d[0-9A-Za-z]{4,11}(?![A-Za-z0-9])")
_COPY_MARKS = re.compile(
    r"\(\d+\)|のコピー|コピー(?: ?[〜~] ?)?|Copy[ _]of|\bcopy\b", re.IGNORECASE
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
        number=_compact(cleaned.get("number", "")).upper(),
        name=cleaned.get("name", ""),
        mail=_compact(cleaned.get("mail", "")),
    )


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield label and value of each entry, filled in or not."""
    columns: list[str] = []
    for row in _LINE_BREAK.split(text):
        found = list(_LABEL.finditer(row))
        ends = [*(match.start() for match in found[1:]), len(row)]
        for match, end in zip(found, ends, strict=False):
            yield _LABELS[match[1].lower()], row[match.end() : end].strip(_DECORATION)
        # A table may have the labels in its first row, and the values below them.
        fields = [field.strip(_DECORATION) for field in row.strip(" |｜").split("|")]
        if len(found) > 1 and "|" in row:
            columns = [_LABELS.get(field.lower(), "") for field in fields]
        elif columns and not all(map(_PLACEHOLDER.fullmatch, fields)):
            pairs = zip(columns, fields, strict=False)
            yield from ((label, field) for label, field in pairs if label)
            columns = []


def _compact(text: str) -> str:
    """Return a number or address in its plain form: no full-width letters, no spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def number_in_file_name(file: str) -> str:
    """Return what looks like a student's number in the name of the file itself, or nothing."""
    found = _NUMBER.findall(_compact(PurePosixPath(file).stem))
    return found[0].upper() if found else ""


def student_of_file(file: str, lesson: str) -> Student:
    """Return the student that a file's name and folders tell.

    Args:
        file: Its name with folders, as the LMS made it: ``"山田太郎_123456_file_/03.ipynb"``.
        lesson: Name of its lesson, which tells nothing about the student.

    Returns:
        A student with a number, or with the telling part of the name in its place; with an empty
        number if there is none.
    """
    parts = [line(_COPY_MARKS.sub(" ", part)) for part in _parts(file, lesson)]
    numbers = (_NUMBER.search(_compact(part)) for part in parts)
    number = next((match[0].upper() for match in numbers if match), "")
    names = (part.strip(" _-.,()") for part in parts)
    return Student(number or next(filter(None, names), "")[: _LONGEST["number"]])


def _parts(file: str, lesson: str) -> list[str]:
    """Return the name without its ending and lesson, then its folders from the inside out."""
    path = PurePosixPath(file)
    stem = path.name.split(".ipynb")[0] if ".ipynb" in path.name else path.stem
    stem = stem.replace(lesson, " ") if lesson else stem
    return [
        re.sub(r"^\d{1,2}(?=[_ .-]|$)", " ", stem),
        *(folder.name.removesuffix(".zip") for folder in path.parents),
    ]
