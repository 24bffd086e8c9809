"""A class in every packaging of an LMS: nobody is lost, merged or split."""

import json
import os

import pytest
from grade_notebooks import REPOSITORY, STEP, flags, hand_in, notebook, zipped

PEOPLE = {"山田 太郎": "S11111", "鈴木 花子": "S22222", "佐藤 次郎": "S33333"}
WRITTEN = [
    f"- 学生証番号: {number}\n- 名前: {name}\n- メールアドレス: {number.lower()}@example.jp"
    for name, number in PEOPLE.items()
]


def other_lesson(header=""):
    changed = json.loads((REPOSITORY.notebooks / "01_data.ipynb").read_text(encoding="utf-8"))
    if header:
        changed["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": header})
    return changed


def packed(form, names):
    """Return a file for each name, as the LMS packs it."""
    return [form.format(name=name, place=place) for place, name in enumerate(names, 1)]


ROMAN = ["yamadataro", "suzukihanako", "satojiro"]
USERS = ["tyamada", "hsuzuki", "jsato"]
PACKAGINGS = {
    "Moodle, folders": ("{name}_31415{place}_assignsubmission_file_/03_training.ipynb", PEOPLE),
    "Moodle, flat": ("{name}_31415{place}_assignsubmission_file_03_training.ipynb", PEOPLE),
    "Canvas": ("{name}_1234{place}_567890{place}_03_training.ipynb", ROMAN),
    "Canvas, late": ("{name}_LATE_1234{place}_567890{place}_03_training-2.ipynb", ROMAN),
    "Canvas, Japanese": (
        "{name}_1234{place}_567890{place}_03_training.ipynb", ["山田太郎", "鈴木花子", "佐藤次郎"],
    ),
    "Blackboard": (
        "課題 3_{name}_attempt_2024-05-01-10-0{place}-00_03_training.ipynb", USERS,
    ),
    "Brightspace": ("7{place}1-4{place}2 - {name} - May 1, 2024 1005 AM/03_training.ipynb", PEOPLE),
    "Sakai": ("課題 3/{name}(x{place})/Submission attachment(s)/03_training.ipynb", PEOPLE),
    "Teams": ("Submitted files/{name}/課題 3/Version 1/03_training.ipynb", PEOPLE),
    "Teams, in Japanese": ("提出済みファイル/{name}/課題 3/バージョン 1/03_training.ipynb", PEOPLE),
    "Teams, students alone": ("{name}/Version 1/03_training.ipynb", PEOPLE),
    "Teams, a folder of the class above": ("クラス/{name}/Version 2/03_training.ipynb", PEOPLE),
    "Classroom": ("課題 3/{name} - 03_training.ipynb", PEOPLE),
    "Drive, copies with a name": ("課題 3/「03_training.ipynb」のコピー {name}.ipynb", PEOPLE),
    "Drive, copies of a copy": (
        "drive-download-20240501T03Z-001/Copy of 03_training {name}.ipynb", PEOPLE,
    ),
    "nbgrader": ("{name}/03_training/03_training.ipynb", USERS),
    "a folder each": ("{name}/課題.ipynb", PEOPLE),
    "a flat folder": ("{name}.ipynb", PEOPLE),
}  # fmt: skip


@pytest.mark.parametrize(("form", "names"), PACKAGINGS.values(), ids=PACKAGINGS)
def test_a_class_that_filled_its_form_in_gets_its_numbers_and_no_flag(tmp_path, form, names):
    files = dict(zip(packed(form, names), map(notebook, WRITTEN), strict=True))
    submissions = hand_in(tmp_path, **files)
    assert sorted(one.student.number for one in submissions) == sorted(PEOPLE.values())
    assert {flag for one in submissions for flag in flags(one)} == set()


@pytest.mark.parametrize(("form", "names"), PACKAGINGS.values(), ids=PACKAGINGS)
def test_a_class_that_wrote_nothing_is_told_apart_by_the_lms(tmp_path, form, names):
    files = dict.fromkeys(packed(form, names), notebook(""))
    submissions = hand_in(tmp_path, **files)
    found = sorted(one.student.number for one in submissions)
    assert len(found) == len(PEOPLE)
    sakai = [f"x{place}" for place in (1, 2, 3)]
    assert found in (sorted(names), sakai)
    assert {reason for one in submissions for reason, _ in flags(one)} <= {"name_for_number"}


@pytest.mark.parametrize(("form", "names"), PACKAGINGS.values(), ids=PACKAGINGS)
def test_a_class_in_a_zip_in_a_folder_is_the_same_class(tmp_path, form, names):
    files = zip(packed(form, names), map(notebook, WRITTEN), strict=True)
    inner = zipped({file: json.dumps(one) for file, one in files})
    submissions = hand_in(tmp_path, **{"前期/download.zip": inner})
    assert sorted(one.student.number for one in submissions) == sorted(PEOPLE.values())
    assert {flag for one in submissions for flag in flags(one)} == set()


@pytest.mark.parametrize(("form", "names"), PACKAGINGS.values(), ids=PACKAGINGS)
def test_two_lessons_of_a_class_are_of_the_same_students(tmp_path, form, names):
    files = dict.fromkeys(packed(form, names), notebook(""))
    moved = [file.replace("課題 3", "課題 1").replace("03_training", "01_data") for file in files]
    second = {file if file not in files else f"later/{file}": other_lesson() for file in moved}
    submissions = hand_in(tmp_path, **files, **second)
    of_lesson = {
        lesson: sorted(one.student.number for one in submissions if one.lesson == lesson)
        for lesson in ("01_data", "03_training")
    }
    assert of_lesson["01_data"] == of_lesson["03_training"]
    assert len(of_lesson["01_data"]) == len(PEOPLE)


AGAIN = {
    "Canvas": ["yamadataro_12345_567891_03_training.ipynb",
               "yamadataro_12345_567899_03_training-1.ipynb"],
    "Canvas, the second late": ["yamadataro_12345_567891_03_training.ipynb",
                                "yamadataro_LATE_12345_567899_03_training.ipynb"],
    "Blackboard": ["課題_tyamada_attempt_2024-05-01-10-01-00_03_training.ipynb",
                   "課題_tyamada_attempt_2024-05-02-10-01-00_03_training.ipynb"],
    "Teams": ["Submitted files/山田/課題 3/Version 9/03_training.ipynb",
              "Submitted files/山田/課題 3/Version 10/03_training.ipynb"],
    "Brightspace": ["71-42 - 山田 - May 1, 2024 1005 AM/03_training.ipynb",
                    "71-42 - 山田 - May 2, 2024 1005 PM/03_training.ipynb"],
    "copies in one's own folder": ["山田/03_training.ipynb", "山田/03_training (1).ipynb",
                                   "鈴木/03_training.ipynb"],
}  # fmt: skip


@pytest.mark.parametrize("files", AGAIN.values(), ids=AGAIN)
@pytest.mark.parametrize("header", ["", "学生証番号: S11111\n名前: 山田"])
def test_who_hands_in_again_stays_one_student(tmp_path, files, header):
    first, second, *others = files
    handed = {first: notebook(header), second: notebook(header, exercise_3_1=STEP)}
    for place, file in enumerate(handed):
        hand_in(tmp_path, **{file: handed[file]})
        os.utime(tmp_path / file, (10**9 + place, 10**9 + place))
    submissions = hand_in(tmp_path, **dict.fromkeys(others, notebook("")))
    assert len(submissions) == 1 + len(others)
    again = next(one for one in submissions if one.file in files[:2])
    assert (again.file, again.answers["3-1"]) == (second, STEP)
    assert "second_file" in {reason for reason, _ in flags(again)}


def test_the_later_version_of_teams_counts_when_the_times_are_equal(tmp_path):
    files = [f"山田/課題/Version {version}/03_training.ipynb" for version in (9, 10, 2)]
    path = tmp_path / "class.zip"
    path.write_bytes(zipped({file: json.dumps(notebook("")) for file in files}))
    (submission,) = hand_in(tmp_path)
    assert submission.file.endswith("Version 10/03_training.ipynb")


COPIES = [
    "Copy of 03_training.ipynb",
    "03_training (1).ipynb",
    "「03_training.ipynb」のコピー 田中.ipynb",
]


@pytest.mark.parametrize("folder", ["", "課題 3/", "drive-download-20240501T031211Z-001/", "a/b/"])
def test_copies_without_a_name_in_one_folder_are_of_different_people(tmp_path, folder):
    submissions = hand_in(tmp_path, **{folder + file: notebook("") for file in COPIES})
    assert {one.file for one in submissions} == {folder + file for file in COPIES}
    assert len({one.student.key for one in submissions}) == len(COPIES)
    assert "田中" in {one.student.number for one in submissions}
    nameless = [one for one in submissions if one.student.number != "田中"]
    assert all(flags(one) == {("unknown_student", "")} for one in nameless)


INDEXES = {
    "manaba": ("reportlist.xls", "S11111_山田/03_training.ipynb"),
    "Brightspace": ("index.html", "71-42 - 山田 - May 1, 2024 1005 AM/03_training.ipynb"),
    "Sakai": ("課題 3/grades.csv", "課題 3/山田(s11111)/Submission attachment(s)/03.ipynb"),
    "Sakai, in a student's folder": ("課題/山田(s11111)/timestamp.txt",
                                     "課題/山田(s11111)/Submission attachment(s)/03.ipynb"),
    "Blackboard": ("課題_s11111_attempt_2024-05-01-10-00-00.txt",
                   "課題_s11111_attempt_2024-05-01-10-00-00_03_training.ipynb"),
    "within a zip": ("a.zip/index.html", "a.zip/S11111/03_training.ipynb"),
}  # fmt: skip


@pytest.mark.parametrize(("index", "file"), INDEXES.values(), ids=INDEXES)
def test_lists_that_an_lms_adds_are_no_students(tmp_path, index, file):
    if index.startswith("a.zip"):
        inner = {name.removeprefix("a.zip/"): b"x" for name in (index,)}
        inner[file.removeprefix("a.zip/")] = json.dumps(notebook(""))
        submissions = hand_in(tmp_path, **{"a.zip": zipped(inner)})
    else:
        submissions = hand_in(tmp_path, **{index: b"x", file: notebook("")})
    assert [one.file for one in submissions] == [file]


def test_a_list_that_a_student_handed_in_in_place_of_a_notebook_is_told(tmp_path):
    files = {"S11111/index.html": b"<html>", "S22222/03_training.ipynb": notebook("")}
    submissions = hand_in(tmp_path, **files)
    assert [one.student.number for one in submissions] == ["S11111", "S22222"]


# --- pair work ------------------------------------------------------------------------------------
PAIRS = {
    "a comma": "学生証番号: S11111, S22222\n名前: 山田 太郎、鈴木 花子",
    "a slash": "学生証番号: 11111/22222\n名前: 山田 太郎 / 鈴木 花子",
    "a space": "学生証番号: S11111 S22222\n名前: 山田 太郎・鈴木 花子",
    "numbered rows": "学生証番号1: S11111\n学生証番号2: S22222\n名前1: 山田\n名前2: 鈴木",
    "two forms": "学生証番号: S11111\n名前: 山田\n\n学生証番号: S22222\n名前: 鈴木",
    "a table": "| 学生証番号 | 名前 |\n|---|---|\n| S11111 | 山田 |\n| S22222 | 鈴木 |",
    "full width": "学生証番号：Ｓ１１１１１、Ｓ２２２２２",
}


@pytest.mark.parametrize("header", PAIRS.values(), ids=PAIRS)
def test_both_of_a_pair_get_the_work_and_a_flag(tmp_path, header):
    submissions = hand_in(tmp_path, notebook(header, exercise_3_1=STEP))
    numbers = [one.student.number.removeprefix("S") for one in submissions]
    assert numbers == ["11111", "22222"]
    assert len({one.key for one in submissions}) == 2
    for one in submissions:
        assert one.answers["3-1"] == STEP
        assert flags(one) == {("pair_work", "")}


def test_a_second_name_without_a_number_gets_the_work_too(tmp_path):
    submissions = hand_in(tmp_path, notebook("学生証番号: S11111\n名前: 山田 太郎、鈴木 花子"))
    assert [one.student.number for one in submissions] == ["S11111", "鈴木 花子"]
    assert [one.student.name for one in submissions] == ["山田 太郎", "鈴木 花子"]


@pytest.mark.parametrize(
    "form", ["{}_1_assignsubmission_file_/03.ipynb", "{}/03_training.ipynb", "{}.ipynb"]
)
def test_both_of_a_pair_may_hand_the_same_notebook_in(tmp_path, form):
    header = PAIRS["two forms"]
    submissions = hand_in(
        tmp_path, **{form.format(name): notebook(header) for name in ("山田", "鈴木")}
    )
    assert sorted(one.student.number for one in submissions) == ["S11111", "S22222"]
    by_number = {one.student.number: one.file for one in submissions}
    assert by_number == {"S11111": form.format("山田"), "S22222": form.format("鈴木")}


def test_naming_a_fellow_student_takes_nothing_from_the_work_of_their_own(tmp_path):
    files = {
        "a.ipynb": notebook("学生証番号: S11111, S22222\n名前: 山田、鈴木"),
        "b.ipynb": notebook("学生証番号: S22222\n名前: 鈴木", exercise_3_1=STEP),
    }
    submissions = {one.student.number: one for one in hand_in(tmp_path, **files)}
    assert submissions.keys() == {"S11111", "S22222"}
    assert submissions["S22222"].answers["3-1"] == STEP
    assert flags(submissions["S22222"]) == set()


ALONE = {
    "a name in two kinds of letters": "学生証番号: S11111\n名前: 山田 太郎 / Yamada Taro",
    "a reading": "学生証番号: S11111\n名前: 山田 太郎（やまだ たろう）",
    "a name in the western order": "学生証番号: S11111\n名前: Yamada, Taro",
    "a name with a dot": "学生証番号: S11111\n名前: マイケル・ジョーダン",
    "a date": "学生証番号: S11111 2024/05/01\n名前: 山田",
    "a year": "学生証番号: S11111 (2年)\n名前: 山田",
    "the number twice": "学生証番号: S11111, s11111\n名前: 山田",
    "an address with the number": "学生証番号: S11111 s11111@example.jp",
}


@pytest.mark.parametrize("header", ALONE.values(), ids=ALONE)
def test_one_student_stays_one(tmp_path, header):
    (submission,) = hand_in(tmp_path, notebook(header))
    assert submission.student.number == "S11111"
    assert flags(submission) == set()


def test_a_form_with_a_crowd_in_it_is_not_believed(tmp_path):
    numbers = ", ".join(f"S{number}" for number in range(10_000, 10_030))
    submissions = hand_in(tmp_path, notebook(f"学生証番号: {numbers}"))
    assert len(submissions) == 4
    assert all(("pair_work", "") in flags(one) for one in submissions)


# --- numbers --------------------------------------------------------------------------------------
@pytest.mark.parametrize("sign", ["-", "‐", "−", "ー", "–", "/", ".", "+", "#", "*", ":", "_"])
def test_numbers_with_signs_in_them_are_read_whole(tmp_path, sign):
    header = "学生証番号: {}{}0012345"
    years = [notebook(header.format(year, sign)) for year in (21, 22)]
    submissions = hand_in(tmp_path, *years)
    assert len({one.key for one in submissions}) == 2
    assert all(flags(one) == set() for one in submissions)


def test_numbers_that_differ_in_a_sign_alone_have_keys_of_their_own(tmp_path):
    signs = ["-", "_", "/", ".", "+", ""]
    submissions = hand_in(tmp_path, *(notebook(f"学生証番号: 21{sign}0012345") for sign in signs))
    assert len({one.student.key for one in submissions}) == len(signs)


@pytest.mark.parametrize("dash", "‐‑‒–—―−ー")
def test_every_dash_is_the_same_dash(tmp_path, dash):
    (submission,) = hand_in(tmp_path, notebook(f"学生証番号: 2021{dash}12345"))
    assert submission.student.number == "2021-12345"
