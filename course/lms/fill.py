"""Fills grades and comments into a sheet, and says what it left alone and why."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from course.grade.shared.untrusted import line
from course.lms.comments import comment, is_ours, shown
from course.lms.forms import Table, listed
from course.lms.partners import Partners, find_partners, lessons_of_uploads
from course.lms.results import Result, totals
from course.lms.sheet import SheetError
from helpers.internal.sentences import Sentence

_NOTHING_GRADED = Sentence(
    ja="採点の結果に、課題が 1 つもありません。", en="The results hold no lesson at all."
)
_NO_LESSON = Sentence(
    ja="「{lesson}」は採点されていません。採点された課題: {lessons}",
    en="“{lesson}” has not been graded. Graded lessons: {lessons}",
)
_OTHER_LESSON = Sentence(
    ja="この表の課題には {uploaded} が提出されています。{lessons} の表ではありません。",
    en="{uploaded} was handed in to the assignment of this sheet: it is not that of {lessons}.",
)
_WHICH_LESSON = Sentence(
    ja="いくつかの課題が採点されています。どれかを --lesson で指定するか、合計を書くなら --total を"
    "付けてください: {lessons}",
    en="Several lessons have been graded. Say which one with --lesson, or add --total for their "
    "sum: {lessons}",
)
_WHICH_COLUMN = Sentence(
    ja="{lessons} の点をどの列に書くか分かりません。"
    "--lesson で課題を 1 つ、--column で列を 1 つ指定してください。点を書ける列: {columns}",
    en="It is not clear which column the grades of {lessons} belong in. Name one lesson with "
    "--lesson and one column with --column. Columns that take grades: {columns}",
)
_OTHER_MAXIMUM = Sentence(
    ja="{lesson} は {highest:g} 点満点ですが、「{column}」は {maximum:g} 点満点です。"
    "点を満点に合わせて換算するなら --scale、そのまま書くなら --as-is を付けてください。",
    en="{lesson} is worth {highest:g} points, but “{column}” takes up to {maximum:g}. "
    "Add --scale to convert the grades, or --as-is to write them as they are.",
)
_SAME = 0.005
"""Half of the last decimal that Moodle and Canvas keep."""

REASONS = {
    "nowhere": Sentence(
        ja="採点したが、表に行がない学生", en="Graded students who have no row in the sheet"
    ),
    "contradictory": Sentence(
        ja="番号、メールアドレス、名前、ファイル名が、表と食い違う学生",
        en="Students whose number, mail address, name and file name do not agree with the sheet",
    ),
    "several_rows": Sentence(ja="いくつもの行に合う学生", en="Students who fit several rows alike"),
    "several_students": Sentence(
        ja="同じ行に合う、何人かの学生", en="Students who share their row with others"
    ),
    "waiting": Sentence(
        ja="採点待ちの考察がある学生（--with-waiting で、ここまでの点を書きます）",
        en="Students with essays to be marked (--with-waiting fills in the points so far)",
    ),
    "closed": Sentence(
        ja="LMS が点の変更を受け付けない行", en="Rows in which the LMS takes no grade"
    ),
    "kept_comment": Sentence(
        ja="ほかのコメントがあるので、コメントを変えなかった行",
        en="Rows with another comment, which was kept",
    ),
    "no_result": Sentence(
        ja="どの採点の結果とも結び付かなかった行", en="Rows that no single result fits"
    ),
    "damaged": Sentence(
        ja="列の数が見出しと違うので、何も書かなかった行",
        en="Rows with more or fewer cells than the header, which were left alone",
    ),
}
"""Why something was left alone, by reason."""

_ROW = Sentence(ja="{row} 行目 {who}", en="row {row}, {who}")


@dataclass(frozen=True)
class Target:
    """Which lesson's grades go into which column."""

    lesson: str
    column: int


@dataclass
class Filled:
    """What became of one lesson.

    Attributes:
        lesson: Such as ``"03_training"``.
        column: Title of the column of grades.
        partners: Row of each result that was filled in.
        replaced: How many rows had another grade before.
        left: Who was left alone, by reason (a key of :data:`REASONS`).
    """

    lesson: str
    column: str
    partners: list[tuple[Result, int]] = field(default_factory=list)
    replaced: int = 0
    left: dict[str, list[str]] = field(default_factory=dict)


def fill(
    table: Table,
    results: Sequence[Result],
    *,
    lessons: Sequence[str] = (),
    scale: bool | None = None,
    with_waiting: bool = False,
    total: bool = False,
) -> tuple[bytes, list[Filled]]:
    """Fill grades, and comments where the sheet has a column for them, into an exported sheet.

    Args:
        table: The exported sheet.
        results: All lessons that were graded.
        lessons: Names or numbers of those to fill in; none if that is clear without.
        scale: Convert points to the highest grade of the sheet, or not; None refuses where they
            differ.
        with_waiting: Fill in also who has essays that wait for a person.
        total: Fill the sum of the lessons into one column.

    Returns:
        The filled sheet, and what became of each lesson.

    Raises:
        SheetError: It is not clear what belongs where.
    """
    texts: dict[tuple[int, int], str] = {}
    outcomes = []
    chosen = _chosen(results, lessons)
    if total:
        results = totals([result for result in results if result.lesson in chosen])
        chosen = [results[0].lesson]
    elif table.form.kind == "moodle":
        chosen = _handed_in(chosen, lessons_of_uploads(results, table))
    for target in _plan(table, chosen, is_whole=total or bool(lessons)):
        graded = [result for result in results if result.lesson == target.lesson]
        factor = _factor(table, target, graded[0].highest, scale)
        partners, left = find_partners(graded, table), defaultdict(list)
        filled = Filled(target.lesson, table.header[target.column])
        for place, row in sorted(partners.rows.items(), key=lambda pair: pair[1]):
            result = graded[place]
            if table.is_closed(row, target.column):
                left["closed"].append(_row_name(table, row))
            elif result.waiting and not with_waiting:
                left["waiting"].append(_student_name(result))
            else:
                filled.partners.append((result, row))
                filled.replaced += _fill_grade(table, row, target, result.points * factor, texts)
                if not _fill_comment(table, row, result, texts):
                    left["kept_comment"].append(_row_name(table, row))
        left |= _without_partner(table, graded, partners)
        filled.left = {reason: left[reason] for reason in REASONS if left[reason]}
        outcomes.append(filled)
    return table.sheet.filled(texts), outcomes


# --- which lesson goes where ----------------------------------------------------------------------
def _chosen(results: Iterable[Result], lessons: Sequence[str]) -> list[str]:
    """Return the lessons that may be filled in."""
    graded = sorted({result.lesson for result in results})
    if not graded:
        raise SheetError(str(_NOTHING_GRADED))
    return [_lesson(name, graded) for name in lessons] or graded


def _handed_in(lessons: Sequence[str], uploaded: set[str]) -> list[str]:
    """Return those of the lessons that were handed in to the sheet's own assignment, if known."""
    if uploaded and uploaded.isdisjoint(lessons):
        told = ", ".join(sorted(uploaded))
        raise SheetError(_OTHER_LESSON.format(lessons=", ".join(lessons), uploaded=told))
    return [lesson for lesson in lessons if lesson in uploaded] or list(lessons)


def _lesson(name: str, graded: Sequence[str]) -> str:
    for lesson in graded:
        if name == lesson or name.zfill(2) == _number(lesson):
            return lesson
    raise SheetError(_NO_LESSON.format(lesson=line(name), lessons=", ".join(graded)))


def _number(lesson: str) -> str:
    return lesson.partition("_")[0]


def _plan(table: Table, lessons: Sequence[str], *, is_whole: bool) -> list[Target]:
    """Return what goes where, if there is just one way that is clear.

    Args:
        table: The sheet.
        lessons: Those that may be filled in.
        is_whole: Whether all of them must be.
    """
    header, columns = table.header, table.form.grades
    if len(lessons) == len(columns) == 1:
        return [Target(lessons[0], columns[0])]
    pairs = [
        Target(lesson, column)
        for column in columns
        for lesson in lessons
        if _names(header[column], lesson)
    ]
    found, filled = {pair.lesson for pair in pairs}, {pair.column for pair in pairs}
    is_enough = found == set(lessons) if is_whole else bool(pairs)
    if is_enough and len(pairs) == len(found) == len(filled):
        return pairs
    told = ", ".join(lessons)
    if len(columns) == 1:
        raise SheetError(_WHICH_LESSON.format(lessons=told))
    titles = listed([header[column] for column in columns])
    raise SheetError(_WHICH_COLUMN.format(lessons=told, columns=titles))


def _names(title: str, lesson: str) -> bool:
    """Say whether a column's title names a lesson: 「03_training」 or its number, 「03」."""
    title = re.sub(r" \(\d+\)\Z", "", title)
    number = rf"(?<![\d./:-]){re.escape(_number(lesson))}(?![\d./:-])"
    return lesson.casefold() in title.casefold() or bool(re.search(number, title))


def _factor(table: Table, target: Target, highest: float, scale: bool | None) -> float:
    """Return what points are multiplied with."""
    top = table.maximum(target.column)
    if top is None or not highest or abs(top - highest) < _SAME:
        return 1.0
    if scale is None:
        column = line(table.header[target.column])
        message = _OTHER_MAXIMUM.format(
            lesson=target.lesson, highest=highest, column=column, maximum=top
        )
        raise SheetError(message)
    return top / highest if scale else 1.0


# --- the cells ------------------------------------------------------------------------------------
def _fill_grade(
    table: Table, row: int, target: Target, points: float, texts: dict[tuple[int, int], str]
) -> bool:
    """Note the new text of a grade's cell; say whether it takes another grade's place."""
    before = table.sheet.texts(row)[target.column]
    grade = shown(points)
    if _is_grade(before, grade):
        return False
    texts[row, target.column] = grade
    return bool(before.strip())


def _is_grade(cell: str, grade: str) -> bool:
    """Say whether a cell holds this grade already, as 「8.00」 or 「8,0」 too."""
    try:
        return abs(float(cell.replace(",", ".")) - float(grade)) < _SAME
    except ValueError:
        return False


def _fill_comment(
    table: Table, row: int, result: Result, texts: dict[tuple[int, int], str]
) -> bool:
    """Note the new text of a comment's cell; say whether that could be done."""
    column = table.form.comment
    if column is None:
        return True
    before = table.sheet.texts(row)[column]
    if before.strip() and not is_ours(before):
        return False
    told = comment(result, as_html=table.form.kind == "moodle", encoding=table.sheet.encoding)
    # Several lessons may share one column of comments.
    texts[row, column] = "\n".join(filter(None, (texts.get((row, column)), told)))
    return True


# --- who was left alone ---------------------------------------------------------------------------
def _without_partner(
    table: Table, graded: Sequence[Result], partners: Partners
) -> dict[str, list[str]]:
    matched = set(partners.rows.values())
    students = {
        reason: [_student_name(graded[place]) for place in getattr(partners, reason)]
        for reason in ("nowhere", "contradictory", "several_rows", "several_students")
    }
    return students | {
        "no_result": [_row_name(table, row) for row in table.rows if row not in matched],
        "damaged": [_row_name(table, row) for row in table.damaged],
    }


def _student_name(result: Result) -> str:
    student = result.student
    # Where there is no number, the grader puts the name in its place.
    told = dict.fromkeys(filter(None, (student.number, student.name)))
    return line(" ".join(told) or result.file, 60)


def _row_name(table: Table, row: int) -> str:
    """Name a row by its place in a spreadsheet and by what tells whose it is."""
    return _ROW.format(row=row + 1, who=table.row_name(row))
