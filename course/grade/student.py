"""Finds out who handed a notebook in, from what the student filled in at its beginning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from course.grade.stages import Student
from course.grade.untrusted import line, plain_form

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

# Beside a label, where it may have hyphens: 「2021-0123」.
_WRITTEN_NUMBER = re.compile(
    r"(?<![0-9A-Za-z_-])[A-Za-z]{0,4}[ -]?\d[0-9A-Za-z]*(?:[-_][0-9A-Za-z]+)*"
)
_SHORTEST_NUMBER = 5


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
        mail=compact(cleaned.get("mail", "")),
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
        "mail": "@" in plain_form(value),
        "name": bool(rows and rows[0].strip()),
    }
    return value if fits[label] and not has_label(value) else ""


def _number_alone(value: str) -> str:
    """Return a number in its plain form, without brackets or a name beside it."""
    return compact(_number_in(value) or value).upper()


def _number_in(value: str) -> str:
    found = _WRITTEN_NUMBER.finditer(plain_form(value))
    return next((match[0] for match in found if len(match[0]) >= _SHORTEST_NUMBER), "")


def compact(text: str) -> str:
    """Return a number or address in its plain form: no full-width letters, no spaces."""
    return "".join(plain_form(text).split())
