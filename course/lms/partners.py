"""Finds the row of every student by all that both sides know; nothing is guessed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from course.grade.ingest.file_names import upload_of
from course.grade.shared.untrusted import plain_form
from course.lms.forms import Table
from course.lms.results import Result

_UPLOAD_ID = re.compile(r"_(\d+)\Z")
_MOST_WORDS = 4

Clue = tuple[str, str]
"""Of what kind (upload, number, mail, name), and what it says, in plain form."""


@dataclass
class Partners:
    """Whose row is whose.

    Attributes:
        rows: Row of each student who certainly has one, by place in the list of results.
        nowhere: Results that no row fits.
        contradictory: Results whose parts do not agree with one another, or with the row.
        several_rows: Results that fit several rows alike.
        several_students: Results that share their row with another one.
    """

    rows: dict[int, int] = field(default_factory=dict)
    nowhere: list[int] = field(default_factory=list)
    contradictory: list[int] = field(default_factory=list)
    several_rows: list[int] = field(default_factory=list)
    several_students: list[int] = field(default_factory=list)


def find_partners(results: Sequence[Result], table: Table) -> Partners:
    """Match results of one lesson with rows of a sheet.

    Every clue that finds rows at all (the LMS's own id in the file's name, student number, mail,
    name) must leave the same single row, which no other result may claim. A name alone is not
    enough where the number or the address says that this is a namesake.

    Args:
        results: One a student.
        table: The sheet.
    """
    told = {row: set(_clues_of_row(table, row)) for row in table.rows}
    known = defaultdict(set)
    for row, clues in told.items():
        for clue in clues:
            known[clue].add(row)
    uploads = Counter(result.file for result in results)
    # Elsewhere the column of numbers may hold something else than what students call theirs.
    has_numbers = any(known.keys() & _clues("number", result.student.number) for result in results)
    partners = Partners()
    for place, result in enumerate(results):
        # Who shares a file has no upload of their own: pair work.
        clues = set(_clues_of_result(result, with_upload=uploads[result.file] == 1))
        found = {clue: known[clue] for clue in clues & known.keys()}
        rows = set.intersection(*found.values()) if found else set()
        if found and all(kind == "name" for kind, _ in found):
            rows = {row for row in rows if not _is_namesake(clues, told[row], has_numbers)}
        _sort_in(place, bool(found), rows, partners)
    _refuse_shared_rows(partners)
    return partners


def lessons_of_uploads(results: Iterable[Result], table: Table) -> set[str]:
    """Return the lessons that were handed in to the assignment of a sheet.

    In Moodle a participant has another id in every assignment, so that ids in file names tell.
    """
    known = {clue for row in table.rows for clue in _clues("upload", table.upload_id(row))}
    return {result.lesson for result in results if known & _upload(result)}


def _is_namesake(clues: set[Clue], row: set[Clue], has_numbers: bool) -> bool:
    """Say whether a row of the same name, and of nothing else that is the same, is another's."""
    numbers, mails = _of_kind("number", row), _of_kind("mail", row)
    own_number = {number for number in _of_kind("number", clues) if re.search(r"\d", number)}
    domains = {mail.partition("@")[2] for mail in mails}
    own_domains = {mail.partition("@")[2] for mail in _of_kind("mail", clues)}
    return bool((has_numbers and own_number and numbers) or domains & own_domains)


def _of_kind(kind: str, clues: Iterable[Clue]) -> set[str]:
    return {told for own_kind, told in clues if own_kind == kind}


def _sort_in(place: int, is_found: bool, rows: set[int], partners: Partners) -> None:
    if not is_found:
        partners.nowhere.append(place)
    elif not rows:
        partners.contradictory.append(place)
    elif len(rows) > 1:
        partners.several_rows.append(place)
    else:
        partners.rows[place] = rows.pop()


def _refuse_shared_rows(partners: Partners) -> None:
    claims = Counter(partners.rows.values())
    partners.several_students = [place for place, row in partners.rows.items() if claims[row] > 1]
    for place in partners.several_students:
        del partners.rows[place]


def _clues_of_row(table: Table, row: int) -> Iterator[Clue]:
    cells = table.sheet.texts(row)
    yield from _clues("upload", table.upload_id(row))
    for column in table.form.numbers:
        yield from _clues("number", cells[column])
    for column in table.form.mails:
        if "@" in cells[column]:
            yield from _clues("mail", cells[column])
            # Most universities give out addresses that begin with the number.
            yield from _clues("number", cells[column].partition("@")[0])
    for name in _names(table.name(row)):
        yield from _clues("name", name)


def _clues_of_result(result: Result, *, with_upload: bool) -> Iterator[Clue]:
    student = result.student
    if with_upload:
        yield from _upload(result)
    yield from _clues("number", student.number)
    yield from _clues("mail", student.mail)
    # Where there is no number, the grader puts the name in its place.
    yield from _clues("name", "".join(_words(student.name or student.number)))


def _upload(result: Result) -> set[Clue]:
    upload = upload_of(result.file)
    found = _UPLOAD_ID.search(upload.origin) if upload else None
    return _clues("upload", found[1] if found else "")


def _clues(kind: str, told: str) -> set[Clue]:
    """Return a clue in its plain form; none if nothing is told."""
    plain = "".join(plain_form(told).split()).casefold()
    return {(kind, plain)} if plain else set()


def _words(name: str) -> list[str]:
    return re.split(r"[\s,、・]+", plain_form(name).casefold().strip(" ,、・"))


def _names(name: str) -> set[str]:
    """Return a name with its words in any order: 「Yamada, Taro」 is 「Taro Yamada」 too."""
    words = _words(name)
    orders = permutations(words) if len(words) <= _MOST_WORDS else [words]
    return {"".join(order) for order in orders}
