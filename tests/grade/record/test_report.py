import csv
import io
import json
import re
from dataclasses import replace

import pytest
from grade_class import LESSON, NO_FIGURES, WRONG, judgement, messages, submission
from rich.console import Console

from course.errors import StorageError
from course.grade.policy.policy import Applied
from course.grade.record.feedback import Result
from course.grade.record.flags import FLAGS
from course.grade.record.report import Entry, show, write_grades, write_report
from course.grade.shared.assignment import Assignment
from course.grade.shared.stages import Flag, Judgement, Score, Student, Submission

KANA = re.compile("[ぁ-んァ-ヶ一-龥]")
ASKED = Assignment(LESSON, (), ("3-1",), {"3-2": 5.0})
OTHER = Assignment("04_other", (), ("4-1",), {})
SCORES = {"3-1": Score(2.0, 2.0), "3-2": Score(None, 5.0)}


def entry(number="s1", *, scores=SCORES, flags=(), verdict=None, **student):
    verdicts = judgement(verdict, flags) if verdict else judgement(flags=flags)
    said = messages(verdicts)
    return Entry.of(Result(submission(number, **student), verdicts, scores, NO_FIGURES, said))


def unreadable(number="s9"):
    handed_in = Submission("k", Student(number), "", "壊れた.ipynb")
    return Entry.of(Result(handed_in, Judgement({}, {}, (Flag("unreadable"),)), {}, NO_FIGURES, {}))


def grades(folder, *entries, lessons=(ASKED, OTHER)):
    write_grades(folder / "grades.csv", entries, lessons)
    content = (folder / "grades.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def summary(tmp_path, *entries):
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    show(entries, tmp_path, console)
    return console.file.getvalue()


def test_what_the_policy_changed_has_a_column_of_its_own(tmp_path):
    late = replace(entry("s1"), applied=Applied(voided=("3-2",), late_days=2, taken=0.25))
    first, second = grades(tmp_path, late, entry("s2"))
    assert first["方針"] == (
        "03_sample: 採点に入れない問: 3-2／"
        "03_sample: 締め切りに遅れています（2 日目）。合計から 25 % を引きました。"
    )
    assert (first["合計"], second["合計"], second["方針"]) == ("1.5", "2", "")


def test_a_row_has_the_points_of_every_part_and_their_sum(tmp_path):
    scores = {"3-1": Score(2.0, 2.0), "3-2": Score(3.5, 5.0)}
    [row] = grades(tmp_path, entry("s1", scores=scores, name="山田 太郎", mail="a@example.org"))
    assert list(row) == [
        *("学生証番号", "名前", "メールアドレス"),
        *("問 3-1", "考察 3-2", "03_sample 合計"),
        *("合計", "満点", "採点待ち", "要確認", "ファイル"),
    ]
    assert list(row.values()) == [
        *("s1", "山田 太郎", "a@example.org"),
        *("2", "3.5", "5.5"),
        *("5.5", "7", "0", "", "s1.ipynb"),
    ]


def test_what_waits_for_a_person_is_empty_and_counted(tmp_path):
    [row] = grades(tmp_path, entry())
    assert (row["考察 3-2"], row["合計"], row["採点待ち"]) == ("", "2", "1")


def test_a_student_has_one_row_for_all_lessons(tmp_path):
    other = Result(
        Submission("s1-04_other", Student("s1"), "04_other", "other.ipynb"),
        Judgement({}, {}),
        {"4-1": Score(1.0, 1.0)},
        NO_FIGURES,
        {},
    )
    rows = grades(tmp_path, entry("s2"), entry("s1"), Entry.of(other))
    assert [row["学生証番号"] for row in rows] == ["s1", "s2"]
    assert [row["合計"] for row in rows] == ["3", "2"]
    assert [row["問 4-1"] for row in rows] == ["1", ""]


def test_who_handed_in_nothing_readable_has_no_points_but_a_remark(tmp_path):
    rows = grades(tmp_path, entry("s1"), unreadable("s9"))
    assert (rows[1]["合計"], rows[1]["問 3-1"]) == ("", "")
    assert rows[1]["要確認"] == str(FLAGS["unreadable"])
    assert rows[1]["ファイル"] == "壊れた.ipynb"


def test_nothing_that_a_student_wrote_is_a_formula_or_a_new_row(tmp_path):
    hostile = '=HYPERLINK("http://x"),\r\n+1'
    flags = (Flag("borrowed", "3-1", hostile),)
    [row] = grades(tmp_path, entry(hostile, name="@SUM(A1)", mail="-1+1\n=2", flags=flags))
    assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert None not in row


def test_the_report_tells_everything_as_json(tmp_path):
    flags = (Flag("borrowed", "3-1", "helpers.x"),)
    scores = {"3-1": Score(0.0, 2.0), "3-2": Score(None, 5.0)}
    told = entry("s1", scores=scores, flags=flags, verdict=WRONG)
    write_report(tmp_path / "report.json", [told, unreadable()], "sample 1.2.0")
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["course"], report["students"]) == ("sample 1.2.0", 2)
    first, second = report["submissions"]
    assert first["answers"]["3-1"] == {
        "points": 0.0,
        "highest": 2.0,
        "status": "wrong",
        "reason": "hint",
        "fields": {},
        "hint": "not_doubled",
        "case": None,
    }
    assert first["answers"]["3-2"] == {"points": None, "highest": 5.0}
    assert (first["points"], first["highest"], first["waiting"]) == (0.0, 7.0, 1)
    assert first["flags"][0] == {
        "reason": "borrowed",
        "where": "3-1",
        "detail": "helpers.x",
    }
    assert second["lesson"] == ""


def test_the_summary_counts_and_names_who_needs_a_look(tmp_path):
    flags = (Flag("time_limit", "3-1"), Flag("time_limit", "3-2"))
    shown = summary(tmp_path, entry("s1"), entry("s2", flags=flags), unreadable("s9"))
    assert "提出 3 件（学生 3 人）のうち、2 件を採点しました" in shown
    assert "採点待ちの考察は 2 問" in shown
    row = next(row for row in shown.splitlines() if "制限時間" in row)
    assert "│ 1 " in row
    assert "s2" in row


def test_the_summary_stays_short_for_a_large_class(tmp_path):
    flags = (Flag("time_limit", "3-1"), Flag("own_cells", "3-2"))
    shown = summary(tmp_path, *(entry(f"s{n:03}", flags=flags) for n in range(300)))
    assert "ほか 294 人" in shown
    assert "気づきが 300 件" in shown
    assert len(shown.splitlines()) < 25


def test_a_deleted_answer_is_worth_a_look(tmp_path):
    shown = summary(tmp_path, entry("s1", flags=(Flag("missing", "3-2"),)))
    row = next(row for row in shown.splitlines() if "解答のセルがありません" in row)
    assert "s1" in row


def test_a_class_without_flags_needs_no_look(tmp_path):
    assert "確認が必要な提出はありません。" in summary(tmp_path, entry())


def test_nothing_that_a_student_wrote_reaches_the_terminal_as_a_code(tmp_path):
    hostile = "[red]\x1b]0;x\x07\x1b[2J\u202e[/nothing]"
    shown = summary(tmp_path, entry(hostile, flags=(Flag("time_limit", hostile, hostile),)))
    assert "[red][/nothing]" in shown
    assert "\x1b]0;" not in shown
    assert "\x1b[2J" not in shown
    assert "\u202e" not in shown


def test_reports_on_a_disk_that_takes_nothing_are_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"grades\.csv"):
        write_grades(tmp_path / "file" / "grades.csv", [entry()], [ASKED])


def test_everything_is_said_in_english_too(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_LANG", "en")
    flags = (Flag("time_limit", "3-1"),)
    [row] = grades(tmp_path, entry("s1", flags=flags))
    assert (row["Exercise 3-1"], row["Student number"]) == ("2", "s1")
    assert row["To look at"] == "03_sample 3-1: An answer was stopped at the time limit."
    shown = summary(tmp_path, entry("s1", flags=flags), unreadable("s9"))
    assert "Of 2 submissions (2 students), 1 were graded." in shown
    assert not KANA.search(shown.replace("壊れた.ipynb", ""))
