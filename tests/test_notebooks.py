"""The editions of every lesson: blank, they run to the end; filled, they are right everywhere."""

import re
from pathlib import Path

import nbformat
import pytest

from course.execution import execute
from course.repository import Repository, lesson_files

REPOSITORY = Repository.find(Path(__file__))
LESSONS = [path.stem for path in lesson_files(REPOSITORY.notebooks, ".ipynb")]


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


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_blank_student_edition_runs_to_the_end_and_says_what_is_to_do(lesson):
    notebook = read(REPOSITORY.notebooks, lesson)
    execute(notebook, {"COURSE_STRICT": "0"})
    everything = "".join(map(printed, notebook.cells))
    for exercise, cell in of_kind(notebook, "check").items():
        assert printed(cell).startswith(f"問 {exercise}: 未完成")
        assert everything.count(f"問 {exercise}: 未完成") == 1
    assert everything.count("未完成") == len(of_kind(notebook, "exercise"))
    assert "❌" not in everything


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_student_edition_filled_with_the_solutions_is_right_everywhere(lesson):
    # Filled, it is the solution notebook, whose outputs nbval compares with those of a fresh run.
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
        assert printed(cell).startswith(f"問 {exercise}: ✅")
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
