"""Essays are found wherever students write them."""

import json

import pytest
from grade_notebooks import (
    HANDOUTS,
    REPOSITORY,
    STEP,
    code,
    find,
    flags,
    insert_after,
    notebook,
    text,
)

from course.repository import in_language


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


@pytest.mark.parametrize(("lesson", "language"), HANDOUTS)
def test_untouched_notebook_of_every_lesson_has_no_essay_and_no_flag(read, lesson, language):
    path = in_language(REPOSITORY.notebooks, language) / f"{lesson}.ipynb"
    changed = json.loads(path.read_text(encoding="utf-8"))
    changed["cells"].insert(0, text("学生証番号: S12345"))
    submission = read(changed, path.name)
    assert (submission.lesson, submission.language) == (lesson, language)
    assert submission.essays == dict.fromkeys(HANDOUTS[lesson, language].essays, "")
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
