import io
import os
import random
import subprocess
import sys

import nbformat
import numpy as np
import pytest
import torch
from checkers import verdict
from nbclient import NotebookClient
from nbformat import v4

from helpers import text, training
from helpers.check import CheckFailed, all_exercises, check, close, find, observe
from helpers.errors import UnknownNameError


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
    hint = text.HINTS["2-1"]["one_forgotten"]
    assert capsys.readouterr().out == f"問 2-1: ❌ {hint}\n"


def test_blank_answer_gives_the_reference(capsys):
    assert check("2-1", raising(NotImplementedError())) is find("2-1").reference
    assert capsys.readouterr().out == f"問 2-1: 未完成 {text.BLANK}\n"


def test_one_blank_function_of_two_is_blank():
    convolution, _ = find("2-2").reference
    assert verdict("2-2", (convolution, raising(NotImplementedError))).status == "blank"


def test_not_implemented_error_of_a_library_is_an_error():
    found = verdict("2-1", raising(NotImplementedError('"softmax" not implemented for Long')))
    assert found.status == "wrong"
    assert "not implemented for Long" in found.message


@pytest.mark.parametrize("exercise_id", ["2-9", "99-1", "two", "", "２-１", 3, None, ["2-1"]])
def test_unknown_exercise_is_said_and_leaves_the_answer(exercise_id, capsys):
    assert check(exercise_id, right_size) is right_size
    assert capsys.readouterr().out == text.UNKNOWN_EXERCISE.format(id=exercise_id) + "\n"


def test_find_refuses_an_unknown_exercise():
    with pytest.raises(UnknownNameError, match="問 2-9"):
        find("2-9")


# --- Strict: as nbgrader needs it ----------------------------------------------------------------
@pytest.mark.parametrize(
    ("exercise_id", "given"),
    [("2-1", wrong_size), ("2-1", raising(NotImplementedError)), ("2-9", right_size)],
)
def test_strict_check_raises(exercise_id, given, monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")
    with pytest.raises(CheckFailed, match=f"問 {exercise_id}"):
        check(exercise_id, given)


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


def test_nothing_returned_is_said_so():
    assert verdict("2-1", answer(None)).message == text.NOTHING_RETURNED
    assert verdict("3-2", answer(None)).message == text.NOTHING_RETURNED


@pytest.mark.parametrize("result", [0.5, (0.5,), (0.5, 0.5, 0.5)])
def test_other_number_of_values_is_said_so(result):
    assert verdict("3-2", answer(result)).message == text.OTHER_NUMBER_OF_VALUES


@pytest.mark.parametrize(
    ("exercise_id", "result", "sentence"),
    [
        ("2-1", object(), text.ANSWER_NOT_A_NUMBER.format(type="object")),
        ("3-2", ("0.5", "0.5"), text.ANSWER_NOT_A_NUMBER.format(type="str")),
        ("3-5", ([0], [[1.0]]), text.ANSWER_NOT_A_TENSOR.format(type="list")),
    ],
)
def test_result_of_the_wrong_type_is_said_so(exercise_id, result, sentence):
    assert verdict(exercise_id, answer(result)).message == sentence


# --- The student's own line ----------------------------------------------------------------------
def test_error_names_the_line_of_a_function_in_a_file():
    message = verdict("2-1", size_with_an_error).message
    assert "ZeroDivisionError" in message
    assert "（この行です: return size // 0  # the student's own line）" in message


def test_error_inside_a_library_names_the_line_that_called_it():
    def predict(model, images):
        return model(images[:, :, :2])

    assert "（この行です: return model(images[:, :, :2])）" in verdict("3-5", predict).message


def test_error_inside_the_standard_library_names_the_line_that_called_it():
    def evaluate(model, batches):
        import statistics

        return statistics.mean([]), 0

    assert "（この行です: return statistics.mean([]), 0）" in verdict("3-2", evaluate).message


def test_error_names_the_line_in_a_notebook_cell(tmp_path):
    cells = [
        "from helpers.check import check",
        "def output_size(size, kernel, stride=1, padding=0):\n    return size + unknown_name",
        'output_size = check("2-1", output_size)',
    ]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    (output,) = notebook.cells[2].outputs
    nbformat.validate(notebook)
    assert output.text.startswith("問 2-1: ❌ 実行中にエラーが出ました: NameError")
    assert output.text.endswith("（この行です: return size + unknown_name）\n")


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
    assert captured.out.count("\n") == 1
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
        check(exercise.id, exercise.reference)
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


# --- Definitions ---------------------------------------------------------------------------------
def test_every_hint_has_a_sentence_and_every_sentence_a_hint():
    hints = {exercise.id: {hint.name for hint in exercise.hints} for exercise in all_exercises()}
    assert hints == {exercise_id: set(sentences) for exercise_id, sentences in text.HINTS.items()}


@pytest.mark.parametrize("exercise", list(all_exercises()), ids=lambda exercise: exercise.id)
def test_everything_observed_is_plain_and_has_a_japanese_name(exercise):
    cases = exercise.cases(np.random.default_rng(0))
    for observation in observe(exercise, exercise.reference, cases):
        assert set(observation) <= set(text.ITEMS)
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
