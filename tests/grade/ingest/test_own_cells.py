"""What ``check`` judged in the student's own notebook is graded, wherever it was written."""

import types

import pytest
from grade_notebooks import STEP, code, find, flags, insert_after, notebook, read

TRIED = STEP.replace("1.0", "0.5")
NEW = STEP.partition("\n")[2]  # without the mark
CHECK = 'train_step = check("3-1", train_step)'
SHORT_CHECK = 'train_step = check("3-1")'


def ran(cell, count, printed="", **changes):
    """Return a cell with what is left of its last execution."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": printed}] if printed else []
    cell |= {"execution_count": count, "outputs": outputs} | changes
    return cell


def verdict(mark):
    return f"問 3-1: {mark} です。\n"


def answer_of(tmp_path, changed):
    return read(tmp_path, changed).answers["3-1"]


# --- the cell that counts -------------------------------------------------------------------------
TOUCHED = {
    "its docstring deleted": "# 問 3-1\ndef train_step(m):\n    raise NotImplementedError",
    "pass": "# 問 3-1\ndef train_step(*arguments):\n    pass",
    "an ellipsis": "# 問 3-1\ndef train_step(*arguments):\n    ...",
    "a message": "# 問 3-1\ndef train_step(*arguments):\n    raise NotImplementedError('まだ')",
    "the mark alone": "# 問 3-1 下のセルに書きました",
    "another name": "# 問 3-1\ndef old_step(*arguments):\n    return 0",
    "a wrong first try": TRIED,
    "half a try": "# 問 3-1\ndef train_step(model, images:",
}


@pytest.mark.parametrize("stub", TOUCHED.values(), ids=TOUCHED)
@pytest.mark.parametrize("mark", ["", "# 問 3-1 の答え\n", "%%time\n"])
def test_a_new_cell_below_a_stub_that_was_touched_counts(tmp_path, stub, mark):
    changed = notebook(exercise_3_1=stub)
    insert_after(changed, "exercise-3-1", code(mark + NEW))
    submission = read(tmp_path, changed)
    assert submission.answers["3-1"] == mark + NEW
    assert ("missing", "3-1") not in flags(submission)


@pytest.mark.parametrize("check", [CHECK, SHORT_CHECK])
def test_a_new_cell_that_checks_itself_counts(tmp_path, check):
    changed = notebook(exercise_3_1=TRIED)
    insert_after(changed, "check-3-1", code(f"{NEW}\n{check}"))
    assert answer_of(tmp_path, changed).startswith(NEW)


def test_what_was_written_below_the_last_check_was_never_judged(tmp_path):
    changed = notebook(exercise_3_1=STEP)
    ran(find(changed, "check-3-1"), 3)
    insert_after(changed, "check-3-1", code(TRIED))
    submission = read(tmp_path, changed)
    assert submission.answers["3-1"] == STEP
    assert flags(submission) == {("duplicated", "3-1")}


@pytest.mark.parametrize("stub", TOUCHED.values(), ids=TOUCHED)
def test_a_new_cell_below_a_check_of_which_nothing_is_left_counts(tmp_path, stub):
    changed = notebook(exercise_3_1=stub)
    insert_after(changed, "check-3-1", code(NEW))
    assert answer_of(tmp_path, changed) == NEW


def test_a_value_of_the_same_name_is_no_newer_answer(tmp_path):
    changed = notebook(exercise_3_1=STEP)
    insert_after(changed, "check-3-1", code("train_step = losses[0]"))
    submission = read(tmp_path, changed)
    assert submission.answers["3-1"] == STEP
    assert flags(submission) == {("duplicated", "3-1")}


@pytest.mark.parametrize("check", [CHECK, SHORT_CHECK])
def test_of_cells_that_were_run_the_last_one_before_the_check_counts(tmp_path, check):
    changed = notebook()
    ran(find(changed, "exercise-3-1"), 3, source=TRIED)
    ran(find(changed, "check-3-1"), 9, source=check)
    insert_after(changed, "check-3-1", ran(code(NEW), 8))
    assert answer_of(tmp_path, changed) == NEW


def test_what_check_accepted_counts_more_than_what_was_tried_later(tmp_path):
    changed = notebook()
    ran(find(changed, "exercise-3-1"), 3, source=STEP)
    ran(find(changed, "check-3-1"), 4, verdict("✅"), source=CHECK)
    insert_after(
        changed, "check-3-1", ran(code(TRIED), 5), ran(code(SHORT_CHECK), 6, verdict("❌"))
    )
    submission = read(tmp_path, changed)
    assert submission.answers["3-1"] == STEP
    assert submission.accepted == ("3-1",)


def test_an_answer_after_a_check_that_refused_the_first_one_counts(tmp_path):
    changed = notebook()
    ran(find(changed, "exercise-3-1"), 3, source=TRIED)
    ran(find(changed, "check-3-1"), 4, verdict("❌"), source=CHECK)
    insert_after(changed, "check-3-1", ran(code(NEW), 5))
    assert answer_of(tmp_path, changed) == NEW


def test_a_later_cell_that_builds_on_the_answer_brings_it_along(tmp_path):
    changed = notebook(exercise_3_1=STEP)
    insert_after(changed, "exercise-3-1", code("train_step = wrapped(train_step)"))
    assert answer_of(tmp_path, changed) == f"{STEP}\n\ntrain_step = wrapped(train_step)"


def test_a_cell_of_a_stub_and_one_of_the_answer_are_no_two_answers(tmp_path):
    changed = notebook(exercise_3_1=TOUCHED["pass"])
    insert_after(changed, "exercise-3-1", code(NEW))
    assert flags(read(tmp_path, changed)) == {("other_cell", "3-1")}


def test_an_answer_under_a_condition_is_found(tmp_path):
    own = "if True:\n    def train_step(*arguments):\n        return 1.0"
    changed = notebook()
    changed["cells"].remove(find(changed, "exercise-3-1"))
    insert_after(changed, "check-3-1", code(own))
    assert answer_of(tmp_path, changed) == own


# --- what the answer needs ------------------------------------------------------------------------
OWN = {
    "a branch": "EPS = 5\nif 2 > 1:\n    EPS = 2",
    "an import that may fail": "try:\n    import nowhere\nexcept ImportError:\n    EPS = 2",
    "an import in a try": "try:\n    from math import tau as EPS\nexcept ImportError:\n    EPS = 1",
    "a context": "import contextlib\nwith contextlib.nullcontext(2) as EPS:\n    pass",
    "a loop": "EPS = 0\nfor i in range(3):\n    EPS += i",
    "a list that a loop fills": "EPS = []\nfor i in range(3):\n    EPS.append(i)",
    "a table that a loop fills": "EPS = {}\nfor i in range(3):\n    EPS[i] = i",
    "two names at once": "EPS, other = 1, 2",
    "a name that is local elsewhere": "EPS = 4\ndef other():\n    EPS = 1",
    "a match": "match 3:\n    case EPS:\n        pass",
    "a walrus": "(EPS := 3)",
    "a class": "class EPS:\n    size = 2",
    "a command beside it": "!pip install \\\n    nothing\nEPS = 3",
    "a command whose output it counts": "files = !ls\nEPS = len(files)",
    "a magic": "%time EPS = 3",
    "a declaration before it": "EPS = 3\nEPS: int",
    "a name that is changed in place": "EPS = 1\nEPS += 1",
    "everything of a module": "from math import *\nEPS = tau",
}


@pytest.mark.parametrize("own", OWN.values(), ids=OWN)
@pytest.mark.parametrize("place", [3, 1000], ids=["above", "below"])
def test_values_come_along_however_they_are_made(tmp_path, own, place):
    changed = notebook(exercise_3_1=f"{STEP} + EPS")
    changed["cells"].insert(place, code(own))
    submission = read(tmp_path, changed)
    names = {}
    exec(submission.answers["3-1"], names)
    assert "EPS" in names
    assert flags(submission) == {("own_cells", "3-1")}


STATEFUL = {
    "global": "def train_step(*a):\n    global EPS\n    EPS += 1\n    return EPS",
    "built upon": "EPS = EPS + 1\ndef train_step(*a):\n    return EPS",
    "counted on": "EPS += 1\ndef train_step(*a):\n    return EPS",
    "in a loop": "for i in range(2):\n    EPS += i\ndef train_step(*a):\n    return EPS",
    "local elsewhere": "def other():\n    EPS = 2\ndef train_step(*a):\n    return EPS + 1",
    "in a magic's cell": "%%time\ndef train_step(*a):\n    return EPS + 1",
    "a default": "def train_step(*a, b=EPS):\n    return b + 1",
    "in a class": "class A:\n    b = EPS\ndef train_step(*a):\n    return A.b + 1",
}


@pytest.mark.parametrize("answer", STATEFUL.values(), ids=STATEFUL)
def test_values_come_along_however_they_are_used(tmp_path, answer):
    changed = notebook(exercise_3_1=answer)
    changed["cells"].insert(3, code("EPS = 1"))
    names = {}
    exec(answer_of(tmp_path, changed), names)
    assert names["train_step"]() == 2


def test_everything_of_a_module_comes_along_where_a_name_is_unknown_otherwise(tmp_path):
    changed = notebook(exercise_3_1=f"{STEP} + tau", exercise_3_2="def evaluate(): torch.e")
    changed["cells"].insert(3, code("from math import *"))
    submission = read(tmp_path, changed)
    assert submission.answers["3-1"].startswith("from math import *\n\n")
    assert flags(submission) == {("own_cells", "3-1")}


def test_a_value_that_another_answer_calculates_comes_along(tmp_path):
    evaluate = "def evaluate(model, batches):\n    return H"
    changed = notebook(exercise_3_1=f"H = 1 / 2\n{STEP}", exercise_3_2=evaluate)
    submission = read(tmp_path, changed)
    assert submission.answers["3-2"] == f"H = 1 / 2\n\n{evaluate}"
    assert flags(submission) == {("own_cells", "3-2")}


def test_a_helper_that_stands_in_a_later_answer_comes_along(tmp_path):
    later = "def half(x):\n    return x / 2\n\ndef evaluate(model, batches):\n    return half(2)"
    changed = notebook(exercise_3_1=f"{STEP} + half(2)", exercise_3_2=later)
    assert answer_of(tmp_path, changed).startswith("def half(x):")


def test_a_later_answer_that_an_answer_calls_comes_along(tmp_path):
    changed = notebook(
        exercise_3_1=f"{STEP} + evaluate(1, 2)", exercise_3_2="def evaluate(*a):\n    return 2"
    )
    assert answer_of(tmp_path, changed).startswith("def evaluate(*a):")


def test_an_earlier_answer_is_the_courses_own_for_a_later_one(tmp_path):
    evaluate = "def evaluate(model, batches):\n    return train_step"
    submission = read(tmp_path, notebook(exercise_3_1=STEP, exercise_3_2=evaluate))
    assert submission.answers["3-2"] == evaluate


def test_a_value_of_a_demonstration_comes_along(tmp_path):
    changed = notebook(exercise_3_5="def predict(model, images):\n    return criterion")
    answer = read(tmp_path, changed).answers["3-5"]
    assert answer.startswith("criterion = nn.CrossEntropyLoss()")


def test_a_value_counts_as_it_was_when_the_answer_was_checked(tmp_path):
    changed = notebook(exercise_3_1=f"{STEP} + EPS")
    changed["cells"].insert(3, code("EPS = 1"))
    changed["cells"].append(code("EPS = 2"))
    assert answer_of(tmp_path, changed).startswith("EPS = 1\n\n")


def test_pictures_drawn_with_an_imported_module_do_not_come_along(tmp_path):
    changed = notebook(exercise_3_1=f"{STEP} + plt.pi")
    changed["cells"].insert(3, code("import matplotlib.pyplot as plt\nplt.plot([1])"))
    assert answer_of(tmp_path, changed).startswith("import matplotlib.pyplot as plt\n\n")


def test_names_of_parameters_and_locals_bring_nothing(tmp_path):
    changed = notebook(
        exercise_3_1=f"{STEP} + sum(x for x in images)", exercise_3_2="def evaluate(a): x = a"
    )
    changed["cells"].insert(3, code("images = load()\nx = train()\nmodel = 1\na = 2"))
    submission = read(tmp_path, changed)
    assert flags(submission) == set()


def test_what_comes_along_gives_the_values_of_the_notebook(tmp_path):
    own = "table = {}\nfor i in range(4):\n    table[i] = i * i\ntotal = sum(table.values())"
    changed = notebook(exercise_3_1=f"{STEP} + total")
    changed["cells"].insert(3, code(own))
    names = {"torch": types.SimpleNamespace()}
    exec(answer_of(tmp_path, changed), names)
    assert names["total"] == 14


# --- what cannot be read --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("x = = 2", "2: x = = 2"),
        ("y = f'{d['a']}{'", "2: y = f"),
        ("match = [1, 2", "2: match"),
    ],
)
def test_code_that_python_cannot_read_is_flagged_with_its_line(tmp_path, line, row):
    submission = read(tmp_path, notebook(exercise_3_1=f"# 問 3-1\n{line}\n{NEW}"))
    (flag,) = submission.flags
    assert (flag.reason, flag.where) == ("not_python", "3-1")
    assert flag.detail.startswith(row)


@pytest.mark.parametrize(
    "own", ["def half(x): return (\n", "x = = 1\nhalf = 2", "class half(:\n    pass"]
)
def test_a_helper_that_python_cannot_read_is_flagged_where_it_is_used(tmp_path, own):
    changed = notebook(exercise_3_1=f"{STEP} + half(2)", exercise_3_2="def evaluate(): return 1")
    changed["cells"].insert(3, code(own))
    submission = read(tmp_path, changed)
    assert flags(submission) == {("not_python", "3-1")}
    (flag,) = submission.flags
    assert flag.detail.startswith("1: ")


def test_half_a_statement_that_nobody_uses_is_not_flagged(tmp_path):
    changed = notebook(exercise_3_1=STEP)
    changed["cells"].append(code("half = train_step(1"))
    assert flags(read(tmp_path, changed)) == set()


@pytest.mark.parametrize("check", [CHECK, SHORT_CHECK])
def test_what_check_accepted_is_remembered(tmp_path, check):
    changed = notebook(exercise_3_1=STEP)
    ran(find(changed, "check-3-1"), 4, verdict("✅"), source=check)
    assert read(tmp_path, changed).accepted == ("3-1",)
    ran(find(changed, "check-3-1"), 4, verdict("❌"), source=check)
    assert read(tmp_path, changed).accepted == ()


def test_two_thousand_branches_harm_their_own_answer_only(tmp_path):
    chain = "if x:\n  y = 0\n" + "elif x:\n  y = 1\n" * 2000
    changed = notebook(exercise_3_1=f"{chain}\n{STEP}", exercise_3_2="# 問 3-2\nevaluate = 1")
    changed["cells"].append(code(chain))
    submission = read(tmp_path, changed)
    assert submission.answers["3-1"].endswith(STEP)
    assert submission.answers["3-2"] == "# 問 3-2\nevaluate = 1"
    assert flags(submission) == set()
