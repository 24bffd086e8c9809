"""Answers are found wherever students leave them."""

import copy
import types

import pytest
from grade_notebooks import (
    BLANK,
    HANDOUTS,
    STEP,
    code,
    find,
    flags,
    insert_after,
    notebook,
)

from course.grade.ingest import cells


def test_answers_and_essays_are_found_by_grade_id(read):
    submission = read(notebook(exercise_3_1=STEP, essay_3_6="遅い。"))
    assert (submission.key, submission.lesson) == ("S12345-03_training", "03_training")
    assert list(submission.answers) == list(HANDOUTS["03_training", "ja"].stubs)
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
