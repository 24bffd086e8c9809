"""Every answer that a check accepts serves the rest of the notebook as well as the course's own.

nbval runs both editions of every notebook as they are (see nbval_promises.py).
"""

import copy
import importlib
import itertools
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from course.execution import execute
from course.repository import Repository, lesson_files
from exercises.catalogue import find

REPOSITORY = Repository.find(Path(__file__))
LESSONS = [path.stem for path in lesson_files(REPOSITORY.notebooks, ".ipynb")]

# What is tried here is whether cells work together, not what a training reaches.
# In 07 and 08, where checks need whole trainings, the cells' own numbers of epochs are changed.
EPOCHS = re.compile(
    r"(?<= if is_full else )\d+$|(?<=model, few, )\d+|(?<=epochs=)\d+", re.MULTILINE
)
SHORT_TRAININGS = """
import torchvision  # loads Triton, which aborts in a process that has TensorFlow already
import sys
sys.path[:0] = [{tests!r}, {root!r}]
{short}
"""
SHORT_FIT = """
from helpers import models, training
long_fit = training.fit
training.fit = lambda *args, **options: long_fit(*args, **options | {'epochs': 1})
"""


def read(folder, lesson):
    return nbformat.read(folder / f"{lesson}.ipynb", as_version=4)


def of_kind(notebook, kind):
    """The cells with an nbgrader id such as ``check-3-1``, by the exercise's id."""
    ids = {cell.metadata.get("nbgrader", {}).get("grade_id", ""): cell for cell in notebook.cells}
    return {
        grade_id.removeprefix(f"{kind}-"): cell
        for grade_id, cell in ids.items()
        if grade_id.startswith(f"{kind}-")
    }


def printed(cell):
    return "".join(output.get("text", "") for output in cell.get("outputs", ()))


def accepted(lesson):
    """The right answers that the tests of a lesson's checkers try, by exercise."""
    return importlib.import_module(f"test_checkers_{lesson[:2]}").RIGHT


def with_answers(notebook, module, answers, number):
    """The code cells of a notebook, each exercise answered with one of its accepted answers."""
    cells = copy.deepcopy([cell for cell in notebook.cells if cell.cell_type == "code"])
    exercises = of_kind(NotebookNode(cells=cells), "exercise")
    for exercise, tried in answers.items():
        exercises[exercise].source = (
            f"from {module} import RIGHT\n"
            f"{', '.join(find(exercise).names)} = RIGHT[{exercise!r}][{number % len(tried)}]"
        )
    for cell in cells:
        cell.id += f"-{number}"
        cell.source = EPOCHS.sub("1", cell.source)
    return cells


# In 08 a network that flattens by `view` cannot be trained by FAST, which lays channels last.
WALKED = [lesson for lesson in LESSONS if lesson[:2] != "08"]
"""Those whose every accepted answer serves all later cells."""


@pytest.mark.parametrize("lesson", WALKED)
def test_a_notebook_runs_to_the_end_with_every_accepted_answer(lesson):
    # One round after the other in one kernel: cells may be run again, sections revisited.
    notebook, answers = read(REPOSITORY.notebooks, lesson), accepted(lesson)
    module = f"test_checkers_{lesson[:2]}"
    short = "" if lesson[:2] in ("07", "08") else SHORT_FIT
    tests = str(Path(__file__).parent / "exercises")
    first = SHORT_TRAININGS.format(tests=tests, root=str(REPOSITORY.root), short=short)
    rounds = [
        with_answers(notebook, module, answers, number)
        for number in range(max(map(len, answers.values()), default=0))
    ]
    notebook.cells = [nbformat.v4.new_code_cell(first), *itertools.chain.from_iterable(rounds)]
    # Without assertions, which say what a whole training reaches.
    execute(notebook, {"COURSE_STRICT": "0", "PYTHONOPTIMIZE": "1"})
    checks = [cell for cell in notebook.cells if "-check-" in cell.id]
    assert len(checks) == len(rounds) * len(answers)
    for cell in checks:
        assert "✅ 正解です。" in printed(cell), cell.id


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_student_edition_filled_with_the_solutions_is_the_solution(lesson):
    student, solution = (
        read(folder, lesson) for folder in (REPOSITORY.notebooks, REPOSITORY.solutions)
    )
    answers = of_kind(solution, "exercise")
    for exercise, cell in of_kind(student, "exercise").items():
        cell.source = answers[exercise].source
    code = [
        [(cell.id, cell.source) for cell in notebook.cells if cell.cell_type == "code"]
        for notebook in (student, solution)
    ]
    assert code[0] == code[1]
    checks = of_kind(solution, "check")
    assert checks.keys() == answers.keys()
    for exercise, cell in checks.items():
        assert printed(cell) == f"問 {exercise}: ✅ 正解です。\n"
        assert "nbval-check-output" in cell.metadata.tags


def test_08_runs_on_the_full_data_too(real_data_dir):
    notebook = read(REPOSITORY.solutions, "08_fashion_mnist")
    # An epoch instead of two to twelve, as the notebook tells those who lack the time.
    for cell in notebook.cells:
        cell.source = re.sub(r"(?<=epochs = )\d+(?= if is_full)", "1", cell.source)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert code.count("epochs = 1 if is_full") == 3
    settings = {"COURSE_DATA": "full", "COURSE_DATA_DIR": str(real_data_dir), "COURSE_STRICT": "1"}
    execute(notebook, settings)
    # The cells themselves see to it that what was trained is far better than chance.
    everything = "".join(map(printed, notebook.cells))
    assert "訓練 55000 検証 5000 テスト 10000" in everything
    assert everything.count("完全版のテスト 10,000 枚の正解率") == 2
