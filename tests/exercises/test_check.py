import io
import os
import random
import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest
import torch
from checkers import lesson_of, message, verdict
from nbclient import NotebookClient
from nbformat import v4

from exercises import check
from exercises.catalogue import all_exercises, find
from exercises.checking import CheckFailed
from exercises.engine import observe
from exercises.exercise import close
from exercises.traces import TRACES
from exercises.translations import PROBLEMS
from helpers import training
from helpers.errors import UnknownNameError

KANA_OR_KANJI = re.compile("[ぁ-んァ-ヶ一-龥]")


def right_size(size, kernel, stride=1, padding=0):
    return (size + 2 * padding - kernel) // stride + 1


def wrong_size(size, kernel, stride=1, padding=0):
    return size - kernel


def size_with_an_error(size, kernel, stride=1, padding=0):
    return size // 0  # the student's own line


def answer(result):
    return lambda *args, **kwargs: result


def raising(error):
    def fail(*args, **kwargs):
        raise error

    return fail


def another(reference):
    """Return an answer that is the course's in all but identity, as a student could write it."""
    if isinstance(reference, tuple):
        return tuple(map(another, reference))
    if isinstance(reference, type):
        return type(reference.__name__, (reference,), {})
    return lambda *args, **kwargs: reference(*args, **kwargs)


@pytest.fixture(autouse=True)
def nothing_checked_before(monkeypatch):
    monkeypatch.setattr("exercises.checking._last", {})
    monkeypatch.setattr("exercises.checking._own", {})


class EqualToEverything:
    """Claims to equal whatever it is compared with."""

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = None


class LyingArray(EqualToEverything):
    def __array__(self, dtype=None, copy=None):
        return np.array(self, dtype=object)


class LyingNumber(float):
    def __eq__(self, other):
        return True

    def __rsub__(self, other):
        return 0.0

    def __sub__(self, other):
        return 0.0


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class OwnBaseException(BaseException):
    pass


# --- What check returns and prints ---------------------------------------------------------------
def test_right_answer_is_returned_itself(capsys):
    assert check("2-1", right_size) is right_size
    assert capsys.readouterr().out == "問 2-1: ✅ 正解です。\n"


def test_several_right_answers_are_returned_themselves():
    own = (lambda i, o, k: o * i * k * k + o, lambda i, o: o * i + o)
    assert check("2-2", own) is own


def test_wrong_answer_gives_the_reference_and_a_hint(capsys):
    assert check("2-1", wrong_size) is find("2-1").reference
    (hint,) = (hint for hint in find("2-1").hints if hint.name == "one_forgotten")
    assert capsys.readouterr().out == (
        f"問 2-1: ❌ {hint.sentence}\n"
        '  いまは教材の解答例で先へ進みます。あなたの答えは check.own("2-1") で試せます。\n'
    )


def test_blank_answer_gives_the_reference(capsys):
    assert check("2-1", raising(NotImplementedError())) is find("2-1").reference
    assert capsys.readouterr().out == (
        "問 2-1: 未完成 まだ書かれていないところがあります。\n"
        "  いまは教材の解答例で先へ進みます。\n"
    )


def test_one_blank_function_of_two_is_blank():
    convolution, _ = find("2-2").reference
    assert verdict("2-2", (convolution, raising(NotImplementedError))).status == "blank"


def test_not_implemented_error_of_a_library_is_an_error():
    found = verdict("2-1", raising(NotImplementedError('"softmax" not implemented for Long')))
    assert found.status == "wrong"
    assert "not implemented for Long" in found.fields["error"]


@pytest.mark.parametrize("exercise_id", ["2-9", "99-1", "two", "", "２-１", 3, None, ["2-1"]])
def test_unknown_exercise_is_said_and_leaves_the_answer(exercise_id, capsys):
    assert check(exercise_id, right_size) is right_size
    said = f"問 {exercise_id} はありません。番号を確かめてください。\n"
    assert capsys.readouterr().out == said


def test_find_refuses_an_unknown_exercise():
    with pytest.raises(UnknownNameError, match="問 2-9"):
        find("2-9")


# --- The course's own answer is never right, however it got there ---------------------------------
def test_a_check_run_twice_says_the_same_again_and_never_right(capsys):
    handed_back = check("2-1", wrong_size)
    first = capsys.readouterr().out
    assert check("2-1", handed_back) is handed_back
    again = capsys.readouterr().out
    assert again.startswith(
        "問 2-1: ❌ いまの output_size は、あなたの答えではなく、教材の解答例です。"
    )
    assert "問のセルをもう一度実行してください" in again
    assert first.splitlines()[0].removeprefix("問 2-1: ❌ ") in again


def test_a_blank_stays_blank_when_checked_again(capsys):
    check("2-1", check("2-1", raising(NotImplementedError)))
    assert capsys.readouterr().out.count("問 2-1: 未完成") == 2


def test_the_courses_answer_is_not_done_where_nothing_was_checked_before(capsys):
    check("3-1", training.train_step)
    assert capsys.readouterr().out.startswith("問 3-1: 未完成 いまの train_step は、")


def test_one_function_of_the_courses_among_two_is_named(capsys):
    convolution, linear = find("2-2").reference
    assert check("2-2", (another(convolution), linear)) == (convolution, linear)
    printed = capsys.readouterr().out
    assert "✅" not in printed
    assert "いまの linear_parameters は、" in printed


def test_functions_of_the_courses_in_the_wrong_order_are_not_done(capsys):
    check("2-2", find("2-2").reference[::-1])
    assert "✅" not in capsys.readouterr().out


def test_a_right_answer_checked_again_is_right_again(capsys):
    assert check("2-1", check("2-1", right_size)) is right_size
    assert capsys.readouterr().out.count("✅") == 2


def test_a_right_answer_after_a_wrong_one_is_right(capsys):
    check("2-1", check("2-1", wrong_size))
    capsys.readouterr()
    assert check("2-1", right_size) is right_size
    assert "✅" in capsys.readouterr().out


def test_the_students_own_answer_stays_at_hand(capsys):
    check("2-1", check("2-1", wrong_size))
    assert check.own("2-1") is wrong_size
    with pytest.raises(UnknownNameError, match="まだ確認されていません"):
        check.own("2-9")


# --- The answer looked up by its name -------------------------------------------------------------
def in_a_notebook(*cells):
    """Run cells as a notebook would, each whatever became of the others; return its names."""
    notebook = {}
    for cell in ("from exercises import check", *cells):
        try:
            exec(compile(cell, "<cell>", "exec"), notebook)
        except SyntaxError:
            continue
    return notebook


RIGHT_CELL = "def output_size(size, kernel, stride=1, padding=0):\n" + (
    "    return (size + 2 * padding - kernel) // stride + 1"
)
CHECK_CELL = 'output_size = check("2-1")'


def test_the_answer_is_looked_up_in_the_notebook(capsys):
    notebook = in_a_notebook(RIGHT_CELL, CHECK_CELL)
    assert notebook["output_size"].__globals__ is notebook
    assert capsys.readouterr().out == "問 2-1: ✅ 正解です。\n"


@pytest.mark.parametrize(
    "cell",
    [
        RIGHT_CELL.replace("output_size", "outputsize"),
        RIGHT_CELL.replace("stride=1", "stride＝1"),
        RIGHT_CELL.replace("(size + 2", "((size + 2"),
        RIGHT_CELL.replace("    return", "\u3000return"),
        "",
    ],
    ids=["renamed", "full-width", "bracket", "wide space", "deleted"],
)
def test_an_answer_that_is_not_there_is_not_done_and_later_cells_run(cell, capsys):
    notebook = in_a_notebook(cell, CHECK_CELL, "later = output_size(28, 3)", CHECK_CELL)
    assert notebook["later"] == 26
    first, again = capsys.readouterr().out.split("問 2-1: ")[1:]
    assert first.startswith("未完成 output_size がありません。")
    assert again.startswith("未完成 いまの output_size は、")


def test_an_answer_renamed_after_a_wrong_try_is_not_right(capsys):
    wrong = RIGHT_CELL.replace("+ 1", "")
    in_a_notebook(wrong, CHECK_CELL, RIGHT_CELL.replace("output_size", "outputsize"), CHECK_CELL)
    printed = capsys.readouterr().out
    assert printed.count("❌") == 2
    assert "✅" not in printed


def test_a_second_function_that_was_deleted_is_named(capsys):
    cell = "def convolution_parameters(i, o, k):\n    return o * (i * k * k + 1)"
    check_cell = 'convolution_parameters, linear_parameters = check("2-2")'
    in_a_notebook(cell, check_cell, cell, check_cell)
    first, again = capsys.readouterr().out.split("問 2-2: ")[1:]
    assert first.startswith("未完成 linear_parameters がありません。")
    assert again.startswith("未完成 いまの linear_parameters は、")


# --- What the answer printed ----------------------------------------------------------------------
def printing_size(size, kernel, stride=1, padding=0):
    print("size is", size)
    return size - kernel


def test_what_a_wrong_answer_printed_is_shown_once(capsys):
    check("2-1", printing_size)
    assert capsys.readouterr().out.endswith("あなたのコードが表示したもの:\nsize is 28\n")


def test_of_much_that_is_printed_the_beginning_is_shown(capsys):
    def chatty(*arguments, **options):
        print("x" * 1_000_000)

    check("2-1", chatty)
    printed = capsys.readouterr().out
    assert printed.endswith("xxx…\n")
    assert len(printed) < 2000


def test_a_right_answer_prints_nothing(capsys):
    def right(*arguments, **options):
        print("noise")
        return right_size(*arguments, **options)

    check("2-1", right)
    assert capsys.readouterr().out == "問 2-1: ✅ 正解です。\n"


# --- What differs, where no hint is sure ----------------------------------------------------------
def test_a_wrong_number_is_shown_with_its_inputs():
    assert message("2-1", answer(99)) == (
        "「出力の 1 辺」が 99 です。26 になるはずです"
        "（size = 28, kernel = 3, stride = 1, padding = 0 のとき）。"
    )


def test_the_first_value_that_differs_is_shown():
    def shifted(images):
        restored = images * 0.5 + 0.5
        restored[1, 0, 2, 3] = 7.0
        return restored

    told = message("1-3", shifted)
    assert told.startswith("「画素」の値が合いません。最初に違うのは [1, 0, 2, 3] で、7 です。")


# --- Strict: as nbgrader needs it ----------------------------------------------------------------
@pytest.mark.parametrize(
    ("exercise_id", "given"),
    [("2-1", wrong_size), ("2-1", raising(NotImplementedError)), ("2-9", right_size)],
)
def test_strict_check_raises(exercise_id, given, monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")
    with pytest.raises(CheckFailed, match=f"問 {exercise_id}"):
        check(exercise_id, given)


@pytest.mark.parametrize("kind", ["autograde", "validate"])
def test_check_raises_by_itself_where_nbgrader_executes_the_notebook(kind, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", kind)
    with pytest.raises(CheckFailed, match="問 2-1"):
        check("2-1", wrong_size)
    with pytest.raises(CheckFailed, match="教材の解答例です"):
        check("2-1", find("2-1").reference)


def test_strict_check_lets_a_right_answer_pass(monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")
    assert check("2-1", right_size) is right_size


# --- Nothing that an answer does ends the notebook ----------------------------------------------
@pytest.mark.parametrize(
    "result",
    [
        None,
        "12",
        b"12",
        "a" * 1_000_000,
        [],
        [1, [2, 3]],
        {"size": 12},
        1j,
        10**400,
        float("nan"),
        float("inf"),
        object(),
        (number for number in range(3)),
        np.zeros((1000, 1000)),
        torch.zeros(3),
        EqualToEverything(),
        LyingArray(),
        LyingNumber(1.5),
        int,
    ],
    ids=lambda result: type(result).__name__,
)
@pytest.mark.parametrize("exercise_id", ["1-1", "1-3", "1-4", "2-1", "2-3", "3-1", "3-2", "3-5"])
def test_nonsense_is_wrong(exercise_id, result, capsys):
    assert check(exercise_id, answer(result)) is find(exercise_id).reference
    printed = capsys.readouterr().out
    assert printed.startswith(f"問 {exercise_id}: ❌")
    assert len(printed) < 1000


@pytest.mark.parametrize(
    "result",
    [
        (EqualToEverything(),) * 2,
        (EqualToEverything(),) * 3,
        (LyingNumber(1.5),) * 2,
        (LyingNumber(1.5),) * 3,
    ],
)
@pytest.mark.parametrize("exercise_id", ["1-2", "1-4", "3-2", "3-5"])
def test_parts_that_equal_everything_are_wrong(exercise_id, result):
    assert check(exercise_id, answer(result)) is find(exercise_id).reference


@pytest.mark.parametrize("given", [None, 12, "text", (), (1, 2, 3), EqualToEverything()])
@pytest.mark.parametrize("exercise", list(all_exercises()), ids=lambda exercise: exercise.id)
def test_an_answer_of_the_wrong_kind_is_wrong(exercise, given):
    assert check(exercise.id, given) is exercise.reference


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x" * 1_000_000),
        KeyError(),
        SystemExit(),
        RecursionError(),
        MemoryError(),
        GeneratorExit(),
        OwnBaseException(),
        Unprintable(),
        StopIteration(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_any_exception_is_wrong_and_named(error, capsys):
    assert check("2-1", raising(error)) is find("2-1").reference
    printed = capsys.readouterr().out
    assert type(error).__name__ in printed
    assert len(printed) < 1000


def test_stop_button_still_works():
    with pytest.raises(KeyboardInterrupt):
        check("2-1", raising(KeyboardInterrupt))


def test_a_check_that_is_stopped_leaves_everything_as_found(capsys):
    def endless(model, batches):
        torch.manual_seed(1)
        torch.set_grad_enabled(False)
        sys.stdout = io.StringIO()
        raise KeyboardInterrupt  # as the stop button does

    torch.manual_seed(7)
    state, stdout = torch.get_rng_state(), sys.stdout
    with pytest.raises(KeyboardInterrupt):
        check("3-2", endless)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()
    assert sys.stdout is stdout
    assert capsys.readouterr().out == ""
    assert check("3-2", another(training.evaluate)) is not training.evaluate
    assert "✅" in capsys.readouterr().out


def test_nothing_returned_is_said_so():
    assert message("2-1", answer(None)) == str(PROBLEMS["nothing returned"])
    assert message("3-2", answer(None)) == str(PROBLEMS["nothing returned"])


@pytest.mark.parametrize("result", [0.5, (0.5,), (0.5, 0.5, 0.5)])
def test_other_number_of_values_is_said_so(result):
    assert message("3-2", answer(result)) == str(PROBLEMS["other number of values"])


@pytest.mark.parametrize(
    ("exercise_id", "result", "sentence"),
    [
        ("2-1", object(), PROBLEMS["not a number"].format(type="object")),
        ("3-2", ("0.5", "0.5"), PROBLEMS["not a number"].format(type="str")),
        ("3-5", ([0], [[1.0]]), PROBLEMS["not a tensor"].format(type="list")),
        ("5-1", torch.zeros(2, 2).max(dim=1), PROBLEMS["a pair"].format(name="max")),
        *((id, {"a": 1, "b": 2}, str(PROBLEMS["a dictionary"])) for id in ("3-2", "3-5", "5-2")),
        ("8-1", {"train": [], "test": []}, str(PROBLEMS["a dictionary"])),
        ("5-5", torch.zeros(2, 6, 8, 10), PROBLEMS["one for several"].format(type="Tensor")),
        ("3-2", np.zeros(2), PROBLEMS["one for several"].format(type="ndarray")),
    ],
)
def test_result_of_the_wrong_type_is_said_so(exercise_id, result, sentence):
    assert message(exercise_id, answer(result)) == sentence


# --- The student's own line ----------------------------------------------------------------------
def test_error_names_the_line_of_a_function_in_a_file():
    told = message("2-1", size_with_an_error)
    assert "ZeroDivisionError" in told
    assert "この行です: return size // 0  # the student's own line" in told


def test_error_inside_a_library_names_the_line_that_called_it():
    def predict(model, images):
        return torch.nn.functional.cross_entropy(images, images, reduction="sums")

    told = message("3-5", predict)
    assert "この行です: return torch.nn.functional.cross_entropy(images, images" in told


def test_error_inside_the_standard_library_names_the_line_that_called_it():
    def evaluate(model, batches):
        import statistics

        return statistics.mean([]), 0

    assert "この行です: return statistics.mean([]), 0" in message("3-2", evaluate)


def test_error_names_the_line_in_a_notebook_cell(tmp_path):
    cells = [
        "from exercises import check",
        "def output_size(size, kernel, stride=1, padding=0):\n    return size + unknown_name",
        'output_size = check("2-1")',
    ]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    (output,) = notebook.cells[2].outputs
    nbformat.validate(notebook)
    assert output.text.startswith("問 2-1: ❌ 名前 unknown_name が、使う前に決まっていません。")
    assert "この行です: return size + unknown_name\n" in output.text


# --- Without a trace -----------------------------------------------------------------------------
def untidy_evaluate(model, batches):
    print("noise")
    print("noise", file=sys.stderr)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    torch.set_grad_enabled(False)
    sys.stdout = io.StringIO()
    return training.evaluate(model, batches)


@pytest.mark.parametrize("given", [untidy_evaluate, raising(ValueError())])
def test_check_leaves_random_state_gradient_mode_and_output_as_they_were(given, capsys):
    random.seed(7), np.random.seed(7), torch.manual_seed(7)  # noqa: NPY002
    expected = random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002
    random.seed(7), np.random.seed(7), torch.manual_seed(7)  # noqa: NPY002
    stdout = sys.stdout
    check("3-2", given)
    assert torch.is_grad_enabled()
    assert sys.stdout is stdout
    assert (random.random(), np.random.rand(), torch.rand(1).item()) == expected  # noqa: NPY002
    captured = capsys.readouterr()
    assert "問 3-2: ❌" in captured.out
    assert captured.err == ""


def test_check_says_so_where_the_data_of_its_cases_cannot_be_had(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_DATA", "all of it")
    assert check("8-3", raising(ValueError())).__name__ == "train_model"
    assert "COURSE_DATA=all of it という設定はありません" in capsys.readouterr().out


@pytest.mark.parametrize("exercise", list(all_exercises()), ids=lambda exercise: exercise.id)
def test_check_works_where_gradients_are_off_and_uses_no_random_number(exercise, capsys):
    torch.manual_seed(7)
    state = torch.get_rng_state()
    with torch.no_grad():
        check(exercise.id, another(exercise.reference))
        assert not torch.is_grad_enabled()
    assert "✅" in capsys.readouterr().out
    assert torch.equal(torch.get_rng_state(), state)


def test_observing_leaves_the_cases_as_they_were():
    def evaluate(model, batches):
        for images, labels in batches:
            images.zero_()
            labels.zero_()
        return 0.0, 1.0

    exercise = find("3-2")
    cases, again = (exercise.cases(np.random.default_rng(0)) for _ in range(2))
    observe(exercise, evaluate, cases)
    assert np.array_equal(cases[0]["images"], again[0]["images"])
    assert np.array_equal(cases[0]["labels"], again[0]["labels"])


def test_check_imports_no_torch_by_itself():
    program = "import sys, helpers.check; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, env=os.environ)


def test_a_lesson_of_two_digits_has_its_own_files():
    assert (lesson_of("3-1"), lesson_of("10-2")) == ("03", "10")


# --- Definitions ---------------------------------------------------------------------------------
EXERCISES = pytest.mark.parametrize(
    "exercise", list(all_exercises()), ids=lambda exercise: exercise.id
)


@EXERCISES
def test_hints_have_names_of_their_own_and_sentences_in_both_languages(exercise):
    names = [hint.name for hint in exercise.hints]
    assert len(set(names)) == len(names)
    for sentence in (*(hint.sentence for hint in exercise.hints), *exercise.items.values()):
        assert KANA_OR_KANJI.search(sentence.ja)
        assert sentence.en
        assert not KANA_OR_KANJI.search(sentence.en)


@EXERCISES
def test_everything_observed_is_plain_and_has_a_name(exercise):
    cases = exercise.cases(np.random.default_rng(0))
    for observation in observe(exercise, exercise.reference, cases):
        assert set(observation) <= {*exercise.items, *TRACES}
        kinds = {type(value) for value in observation.values()}
        assert kinds <= {bool, int, float, str, list, np.ndarray}


@pytest.mark.parametrize("exercise", list(all_exercises()), ids=lambda exercise: exercise.id)
def test_exercise_is_found_by_its_id_and_is_worth_points(exercise):
    assert find(exercise.id) is exercise
    assert exercise.points > 0


@pytest.mark.parametrize(
    ("got", "want", "expected"),
    [
        (1.0, 1.0 + 1e-6, True),
        (1.0, 1.1, False),
        ([1, 2], np.array([1.0, 2.0]), True),
        ([1, 2], [1, 2, 3], False),
        (float("nan"), float("nan"), False),
        ("12", 12, False),
        ("a", "a", True),
        ("a", "b", False),
        (None, 1, False),
    ],
)
def test_close(got, want, expected):
    assert close(got, want) is expected


def test_yes_and_no_are_never_close():
    assert close(True, True, atol=4)
    assert not close(True, False, atol=4)
    assert not close(np.array([True, False]), [1, 1], atol=4)
