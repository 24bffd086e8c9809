import base64
import copy
import errno
import io
import json
import os
import random
import resource
import shutil
import socket
import struct
import time
import types
import unicodedata
import zipfile
from functools import partial

import grade_notebooks
import pytest
from grade_notebooks import (
    BLANK,
    HANDOUTS,
    REPOSITORY,
    STEP,
    code,
    content,
    find,
    flags,
    insert_after,
    notebook,
    text,
    zipped,
)

from course.grade.ingest import archive, cells, figures
from course.grade.ingest.ingest import ingest
from helpers.errors import StorageError, SubmissionsError

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"pixels").decode()


@pytest.fixture
def hand_in(tmp_path):
    """Return a function from files (notebooks, bytes) to the submissions that they give."""
    return partial(grade_notebooks.hand_in, tmp_path / "class")


@pytest.fixture
def read(hand_in):
    """Return a function from one notebook to its submission."""

    def read(one, file="03_training.ipynb"):
        (submission,) = hand_in(**{file: one})
        return submission

    return read


# --- answers --------------------------------------------------------------------------------------
def test_answers_and_essays_are_found_by_grade_id(read):
    submission = read(notebook(exercise_3_1=STEP, essay_3_6="遅い。"))
    assert (submission.key, submission.lesson) == ("S12345-03_training", "03_training")
    assert list(submission.answers) == ["3-1", "3-2", "3-3", "3-4", "3-5"]
    assert submission.answers["3-1"] == STEP
    assert submission.essays == {"3-6": "遅い。"}
    assert flags(submission) == set()


def test_untouched_notebook_has_stubs_and_empty_essays(read):
    submission = read(notebook())
    assert "raise NotImplementedError" in submission.answers["3-1"]
    assert submission.essays == {"3-6": ""}
    assert flags(submission) == set()


def test_last_copy_counts(read):
    changed = notebook(exercise_3_1="# 問 3-1\nfirst = 1")
    copied = find(changed, "exercise-3-1") | {"source": STEP}
    insert_after(changed, "exercise-3-1", copied)
    submission = read(changed)
    assert submission.answers["3-1"] == STEP
    assert flags(submission) == {("duplicated", "3-1")}


def test_untouched_copy_counts_less_than_the_answer_above_it(read):
    changed = notebook(exercise_3_1=STEP)
    insert_after(changed, "exercise-3-1", copy.deepcopy(find(BLANK, "exercise-3-1")))
    submission = read(changed)
    assert submission.answers["3-1"] == STEP
    assert flags(submission) == {("duplicated", "3-1")}


def test_deleted_cells_are_flagged(read):
    changed = notebook()
    changed["cells"].remove(find(changed, "exercise-3-2"))
    changed["cells"].remove(find(changed, "essay-3-6"))
    submission = read(changed)
    assert "3-2" not in submission.answers
    assert submission.essays == {"3-6": ""}
    assert flags(submission) == {("missing", "3-2"), ("missing", "3-6")}


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_answer_in_a_cell_that_is_no_code_is_found(read, kind):
    changed = notebook(exercise_3_1=f"```python\n{STEP}\n```")
    find(changed, "exercise-3-1")["cell_type"] = kind
    submission = read(changed)
    assert submission.answers["3-1"] == STEP
    assert flags(submission) == {("retyped", "3-1")}


@pytest.mark.parametrize(
    "mark", ["# 問 3-1", "#問3-1", "##  問 ３－１", "# 問 3ー1 できました", "# 問 03-01"]
)
def test_lost_metadata_leave_the_mark(read, mark):
    changed = notebook(exercise_3_1=f"{mark}\nrenamed = 1")
    find(changed, "exercise-3-1")["metadata"] = {}
    submission = read(changed)
    assert submission.answers["3-1"] == f"{mark}\nrenamed = 1"
    assert flags(submission) == {("lost_metadata", "3-1")}


def test_lost_metadata_and_mark_leave_the_function(read):
    changed = notebook(exercise_3_1=STEP.partition("\n")[2])
    find(changed, "exercise-3-1")["metadata"] = {}
    assert read(changed).answers["3-1"] == STEP.partition("\n")[2]


def test_function_counts_more_than_the_cell_it_was_typed_into(read):
    changed = notebook(exercise_3_2=STEP)
    changed["cells"].remove(find(changed, "exercise-3-1"))
    submission = read(changed)
    assert submission.answers["3-1"] == STEP
    assert ("missing", "3-2") in flags(submission)


def test_code_with_a_syntax_error_is_still_an_answer(read):
    changed = notebook(exercise_3_1="def train_step(:")
    find(changed, "exercise-3-1")["metadata"] = {}
    assert read(changed).answers["3-1"] == "def train_step(:"


DEEP = "x = " + "-" * 900 + "1"


def test_code_too_deep_to_be_analysed_harms_itself_only(read):
    changed = notebook(exercise_3_1=f"# 問 3-1\n{DEEP}", exercise_3_2="# 問 3-2\nevaluate = 1")
    changed["cells"].append(code(DEEP))
    submission = read(changed)
    assert submission.answers["3-1"].endswith(DEEP)
    assert submission.answers["3-2"] == "# 問 3-2\nevaluate = 1"
    assert flags(submission) == set()


def test_two_functions_in_two_cells_are_one_answer(read):
    changed = notebook(exercise_3_4="def save_weights(model, path):\n    pass")
    insert_after(changed, "exercise-3-4", code("def load_weights(model, path):\n    pass"))
    answer = read(changed).answers["3-4"]
    assert answer.index("def save_weights") < answer.index("def load_weights")


def test_question_and_check_cells_are_no_answers(read):
    changed = notebook()
    changed["cells"].remove(find(changed, "exercise-3-1"))
    assert "3-1" not in read(changed).answers


def test_definitions_of_own_cells_come_with_the_answer_that_uses_them(read):
    changed = notebook(exercise_3_1=f"{STEP} + helper(2)")
    own = (
        "%matplotlib inline\nimport math, json\nFACTOR = 2\nslow = train()\n"
        "@staticmethod\ndef helper(x):\n    return math.sqrt(x) * FACTOR\ndef unused(): pass"
    )
    changed["cells"].insert(3, code(own))
    submission = read(changed)
    assert submission.answers["3-1"] == (
        "import math, json\nFACTOR = 2\n@staticmethod\ndef helper(x):\n"
        f"    return math.sqrt(x) * FACTOR\n\n{STEP} + helper(2)"
    )
    assert "import math" not in submission.answers["3-2"]
    assert flags(submission) == {("own_cells", "3-1")}


VALUES = {
    "calculated": "EPS = 10**-8",
    "of a call": "EPS = torch.tensor(2.0)",
    "built upon others": "b = 2\nEPS = len([])\nb = b * 2\nEPS = EPS + b",
    "changed in its place": "EPS = {}\nEPS['a'] = 1",
    "in a cell with lines that begin with %": "def EPS(i, n):\n    return (i\n % n) == 0",
    "in a cell with a magic": "%%time\n# why?\nEPS = 1 / 3",
}


@pytest.mark.parametrize("own", VALUES.values(), ids=VALUES)
def test_values_of_own_cells_come_with_the_answer_that_uses_them(read, own):
    changed = notebook(exercise_3_1=f"{STEP} + EPS")
    changed["cells"][3:3] = [code(own), code("unused = train()\nfound = EPS")]
    submission = read(changed)
    names, others = {"torch": types.SimpleNamespace(tensor=float)}, {}
    exec(submission.answers["3-1"], names)
    exec(own.replace("%%time", ""), {"torch": names["torch"]}, others)
    assert repr(names["EPS"])[:14] == repr(others["EPS"])[:14]
    assert "unused" not in submission.answers["3-1"]
    assert "found" not in submission.answers["3-1"]
    assert flags(submission) == {("own_cells", "3-1")}


def test_what_the_notebook_imports_itself_is_not_repeated(read):
    assert "import torch" not in read(notebook(exercise_3_1=f"{STEP} + torch.e")).answers["3-1"]


def test_answer_longer_than_any_honest_one_is_cut_and_flagged(read):
    submission = read(notebook(exercise_3_1=STEP + "\n#" + "x" * cells.LONGEST_SOURCE))
    assert len(submission.answers["3-1"]) == cells.LONGEST_SOURCE
    assert flags(submission) == {("too_long", "3-1")}


# --- essays ---------------------------------------------------------------------------------------
def test_essay_below_its_cell_is_joined(read):
    changed = notebook()
    insert_after(changed, "essay-3-6", text("まず。"), code("文章です。"), code("x = 1"))
    submission = read(changed)
    assert submission.essays == {"3-6": "まず。\n\n文章です。"}
    assert flags(submission) == {("essay_below", "3-6")}


def test_essay_in_the_question_cell_is_joined(read):
    changed = notebook(essay_3_6="下。")
    question = changed["cells"][changed["cells"].index(find(changed, "essay-3-6")) - 1]
    question["source"] = "".join(question["source"]) + "\n\n上。"
    submission = read(changed)
    assert submission.essays == {"3-6": "上。\n\n下。"}
    assert flags(submission) == {("essay_below", "3-6")}


def test_essay_that_lost_its_metadata_is_found_below_its_question(read):
    changed = notebook(essay_3_6="遅い。")
    find(changed, "essay-3-6")["metadata"] = {}
    submission = read(changed)
    assert submission.essays == {"3-6": "遅い。"}
    assert flags(submission) == {("lost_metadata", "3-6")}


def test_words_around_a_pasted_picture_are_kept(read):
    picture = f"![図](data:image/png;base64,{'A' * 10**6})"
    submission = read(notebook(essay_3_6=f"前。{picture}後。"))
    assert submission.essays == {"3-6": "前。![図](data:,)後。"}
    assert flags(submission) == set()


def test_essay_in_a_code_cell_is_found(read):
    changed = notebook(essay_3_6="遅い。")
    find(changed, "essay-3-6")["cell_type"] = "code"
    submission = read(changed)
    assert submission.essays == {"3-6": "遅い。"}
    assert flags(submission) == {("retyped", "3-6")}


def question_of(changed):
    return changed["cells"][changed["cells"].index(find(changed, "essay-3-6")) - 1]


def test_essay_between_the_rows_of_the_question_is_found(read):
    changed = notebook()
    rows = "".join(question_of(changed)["source"]).split("\n")
    question_of(changed)["source"] = "\n".join([*rows[:4], "遅い。", "", "だから。", *rows[4:]])
    submission = read(changed)
    assert submission.essays == {"3-6": "遅い。\n\nだから。"}
    assert flags(submission) == {("essay_below", "3-6")}


SAID = ['"""遅い。"""', 'print("遅い", "速い")', "遅い\n速い", "# 遅い", 'answer = "遅い。"']


@pytest.mark.parametrize("said", SAID)
def test_essay_that_code_says_is_found(read, said):
    changed = notebook()
    insert_after(changed, "essay-3-6", code(said), code("%matplotlib inline"), code("print(x)"))
    submission = read(changed)
    assert submission.essays == {"3-6": said}
    assert flags(submission) == {("essay_below", "3-6")}


@pytest.mark.parametrize("heading", ["考察 3-6 の答え", "## 考察３－６", "**考察 3ー6**"])
@pytest.mark.parametrize("kind", [text, code])
@pytest.mark.parametrize("place", [1, 5, 1000])
def test_essay_under_its_heading_is_found_without_its_cells(read, heading, kind, place):
    changed = notebook()
    for cell in (question_of(changed), find(changed, "essay-3-6")):
        changed["cells"].remove(cell)
    own = f"# {heading}\n# 遅い。" if kind is code else f"{heading}\n遅い。"
    changed["cells"].insert(place, kind(own))
    submission = read(changed)
    assert submission.essays == {"3-6": own}
    assert flags(submission) == {("lost_metadata", "3-6")}


def test_essay_below_a_question_with_another_title_is_found_without_its_cell(read):
    changed = notebook()
    question = question_of(changed)
    question["source"] = "".join(question["source"]).replace("3-6 学習率", "3-6 学習率について")
    changed["cells"][changed["cells"].index(find(changed, "essay-3-6"))] = text("遅い。")
    submission = read(changed)
    assert submission.essays["3-6"].endswith("学習率について\n\n遅い。")
    assert flags(submission) == {("lost_metadata", "3-6")}


@pytest.mark.parametrize("lesson", HANDOUTS)
def test_untouched_notebook_of_every_lesson_has_no_essay_and_no_flag(read, lesson):
    changed = json.loads((REPOSITORY.notebooks / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    changed["cells"].insert(0, text("学生証番号: S12345"))
    submission = read(changed, f"{lesson}.ipynb")
    assert submission.essays == dict.fromkeys(HANDOUTS[lesson].essays, "")
    assert flags(submission) == set()


ESSAY = "学習率が小さいと、損失はゆっくりとしか下がりません。"


@pytest.mark.parametrize(
    "own", [text(ESSAY), code(ESSAY), code(f'"""{ESSAY}"""'), code(f"# {ESSAY}")]
)
@pytest.mark.parametrize("place", [0, 5, 1000])
def test_prose_far_from_an_empty_essay_is_flagged(read, own, place):
    changed = notebook()
    changed["cells"].insert(place, own)
    submission = read(changed)
    assert submission.essays == {"3-6": ""}
    assert flags(submission) == {("essay_elsewhere", "3-6")}


@pytest.mark.parametrize("place", [1, 5])
def test_flag_of_prose_elsewhere_shows_where_it_begins(read, place):
    changed = notebook()
    changed["cells"].insert(place, text(ESSAY + "\n長い。" * 200))
    submission = read(changed)
    assert submission.essays == {"3-6": ""}
    [flag] = submission.flags
    assert (flag.reason, flag.where) == ("essay_elsewhere", "3-6")
    assert flag.detail.startswith(ESSAY)
    assert len(flag.detail) <= 200


@pytest.mark.parametrize(
    "header",
    [
        "- 学生証番号: S12345\n- 名前: 山田 太郎\n- メールアドレス: a@example.jp",
        "| 学生証番号 | 名前 | メール |\n|:--|---|---|\n| S12345 | 山田 太郎 | a@example.jp |",
        "学生証番号\nS12345\n氏名\n山田 太郎",
    ],
)
def test_ordinary_notebook_without_an_essay_is_not_flagged(read, header):
    changed = notebook(header, exercise_3_1=STEP)
    link = changed["cells"][1]
    link["source"] = "".join(link["source"]).replace("cnn-gasshuku/", "teacher/")
    changed["cells"] += [code("x = train_step(1"), code("print(images.shape)"), code(""), text("")]
    submission = read(changed)
    assert submission.essays == {"3-6": ""}
    assert flags(submission) == set()


# --- who ------------------------------------------------------------------------------------------
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


# --- files ----------------------------------------------------------------------------------------
DAMAGED = {
    "empty": (b"", "unreadable"),
    "cut off": (content(BLANK)[:5000], "unreadable"),
    "no JSON": (b"\x00\xff\xfe" * 100, "unreadable"),
    "NUL": (bytes(1_000_001), "unreadable"),
    "no UTF-16": (b"\0\0" + b"A" * 1_000_001, "unreadable"),
    "too deep": (b"[" * 200_000, "unreadable"),
    "too many cells": (b'{"cells": [' + b"{}," * 600_000 + b"{}]}", "too_large"),
    "too long a number": (b'{"cells": ' + b"9" * 10_000 + b"}", "unreadable"),
    "a list": (b"[1, 2]", "not_a_notebook"),
    "no cells": (b'{"cells": null}', "not_a_notebook"),
    "a notebook of something else": (b'{"nbformat": 4, "cells": []}', "not_of_course"),
    "50 MB": (b" " * 50_000_000, "too_large"),
}


@pytest.mark.parametrize(("damaged", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_file_that_cannot_be_graded_is_reported_and_the_rest_goes_on(hand_in, damaged, reason):
    bad, good = hand_in(**{"S11111.ipynb": damaged, "S22222.ipynb": notebook("")})
    assert (bad.student.number, bad.lesson, bad.answers) == ("S11111", "", {})
    assert flags(bad) == {(reason, "")}
    assert (good.student.number, flags(good)) == ("S22222", set())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp932"])
def test_other_encodings_are_read(read, encoding):
    changed = notebook(exercise_3_1=STEP)
    assert (
        read(json.dumps(changed, ensure_ascii=False).encode(encoding, "replace"))
        .answers["3-1"]
        .endswith("return 1.0")
    )


def test_nbformat_3_is_read(read):
    changed = notebook(exercise_3_1=STEP)
    for cell in changed["cells"]:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    sheets = {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": changed["cells"]}]}
    assert read(sheets).answers["3-1"] == STEP


TEXTS = ["\n", "#", " ", "(", "学生証番号 ", "# 問 ", "def ", "| ", "x+"]
TEXTS += ["学生証番号" + " " * 40_000, "学生証番号\n", "# 考察 3-6\n", "<b ", "[](", "a-", "%\n"]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:8]))
def test_monotonous_notebook_does_not_hold_the_class_up(read, text):
    long = text * (cells.LONGEST_SOURCE // len(text))
    changed = notebook()
    changed["cells"] += [code(long), {"cell_type": "markdown", "source": long}]
    began = time.process_time()
    assert read(changed).lesson == "03_training"
    assert time.process_time() - began < 5  # seconds; a pattern that backtracks takes minutes


def test_notebook_with_too_much_text_is_reported(hand_in):
    changed = notebook()
    changed["cells"] += [code("x = 1\n" * 5000)] * 40
    (submission,) = hand_in(**{"S11111.ipynb": changed})
    assert flags(submission) == {("too_large", "")}


WRONG_TYPES = [
    None,
    5,
    -1.5,
    True,
    "text",
    "",
    [],
    [1],
    {},
    {"a": []},
    [[]],
    "\ud800",
    float("nan"),
]


@pytest.mark.parametrize("seed", range(20))
def test_wrong_types_anywhere_never_stop_the_class(hand_in, seed):
    chance = random.Random(seed)

    def spoil(value, depth=0):
        if depth and chance.random() < 0.04:
            return chance.choice(WRONG_TYPES)
        if isinstance(value, dict):
            return {key: spoil(part, depth + 1) for key, part in value.items()}
        if isinstance(value, list):
            return [spoil(part, depth + 1) for part in value]
        return value

    spoilt = content(spoil(notebook(exercise_3_1=STEP)))
    submissions = hand_in(**{"spoilt.ipynb": spoilt, "S22222.ipynb": notebook("")})
    assert {one.file for one in submissions} == {"spoilt.ipynb", "S22222.ipynb"}
    for one in submissions:
        assert "grader_failed" not in {flag.reason for flag in one.flags}
        assert all(type(answer) is str for answer in one.answers.values())


def test_lost_notebook_metadata_do_not_matter(read):
    changed = notebook(exercise_3_1=STEP)
    del changed["metadata"]
    assert flags(read(changed)) == set()


def test_links_pipes_and_sockets_are_not_followed(hand_in, tmp_path):
    folder, secret = tmp_path / "class", tmp_path / "secret"
    folder.mkdir()
    secret.mkdir()
    (secret / "grades.ipynb").write_bytes(content(notebook()))
    (folder / "link.ipynb").symlink_to(secret / "grades.ipynb")
    (folder / "folder").symlink_to(secret)
    os.mkfifo(folder / "pipe.ipynb")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(folder / "socket.ipynb"))
    submissions = hand_in(**{"z.ipynb": notebook()})
    assert {one.file: {flag.reason for flag in one.flags} for one in submissions} == {
        "folder": {"link"},
        "link.ipynb": {"link"},
        "pipe.ipynb": {"unreadable"},
        "socket.ipynb": {"unreadable"},
        "z.ipynb": set(),
    }


def test_what_is_no_notebook_is_reported_and_what_systems_leave_is_not(hand_in):
    names = ["a/__MACOSX/._x.ipynb", ".DS_Store", "._y.ipynb", ".ipynb_checkpoints/z.ipynb"]
    submissions = hand_in(**dict.fromkeys(names, b"junk") | {"S12345.pdf": b"%PDF"})
    assert [(one.file, flags(one)) for one in submissions] == [
        ("S12345.pdf", {("not_a_notebook", "")})
    ]


def test_undecodable_file_name_is_read(hand_in, tmp_path):
    hand_in(notebook())
    os.rename(tmp_path / "class" / "0.ipynb", os.fsencode(tmp_path / "class") + b"/\x83\xff.ipynb")
    (submission,) = ingest(tmp_path / "class", HANDOUTS)
    assert submission.student.number == "S12345"
    submission.file.encode()


def test_names_in_cp932_are_read(hand_in, tmp_path):
    hand_in(notebook(header=""))
    folder = tmp_path / "class"
    for name in ("鈴木", "青木"):
        os.mkdir(os.fsencode(folder) + b"/" + name.encode("cp932"))
        shutil.copy(folder / "0.ipynb", os.fsencode(folder) + b"/" + name.encode("cp932") + b"/x")
    (folder / "0.ipynb").unlink()
    assert [one.student.number for one in ingest(folder, HANDOUTS)] == ["鈴木", "青木"]


def test_results_that_lie_among_the_submissions_are_no_submissions(hand_in, tmp_path):
    hand_in(**{"S11111.ipynb": notebook(""), "grades/autograded/S22222.ipynb": notebook("")})
    (submission,) = ingest(tmp_path / "class", HANDOUTS, skip=tmp_path / "class" / "grades")
    assert submission.file == "S11111.ipynb"


def test_results_are_refused_in_place_of_submissions(hand_in, tmp_path):
    hand_in(notebook())
    with pytest.raises(SubmissionsError, match="採点の結果"):
        list(ingest(tmp_path / "class", HANDOUTS, skip=tmp_path / "class"))


def test_folder_that_cannot_be_read_is_reported(hand_in, tmp_path, monkeypatch):
    hand_in(**{"S11111.ipynb": notebook(""), "closed/S22222.ipynb": notebook("")})
    list_folder = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", refuse)
    submissions = ingest(tmp_path / "class", HANDOUTS)
    assert {one.file: flags(one) for one in submissions} == {
        "S11111.ipynb": set(),
        "closed": {("unreadable", "")},
    }


@pytest.mark.parametrize("source", ["nowhere", "text.txt"])
def test_neither_folder_nor_zip_is_an_error(tmp_path, source):
    (tmp_path / "text.txt").write_text("x")
    with pytest.raises(SubmissionsError, match=source):
        list(ingest(tmp_path / source, HANDOUTS))


# --- zips -----------------------------------------------------------------------------------------
@pytest.fixture
def unzip(tmp_path):
    """Return a function from a zip's bytes to the submissions in it, by file."""

    def unzip(packed):
        path = tmp_path / "class.zip"
        path.write_bytes(packed)
        before = set(tmp_path.rglob("*"))
        submissions = {one.file: one for one in ingest(path, HANDOUTS)}
        assert set(tmp_path.rglob("*")) == before
        return submissions

    return unzip


def test_zips_within_zips_and_folders_are_read(unzip):
    inner = zipped({"deep/S22222.ipynb": content(notebook(""))})
    outer = zipped({"鈴木/work.ZIP": inner, "S11111.ipynb": content(notebook(""))})
    assert {file: one.student.number for file, one in unzip(outer).items()} == {
        "S11111.ipynb": "S11111",
        "鈴木/work.ZIP/deep/S22222.ipynb": "S22222",
    }


def test_names_that_lead_outside_stay_names(unzip):
    names = ["../../../S11111.ipynb", "/etc/S22222.ipynb", "C:\\Windows\\S33333.ipynb"]
    found = unzip(zipped({name: content(notebook("")) for name in names}))
    assert sorted(one.student.number for one in found.values()) == ["S11111", "S22222", "S33333"]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8"])
def test_japanese_names_of_old_zips_are_decoded(unzip, encoding):
    name, same_length = "表計算.ipynb".encode(encoding), b"x" * len("表計算.ipynb".encode(encoding))
    packed = zipped({same_length.decode(): content(notebook())})
    assert list(unzip(packed.replace(same_length, name))) == ["表計算.ipynb"]


def test_link_in_a_zip_is_not_followed(unzip):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        info = zipfile.ZipInfo("link.ipynb")
        info.external_attr = 0o120777 << 16
        made.writestr(info, "/etc/passwd")
    assert flags(unzip(packed.getvalue())["link.ipynb"]) == {("link", "")}


def spoilt(packed):
    return packed.replace(b"noise", b"NOISE")


def locked(packed):
    """Return the zip with its first member marked as encrypted."""
    changed = bytearray(packed)
    struct.pack_into("<H", changed, packed.index(b"PK\x01\x02") + 8, 1)
    return bytes(changed)


@pytest.mark.parametrize("damage", [spoilt, locked])
def test_damaged_and_locked_members_are_reported(unzip, damage):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("bad.ipynb", b"noise")
        made.writestr("good.ipynb", content(notebook()))
    found = unzip(damage(packed.getvalue()))
    assert flags(found["bad.ipynb"]) == {("unreadable", "")}
    assert flags(found["good.ipynb"]) == set()


def test_inner_zip_that_is_damaged_is_reported(unzip):
    found = unzip(zipped({"a.zip": b"PK no zip", "b.ipynb": content(notebook())}))
    assert flags(found["a.zip"]) == {("unreadable", "")}
    assert flags(found["b.ipynb"]) == set()


@pytest.mark.parametrize(
    ("limit", "value"), [("LARGEST_UPLOAD", 10**6), ("MOST_FILES", 3), ("DEEPEST_ZIP", 1)]
)
def test_zip_bomb_is_reported_and_the_rest_goes_on(unzip, monkeypatch, limit, value):
    monkeypatch.setattr(archive, limit, value)
    bomb = {f"{place}.ipynb": bytes(300_000) for place in range(4)}
    deep = zipped({"deep.zip": zipped(bomb)})
    found = unzip(zipped({"bomb.zip": deep, "good.ipynb": content(notebook())}))
    assert {("too_large", "")} in [flags(one) for file, one in found.items() if "bomb" in file]
    assert not [file for file in found if file.endswith(("0.ipynb", "3.ipynb"))]
    assert flags(found["good.ipynb"]) == set()


@pytest.mark.parametrize("shortage", [errno.ENOSPC, errno.EMFILE, errno.EIO])
@pytest.mark.parametrize("module_and_name", [(shutil, "copyfileobj"), (zipfile.ZipFile, "open")])
def test_no_student_is_blamed_for_a_short_machine(unzip, monkeypatch, shortage, module_and_name):
    packed = zipped({"a.zip": zipped({"S11111.ipynb": content(notebook(""))})})

    def fail(*_, **__):
        raise OSError(shortage, os.strerror(shortage))

    monkeypatch.setattr(*module_and_name, fail)
    with pytest.raises(StorageError, match="このマシンの側"):
        unzip(packed)


def test_many_zips_do_not_use_up_the_open_files(unzip):
    many = zipped({f"{place}.zip": zipped({}) for place in range(200)})
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 30, most))
    try:
        found = unzip(zipped({"a.zip": many, "b.zip": zipped({"x": content(notebook())})}))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))
    assert {file: flags(one) for file, one in found.items()} == {"b.zip/x": set()}


def test_member_larger_than_a_notebook_is_not_unpacked(unzip):
    found = unzip(zipped({"big.ipynb": bytes(cells.LARGEST_FILE + 1)}))
    assert flags(found["big.ipynb"]) == {("too_large", "")}


# --- figures --------------------------------------------------------------------------------------
def with_figures(*pngs):
    changed = notebook()
    outputs = [{"output_type": "display_data", "data": {"image/png": png}} for png in pngs]
    changed["cells"].append(code("") | {"outputs": outputs})
    return changed


def test_figures_are_kept_in_order(read):
    other = base64.b64encode(base64.b64decode(PNG) + b"!").decode()
    submission = read(with_figures(PNG, [other[:8] + "\n", other[8:]]))
    assert submission.figures == (PNG, other)
    assert flags(submission) == set()


@pytest.mark.parametrize("png", ["no base64 \ud800", base64.b64encode(b"<svg>").decode(), 5, {}])
def test_what_is_no_png_is_left_out(read, png):
    submission = read(with_figures(PNG, png))
    assert submission.figures == (PNG,)


@pytest.mark.parametrize(
    ("limit", "value"),
    [("MOST_FIGURES", 2), ("LARGEST_FIGURE", 12), ("LARGEST_FIGURES", 30)],
)
def test_figures_are_limited(read, monkeypatch, limit, value):
    monkeypatch.setattr(figures, limit, value)
    submission = read(with_figures(PNG, PNG, PNG))
    assert len(submission.figures) < 3
    assert flags(submission) == {("figures_left_out", "")}
