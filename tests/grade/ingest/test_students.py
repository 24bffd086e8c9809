"""Whose a file is, and which of a student's files counts."""

import json
import os
import unicodedata
import zipfile

import pytest
from grade_notebooks import (
    HANDOUTS,
    REPOSITORY,
    STEP,
    content,
    flags,
    notebook,
    text,
    zipped,
)

from course.grade.ingest.ingest import ingest


@pytest.mark.parametrize(
    "header",
    [
        "- 学生証番号: S12345\n- 名前: 山田 太郎\n- メールアドレス: a@example.jp",
        "**学生証番号**：Ｓ１２３４５\n\n**氏名**：山田 太郎\n\n**メール**： ａ＠example.jp",
        "| 学生証番号 | S12345 |\n|---|---|\n| 名前 | 山田 太郎 |\n| E-mail | a@example.jp |",
        "| 学生証番号 | 名前 | メール |\n|:--|---|---|\n| s12345 | 山田 太郎 | a@example.jp |",
        "学籍番号（半角）= S12345　名前＝山田 太郎　mail: a@example.jp",
        "Student ID: S12345<br>Name: 山田 太郎<br>email: a@example.jp",
        "学生証番号: （未記入）\n学生証番号: S12345\n氏名: …\n氏名: 山田 太郎\nmail: a@example.jp",
        "学生証番号: 未入力\n学籍番号: S12345\n氏名: なし\n名前: 山田 太郎\nmail: a@example.jp",
        "学生証番号:\nS12345\n\n氏名:\n山田 太郎\n\nメール:\n\na@example.jp",
        "## 学籍番号\n\n- S12345\n\n## 名前\n- 山田 太郎\n\n## mail\na@example.jp",
        "学籍番号　S12345\n氏名: 山田 太郎\nmail: a@example.jp",
        "<b>学籍番号</b>: S12345<br><font color=red>氏名</font>: 山田 太郎<br>mail: a@example.jp",
        "学籍番号: S12345 山田太郎\n名前: 山田 太郎\nmail: a@example.jp",
        "学籍番号: 「s12345」\n名前: 山田 太郎\nmail: a@example.jp",
        "学籍番号: S12345（山田）\n名前: 山田 太郎\nmail: a@example.jp",
    ],
)
def test_header_is_read_in_every_form(read, header):
    student = read(notebook(header), "03_training.ipynb").student
    assert (student.number, student.name, student.mail) == ("S12345", "山田 太郎", "a@example.jp")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("S 12345", "S12345"),
        ("2021-12345", "2021-12345"),
        ("2021-12345 山田", "2021-12345"),
        ("21 0012 345", "210012345"),
        ("S12345 Taro Yamada", "S12345"),
        ("S12345 2年", "S12345"),
        ("山田太郎", "山田太郎"),
    ],
)
def test_number_stands_alone(read, written, number):
    assert read(notebook(f"学籍番号: {written}")).student.number == number


@pytest.mark.parametrize(
    "header",
    [
        "- 学生証番号:\n- 名前:\n- メールアドレス:\n\n次の 3 つについて書いてください。",
        "学籍番号: 未記入\n名前:\n\n以下は、私の答えです。",
    ],
)
def test_form_that_was_left_empty_tells_nothing(read, header):
    student = read(notebook(header), "03_training.ipynb").student
    assert (student.number, student.name, student.mail) == ("03_training.ipynb", "", "")


def test_prose_is_no_header(read):
    changed = notebook("ここでは、層の名前: conv1 を使います。filename: x\n学生証番号: S12345")
    assert read(changed).student.name == ""


@pytest.mark.parametrize(
    ("file", "number"),
    [
        ("03_training_S12345.ipynb", "S12345"),
        ("ｓ１２３４５_03_training (2).ipynb", "S12345"),
        ("山田太郎_314159_assignsubmission_file_/03_training.ipynb", "山田太郎"),
        ("山田太郎_314159_assignsubmission_file_/files/課題.ipynb", "山田太郎"),
        ("山田太郎_314159_assignsubmission_file_課題.ipynb", "山田太郎"),
        ("S12345 山田_314159_assignsubmission_file_/03_training.ipynb", "S12345"),
        ("山田_314159_assignsubmission_file_/S12345.ipynb", "S12345"),
        ("[再提出] 山田.ipynb", "山田"),
        ("「山田.ipynb」のコピー.ipynb", "山田"),
        (unicodedata.normalize("NFD", "山田 のコピー.ipynb"), "山田"),
        ("山田 太郎 のコピー.ipynb", "山田 太郎"),
        ("山田/03_training.ipynb", "山田"),
        ("山田/課題.ipynb", "山田"),
        ("山田_314159_assignsubmission_file_/03_training_20240501.ipynb", "山田"),
        ("S12345.ipynb.txt", "S12345"),
    ],
)
def test_without_a_header_the_file_name_tells(read, file, number):
    assert read(notebook(header=""), file).student.number == number


COPIES = [
    "03_training.ipynb",
    "コピー ～ 03_training.ipynb",
    "コピー ～ 03_training (1).ipynb",
    "コピー 〜 03_training.ipynb",
    "[再提出] 03_training.ipynb",
    "「03_training.ipynb」のコピー.ipynb",
    unicodedata.normalize("NFD", "03_training のコピー.ipynb"),
]


@pytest.mark.parametrize("file", COPIES)
def test_nobody_is_flagged(read, file):
    submission = read(notebook(header=""), file)
    assert submission.student.number == file
    assert flags(submission) == {("unknown_student", "")}


def test_files_of_nobody_are_all_kept(hand_in):
    submissions = hand_in(**dict.fromkeys(COPIES, notebook(header="")))
    assert {one.file for one in submissions} == set(COPIES)
    assert {reason for one in submissions for reason, _ in flags(one)} == {"unknown_student"}


def test_name_of_the_lms_keeps_one_students_lessons_together(hand_in):
    other = json.loads((REPOSITORY.notebooks / "01_data.ipynb").read_text(encoding="utf-8"))
    first, third = MOODLE.format("山田 太郎_111111"), MOODLE.format("山田 太郎_222222")
    submissions = hand_in(**{first: other, third: notebook(header="")})
    assert {one.lesson for one in submissions} == {"01_data", "03_training"}
    for one in submissions:
        assert (one.student.number, one.student.name) == ("山田 太郎", "山田 太郎")
        assert flags(one) == {("name_for_number", "")}


@pytest.mark.parametrize(
    "form", ["{}_assignsubmission_file_/03.ipynb", "{}_assignsubmission_file_x.ipynb"]
)
def test_two_of_one_name_in_the_lms_are_never_merged(hand_in, form):
    files = [form.format(f"山田 太郎_{number}") for number in (111111, 222222)]
    submissions = hand_in(**dict.fromkeys(files, notebook(header="")))
    assert len({one.student.key for one in submissions}) == 2
    for one in submissions:
        assert flags(one) == {("name_for_number", ""), ("number_shared", "")}


def test_number_of_the_lms_is_no_other_number(read):
    submission = read(notebook(), "山田 太郎_314159_assignsubmission_file_03_training.ipynb")
    assert submission.student.number == "S12345"
    assert flags(submission) == set()


def test_other_number_in_the_file_name_is_flagged(read):
    submission = read(notebook(), "S99999.ipynb")
    assert submission.student.number == "S12345"
    assert flags(submission) == {("other_number_in_file_name", "")}


def test_newest_of_one_students_files_counts(hand_in, tmp_path):
    new, old = notebook(exercise_3_1=STEP), notebook(exercise_3_1="old = 1")
    hand_in(**{"a.ipynb": new, "b.ipynb": old, "c.ipynb": old})
    for age, file in enumerate("abc"):
        os.utime(tmp_path / "class" / f"{file}.ipynb", (10**9 - age, 10**9 - age))
    (submission,) = ingest(tmp_path / "class", HANDOUTS)
    assert (submission.file, submission.answers["3-1"]) == ("a.ipynb", STEP)
    assert {flag.detail for flag in submission.flags} == {"b.ipynb", "c.ipynb"}
    assert flags(submission) == {("second_file", "")}


def test_of_equally_new_files_the_one_with_more_answers_counts(tmp_path):
    full, empty = content(notebook(exercise_3_1=STEP)), content(notebook())
    (tmp_path / "class.zip").write_bytes(zipped({"a.ipynb": full, "b.ipynb": empty}))
    with zipfile.ZipFile(tmp_path / "class.zip") as made:
        assert made.infolist()[0].date_time[:5] == made.infolist()[1].date_time[:5]
    (submission,) = ingest(tmp_path / "class.zip", HANDOUTS)
    assert submission.answers["3-1"] == STEP


def test_two_names_under_one_number_both_count(hand_in):
    header = "学生証番号: S12345\n名前: "
    submissions = hand_in(notebook(header + "本人"), notebook(header + "他人"))
    assert [one.student.number for one in submissions] == ["S12345 (本人)", "S12345 (他人)"]
    assert [flags(one) for one in submissions] == [{("number_shared", "")}] * 2
    assert len({one.key for one in submissions}) == 2


def test_one_student_may_hand_in_several_lessons(hand_in):
    other = json.loads((REPOSITORY.notebooks / "01_data.ipynb").read_text(encoding="utf-8"))
    other["cells"].insert(0, text("学生証番号: S12345"))
    keys = {one.key for one in hand_in(notebook(), other)}
    assert keys == {"S12345-01_data", "S12345-03_training"}


MOODLE = "{}_assignsubmission_file_/03_training.ipynb"


def test_same_file_name_in_two_folders_is_of_two_students(hand_in):
    files = ["山田太郎/課題.ipynb", "鈴木花子/課題.ipynb"]
    submissions = hand_in(**dict.fromkeys(files, notebook(header="")))
    assert [one.student.number for one in submissions] == ["山田太郎", "鈴木花子"]
    assert [flags(one) for one in submissions] == [set(), set()]


def test_folder_of_several_students_names_none_of_them(hand_in):
    files = ["提出物/山田太郎.ipynb", "提出物/鈴木花子.ipynb", "提出物/鈴木花子 (1).ipynb"]
    submissions = hand_in(**dict.fromkeys(files, notebook(header="")))
    assert [one.student.number for one in submissions] == ["山田太郎", "鈴木花子"]


LONG = "/".join(letter * 80 for letter in "あいう")


@pytest.mark.parametrize(
    "files",
    [
        ["山田_111111_assignsubmission_file_/report12345.ipynb",
         "鈴木_222222_assignsubmission_file_/report12345.ipynb"],
        ["山田/files/課題.ipynb", "鈴木/files/課題.ipynb"],
        [f"{LONG}/山田.ipynb", f"{LONG}/鈴木.ipynb"],
        [f"{LONG}/山田/03_training.ipynb", f"{LONG}/鈴木/03_training.ipynb"],
        ["あ" * 60 + "1.ipynb", "あ" * 60 + "2.ipynb"],
    ],
)  # fmt: skip
def test_students_without_a_header_are_never_merged(hand_in, files):
    submissions = hand_in(**dict.fromkeys(files, notebook(header="")))
    assert len({one.student.key for one in submissions}) == 2
    assert not [flag for one in submissions for flag in one.flags if flag.reason == "second_file"]


@pytest.mark.parametrize(("name", "label"), [("", "山田花子"), ("山田 花子", "山田 花子_111111")])
def test_fellow_students_work_cannot_be_replaced_from_another_folder(
    hand_in, tmp_path, name, label
):
    victims, attackers = MOODLE.format("山田 花子_111111"), MOODLE.format("悪 太郎_222222")
    header = "学生証番号: S12345\n名前: "
    hand_in(**{victims: notebook(header + "山田 花子"), attackers: notebook(header + name)})
    os.utime(tmp_path / "class" / victims, (10**9, 10**9))
    victim, attacker = ingest(tmp_path / "class", HANDOUTS)
    assert (victim.file, victim.student.number) == (victims, f"S12345 ({label})")
    assert (attacker.file, attacker.student.number) == (attackers, "S12345 (悪 太郎_222222)")
    assert flags(victim) == flags(attacker) == {("number_shared", "")}


@pytest.mark.parametrize("header", ["", "学生証番号: S12345"])
def test_one_student_may_hand_in_again_in_the_next_download(hand_in, header):
    file = MOODLE.format("山田 花子_111111")
    packed = zipped({file: content(notebook(header))})
    (submission,) = hand_in(**{"1.zip": packed, "2.zip": packed})
    assert flags(submission) - {("name_for_number", "")} == {("second_file", "")}


def test_number_stays_with_whoever_was_recorded_with_it(hand_in, tmp_path):
    header = "学生証番号: S12345\n名前: "
    (first,) = hand_in(**{"b.ipynb": notebook(header + "本人")})
    recorded = {first.key: first}
    hand_in(**{"a.ipynb": notebook(header + "他人"), "c.ipynb": notebook(header + "本人")})
    other, same = ingest(tmp_path / "class", HANDOUTS, recorded=recorded.get)
    assert (same.key, same.student.number) == (first.key, "S12345")
    assert (other.key == first.key, other.student.number) == (False, "S12345 (他人)")


def test_comment_in_code_is_no_name(read):
    changed = notebook(exercise_3_1=f"# name: conv1\n{STEP}")
    assert read(changed).student.name == ""


NAMES = ["../../etc/passwd", "\u202eפלוני", "a\x00b", "\ud800", "=1+1", "CON", "é" * 500, "😀"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_any_name_gives_a_plain_key_and_clean_text(read, name):
    submission = read(notebook(f"学生証番号: {name}\n名前: {name}\nmail: {name}", essay_3_6=name))
    assert submission.key.isascii()
    assert set(submission.key) <= set(
        "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )
    assert len(submission.key) < 100
    shown = "".join([submission.student.number, submission.student.name, submission.student.mail])
    assert shown.isprintable()
    assert "\0" not in submission.essays["3-6"]
    submission.essays["3-6"].encode()


def test_keys_do_not_change_from_run_to_run(hand_in):
    files = {"山田.ipynb": notebook(header=""), "鈴木.ipynb": notebook(header=""), "x.pdf": b"%PDF"}
    assert [one.key for one in hand_in(**files)] == [one.key for one in hand_in(**files)]
