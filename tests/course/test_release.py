import ast
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook
from nbgrader.validator import Validator
from sample_course import POINTS, sample_course
from typer.testing import CliRunner

from course import lessons
from course import release as release_module
from course.cli import app
from course.editions import solution_edition
from course.errors import LeakError, SourceError, StorageError
from course.leaks import leaks, secrets
from course.problems import sound_lessons
from course.release import release
from course.repository import Repository
from exercises.catalogue import all_exercises
from helpers.errors import UnknownNameError

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py"))


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The tree that a class of the real course receives."""
    folder = tmp_path_factory.mktemp("class") / "released"
    points = {exercise.id: exercise.points for exercise in all_exercises()}
    release(Repository.read(ROOT), folder, points, "teacher/class")
    return folder


def files(folder):
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def test_it_holds_what_a_class_needs_and_nothing_else(released):
    assert sorted(path.name for path in released.iterdir()) == [
        "LICENSE",
        "LICENSE-CC-BY-4.0",
        "README.md",
        "assets",
        "exercises",
        "helpers",
        "notebooks",
        "pyproject.toml",
    ]
    assert [path.stem for path in files(released / "notebooks")] == [p.stem for p in SOURCES]
    assert not [path for path in files(released) if "__pycache__" in path.parts]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_notebook_leaks_its_solution(released, source):
    notebook = nbformat.read(released / "notebooks" / f"{source.stem}.ipynb", as_version=4)
    assert leaks(lessons.read(source), notebook) == []


def test_both_languages_can_be_released_and_leak_nothing(tmp_path):
    points = {exercise.id: exercise.points for exercise in all_exercises()}
    repository = Repository.read(ROOT)
    release(repository, tmp_path / "class", points, "teacher/class", ("en", "ja"))
    folder = tmp_path / "class"
    assert "Hand in" in (folder / "README.md").read_text(encoding="utf-8")
    assert "提出する" in (folder / "README.ja.md").read_text(encoding="utf-8")
    for lesson in sound_lessons(repository, points, "en"):
        notebook = nbformat.read(folder / f"notebooks/en/{lesson.name}.ipynb", as_version=4)
        assert leaks(lesson, notebook) == []
        assert "teacher/class/blob/HEAD/notebooks/en/" in notebook.cells[0].source
    assert len(files(folder / "notebooks")) == 2 * len(SOURCES)


def prose_secrets(source):
    """The sentences of model answers and rubrics; solutions are in the helpers too, by design."""
    lesson = lessons.read(source)
    prose = tuple(cell for cell in lesson.cells if cell.type == "markdown")
    return secrets(lessons.Lesson(lesson.path, prose))


def test_no_file_holds_a_sentence_of_a_model_answer_or_rubric(released):
    hidden = {secret for source in SOURCES for secret in prose_secrets(source)}
    assert len(hidden) > 30
    for path in files(released):
        if path.suffix in (".py", ".md", ".toml", ".ipynb"):
            content = path.read_text(encoding="utf-8")
            told = (
                json.dumps(json.loads(content), ensure_ascii=False)
                if path.suffix == ".ipynb"
                else content
            )
            assert [secret for secret in hidden if secret in " ".join(told.split())] == []


def test_no_file_imports_what_was_not_released(released):
    for path in files(released):
        if path.suffix == ".py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            assert not [name for name in names if name and name.split(".")[0] == "course"]


def test_links_and_installation_name_the_repository_of_the_class(released):
    for path in [*files(released / "notebooks"), released / "README.md"]:
        content = path.read_text(encoding="utf-8")
        assert "teacher/class" in content
        assert Repository.read(ROOT).address not in content


def test_links_and_installation_lead_to_the_default_branch_of_the_class(released):
    # pip turns @HEAD into a branch that git refuses; without it, it takes the default branch.
    for path in files(released / "notebooks"):
        content = path.read_text(encoding="utf-8")
        assert f"github/teacher/class/blob/HEAD/notebooks/{path.name})" in content
        assert '@ git+https://github.com/teacher/class\\"' in content


def test_without_a_repository_of_the_class_links_lead_to_the_tag_of_the_course(sample, tmp_path):
    release(sample, tmp_path / "class", POINTS)
    content = (tmp_path / "class" / "notebooks" / "03_sample.ipynb").read_text(encoding="utf-8")
    assert "github/owner/sample/blob/v1.2.0/notebooks/03_sample.ipynb)" in content
    assert '@ git+https://github.com/owner/sample@v1.2.0\\"' in content


@pytest.mark.parametrize(
    "address",
    ["", "class", "https://github.com/teacher/class", "teacher/class.git", "a/b/c", "teacher/授業"],
)
def test_what_is_no_repository_on_github_is_refused(sample, tmp_path, address):
    with pytest.raises(UnknownNameError, match="teacher/class"):
        release(sample, tmp_path / "class", POINTS, address)
    assert not (tmp_path / "class").exists()


def test_its_project_is_the_helpers_with_the_same_requirements(released):
    project = tomllib.loads((released / "pyproject.toml").read_text(encoding="utf-8"))
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dependencies"] == ours["project"]["dependencies"]
    assert project["project"]["version"] == ours["project"]["version"]
    assert "scripts" not in project["project"]
    for package in project["tool"]["setuptools"]["packages"]:
        folder = released / package.replace(".", "/")
        only_data = package in ("helpers.mini", "helpers.explorer")
        assert (folder / "__init__.py").is_file() or (only_data and files(folder))


def test_students_can_check_answers_with_what_they_received(released):
    program = "from exercises import check; check('1-3', lambda images: images * 0.5 + 0.5)"
    environment = os.environ | {"PYTHONPATH": str(released)}
    result = subprocess.run(
        [sys.executable, "-P", "-c", f"import helpers; print(helpers.__file__); {program}"],
        cwd=released,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(released) in result.stdout
    assert "✅" in result.stdout


@pytest.fixture
def sample(tmp_path):
    repository = sample_course(tmp_path)
    for name in ("exercises", "helpers", "site", "LICENSE", "LICENSE-CC-BY-4.0"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return repository


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(sample, tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "mine").write_text("x")
    with pytest.raises(StorageError, match="空ではありません"):
        release(sample, folder, POINTS)
    assert [path.name for path in folder.iterdir()] == ["mine"]


@pytest.mark.parametrize("folder", ["../class", "../made/on/the/way", "."])
def test_an_empty_or_new_folder_is_filled(sample, tmp_path, monkeypatch, folder):
    (tmp_path / "class").mkdir()
    monkeypatch.chdir(tmp_path / "class")
    release(sample, Path(folder), POINTS)
    assert (tmp_path / "class" / folder / "notebooks" / "03_sample.ipynb").is_file()


def test_what_lies_beside_the_folder_is_left_alone(sample, tmp_path):
    (tmp_path / "class.part").mkdir()
    (tmp_path / "class.part" / "mine").touch()
    before = set(tmp_path.iterdir())
    release(sample, tmp_path / "class", POINTS)
    assert set(tmp_path.iterdir()) == before | {tmp_path / "class"}
    assert (tmp_path / "class.part" / "mine").exists()
    assert (tmp_path / "class").stat().st_mode == (tmp_path / "solutions").stat().st_mode


def test_an_edition_that_would_leak_stops_the_release_and_leaves_nothing(
    sample, tmp_path, monkeypatch
):
    monkeypatch.setattr(release_module, "student_edition", solution_edition)
    before = set(tmp_path.iterdir())
    with pytest.raises(LeakError, match=r"03_sample\.py"):
        release(sample, tmp_path / "class", POINTS)
    assert set(tmp_path.iterdir()) == before


def test_a_source_with_a_fault_stops_the_release_and_leaves_nothing(sample, tmp_path):
    path = sample.solutions / "03_sample.py"
    outside = '\n# %% exercise="3-3"\ndef f():\n    return 1\n'
    path.write_text(path.read_text(encoding="utf-8") + outside, encoding="utf-8")
    before = set(tmp_path.iterdir())
    with pytest.raises(SourceError, match=r"03_sample\.py:42: an exercise needs a pair"):
        release(sample, tmp_path / "class", POINTS)
    assert set(tmp_path.iterdir()) == before


def complaint(*command):
    """What a command says that ends with a message, not with a traceback."""
    result = CliRunner().invoke(app, [str(part) for part in command])
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    return result.output


def commands(folder):
    return [
        ("release", folder / "class"),
        ("grade", folder / "handed_in", "--out", folder / "grades"),
        ("sample-class", folder / "class"),
        ("sample-check", folder / "grades"),
    ]


def test_a_source_that_cannot_be_read_is_named(sample, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = sample.solutions / "03_sample.py"
    for damaged in ("# %% [markdown]\n# 学習\n".encode("cp932"), b"outside = 1\n# %%\n"):
        path.write_bytes(damaged)
        for command in commands(tmp_path):
            assert "solutions/03_sample.py" in complaint(*command)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("# %%\nprint('begun'\n", "the cell is no valid Python"),
        ('# %% [markdown] essay="3-2"\n# because\n', "an essay needs points"),
    ],
)
def test_a_source_that_cannot_be_graded_is_named(sample, tmp_path, monkeypatch, source, fault):
    monkeypatch.chdir(tmp_path)
    (sample.solutions / "03_sample.py").write_text(source, encoding="utf-8")
    for command in commands(tmp_path)[1:]:
        assert f"solutions/03_sample.py:1: {fault}" in complaint(*command)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"nbformat": 4}'])
def test_a_notebook_that_cannot_be_read_is_named(sample, tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    nbformat.write(new_notebook(), sample.solutions / "03_sample.ipynb")
    (sample.notebooks / "03_sample.ipynb").write_text(content)
    for command in commands(tmp_path)[1:]:
        assert "notebooks/03_sample.ipynb" in complaint(*command)


def test_what_the_sample_class_cannot_be_written_to_or_checked_with_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    report = tmp_path / "report.json"
    for damaged in ("{", "[]", '{"submissions": [3]}'):
        report.write_text(damaged)
        assert str(report) in complaint("sample-check", tmp_path)
    assert str(report) in complaint("sample-class", report)


def test_nbgrader_validates_what_was_released(sample, tmp_path):
    release(sample, tmp_path / "class", POINTS)
    outcome = Validator().validate(str(tmp_path / "class" / "notebooks" / "03_sample.ipynb"))
    # It runs the notebook, and finds what nobody has done yet: the exercise and the essay.
    assert list(outcome) == ["failed"]
    exercise, essay = (fault["error"] for fault in outcome["failed"])
    assert "NotImplementedError" in exercise
    assert "did not provide a response" in essay
