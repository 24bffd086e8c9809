"""Finds out who handed a notebook in, from what the student filled in at its beginning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from course.grade.shared.stages import Student
from course.grade.shared.untrusted import line, plain_form

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
    rf"(?<!\w)({'|'.join(sorted(_LABELS, key=len, reverse=True))})[1-9１-９①-⑨]?"
    r"[\s*_`]{0,9}(?:[（(][^（()）\n]{0,40}[)）])?[\s*_`]{0,9}"
    r"(?:([:：=＝|｜]|$)|(?<=\s)(?=[A-Za-zＡ-Ｚａ-ｚ]{0,4}\d))",
    re.IGNORECASE,
)
_DECORATION = " \t\u3000*_`|｜"
_BEFORE_LABELS = _DECORATION + "#>-・"
_PLACEHOLDER = re.compile(r"[（(<＜].*[)）>＞]|[-:…・.]+|未記入|未入力|なし|")
_TAG = re.compile(r"</?(?:b|i|u|em|strong|font|span|p|div|center|li|h\d)\b[^<>]{0,100}>", re.I)
_LINE_BREAK = re.compile(r"\n|<br ?/?>", re.IGNORECASE)

# Beside a label, where it may have signs in it: 「2021-0123」.
_WRITTEN_NUMBER = re.compile(
    r"(?<![0-9A-Za-z_-])[A-Za-z]{0,4}[ -]?\d[0-9A-Za-z]*"
    r"(?:[-_][0-9A-Za-z]+|[/.+:#*~|=]\d[0-9A-Za-z]*)*"
)
_DASH = re.compile(r"(?<=[0-9A-Za-z])[‐‑‒–—―−ー](?=[0-9A-Za-z])")
_SIGNS = re.compile(r"[/.+:#*~|=]")
_SHORTEST_NUMBER = 5
_DATE = re.compile(r"(?:19|20)\d{2}[-/.]?[01]?\d[-/.]?[0-3]?\d")

MOST_PEOPLE = 4
"""Who may hand in one notebook together; more names than that are not believed."""

_BETWEEN_NAMES = re.compile(r" *[、，;；/／&＆] *|\s+and\s+")
_IDEOGRAPH = re.compile("[\u3400-\u9fff々]")


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
    numbers = _numbers_in(cleaned.get("number", ""))
    names = _names_in(cleaned.get("name", ""), len(numbers))
    return Student(
        number=numbers[0] if numbers else compact(cleaned.get("number", "")).upper(),
        name=names[0],
        mail=_mails_in(cleaned.get("mail", ""))[0],
    )


def students_in(texts: Iterable[str]) -> list[Student]:
    """Return everybody who handed a notebook in: the one of :func:`student_in` first.

    Several numbers or names in one form are of several students. Who has a name alone gets it in
    place of a number. There are never more than ``MOST_PEOPLE``.
    """
    texts = list(texts)
    first = student_in(texts)
    form = next((text for text in texts if first.number and first.number in _form(text)[0]), "")
    numbers, names, mails = _form(form)
    others = [
        Student(number or name, name, mail)
        for number, name, mail in zip_longest(numbers[1:], names[1:], mails[1:], fillvalue="")
        if number or (name and len(numbers) == 1)
    ]
    return [first, *others][:MOST_PEOPLE]


def _form(text: str) -> tuple[list[str], list[str], list[str]]:
    """Return the numbers, names and addresses in a form, each once."""
    values: dict[str, list[str]] = {label: [] for label in _LONGEST}
    for label, value in _entries(text):
        if not _PLACEHOLDER.fullmatch(value):
            values[label].append(line(value))
    numbers = _each_once(number for value in values["number"] for number in _numbers_in(value))
    names = [name for value in values["name"] for name in _names_in(value, len(numbers))]
    mails = [mail for value in values["mail"] for mail in _mails_in(value)]
    return numbers, _each_once(names), _each_once(mails)


def _each_once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, values)))


def _numbers_in(value: str) -> list[str]:
    """Return the numbers in an entry, each in its plain form, without what stands around them."""
    found = [match[0] for match in _WRITTEN_NUMBER.finditer(_plain_dashes(value))]
    found = [number for number in found if len(number) >= _SHORTEST_NUMBER]
    numbers = [part for number in found for part in _apart(number)]
    # A date can stand beside a number, but not in its place.
    dates = {number for number in numbers[1:] if _DATE.fullmatch(number)}
    return _each_once(compact(number).upper() for number in numbers if number not in dates)


def _apart(number: str) -> list[str]:
    """Return 「24001/24002」 as the two numbers that it is, but 「24/0012345」 as one."""
    parts = _SIGNS.split(number)
    are_alike = len({len(part) for part in parts}) == 1 and len(parts[0]) >= _SHORTEST_NUMBER
    return parts if are_alike else [number]


def _plain_dashes(value: str) -> str:
    return _DASH.sub("-", plain_form(value))


def _names_in(value: str, numbers: int) -> list[str]:
    """Return the names in an entry: several if they are certainly of several people."""
    comma = r"|,"  # 「Yamada, Taro」 is one name
    parts = re.split(_BETWEEN_NAMES.pattern + (comma if _is_list(value) else ""), value)
    parts = _each_once(part.strip() for part in parts)
    if len(parts) < 2 or (numbers != len(parts) and not _are_names(parts)):
        return [value]
    return parts


def _is_list(value: str) -> bool:
    parts = [part.strip() for part in value.split(",")]
    return not value.isascii() or all(" " in part for part in parts)


def _are_names(parts: list[str]) -> bool:
    """Say whether these are names of people, and not one name in two kinds of letters."""
    if not all(2 <= len(part) <= 30 and part.replace(" ", "").isalpha() for part in parts):
        return False
    return all(map(_IDEOGRAPH.search, parts)) or all(
        part.isascii() and " " in part for part in parts
    )


def _mails_in(value: str) -> list[str]:
    parts = [part for part in re.split(r"[\s,、;；/]+", plain_form(value)) if "@" in part]
    return parts if len(parts) > 1 else [compact(value)]


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
        elif "|" not in row:
            columns = []
        elif columns and not all(map(_PLACEHOLDER.fullmatch, fields)):
            pairs = zip(columns, fields, strict=False)
            yield from ((label, field) for label, field in pairs if label)


def _value_below(label: str, rows: list[str]) -> str:
    """Return what stands below a label if it can be its value; a blank row may be between."""
    value = next((row.strip(_BEFORE_LABELS) for row in rows if row.strip()), "")
    fits = {
        "number": bool(_numbers_in(value)),
        "mail": "@" in plain_form(value),
        "name": bool(rows and rows[0].strip()),
    }
    return value if fits[label] and not has_label(value) else ""


def compact(text: str) -> str:
    """Return a number or address in its plain form: no full-width letters, no spaces."""
    return "".join(plain_form(text).split())
