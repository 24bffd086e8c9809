import copy
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import v4
from sample_course import POINTS, sample_course

from course import lessons
from course.editions import student_edition
from course.leaks import leaks, secrets

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    repository = sample_course(tmp_path_factory.mktemp("course"))
    return lessons.read(repository.solutions / "03_sample.py")


@pytest.fixture(scope="module")
def clean(lesson, tmp_path_factory):
    repository = sample_course(tmp_path_factory.mktemp("published"))
    return student_edition(lesson, repository, POINTS)


@pytest.fixture
def notebook(clean):
    return copy.deepcopy(clean)


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_student_edition_leaks_nothing(path):
    lesson = lessons.read(ROOT / "solutions" / f"{path.stem}.py")
    assert leaks(lesson, nbformat.read(path, as_version=4)) == []


def test_clean_notebook_passes(lesson, clean):
    assert leaks(lesson, clean) == []


def test_secrets_are_solution_lines_and_sentences_of_answers_and_rubrics(lesson):
    assert secrets(lesson) == [
        "secret_sum = number + number",
        "return secret_sum",
        "同じ数を足すと、ちょうど 2 倍になるからです",
        "足し算と掛け算の関係に触れていれば 3 点",
    ]


def test_what_the_lesson_shows_itself_is_no_secret(tmp_path):
    repository = sample_course(tmp_path)
    path = repository.solutions / "03_sample.py"
    told = (
        path.read_text(encoding="utf-8") + "\n# %% [markdown]\n# `return secret_sum` と書きます。\n"
    )
    path.write_text(told, encoding="utf-8")
    assert "return secret_sum" not in secrets(lessons.read(path))


def plant_in_prose(notebook, secret):
    notebook.cells[0].source += f"\n{secret}\n"


def plant_in_code(notebook, secret):
    notebook.cells[1].source += f"\n    {secret}  # 写し"


def plant_in_cell_metadata(notebook, secret):
    notebook.cells[1].metadata["nbgrader"] = {"grade_id": secret}


def plant_in_notebook_metadata(notebook, secret):
    notebook.metadata["kernelspec"]["display_name"] = secret


def plant_in_output(notebook, secret):
    notebook.cells[1].outputs = [v4.new_output("display_data", {"text/html": f"<p>{secret}</p>"})]


def plant_in_traceback(notebook, secret):
    notebook.cells[1].outputs = [v4.new_output("error", traceback=["----", f"--> 1 {secret}"])]


def plant_in_attachment(notebook, secret):
    notebook.cells[0]["attachments"] = {"answer.txt": {"text/plain": secret}}


PLACES = [
    plant_in_prose,
    plant_in_code,
    plant_in_cell_metadata,
    plant_in_notebook_metadata,
    plant_in_output,
    plant_in_traceback,
    plant_in_attachment,
]


@pytest.mark.parametrize("plant", PLACES)
@given(data=st.data())
def test_every_secret_is_found_in_every_place(lesson, clean, plant, data):
    secret = data.draw(st.sampled_from(secrets(lesson)))
    # Spacing does not hide it.
    spaced = data.draw(st.sampled_from([" ", "  ", "\t", "\n"])).join(secret.split(" "))
    notebook = copy.deepcopy(clean)
    plant(notebook, spaced)
    assert f"hidden text: {secret}" in leaks(lesson, notebook)


def test_whole_uncleared_cells_are_found(lesson, notebook):
    for cell in notebook.cells:
        if cell.id in ("03-exercise-3-1", "03-essay-3-2"):
            cell.source = next(
                source.source
                for source in lesson.cells
                if source.role and cell.id == f"03-{source.role}-{source.exercise}"
            )
    assert leaks(lesson, notebook) == [f"hidden text: {secret}" for secret in secrets(lesson)[:3]]


def test_pictures_in_prose_are_not_read_as_text(lesson, notebook):
    notebook.cells[0].source += "\n[x]: data:image/png;base64,returnsecretsum+AAAA=="
    assert leaks(lesson, notebook) == []


def test_outputs_are_found(lesson, notebook):
    notebook.cells[1].outputs = [v4.new_output("stream", text="harmless")]
    assert leaks(lesson, notebook) == ["cell 03-install has outputs"]


def test_execution_counts_are_found(lesson, notebook):
    notebook.cells[1].execution_count = 0
    assert leaks(lesson, notebook) == ["cell 03-install has an execution count"]


def test_attachments_are_found(lesson, notebook):
    notebook.cells[0]["attachments"] = {"x.png": {"image/png": "AAAA"}}
    assert leaks(lesson, notebook) == ["cell 03-colab has attachments"]


@pytest.mark.parametrize("key", ["exercise", "essay", "rubric", "deterministic", "execution"])
def test_metadata_that_nobody_needs_is_found(lesson, notebook, key):
    notebook.cells[0].metadata[key] = "x"
    notebook.metadata[key] = "x"
    assert leaks(lesson, notebook) == [
        f"notebook has metadata {key}",
        f"cell 03-colab has metadata {key}",
    ]


def test_foreign_nbgrader_metadata_are_found(lesson, notebook):
    notebook.cells[0].metadata["nbgrader"] = {"answer": "x"}
    assert leaks(lesson, notebook) == ["cell 03-colab, nbgrader has metadata answer"]
