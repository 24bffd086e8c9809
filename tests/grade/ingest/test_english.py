"""Notebooks in English are read as those in Japanese are."""

import json
from dataclasses import replace

import pytest
from grade_notebooks import REPOSITORY, code, content, flags, text

from course.editions import dumps, student_edition
from course.grade.ingest.handout import read_handouts
from course.grade.ingest.ingest import ingest
from course.problems import read_lessons
from exercises.catalogue import all_exercises

LESSON = "01_data"
ANSWER = "# Exercise 1-3\ndef unnormalise(images):\n    return (images + 1) / 2"


@pytest.fixture(scope="module")
def edition():
    """The English student edition of notebook 01."""
    points = {exercise.id: exercise.points for exercise in all_exercises()}
    lessons, _ = read_lessons(REPOSITORY, None, [LESSON])
    [lesson] = [one for one in lessons if one.language == "en"]
    return student_edition(lesson, REPOSITORY, points)


@pytest.fixture
def hand_in(edition, tmp_path):
    """Return the submission of the English edition after a change, in a course of two languages."""
    notebooks = tmp_path / "course" / "notebooks"
    (notebooks / "en").mkdir(parents=True)
    (notebooks / "en" / f"{LESSON}.ipynb").write_text(dumps(edition))
    japanese = REPOSITORY.notebooks / f"{LESSON}.ipynb"
    (notebooks / japanese.name).write_bytes(japanese.read_bytes())
    handouts = read_handouts(replace(REPOSITORY, root=tmp_path / "course"))

    def read(change=lambda notebook: None):
        notebook = json.loads(dumps(edition))
        change(notebook)
        folder = tmp_path / "class"
        folder.mkdir()
        (folder / "a.ipynb").write_bytes(content(notebook))
        [submission] = ingest(folder, handouts)
        return submission

    return read


def cell(notebook, grade_id):
    return next(
        one
        for one in notebook["cells"]
        if one["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


def without_metadata(notebook):
    for one in notebook["cells"]:
        one["metadata"] = {}


def test_a_blank_notebook_has_no_essay_and_its_language(hand_in):
    submission = hand_in()
    assert (submission.lesson, submission.language) == (LESSON, "en")
    assert submission.essays == {"1-5": ""}
    assert flags(submission) == set()


def test_a_filled_in_header_names_the_student(hand_in):
    header = "- Student number: s1234567\n- Name: Ann Example\n- E-mail: ann@example.org"
    student = hand_in(lambda notebook: notebook["cells"].insert(0, text(header))).student
    assert (student.number, student.name) == ("S1234567", "Ann Example")
    assert student.mail == "ann@example.org"


def test_the_first_line_of_an_exercise_finds_it_without_metadata(hand_in):
    def change(notebook):
        cell(notebook, "exercise-1-3")["source"] = ANSWER
        without_metadata(notebook)

    submission = hand_in(change)
    assert "return (images + 1) / 2" in submission.answers["1-3"]
    assert ("lost_metadata", "1-3") in flags(submission)


def test_an_essay_is_found_under_its_heading_without_metadata(hand_in):
    essay = "Sevens and ones are hard to tell apart when they are slanted."

    def change(notebook):
        cell(notebook, "essay-1-5")["source"] = essay
        without_metadata(notebook)

    submission = hand_in(change)
    assert submission.essays["1-5"] == essay
    assert ("lost_metadata", "1-5") in flags(submission)


def test_english_prose_in_a_code_cell_elsewhere_is_told(hand_in):
    prose = "I think that the digits four and nine are similar because both have a loop at the top"

    def change(notebook):
        notebook["cells"].insert(1, code(prose))

    assert ("essay_elsewhere", "1-5") in flags(hand_in(change))


def test_what_check_said_in_english_counts(hand_in):
    def change(notebook):
        check = cell(notebook, "check-1-3")
        check["outputs"] = [{"output_type": "stream", "text": "Exercise 1-3: ✅ Correct.\n"}]

    assert hand_in(change).accepted == ("1-3",)
