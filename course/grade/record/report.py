"""Tells an instructor how it went: ``grades.csv``, ``report.json``, a summary on the terminal."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from course.files import write_whole
from course.grade.policy.policy import NOTHING, Applied, Policy, total
from course.grade.policy.words import of_submission
from course.grade.record.feedback import ESSAY, EXERCISE, Result, shown_points
from course.grade.record.flags import FLAGS
from course.grade.record.verdicts import LONGEST_MESSAGE
from course.grade.shared.assignment import Assignment
from course.grade.shared.stages import NOTES, Flag, Score, Student
from course.grade.shared.untrusted import line, spreadsheet, without_folders
from exercises.engine import Verdict
from helpers.internal.sentences import Sentence

_STUDENT_HEADINGS = (
    Sentence(ja="学生証番号", en="Student number"),
    Sentence(ja="名前", en="Name"),
    Sentence(ja="メールアドレス", en="E-mail"),
)
_LESSON_SUM = Sentence(ja="{lesson} 合計", en="{lesson} total")
_TOTAL_HEADINGS = (
    Sentence(ja="合計", en="Total"),
    Sentence(ja="満点", en="Maximum"),
    Sentence(ja="採点待ち", en="To be graded"),
    Sentence(ja="要確認", en="To look at"),
    Sentence(ja="ファイル", en="Files"),
)
_POLICY = Sentence(ja="方針", en="Policy")
_BETWEEN_REMARKS = Sentence(ja="／", en=" / ")
_DETAIL = Sentence(ja="（{detail}）", en=" ({detail})")
_SUMMARY = Sentence(
    ja="提出 {handed_in} 件（学生 {students} 人）のうち、{graded} 件を採点しました。"
    "採点待ちの考察は {waiting} 問です。",
    en="Of {handed_in} submissions ({students} students), {graded} were graded. "
    "Essays still to be graded: {waiting}.",
)
_LESSON_HEADINGS = (
    Sentence(ja="ノートブック", en="Notebook"),
    Sentence(ja="提出", en="Submissions"),
    Sentence(ja="平均 / 満点", en="Mean / maximum"),
    Sentence(ja="採点待ち", en="To be graded"),
)
_FLAG_TITLE = Sentence(ja="要確認", en="To look at")
_FLAG_HEADINGS = (
    Sentence(ja="理由", en="Reason"),
    Sentence(ja="件数", en="Count"),
    Sentence(ja="学生", en="Students"),
)
_BETWEEN_STUDENTS = Sentence(ja="、", en=", ")
_MORE = Sentence(ja=" ほか {count} 人", en=" and {count} more")
_NOTES = Sentence(
    ja="ほかに、確認のいらない気づきが {count} 件あります（grades.csv の「要確認」の列）。",
    en="{count} more things need no look (column “To look at” of grades.csv).",
)
_NOTHING_TO_LOOK_AT = Sentence(
    ja="確認が必要な提出はありません。", en="No submission needs a look."
)
_WRITTEN = Sentence(
    ja="成績 {out}/grades.csv、クラスの分析 {out}/analysis.html、学生に返すページ {out}/feedback/、"
    "詳しい記録 {out}/report.json\n"
    "考察の採点: cd {out} && jupyter lab（Nbgrader メニューの Formgrader）。"
    "採点したら、同じ course grade をもう一度実行します。",
    en="Grades: {out}/grades.csv; what the class understood: {out}/analysis.html; "
    "pages for students: {out}/feedback/; details: {out}/report.json\n"
    "To grade essays: cd {out} && jupyter lab (menu Nbgrader, Formgrader). "
    "Then run the same course grade again.",
)

_MOST_NAMES = 6
"""Students that the summary names for one reason; ``grades.csv`` names all."""


@dataclass(frozen=True)
class Entry:
    """What the reports tell of one submission: small enough to keep those of a whole class."""

    student: Student
    lesson: str
    file: str
    verdicts: dict[str, Verdict]
    scores: dict[str, Score]
    flags: tuple[Flag, ...]
    applied: Applied = NOTHING

    @classmethod
    def of(cls, result: Result) -> Entry:
        """Take from a result what the reports need."""
        submission, judgement = result.submission, result.judgement
        return cls(
            submission.student,
            submission.lesson,
            submission.file,
            judgement.verdicts,
            result.scores,
            judgement.flags,
            result.applied,
        )

    @property
    def points(self) -> float:
        """The points so far; what waits for a person counts 0, and late work loses its share."""
        return total(self.scores, self.applied)

    @property
    def highest(self) -> float:
        """The points of a perfect submission."""
        return sum(score.highest for score in self.scores.values())

    @property
    def waiting(self) -> int:
        """How many answers wait for a person."""
        return sum(score.points is None for score in self.scores.values())


def write_grades(path: Path, entries: Sequence[Entry], assignments: Iterable[Assignment]) -> None:
    """Write one row a student, as Excel and learning management systems read it.

    The file is UTF-8 with a byte order mark, without which Excel garbles Japanese; nothing in it
    is taken for a formula. What was not handed in, or waits for a person, is left empty.

    Args:
        path: The file.
        entries: Of all submissions.
        assignments: In the order of the columns; those that nobody handed in get none.
    """
    handed_in = [one for one in assignments if any(e.lesson == one.name for e in entries)]
    changed = any(of_submission(entry.applied) for entry in entries)
    content = io.StringIO()
    writer = csv.writer(content)
    headings = [*_STUDENT_HEADINGS, *_headings(handed_in), *_TOTAL_HEADINGS]
    writer.writerow([*headings, _POLICY] if changed else headings)
    for group in _by_student(entries):
        row = _row(group, handed_in)
        writer.writerow([*row, _changes(group)] if changed else row)
    write_whole(path, content.getvalue().encode("utf-8-sig"))


def _by_student(entries: Iterable[Entry]) -> list[list[Entry]]:
    groups = defaultdict(list)
    for entry in entries:
        groups[entry.student.key].append(entry)
    return [groups[key] for key in sorted(groups)]


def _headings(assignments: Iterable[Assignment]) -> list[str]:
    return [
        heading
        for assignment in assignments
        for heading in (
            *(EXERCISE.format(id=exercise) for exercise in assignment.exercises),
            *(ESSAY.format(id=essay) for essay in assignment.essays),
            _LESSON_SUM.format(lesson=assignment.name),
        )
    ]


def _row(group: list[Entry], assignments: Iterable[Assignment]) -> list[str]:
    student, by_lesson = group[0].student, {entry.lesson: entry for entry in group}
    cells = [spreadsheet(part) for part in (student.number, student.name, student.mail)]
    for assignment in assignments:
        entry = by_lesson.get(assignment.name)
        scores = entry.scores if entry else {}
        parts = (*assignment.exercises, *assignment.essays)
        cells += [_points(scores[part].points) if part in scores else "" for part in parts]
        cells.append(_points(entry.points) if entry else "")
    remarks = [_remark(entry, flag) for entry in group for flag in entry.flags]
    graded = any(entry.lesson for entry in group)
    return [
        *cells,
        _points(sum(entry.points for entry in group) if graded else None),
        _points(sum(entry.highest for entry in group) if graded else None),
        str(sum(entry.waiting for entry in group)),
        spreadsheet(str(_BETWEEN_REMARKS).join(remarks), longest=2000),
        spreadsheet(str(_BETWEEN_REMARKS).join(entry.file for entry in group), longest=2000),
    ]


def _changes(group: Iterable[Entry]) -> str:
    """Return what the instructor's policy changed for a student."""
    said = (
        f"{entry.lesson}: {sentence}"
        for entry in group
        for sentence in of_submission(entry.applied)
    )
    return spreadsheet(str(_BETWEEN_REMARKS).join(said), longest=2000)


def _points(points: float | None) -> str:
    return "" if points is None else shown_points(points)


def _remark(entry: Entry, flag: Flag) -> str:
    place = " ".join(part for part in (entry.lesson, line(flag.where)) if part)
    detail = _DETAIL.format(detail=line(flag.detail)) if flag.detail else ""
    return f"{f'{place}: ' if place else ''}{FLAGS[flag.reason]}{detail}"


def write_report(
    path: Path, entries: Sequence[Entry], course: str, policy: Policy | None = None
) -> None:
    """Write all results as JSON, for programs.

    Args:
        path: The file.
        entries: Of all submissions.
        course: Name and version of what was graded.
        policy: What the instructor decided; it is in the points already.
    """
    report = {
        "course": course,
        "policy": (policy or Policy()).as_data(),
        "students": len(_by_student(entries)),
        "submissions": [_json_entry(entry) for entry in entries],
    }
    write_whole(path, json.dumps(report, ensure_ascii=True, indent=1) + "\n")


def _json_entry(entry: Entry) -> dict[str, Any]:
    answers = {
        exercise: {
            "points": score.points,
            "highest": score.highest,
            **({"comment": score.comment} if score.comment else {}),
            **(_json_verdict(entry.verdicts[exercise]) if exercise in entry.verdicts else {}),
        }
        for exercise, score in entry.scores.items()
    }
    return {
        "student": asdict(entry.student) | {"key": entry.student.key},
        "lesson": entry.lesson,
        "file": entry.file,
        "points": entry.points,
        "highest": entry.highest,
        "waiting": entry.waiting,
        "late_days": entry.applied.late_days,
        "taken_for_late": entry.applied.taken,
        "answers": answers,
        "flags": [asdict(flag) for flag in entry.flags],
    }


def _json_verdict(verdict: Verdict) -> dict[str, Any]:
    fields = {
        name: without_folders(line(value, LONGEST_MESSAGE))
        for name, value in verdict.fields.items()
    }
    return asdict(verdict) | {"fields": fields}


def show(entries: Sequence[Entry], out: Path, console: Console) -> None:
    """Print what an instructor reads in ten seconds: what was graded, and what needs a look."""
    graded = [entry for entry in entries if entry.lesson]
    summary = _SUMMARY.format(
        handed_in=len(entries),
        graded=len(graded),
        students=len(_by_student(entries)),
        waiting=sum(entry.waiting for entry in entries),
    )
    console.print(Text(summary, style="bold"))
    if graded:
        console.print(_lesson_table(graded))
    flags = [flag for entry in entries for flag in entry.flags]
    if notes := sum(flag.reason in NOTES for flag in flags):
        console.print(Text(_NOTES.format(count=notes), style="dim"))
    if len(flags) > notes:
        console.print(_flag_table(entries))
    else:
        console.print(Text(str(_NOTHING_TO_LOOK_AT)))
    console.print(Text(_WRITTEN.format(out=out)), soft_wrap=True)


def _lesson_table(entries: Sequence[Entry]) -> Table:
    table = Table(*map(str, _LESSON_HEADINGS))
    for lesson in sorted({entry.lesson for entry in entries}):
        group = [entry for entry in entries if entry.lesson == lesson]
        mean = sum(entry.points for entry in group) / len(group)
        waiting = sum(entry.waiting for entry in group)
        table.add_row(lesson, str(len(group)), f"{mean:.1f} / {group[0].highest:g}", str(waiting))
    return table


def _flag_table(entries: Sequence[Entry]) -> Table:
    """Return a row a reason, the most frequent first."""
    students = defaultdict(list)
    for entry in entries:
        for reason in {flag.reason for flag in entry.flags} - NOTES:
            students[reason].append(line(entry.student.number or entry.file, 24))
    columns = (Column(str(heading), overflow="fold") for heading in _FLAG_HEADINGS)
    table = Table(*columns, title=str(_FLAG_TITLE), title_justify="left")
    for reason in sorted(students, key=lambda reason: -len(students[reason])):
        names = students[reason]
        more = _MORE.format(count=len(names) - _MOST_NAMES) if len(names) > _MOST_NAMES else ""
        what, *_ = re.split(r"。|\.(?: |$)", str(FLAGS[reason]))
        # Text, not str: rich would take a student's brackets for markup.
        table.add_row(
            Text(what),
            str(len(names)),
            Text(str(_BETWEEN_STUDENTS).join(names[:_MOST_NAMES]) + more),
        )
    return table
