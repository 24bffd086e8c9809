import csv
import html
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from grade_class import LESSON, NO_FIGURES, WRONG, judgement, messages, pristine, submission
from nbconvert import HTMLExporter
from nbgrader import api
from nbgrader.plugins import CsvExportPlugin

from course.errors import StorageError
from course.grade.record.formgrader import rebuild
from course.grade.record.gradebook import Gradebook
from course.grade.shared.stages import Figures, Flag, Score

TOOLS = Path(sys.executable).parent
ENVIRONMENT = os.environ | {"PATH": f"{TOOLS}{os.pathsep}{os.environ.get('PATH', '')}"}
HOSTILE = (
    "</pre><script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n"
    "[x](javascript:alert(1)) ![t](https://example.org/t.png)\n\n$$\\href{javascript:1}{x}$$"
)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return pristine(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def begun(tmp_path_factory, lesson):
    """A folder with a gradebook that knows the lesson; nbgrader takes seconds to make one."""
    folder = tmp_path_factory.mktemp("grades") / "out"
    with Gradebook(folder) as gradebook:
        gradebook.add_lesson(LESSON, lesson)
    return folder


@pytest.fixture
def book(tmp_path, begun, lesson):
    shutil.copytree(begun, tmp_path / "out")
    with Gradebook(tmp_path / "out") as gradebook:
        gradebook.add_lesson(LESSON, lesson)
        yield gradebook


@pytest.fixture
def marks(tmp_path, book):
    """Give marks as formgrader does."""

    def mark(student, cell, **entries):
        with api.Gradebook(f"sqlite:///{tmp_path / 'out' / 'gradebook.db'}") as session:
            grade = session.find_grade(cell, LESSON, LESSON, student)
            for name, value in entries.items():
                setattr(grade, name, value)
            grade.needs_manual_grade = False
            session.db.commit()

    return mark


def record(book, given=None, verdicts=None):
    verdicts = verdicts or judgement()
    return book.record(given or submission(), verdicts, NO_FIGURES, messages(verdicts))


def test_exercises_have_points_and_essays_wait(book):
    assert record(book) == {"3-1": Score(2.0, 2.0), "3-2": Score(None, 5.0)}


def test_an_essay_without_a_word_has_no_points_and_waits_for_nobody(book):
    assert record(book, submission(essay=" \n"))["3-2"] == Score(0.0, 5.0)


def test_an_essay_that_may_stand_elsewhere_waits_until_it_is_marked(book, marks):
    given = replace(submission(essay=""), flags=(Flag("essay_elsewhere", "3-2", "遅い。"),))
    assert record(book, given)["3-2"] == Score(None, 5.0)
    marks("s1", "essay-3-2", manual_score=4.0)
    assert record(book, given)["3-2"] == Score(4.0, 5.0)


def test_recording_twice_changes_nothing(book):
    assert record(book) == record(book)


def test_marks_of_a_person_stay_and_count(book, marks):
    record(book)
    marks("s1", "essay-3-2", manual_score=3.0, extra_credit=1.0)
    marks("s1", "check-3-1", manual_score=1.5)
    assert record(book) == {"3-1": Score(1.5, 2.0), "3-2": Score(4.0, 5.0)}


def test_a_new_text_waits_again_for_the_person_who_marked_the_old_one(book, marks):
    record(book)
    marks("s1", "essay-3-2", manual_score=3.0)
    assert record(book, submission(essay="書き直しました。"))["3-2"].points is None
    marks("s1", "essay-3-2", manual_score=4.0)
    assert record(book, submission(essay="書き直しました。"))["3-2"].points == 4.0


def test_a_changed_verdict_waits_again_for_the_person_who_overruled_the_old_one(book, marks):
    record(book)
    marks("s1", "check-3-1", manual_score=1.0)
    assert record(book, verdicts=judgement(WRONG))["3-1"].points is None


def test_students_stay_apart(book, marks):
    record(book, submission("s1"))
    record(book, submission("s2"))
    marks("s2", "essay-3-2", manual_score=5.0)
    assert record(book, submission("s1"))["3-2"].points is None
    assert record(book, submission("s2"))["3-2"].points == 5.0


def test_another_run_goes_on_with_the_same_gradebook(tmp_path, book, marks, lesson):
    record(book)
    marks("s1", "essay-3-2", manual_score=3.0)
    book.close()
    with Gradebook(tmp_path / "out") as later:
        later.add_lesson(LESSON, lesson)
        assert record(later)["3-2"].points == 3.0


def test_what_a_teacher_adds_to_the_settings_stays(tmp_path, book):
    book.close()
    settings = tmp_path / "out" / "nbgrader_config.py"
    added = settings.read_text() + "c.CourseDirectory.course_id = 'cnn'\n"
    settings.write_text(added)
    Gradebook(tmp_path / "out").close()
    assert settings.read_text() == added


@pytest.mark.parametrize("damaged", [b"", b"\xff", b"[]", b'{"nbformat": 4, "cells": [{}]}'])
def test_a_damaged_notebook_counts_as_another_one(tmp_path, book, marks, damaged):
    record(book)
    marks("s1", "essay-3-2", manual_score=3.0)
    [path] = (tmp_path / "out" / "autograded").rglob("*.ipynb")
    path.write_bytes(damaged)
    assert record(book)["3-2"].points is None
    assert path.read_bytes() != damaged


def test_a_lesson_with_other_exercises_needs_a_new_folder(book, lesson):
    record(book)
    changed = nbformat.from_dict(lesson.solution)
    changed.cells = [cell for cell in changed.cells if "essay" not in cell.id]
    with pytest.raises(StorageError, match="新しいフォルダ"):
        book.add_lesson(LESSON, type(lesson)(lesson.student, changed))


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"gradebook\.db"):
        Gradebook(tmp_path / "file")


def test_nbgrader_exports_every_student_in_one_row(tmp_path, book):
    record(book, submission("s1", name='山田, "太郎"\n=1+1', mail="=cmd|' /C calc'!A0"))
    record(book, submission("../s2"))
    book.close()
    with api.Gradebook(f"sqlite:///{tmp_path / 'out' / 'gradebook.db'}") as session:
        CsvExportPlugin(to=str(tmp_path / "all.csv")).export(session)
    rows = list(csv.DictReader((tmp_path / "all.csv").open(encoding="utf-8")))
    assert [(float(row["score"]), float(row["max_score"])) for row in rows] == [(2, 7), (2, 7)]
    assert [None in row for row in rows] == [False, False]
    assert {row["email"] for row in rows} == {
        "’=cmd|’ /C calc’!A0".replace("’ ", "＇ ").replace("c’", "c＇"),
        "",
    }


def test_nbgraders_export_leaves_the_courses_own_grades_alone(tmp_path, book):
    record(book)
    book.close()
    grades = tmp_path / "out" / "grades.csv"
    grades.write_text("ours")
    command = [TOOLS / "nbgrader", "export"]
    subprocess.run(command, cwd=grades.parent, env=ENVIRONMENT, capture_output=True, check=True)
    assert grades.read_text() == "ours"
    assert grades.with_name("nbgrader.csv").read_text().count(LESSON) == 1


def test_nothing_of_a_students_markup_survives_in_the_page(lesson):
    notebook = rebuild(lesson, submission(essay=HOSTILE, code=HOSTILE), NO_FIGURES)
    page, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    assert re.findall(r"<(?:script|img|a)\b(?! class=\"anchor-link\")[^>]*>", page) == []
    assert html.unescape(re.sub("<[^>]*>", "", page)).count("alert(1)") == 6


def test_an_essay_is_shown_as_it_was_written(lesson):
    notebook = rebuild(lesson, submission(essay="1 行目\n\n    - 2 行目 & <b>"), NO_FIGURES)
    page, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    [essay] = re.findall(r"<pre style[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert html.unescape(essay) == "1 行目\n\n    - 2 行目 & <b>"


def test_model_answer_and_rubric_stand_below_the_essay(lesson):
    sources = [cell.source for cell in rebuild(lesson, submission(), NO_FIGURES).cells]
    essay = next(place for place, source in enumerate(sources) if "同じ数を足します。" in source)
    assert "ちょうど 2 倍になるから" in sources[essay + 1]
    assert "足し算と掛け算の関係" in sources[essay + 1]


def test_the_notebook_has_figures_but_no_outputs(lesson):
    notebook = rebuild(lesson, submission(), Figures(("QUJD", "REVG")))
    nbformat.validate(notebook)
    assert "data:image/png;base64,REVG" in notebook.cells[-1].source
    assert not any(cell.get("outputs") for cell in notebook.cells)


def serve(folder, port):
    return subprocess.Popen(
        [
            TOOLS / "jupyter-server",
            "--allow-root",
            "--no-browser",
            "--IdentityProvider.token=",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={folder}",
            "--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=True",
        ],
        cwd=folder,
        env=ENVIRONMENT | {"HOME": str(folder), "JUPYTER_NO_CONFIG": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def fetch(address):
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=20) as reply:
                return reply.read().decode()
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"no answer from {address}")


def test_formgrader_opens_our_pages(tmp_path, book, unused_port):
    record(book, submission(essay=f"考えました。{HOSTILE}"), judgement(flags=(Flag("missing"),)))
    book.close()
    server = serve(tmp_path / "out", unused_port)
    try:
        root = f"http://127.0.0.1:{unused_port}/formgrader"
        assert f'"name": "{LESSON}"' in fetch(f"{root}/api/assignments")
        [identity] = re.findall(
            r'"id": "(\w+)"', fetch(f"{root}/api/submitted_notebooks/{LESSON}/{LESSON}")
        )
        page = fetch(f"{root}/submissions/{identity}/")
        grades = fetch(f"{root}/api/grades?submission_id={identity}")
    finally:
        server.terminate()
        server.wait()
    assert "考えました。" in page
    assert "足し算と掛け算の関係" in page
    assert "<script>alert(1)" not in page
    assert '"needs_manual_grade": true' in grades
