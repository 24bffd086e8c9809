"""Files that are made to harm: they take nothing from anybody, and hold nobody up."""

import contextlib
import os
import signal
import threading
import time
import unicodedata

import pytest
from grade_notebooks import STEP, code, content, flags, hand_in, notebook, text, zipped

from course.grade.ingest import submission
from course.grade.ingest.cells import UnreadableError
from course.grade.ingest.patience import patience
from course.grade.shared.untrusted import plain_form

MARKS = "\u0301\u0323" * 20_000  # to sort those that are 40,000 in a row takes minutes


# --- a fellow student's work ----------------------------------------------------------------------
VICTIM = "学生証番号: S11111\n名前: 山田 太郎"
REPLACING = {
    "Canvas": ("yamadataro_12341_567801_03.ipynb", "akujiro_12342_567802_03.ipynb"),
    "Blackboard": (
        "課題_yamada_attempt_2024-05-01-10-00-00_03_training.ipynb",
        "課題_aku_attempt_2024-05-02-10-00-00_03_training.ipynb",
    ),
    "Teams": ("山田 太郎/課題/Version 1/03.ipynb", "悪 次郎/課題/Version 1/03.ipynb"),
    "a flat folder, names": ("山田太郎.ipynb", "悪次郎.ipynb"),
    "a flat folder, numbers": ("03_training_S11111.ipynb", "03_training_S22222.ipynb"),
    "a flat folder, a name and a number": ("山田太郎.ipynb", "S22222.ipynb"),
    "folders with numbers": ("S11111/03_training.ipynb", "S22222/03_training.ipynb"),
    "Moodle": ("山田_1_assignsubmission_file_/a.ipynb", "悪_2_assignsubmission_file_/a.ipynb"),
}  # fmt: skip


@pytest.mark.parametrize("files", REPLACING.values(), ids=REPLACING)
@pytest.mark.parametrize("header", [VICTIM, "学生証番号: S11111"])
def test_a_later_file_with_anothers_form_replaces_nobody(tmp_path, files, header):
    victims, attackers = files
    hand_in(tmp_path, **{victims: notebook(header, exercise_3_1=STEP), attackers: notebook(header)})
    os.utime(tmp_path / victims, (10**9, 10**9))
    found = {one.file: one for one in hand_in(tmp_path)}
    assert found.keys() == set(files)
    assert found[victims].answers["3-1"] == STEP
    assert found[victims].student.key != found[attackers].student.key
    assert flags(found[attackers]) - {("second_file", "")}


def test_the_lms_is_believed_before_the_notebook(tmp_path):
    files = {
        "S11111/03_training.ipynb": notebook(VICTIM, exercise_3_1=STEP),
        "S22222/03_training.ipynb": notebook(VICTIM),
    }
    victim, attacker = hand_in(tmp_path, **files)
    assert (victim.student.number, flags(victim)) == ("S11111", set())
    assert attacker.student.number == "S22222"
    assert flags(attacker) == {("other_number_in_file_name", "")}


def test_numbers_of_accounts_are_not_taken_for_those_of_students(tmp_path):
    files = {
        f"7000{place}/03_training.ipynb": notebook(f"学生証番号: S1111{place}")
        for place in range(4)
    }
    submissions = hand_in(tmp_path, **files)
    assert [one.student.number for one in submissions] == [f"S1111{place}" for place in range(4)]
    assert {flag for one in submissions for flag in flags(one)} == set()


# --- invented students ----------------------------------------------------------------------------
INVENTED = {
    "Moodle": ("{}_31415_assignsubmission_file_/", ["山田", "鈴木", "佐藤", "悪"]),
    "folders": ("{}/", ["山田", "鈴木", "佐藤", "悪"]),
    "folders in a folder": ("課題/{}/", ["山田", "鈴木", "佐藤", "悪"]),
}


@pytest.mark.parametrize(("form", "people"), INVENTED.values(), ids=INVENTED)
@pytest.mark.parametrize("is_zip", [False, True])
def test_students_that_one_upload_invents_are_flagged(tmp_path, form, people, is_zip):
    *honest, hostile = (form.format(name) for name in people)
    files = {
        f"{folder}03.ipynb": notebook(f"学生証番号: S1111{place}")
        for place, folder in enumerate(honest)
    }
    crowd = {
        f"{place}.ipynb": content(notebook(f"学生証番号: S9{place:04d}")) for place in range(30)
    }
    if is_zip:
        files[f"{hostile}all.zip"] = zipped(crowd)
    else:
        files |= {f"{hostile}{name}": one for name, one in crowd.items()}
    submissions = hand_in(tmp_path, **files)
    flagged = {one.student.number for one in submissions if ("several_students", "") in flags(one)}
    assert flagged == {f"S9{place:04d}" for place in range(30)}
    assert len(submissions) == 33


def test_folders_of_groups_are_no_uploads(tmp_path):
    files = {
        f"{group}組/{place}.ipynb": notebook(f"学生証番号: S{group}000{place}")
        for group in (1, 2, 3)
        for place in range(3)
    }
    submissions = hand_in(tmp_path, **files)
    assert {flag for one in submissions for flag in flags(one)} == set()


# --- time -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "changed",
    [
        notebook(f"学生証番号: S12345\n名前: e{MARKS}"),
        notebook(essay_3_6=f"e{MARKS}"),
        notebook(exercise_3_1=f"{STEP}\n# 問 e{MARKS}"),
    ],
    ids=["name", "essay", "comment"],
)
def test_thousands_of_marks_on_one_letter_take_no_time(tmp_path, changed):
    began = time.process_time()
    (one,) = hand_in(tmp_path, changed)
    assert one.student.number == "S12345"
    assert time.process_time() - began < 10  # seconds; sorting the marks takes minutes


def test_a_file_name_of_thousands_of_marks_takes_no_time():
    assert len(plain_form("e" + MARKS)) <= 31


@pytest.mark.parametrize("words", ["が", "e\u0301", "ｶﾞ", "①", "日本語 e" + "\u0301" * 30])
def test_ordinary_text_keeps_its_plain_form(words):
    assert plain_form(words) == unicodedata.normalize("NFKC", words)


def test_a_file_that_takes_too_long_is_told_and_the_rest_goes_on(tmp_path, monkeypatch):
    read = submission.read_cells

    def slow(content):
        if b"endless" in content:
            while True:
                pass
        return read(content)

    monkeypatch.setattr(submission, "read_cells", slow)
    monkeypatch.setattr(submission, "LONGEST", 0.2)
    slow_one = notebook("")
    slow_one["cells"].append(text("endless"))
    bad, good = hand_in(tmp_path, **{"S11111.ipynb": slow_one, "S22222.ipynb": notebook("")})
    assert (bad.student.number, flags(bad)) == ("S11111", {("too_slow", "")})
    assert (good.student.number, flags(good)) == ("S22222", set())


def _go_on_whatever_happens():
    with contextlib.suppress(Exception):
        while True:
            pass


def test_patience_ends_with_its_block_and_leaves_the_signal_as_it_was():
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(UnreadableError), patience(0.05):
        _go_on_whatever_happens()
    assert signal.getsignal(signal.SIGVTALRM) is before
    assert signal.getitimer(signal.ITIMER_VIRTUAL)[0] == 0


def test_patience_does_nothing_outside_the_main_thread():
    done = []

    def work():
        with patience(0.001):
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done


MANY = {
    "lines of IPython": "%\n!ls\nx?\n" * 5000,
    "lines of IPython beside long ones": ("x = " + "1 + " * 500 + "1\n!ls\n") * 20,
    "checks": 'check("3-1")\n' * 3000,
    "names": "".join(f"a{place} = a{place + 1}\n" for place in range(3000)),
    "values that build on each other": "a = 1\n" + "a = a + 1\n" * 4000,
    "branches": "if x:\n  y = 0\n" + "elif x:\n  y = 1\n" * 3000,
    "marks of students": "学生証番号: S11111, " * 2000,
}


@pytest.mark.parametrize("many", MANY.values(), ids=MANY)
def test_a_notebook_of_many_does_not_hold_the_class_up(tmp_path, many):
    changed = notebook(exercise_3_1=f"{STEP} + a0 + a")
    changed["cells"] += [code(many), text(many)]
    began = time.process_time()
    (one,) = hand_in(tmp_path, changed)
    assert one.lesson == "03_training"
    assert time.process_time() - began < 10  # seconds
