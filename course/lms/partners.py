"""Finds the row of every student by all that both sides know; nothing is guessed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
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
        contradictory: Results of which one part fits one row, and another part another row.
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
    name) must leave the same single row, which no other result may claim.

    Args:
        results: One a student.
        table: The sheet.
    """
    known = defaultdict(set)
    for row in table.rows:
        for kind, told in _clues_of_row(table, row):
            if told:
                known[kind, told].add(row)
    uploads = Counter(result.file for result in results)
    partners = Partners()
    for place, result in enumerate(results):
        # Who shares a file has no upload of their own: pair work.
        clues = _clues_of_result(result, with_upload=uploads[result.file] == 1)
        _sort_in(place, [found for clue in clues if (found := known.get(clue))], partners)
    _refuse_shared_rows(partners)
    return partners


def _sort_in(place: int, found: list[set[int]], partners: Partners) -> None:
    common = set.intersection(*found) if found else set()
    if not found:
        partners.nowhere.append(place)
    elif not common:
        partners.contradictory.append(place)
    elif len(common) > 1:
        partners.several_rows.append(place)
    else:
        partners.rows[place] = common.pop()


def _refuse_shared_rows(partners: Partners) -> None:
    claims = Counter(partners.rows.values())
    partners.several_students = [place for place, row in partners.rows.items() if claims[row] > 1]
    for place in partners.several_students:
        del partners.rows[place]


def _clues_of_row(table: Table, row: int) -> Iterator[Clue]:
    cells = table.sheet.texts(row)
    yield "upload", table.upload_id(row)
    for column in table.form.numbers:
        yield "number", _number(cells[column])
    for column in table.form.mails:
        mail = _mail(cells[column])
        if "@" in mail:
            yield "mail", mail
            # Most universities give out addresses that begin with the number.
            yield "number", _number(mail.partition("@")[0])
    for name in _names(table.name(row)):
        yield "name", name


def _clues_of_result(result: Result, *, with_upload: bool) -> Iterator[Clue]:
    student = result.student
    if with_upload and (upload := upload_of(result.file)):
        found = _UPLOAD_ID.search(upload.origin)
        yield "upload", found[1] if found else ""
    yield "number", _number(student.number)
    yield "mail", _mail(student.mail)
    # Where there is no number, the grader puts the name in its place.
    yield "name", "".join(_words(student.name or student.number))


def _number(text: str) -> str:
    return "".join(plain_form(text).split()).upper()


def _mail(text: str) -> str:
    return "".join(plain_form(text).split()).casefold()


def _words(name: str) -> list[str]:
    return re.split(r"[\s,、・]+", plain_form(name).casefold().strip(" ,、・"))


def _names(name: str) -> set[str]:
    """Return a name with its words in any order: 「Yamada, Taro」 is 「Taro Yamada」 too."""
    words = _words(name)
    orders = permutations(words) if len(words) <= _MOST_WORDS else [words]
    return {"".join(order) for order in orders}
