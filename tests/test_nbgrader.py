"""In nbgrader alone, without the course's own grader and without any setting, verdicts hold."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

from course.repository import Repository

REPOSITORY = Repository.find(Path(__file__))
NOTEBOOK = "02_model.ipynb"


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Hand 02 out with ``generate_assignment``, hand it in blank and solved, and autograde both."""
    root = tmp_path_factory.mktemp("nbgrader")
    (root / "source" / "02").mkdir(parents=True)
    shutil.copy(REPOSITORY.solutions / NOTEBOOK, root / "source" / "02")
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COURSE_STRICT", raising=False)
        patch.chdir(root)
        # nbgrader calls alembic by its bare name.
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        grader = NbGraderAPI(config=config)
        assert grader.generate_assignment("02")["success"]
        handed_in = {
            "blank": root / "release" / "02" / NOTEBOOK,
            "solved": REPOSITORY.solutions / NOTEBOOK,
        }
        for student, notebook in handed_in.items():
            (root / "submitted" / student / "02").mkdir(parents=True)
            shutil.copy(notebook, root / "submitted" / student / "02")
            result = grader.autograde("02", student)
            assert result["success"], result["log"]
    with Gradebook(config.CourseDirectory.db_url) as gradebook:
        return {
            student: {
                grade.name: grade.auto_score
                for grade in gradebook.find_submission("02", student).notebooks[0].grades
                if grade.name.startswith("check-")
            }
            for student in handed_in
        }


def test_a_blank_hand_in_gets_no_automatic_mark(scores):
    assert scores["blank"] == {"check-2-1": 0, "check-2-2": 0, "check-2-3": 0, "check-2-4": 0}


def test_a_solved_hand_in_gets_all_automatic_marks(scores):
    assert scores["solved"] == {"check-2-1": 2, "check-2-2": 2, "check-2-3": 4, "check-2-4": 4}
