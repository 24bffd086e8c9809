"""Knows what the columns of a sheet mean: Moodle's worksheet, Canvas's gradebook, or named ones.

The names of columns are those of Moodle's grading table (English, Japanese) and of Canvas's
gradebook export, which is in English everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from course.grade.shared.untrusted import line, plain_form
from course.lms.sheet import DELIMITERS, Sheet, SheetError
from helpers.internal.sentences import Sentence

_UNKNOWN = Sentence(
    ja="Moodle の評定ワークシートでも Canvas の成績表でもありません。点の列を --column で、"
    "学生の列を --number-column、--mail-column、--name-column のどれかで指定してください。"
    "列: {columns}",
    en="This is neither Moodle's grading worksheet nor Canvas's gradebook. Name the column of "
    "grades with --column, and one that tells the student with --number-column, --mail-column "
    "or --name-column. Columns: {columns}",
)
_NO_COLUMN = Sentence(
    ja="「{name}」という列がありません。列: {columns}",
    en="There is no column “{name}”. Columns: {columns}",
)
_TWO_COLUMNS = Sentence(
    ja="「{name}」という列が 2 つ以上あります。どちらに書けばよいか分かりません。",
    en="There are several columns “{name}”, so it is not clear which one is meant.",
)
_SCALE = Sentence(
    ja="この課題は点数ではなく評価尺度で評定されます。"
    "Moodle で、課題の評定のタイプを「評点」にしてください。",
    en="This assignment is graded with a scale, not with points. "
    "Set the type of its grade to “Point” in Moodle.",
)
_QUOTED = Sentence(ja="「{name}」", en="“{name}”")
_EMPTY = Sentence(ja="表が空です。", en="The sheet is empty.")

# In the plain form of :func:`_plain`.
_MOODLE_ID = {"identifier", "識別子", "id"}
_MOODLE_GRADE = {"grade", "評点"}
_MOODLE_MAXIMUM = {"maximumgrade", "最大評点"}
_MOODLE_SCALE = {"scale", "評価尺度"}
_MOODLE_CHANGEABLE = {"gradecanbechanged", "評点変更可"}
_MOODLE_COMMENT = {"feedbackcomments", "フィードバックコメント"}
_MOODLE_MODIFIED = re.compile(r"lastmodified\(grade\)|最終更新日?時?\(評[定点]\)")
_NUMBERS = {
    "idnumber",
    "idナンバー",
    "username",
    "ユーザ名",
    "ユーザー名",
    "学籍番号",
    "学生証番号",
}
_MAILS = {"emailaddress", "email", "メールアドレス"}
_NAMES = {"fullname", "フルネーム", "氏名"}
_PARTICIPANT = re.compile(r"\D*(\d+)")
_NO = {"no", "いいえ"}

_CANVAS_ASSIGNMENT = re.compile(r".+ \(\d+\)")
_CANVAS_POINTS = "Points Possible"
_CANVAS_MUTED = re.compile(r"\s*(?:Muted|Manual Posting.*)?\s*", re.IGNORECASE)
_CANVAS_CLOSED = {"EX", "N/A"}


@dataclass(frozen=True)
class Named:
    """Names of columns that somebody gave; None where the form of the sheet decides."""

    grade: str | None = None
    comment: str | None = None
    number: str | None = None
    mail: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Form:
    """What the columns of one sheet mean; columns are counted from 0.

    Attributes:
        kind: Where the sheet comes from.
        grades: Columns that can take grades.
        uploads: The LMS's own id of student or participant, which it also puts into file names.
        numbers: Columns that may hold a student number.
        mails: Columns that may hold a mail address.
        names: Columns that make up the name, in this order.
        comment: Where a comment goes, if there is such a column.
        maximum: Moodle's column with the highest grade.
        changeable: Moodle's column that says whether a grade can be changed.
        points_row: Canvas's row with the highest grades.
    """

    kind: Literal["moodle", "canvas", "named"]
    grades: tuple[int, ...] = ()
    uploads: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()
    mails: tuple[int, ...] = ()
    names: tuple[int, ...] = ()
    comment: int | None = None
    maximum: int | None = None
    changeable: int | None = None
    points_row: int | None = None


@dataclass(frozen=True)
class Table:
    """A sheet whose columns are understood.

    Attributes:
        sheet: With its header.
        form: What its columns mean.
        rows: The rows of students.
        damaged: Rows that are longer or shorter than the header.
    """

    sheet: Sheet
    form: Form
    rows: tuple[int, ...]
    damaged: tuple[int, ...]

    @property
    def header(self) -> list[str]:
        """The titles of the columns."""
        return self.sheet.texts(0)

    def maximum(self, column: int) -> float | None:
        """Return the highest grade that a column takes; None if the sheet does not tell."""
        if self.form.points_row is not None:
            return _number(self.sheet.texts(self.form.points_row), column)
        if self.form.maximum is None:
            return None
        told = {_number(self.sheet.texts(row), self.form.maximum) for row in self.rows}
        told.discard(None)
        return told.pop() if len(told) == 1 else None

    def is_closed(self, row: int, column: int) -> bool:
        """Say whether the LMS takes no grade here: locked, excused, or not assigned."""
        cells = self.sheet.texts(row)
        if self.form.changeable is not None:
            return _plain(cells[self.form.changeable]) in _NO
        return self.form.kind == "canvas" and cells[column].strip().upper() in _CANVAS_CLOSED

    def upload_id(self, row: int) -> str:
        """Return the id that the LMS puts into the names of a student's files, or nothing."""
        cells = self.sheet.texts(row)
        found = (_PARTICIPANT.fullmatch(cells[column].strip()) for column in self.form.uploads)
        return next((match[1] for match in found if match), "")

    def name(self, row: int) -> str:
        """Return a student's name, or nothing."""
        return self._joined(self.form.names, row)

    def row_name(self, row: int) -> str:
        """Return what tells a person whose row this is, also if it is damaged."""
        form = self.form
        who = form.names, form.numbers[:1], form.mails[:1], form.uploads
        shown = (self._joined(columns, row) for columns in who)
        return line(next(filter(None, shown), "") or " ".join(self.sheet.texts(row)), 60)

    def _joined(self, columns: Sequence[int], row: int) -> str:
        cells = self.sheet.texts(row)
        return " ".join(cells[column] for column in columns if column < len(cells)).strip()


def read_table(content: bytes, named: Named) -> Table:
    """Read a sheet with the delimiter with which its columns can be understood.

    Raises:
        SheetError: Nobody knows this form and its columns were not named, or not clearly.
    """
    problems: list[tuple[int, SheetError]] = []
    for delimiter in DELIMITERS:
        width = 1
        try:
            sheet = Sheet(content, delimiter)
            width = len(sheet.rows[0]) if sheet.rows else 0
            return _table(sheet, named)
        except SheetError as error:
            problems.append((width, error))
    # The delimiter that finds most columns is the likeliest, and its problem the one to tell.
    raise max(problems, key=lambda problem: problem[0])[1]


def _table(sheet: Sheet, named: Named) -> Table:
    if not sheet.rows:
        raise SheetError(str(_EMPTY))
    form, width = _form(sheet, named), len(sheet.rows[0])
    texts = {row: sheet.texts(row) for row in range(1, len(sheet.rows))}
    students = [row for row, cells in texts.items() if not _is_no_student(cells, form)]
    return Table(
        sheet,
        form,
        tuple(row for row in students if len(texts[row]) == width),
        tuple(row for row in students if len(texts[row]) != width),
    )


def _is_no_student(cells: Sequence[str], form: Form) -> bool:
    """Say whether a row is blank, or describes the assignments of Canvas's gradebook."""
    if form.kind != "canvas":
        return not any(cell.strip() for cell in cells)
    return _CANVAS_POINTS in cells[0] or all(map(_CANVAS_MUTED.fullmatch, cells))


def _form(sheet: Sheet, named: Named) -> Form:
    header = sheet.texts(0)
    form = _moodle(header) or _canvas(sheet) or Form("named")
    given = {
        field: (column_named(header, name),)
        for field, name in (
            ("grades", named.grade),
            ("numbers", named.number),
            ("mails", named.mail),
            ("names", named.name),
        )
        if name is not None
    }
    form = replace(form, **given)
    if named.comment is not None:
        form = replace(form, comment=column_named(header, named.comment))
    knows_students = form.uploads or form.numbers or form.mails or form.names
    if not (form.grades and knows_students):
        raise SheetError(_UNKNOWN.format(columns=listed(header)))
    return form


def column_named(header: Sequence[str], name: str) -> int:
    """Return the column of a name; Canvas's ``(id)`` at its end may be left out.

    Raises:
        SheetError: There is none, or more than one.
    """
    wanted = _plain(name)
    matching = [column for column, text in enumerate(header) if _plain(text) == wanted] or [
        column for column, text in enumerate(header) if _plain(_without_id(text)) == wanted
    ]
    if len(matching) > 1:
        raise SheetError(_TWO_COLUMNS.format(name=line(name)))
    if not matching:
        raise SheetError(_NO_COLUMN.format(name=line(name), columns=listed(header)))
    return matching[0]


def listed(names: Collection[str]) -> str:
    """Return names as one line."""
    return ", ".join(_QUOTED.format(name=line(name, 60)) for name in names)


def _without_id(title: str) -> str:
    return re.sub(r" \(\d+\)\Z", "", title)


def _plain(name: str) -> str:
    return "".join(plain_form(name).split()).casefold()


def _moodle(header: Sequence[str]) -> Form | None:
    def columns(matches: Callable[[str], object]) -> tuple[int, ...]:
        return tuple(column for column, name in enumerate(header) if matches(_plain(name)))

    uploads = columns(_MOODLE_ID.__contains__)
    grades = columns(_MOODLE_GRADE.__contains__)
    if not (len(uploads) == len(grades) == 1 and columns(_MOODLE_MODIFIED.fullmatch)):
        return None
    if columns(_MOODLE_SCALE.__contains__):
        raise SheetError(str(_SCALE))
    return Form(
        "moodle",
        grades=grades,
        uploads=uploads,
        numbers=columns(_NUMBERS.__contains__),
        mails=columns(_MAILS.__contains__),
        names=columns(_NAMES.__contains__)[:1],
        comment=next(iter(columns(_MOODLE_COMMENT.__contains__)), None),
        maximum=next(iter(columns(_MOODLE_MAXIMUM.__contains__)), None),
        changeable=next(iter(columns(_MOODLE_CHANGEABLE.__contains__)), None),
    )


def _canvas(sheet: Sheet) -> Form | None:
    header = sheet.texts(0)
    name = {"Student": (0,), "LastName": (0, 1)}.get(header[0])
    if name is None or "ID" not in header[1:3] or "Section" not in header:
        return None
    points_row = next(
        (n for n in range(1, min(4, len(sheet.rows))) if _CANVAS_POINTS in sheet.texts(n)[0]), None
    )
    accounts = [header.index(name) for name in ("SIS User ID", "SIS Login ID") if name in header]
    return Form(
        "canvas",
        grades=tuple(
            column
            for column, title in enumerate(header)
            if column > header.index("Section")
            and _CANVAS_ASSIGNMENT.fullmatch(title)
            and (points_row is None or _number(sheet.texts(points_row), column) is not None)
        ),
        uploads=(header.index("ID"),),
        numbers=tuple(accounts),
        mails=tuple(accounts),
        names=name,
        points_row=points_row,
    )


def _number(cells: Sequence[str], column: int) -> float | None:
    """Return a cell's number, with a point or a comma; None if it holds none."""
    try:
        return float(cells[column].replace(",", ".")) if column < len(cells) else None
    except ValueError:
        return None
