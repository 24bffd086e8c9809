import pytest
from grade_class import CORRECT, PHRASES, WRONG, judgement

from course.grade.record.verdicts import LONGEST_MESSAGE, messages_of
from course.grade.shared.stages import STOPPED
from exercises.engine import Verdict


def said(verdict):
    return messages_of(judgement(verdict), PHRASES)["3-1"]


def test_a_hint_is_said_in_the_language_of_whoever_reads_it(monkeypatch):
    assert (said(CORRECT), said(WRONG)) == ("正解です。", "2 倍になっていません。")
    monkeypatch.setenv("COURSE_LANG", "en")
    assert (said(CORRECT), said(WRONG)) == ("Correct.", "This is not the double.")


@pytest.mark.parametrize("reason", sorted(STOPPED))
def test_why_an_answer_was_stopped_is_said(reason):
    assert said(Verdict("wrong", reason)).endswith("。")


def test_an_error_of_the_students_own_is_cut_and_cleaned():
    message = said(Verdict("wrong", "error", {"error": "\x1b[31m赤\n" + "x" * 5000}))
    assert message.startswith("実行中にエラーが出ました: 赤 xxx")
    assert len(message) <= LONGEST_MESSAGE


def test_a_message_names_no_folder_of_this_machine():
    error = "FileNotFoundError: '/home/teacher/course/data.csv' and /opt/x/y.so"
    fields = {"error": error, "line": "open('/srv/secret/plan/a')"}
    message = said(Verdict("wrong", "error", fields))
    assert "data.csv" in message
    for folder in ("home", "teacher", "opt", "srv", "secret"):
        assert folder not in message
