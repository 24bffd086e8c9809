"""Keeps scores in nbgrader's gradebook, where essays wait for a person.

The folder of results is an nbgrader course: ``gradebook.db``, ``nbgrader_config.py``, ``source/``
and ``release/`` with the course's notebooks, ``autograded/`` with what students handed in, built
anew. There is no ``submitted/``: nbgrader's own autograder would run what lies there, unprotected.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import api
from nbgrader.preprocessors import SaveCells
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from course.errors import StorageError
from course.files import write_whole
from course.grade.record.formgrader import Pristine, rebuild
from course.grade.shared.stages import NOTES, Figures, Judgement, Score, Submission
from course.grade.shared.untrusted import gradebook
from helpers.internal.sentences import Sentence

DATABASE = "gradebook.db"

_LESSON_CHANGED = Sentence(
    ja="{lesson} の問が、{folder} で採点を始めたときと違います。"
    "--out に新しいフォルダを指定してください。",
    en="{lesson} has other exercises than when grading into {folder} began. "
    "Name a new folder with --out.",
)
_NO_GRADEBOOK = Sentence(
    ja="{folder} の gradebook.db に書き込めません（{error}）。",
    en="gradebook.db in {folder} cannot be written ({error}).",
)

# `nbgrader export` would write over the course's own grades.csv.
_SETTINGS = """c = get_config()
c.CsvExportPlugin.to = "nbgrader.csv"
"""


class Gradebook:
    """nbgrader's gradebook in a folder, open until :meth:`close`."""

    def __init__(self, folder: Path) -> None:
        """Open the gradebook of a folder, or begin one.

        Raises:
            StorageError: It cannot be read or written.
        """
        self._folder = folder
        self._address = f"sqlite:///{folder / DATABASE}"
        self._pristine: dict[str, Pristine] = {}
        with _storage_errors(folder):
            if not (folder / DATABASE).is_file():
                _begin(folder)
            if not (folder / "nbgrader_config.py").is_file():  # else a teacher may have added to it
                write_whole(folder / "nbgrader_config.py", _SETTINGS)
            self._book = api.Gradebook(self._address)

    def close(self) -> None:
        """Close the database."""
        self._book.close()

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def add_lesson(self, lesson: str, pristine: Pristine) -> None:
        """Record what a lesson asks and what each answer is worth; once before its submissions.

        Raises:
            StorageError: The lesson has other exercises than when this folder was begun.
        """
        resources = {"notebook": lesson, "assignment": lesson, "db_url": self._address}
        with _storage_errors(self._folder):
            self._write("source", lesson, pristine.solution)
            self._write("release", lesson, pristine.student)
            self._book.update_or_create_assignment(lesson)
            try:
                SaveCells().preprocess(pristine.solution, {"nbgrader": resources})
            except RuntimeError as error:
                message = _LESSON_CHANGED.format(lesson=lesson, folder=self._folder)
                raise StorageError(message) from error
            # The other session has written; this one must not go on with what it had read.
            self._book.db.expire_all()
        self._pristine[lesson] = pristine

    def record(
        self,
        submission: Submission,
        judgement: Judgement,
        figures: Figures,
        messages: Mapping[str, str],
    ) -> dict[str, Score]:
        """Record one submission; a person's marks stay as they are.

        Where a person has marked an answer that is not the same any more, it waits for that person
        again. An essay without a word in it gets 0 points, unless it may stand elsewhere.

        Args:
            submission: What was handed in.
            judgement: What it is worth.
            figures: The pictures in it.
            messages: What to say of each exercise, by its id.

        Returns:
            What counts now, by id of exercise and essay.

        Raises:
            StorageError: The gradebook cannot be written.
        """
        notebook = rebuild(self._pristine[submission.lesson], submission, figures)
        place = f"autograded/{submission.student.key}"
        changed = _changes(self._path(place, submission.lesson), notebook)
        with _storage_errors(self._folder):
            submitted = self._submitted_notebook(submission)
            submitted.flagged = any(flag.reason not in NOTES for flag in judgement.flags)
            for grade in submitted.grades:
                _grade(grade, submission, judgement, changed)
            for comment in submitted.comments:
                if message := messages.get(_exercise(comment)):
                    comment.auto_comment = gradebook(message, len(message))
            scores = _scores(submitted)
            self._book.db.commit()
        # Last: a grader that is killed in between finds the same changes again.
        self._write(place, submission.lesson, notebook)
        return scores

    def _submitted_notebook(self, submission: Submission) -> api.SubmittedNotebook:
        student = submission.student
        self._book.update_or_create_student(
            student.key,
            last_name=gradebook(student.name),
            first_name="",
            email=gradebook(student.mail),
        )
        with warnings.catch_warnings():
            # nbgrader's own order of making a submission's parts; it ends well.
            warnings.simplefilter("ignore", SAWarning)
            submitted = self._book.update_or_create_submission(submission.lesson, student.key)
        return submitted.notebooks[0]

    def _path(self, step: str, lesson: str) -> Path:
        return self._folder / step / lesson / f"{lesson}.ipynb"

    def _write(self, step: str, lesson: str, notebook: NotebookNode) -> None:
        write_whole(self._path(step, lesson), nbformat.writes(notebook))


def _begin(folder: Path) -> None:
    """Make an empty gradebook; one that was begun and not finished is made anew."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{DATABASE}.part"
    part.unlink(missing_ok=True)
    try:
        with _own_tools_on_path():
            api.Gradebook(f"sqlite:///{part}").close()
        part.replace(folder / DATABASE)
    finally:
        part.unlink(missing_ok=True)


def _grade(
    grade: api.Grade, submission: Submission, judgement: Judgement, changed: set[str]
) -> None:
    exercise, earlier = _exercise(grade), grade.auto_score
    if exercise in judgement.points:
        grade.auto_score = judgement.points[exercise]
    else:
        grade.auto_score = None if submission.may_have(exercise) else 0.0
    if grade.manual_score is None:
        grade.needs_manual_grade = grade.auto_score is None
    elif exercise in changed or grade.auto_score != earlier:
        grade.needs_manual_grade = True


def _scores(submitted: api.SubmittedNotebook) -> dict[str, Score]:
    comments = {_exercise(comment): comment.manual_comment for comment in submitted.comments}
    return {
        _exercise(grade): Score(
            _points(grade), grade.cell.max_score, comments.get(_exercise(grade)) or ""
        )
        for grade in submitted.grades
    }


def _points(grade: api.Grade) -> float | None:
    if grade.needs_manual_grade:
        return None
    score = grade.auto_score if grade.manual_score is None else grade.manual_score
    return score + (grade.extra_credit or 0.0)


def _exercise(entry: api.Grade | api.Comment) -> str:
    """Return the id of the exercise or essay that a grade or comment belongs to."""
    return entry.cell.name.partition("-")[2]


def _changes(path: Path, notebook: NotebookNode) -> set[str]:
    """Return the ids of the answers that differ from the notebook at ``path``."""
    earlier = _earlier_answers(path)
    return {
        exercise
        for exercise, answer in _answers(notebook).items()
        if answer != earlier.get(exercise)
    }


def _earlier_answers(path: Path) -> dict[str, str]:
    try:
        return _answers(nbformat.read(path, as_version=4))
    except Exception:  # none yet; or damaged, and what nbformat raises depends on the damage
        return {}


def _answers(notebook: NotebookNode) -> dict[str, str]:
    grading = ((cell, cell.metadata.get("nbgrader", {})) for cell in notebook.cells)
    return {
        settings["grade_id"].partition("-")[2]: cell.source
        for cell, settings in grading
        if settings.get("solution")
    }


@contextmanager
def _storage_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # What the database itself said, without the statement that it was given.
        reason = getattr(error, "orig", None) or error
        raise StorageError(_NO_GRADEBOOK.format(folder=folder, error=reason)) from error
    except OSError as error:
        raise StorageError(_NO_GRADEBOOK.format(folder=folder, error=error.strerror)) from error


@contextmanager
def _own_tools_on_path() -> Iterator[None]:
    """Let nbgrader find ``alembic``, which it starts by name, when no environment is activated."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
