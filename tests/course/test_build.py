import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader import nbgraderformat
from sample_course import LESSON, PICTURE, POINTS, sample_course
from typer.testing import CliRunner

from course import lessons
from course.build import build, check
from course.cli import app
from course.errors import RepositoryError
from course.leaks import leaks
from course.repository import Repository
from exercises.catalogue import all_exercises
from helpers.errors import UnknownNameError


def cells(path):
    return {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}


def files(repository):
    return {
        path: path.read_bytes() for path in sorted(repository.root.rglob("*")) if path.is_file()
    }


def edit(repository, old, new):
    path = repository.solutions / "03_sample.py"
    source = path.read_text(encoding="utf-8")
    assert old in source
    path.write_text(source.replace(old, new), encoding="utf-8")


def texts(problems):
    return "\n".join(map(str, problems))


@pytest.fixture(scope="module")
def built_once(tmp_path_factory):
    repository = sample_course(tmp_path_factory.mktemp("course"))
    assert build(repository, POINTS) == []
    return repository


@pytest.fixture
def built(built_once, tmp_path):
    """A copy of a built course, free to be changed."""
    shutil.copytree(built_once.root, tmp_path / "copy")
    return Repository.read(tmp_path / "copy")


@pytest.fixture
def solution(built_once):
    return cells(built_once.solutions / "03_sample.ipynb")


@pytest.fixture
def student(built_once):
    return cells(built_once.notebooks / "03_sample.ipynb")


# --- what is built --------------------------------------------------------------------------------


def test_both_editions_pass_the_validators_of_jupyter_and_nbgrader(built_once):
    for folder in (built_once.solutions, built_once.notebooks):
        path = folder / "03_sample.ipynb"
        nbformat.validate(json.loads(path.read_text(encoding="utf-8")))
        nbgraderformat.read(path, as_version=4)


def test_ids_tell_lesson_and_role_and_are_shared_by_both_editions(solution, student):
    named = {
        "03-colab",
        "03-install",
        "03-exercise-3-1",
        "03-check-3-1",
        "03-essay-3-2",
    }
    assert named <= solution.keys()
    assert all(re.fullmatch(r"03-[0-9a-f]{8}", cell_id) for cell_id in solution.keys() - named)
    assert list(student) == list(solution)


def test_equal_cells_get_ids_of_their_own(tmp_path):
    repository = sample_course(tmp_path, "# %%\n1\n\n# %%\n1\n")
    assert build(repository, {}) == []
    ids = list(cells(repository.notebooks / "03_sample.ipynb"))
    assert ids[3] == f"{ids[2]}-2"


@pytest.mark.parametrize(
    ("cell_id", "metadata"),
    [
        ("03-exercise-3-1", {"grade": False, "solution": True, "locked": False}),
        ("03-check-3-1", {"grade": True, "solution": False, "locked": True, "points": 2}),
        ("03-essay-3-2", {"grade": True, "solution": True, "locked": False, "points": 5}),
    ],
)
def test_nbgrader_metadata_of_each_role(solution, student, cell_id, metadata):
    wanted = {"schema_version": 3, "task": False, "grade_id": cell_id.removeprefix("03-")}
    assert solution[cell_id].metadata.nbgrader == wanted | metadata
    assert (wanted | metadata).items() <= student[cell_id].metadata.nbgrader.items()


def test_only_text_of_deterministic_cells_is_stored(solution):
    outputs = {cell_id: cell.outputs for cell_id, cell in solution.items() if cell.get("outputs")}
    first, text, checked = outputs.values()
    assert [output.output_type for output in first] == ["stream", "execute_result"]
    assert [first[0].text, first[1].data] == ["始めます\n", {"text/plain": "2"}]
    assert [output.data for output in text] == [{"text/plain": "点"}]
    assert checked[0].text == "3-1: 4\n"
    assert list(outputs)[2] == "03-check-3-1"


def test_nbval_accepts_the_stored_outputs_and_sees_a_changed_one(built):
    path = built.solutions / "03_sample.ipynb"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", path]
    accepted = subprocess.run(command, cwd=built.root, capture_output=True, text=True, check=False)
    assert "6 passed" in accepted.stdout
    path.write_text(path.read_text(encoding="utf-8").replace("始めます\\n", "止めます\\n"), "utf-8")
    refused = subprocess.run(command, cwd=built.root, capture_output=True, text=True, check=False)
    assert "1 failed, 5 passed" in refused.stdout


def test_deterministic_cells_are_tagged_for_comparison_in_the_solution_alone(solution, student):
    tags = [cell.metadata.tags for cell in solution.values() if "tags" in cell.metadata]
    assert tags == [
        ["nbval-check-output"],
        ["hide-input", "nbval-check-output"],
        ["nbval-check-output"],
    ]
    assert [cell.metadata.tags for cell in student.values() if "tags" in cell.metadata] == [
        ["hide-input"]
    ]


def test_students_get_signature_docstring_and_stub(student):
    assert student["03-exercise-3-1"].source == (
        "# 問 3-1\ndef double(number):\n"
        '    """2 倍を返します。"""\n'
        "    # ここにコードを書いてください。\n"
        "    raise NotImplementedError"
    )
    assert student["03-essay-3-2"].source == "（ここにあなたの考えを書いてください。）"


def test_the_rubric_stands_below_the_model_answer_in_the_solution_alone(solution, student):
    assert solution["03-essay-3-2"].source == (
        "同じ数を足すと、ちょうど 2 倍になるからです。\n\n"
        "- 足し算と掛け算の関係に触れていれば 3 点。"
    )
    assert "触れていれば" not in "".join(cell.source for cell in student.values())


def test_an_assignment_that_nbgrader_makes_of_the_solution_hides_the_same(built_once, tmp_path):
    source = tmp_path / "source" / "lesson" / "03_sample.ipynb"
    source.parent.mkdir(parents=True)
    shutil.copy(built_once.solutions / source.name, source)
    generate = [sys.executable, "-m", "nbgrader", "generate_assignment", "lesson", "--no-db"]
    subprocess.run(generate, cwd=tmp_path, capture_output=True, check=True)
    released = nbformat.read(tmp_path / "release" / "lesson" / source.name, as_version=4)
    lesson = lessons.read(built_once.solutions / "03_sample.py")
    assert leaks(lesson, released) == []
    assert [cell.id for cell in released.cells] == list(cells(source))


def test_students_get_no_outputs_and_cannot_change_checks(student):
    code = [cell for cell in student.values() if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert student["03-check-3-1"].metadata.editable is False
    assert "editable" not in student["03-exercise-3-1"].metadata


def test_untouched_essays_are_recognised_by_nbgrader(student):
    from nbgrader.utils import determine_grade

    assert determine_grade(student["03-essay-3-2"]) == (0, 5)


def test_colab_opens_this_edition_at_this_version(solution, student):
    url = "https://colab.research.google.com/github/owner/sample/blob/v1.2.0/{}/03_sample.ipynb"
    assert solution["03-colab"].source == f"[Colab で開く]({url.format('solutions')})"
    assert student["03-colab"].source == f"[Colab で開く]({url.format('notebooks')})"


def first_code_cell(student):
    return next(cell.source for cell in student.values() if cell.cell_type == "code")


def test_first_code_cell_installs_this_version(student):
    assert first_code_cell(student).endswith(
        '    %pip install -q "sample @ git+https://github.com/owner/sample@v1.2.0"'
    )


KERNEL = """
import sys
import tempfile
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell

cell, package, installed = sys.argv[1:]
site = Path(tempfile.mkdtemp())
# As in Colab: the notebook's own folder is there twice, the course not at all.
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in str(finder).lower()]
others = [path for path in sys.path if not Path(path, "helpers").exists()]
sys.path = [str(Path.cwd()), *others, "", str(site)]
shell = InteractiveShell.instance()


def install():
    (site / "helpers").symlink_to(package)


def pip(line):
    print("pip", line)
    if installed == "no":
        install()


if installed == "yes":
    install()
shell.register_magic_function(pip)
shell.run_cell(cell).raise_error()
import helpers.preflight

print(Path(helpers.__file__).parent == site / "helpers")
"""


@pytest.mark.parametrize("installed", ["yes", "no"])
@pytest.mark.parametrize(
    "beside", ["notes.txt", "helpers.py", "helpers/notes.txt", "helpers/__init__.py"]
)
def test_the_course_is_found_whatever_is_called_helpers_beside_the_notebook(
    student, tmp_path, beside, installed
):
    (tmp_path / beside).parent.mkdir(exist_ok=True)
    (tmp_path / beside).write_text("x = 1 / 0")
    package = str(Path(__file__).parents[2] / "helpers")
    run = subprocess.run(
        [sys.executable, "-c", KERNEL, first_code_cell(student), package, installed],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=True,
    )
    *installations, found = run.stdout.splitlines()
    assert found == "True"
    assert len(installations) <= 1
    if installed == "no":
        assert installations[0].startswith("pip install -q")
    elif not beside.startswith("helpers"):
        assert installations == []


def test_pictures_travel_inside_the_prose(solution, student):
    source = list(student.values())[2].source
    prose, _, definition = source.rpartition("\n\n")
    assert prose == "# 03 学習する\n図のように進めます。![階段の図][steps.png]"
    name, _, data = definition.partition(": data:image/png;base64,")
    assert name == "[steps.png]"
    assert base64.b64decode(data) == PICTURE
    assert list(solution.values())[2].source == source


# --- when it is built -----------------------------------------------------------------------------


def test_building_twice_changes_nothing(built):
    before, log = files(built), []
    assert build(built, POINTS, log=log.append) == []
    assert files(built) == before
    assert log == []


def test_new_prose_keeps_the_outputs_without_executing(built):
    edit(built, "図のように", "絵のように")
    log = []
    assert build(built, POINTS, log=log.append) == []
    assert "solutions/03_sample.ipynb: executing" not in log
    assert cells(built.solutions / "03_sample.ipynb")["03-check-3-1"].outputs[0].text == "3-1: 4\n"


def test_new_code_is_executed(built):
    edit(built, "number + number", "10 * number")
    log = []
    assert build(built, POINTS, log=log.append) == []
    assert "solutions/03_sample.ipynb: executing" in log
    assert cells(built.solutions / "03_sample.ipynb")["03-check-3-1"].outputs[0].text == "3-1: 20\n"


def test_execution_can_be_asked_for(built):
    log = []
    assert build(built, POINTS, execute=True, log=log.append) == []
    assert log == ["solutions/03_sample.ipynb: executing"]


def test_notebook_that_fails_keeps_its_files_and_names_the_cell(built):
    edit(built, "number + number", "number + missing")
    before = files(built)
    assert texts(build(built, POINTS)) == (
        "solutions/03_sample.py: cell 03-check-3-1: NameError: name 'missing' is not defined"
    )
    assert files(built) == before


def test_solutions_run_on_mini_data_and_stop_at_a_wrong_answer(tmp_path):
    repository = sample_course(
        tmp_path,
        "# %% deterministic=true\nimport os\n\n"
        'print(os.environ["COURSE_DATA"], os.environ["COURSE_STRICT"])\n',
    )
    assert build(repository, {}) == []
    (output,) = list(cells(repository.solutions / "03_sample.ipynb").values())[2].outputs
    assert output.text == "mini 1\n"


def test_named_lessons_are_built_alone(built):
    (built.solutions / "04_other.py").write_text("# %% [markdown]\n# 次の章\n", encoding="utf-8")
    assert build(built, {"3-1": 2}, ["04"]) == []
    assert (built.notebooks / "04_other.ipynb").is_file()
    with pytest.raises(UnknownNameError, match="05"):
        build(built, POINTS, ["05"])


# --- check ----------------------------------------------------------------------------------------


def test_check_is_content_with_a_fresh_build(built):
    assert check(built, POINTS) == []


def test_check_names_stale_cells_in_both_editions_and_writes_nothing(built):
    edit(built, "2 倍を返します。", "2 倍の数を返します。")
    before = files(built)
    assert texts(check(built, POINTS)) == (
        "solutions/03_sample.ipynb: cell 03-exercise-3-1 is stale\n"
        "notebooks/03_sample.ipynb: cell 03-exercise-3-1 is stale"
    )
    assert files(built) == before


def test_check_names_missing_files_and_orphans(built):
    (built.notebooks / "03_sample.ipynb").rename(built.notebooks / "02_gone.ipynb")
    assert texts(check(built, POINTS)) == (
        "notebooks/03_sample.ipynb: missing, or no notebook\n"
        "notebooks/02_gone.ipynb: has no source; delete it"
    )


def test_check_names_cells_without_source_and_cells_that_are_missing(built):
    path = built.notebooks / "03_sample.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1] = nbformat.v4.new_markdown_cell("手で足した", id="added")
    nbformat.write(notebook, path)
    assert texts(check(built, POINTS)) == (
        "notebooks/03_sample.ipynb: cell 03-essay-3-2 is missing\n"
        "notebooks/03_sample.ipynb: cell added has no source"
    )


def test_check_sees_another_order(built):
    path = built.notebooks / "03_sample.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.reverse()
    nbformat.write(notebook, path)
    assert texts(check(built, POINTS)) == (
        "notebooks/03_sample.ipynb: the cells stand in another order"
    )


def test_check_sees_stored_outputs_of_other_cells(built):
    path = built.solutions / "03_sample.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="installed\n")]
    nbformat.write(notebook, path)
    assert texts(check(built, POINTS)) == "solutions/03_sample.ipynb: cell 03-install is stale"


def test_check_tells_leaks(built):
    path = built.notebooks / "03_sample.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].metadata["author"] = "secret_sum = number + number"
    nbformat.write(notebook, path)
    assert "hidden text: secret_sum = number + number" in texts(check(built, POINTS))


def test_check_compares_content_not_spelling(built):
    for path in built.root.rglob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
        path.write_text(json.dumps(notebook, indent=4))
    assert check(built, POINTS) == []


def test_notebooks_of_the_course_are_up_to_date():
    points = {exercise.id: exercise.points for exercise in all_exercises()}
    assert texts(check(Repository.find(Path(__file__).parent), points)) == ""


# --- faults of a source ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('exercise="3-1"', 'exercise="3-9"', 25, "exercise 3-9 is not defined in exercises"),
        ('exercise="3-1"', 'exercise="3-9"', 0, "exercise 3-1 is defined in exercises but"),
        ('exercise="3-1"', 'exercise="4-1"', 25, "exercise '4-1' is no id of lesson 03"),
        ("def double(number):\n", "double = 2\nif True:\n", 25, "must define what is asked for"),
        ("    ### END SOLUTION\n", "", 25, "an exercise needs a pair of ### BEGIN SOLUTION"),
        ("    ### BEGIN SOLUTION\n", "", 25, "an exercise needs a pair of ### BEGIN SOLUTION"),
        ("def double(number):\n", "if True:\n", 25, "a solution must lie inside a function"),
        ("def double(number):\n", "def double(number:\n", 25, "the cell is no valid Python"),
        ("import sys", "import sys,", 14, "the cell is no valid Python"),
        ('print("始めます")', "### BEGIN SOLUTION", 5, "BEGIN/END SOLUTION outside an exercise"),
        (
            "# %% [markdown]\n# ### ",
            '# %% check="3-1"\n1\n\n# %% [markdown]\n# ### ',
            33,
            "leave this",
        ),
        ('rubric="3-2"', "", 36, "essay 3-2 has no rubric"),
        ('rubric="3-2"', 'rubric="3-3"', 39, "rubric 3-3 has no essay"),
        ("### 考察 3-2", "### 考察 3-20", 36, "essay 3-2 has no cell `### 考察 3-2 …` above"),
        ("points=5", "", 36, "an essay needs points"),
        ("points=5", "points=0", 36, "an essay needs points"),
        ('exercise="3-1"', 'exercise="3-1" points=5', 25, "points stand at essays alone"),
        ('[markdown] essay="3-2"', 'essay="3-2"', 36, "essay cannot be a code cell"),
        ('exercise="3-1"', 'exercise="3-1" rubric="3-1"', 25, "a cell has one role"),
        ('exercise="3-1"', 'exercis="3-1"', 25, "unknown word in the cell's marker: exercis='3-1'"),
        ("[markdown]\n# # 03", "[markdown] deterministic=true\n# # 03", 1, "for code cells"),
        ("steps.png", "stairs.png", 1, "picture ../assets/stairs.png is no file here"),
        ("![階段の図]", "![ ]", 1, "picture ../assets/steps.png lacks alt text"),
        ("図のように", "<img src=x>", 1, "not as <img>"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path, old, new, line, message):
    assert old in LESSON
    repository = sample_course(tmp_path, LESSON.replace(old, new, 1))
    problems = build(repository, POINTS)
    assert [p for p in problems if p.line == line and message in p.message], texts(problems)
    assert {problem.path for problem in problems} == {"solutions/03_sample.py"}
    assert not list(tmp_path.rglob("*.ipynb"))


def test_ids_stand_once(tmp_path):
    repository = sample_course(tmp_path, LESSON + '\n# %% [markdown] rubric="3-2"\n# - 2 点\n')
    assert texts(build(repository, POINTS)) == (
        "solutions/03_sample.py:42: rubric 3-2 stands here a second time"
    )


def test_an_essay_cannot_share_the_id_of_an_exercise(tmp_path):
    repository = sample_course(tmp_path, LESSON.replace("3-2", "3-1"))
    assert texts(build(repository, POINTS)) == (
        "solutions/03_sample.py:36: essay 3-1 has the id of an exercise"
    )


def test_text_outside_of_cells_is_a_fault(tmp_path):
    repository = sample_course(tmp_path, "x = 1\n\n" + LESSON)
    assert "8 markers `# %%` but 9 cells" in texts(build(repository, POINTS))


def test_all_faults_of_all_sources_are_told_together(built):
    edit(built, "points=5", "")
    edit(built, 'exercise="3-1"', 'exercise="3-9"')
    (built.solutions / "04_other.py").write_text("# %% colour=1\n", encoding="utf-8")
    assert [(problem.path, problem.line) for problem in build(built, POINTS)] == [
        ("solutions/03_sample.py", 0),
        ("solutions/03_sample.py", 25),
        ("solutions/03_sample.py", 36),
        ("solutions/04_other.py", 0),
        ("solutions/04_other.py", 1),
    ]


# --- command line ---------------------------------------------------------------------------------


def test_command_builds_from_any_folder_of_the_checkout(tmp_path, monkeypatch):
    repository = sample_course(tmp_path, "# %% [markdown]\n# 文\n")
    (repository.solutions / "03_sample.py").rename(repository.solutions / "99_prose.py")
    monkeypatch.chdir(repository.notebooks)
    stale = CliRunner().invoke(app, ["build", "--check"])
    assert stale.exit_code == 1
    assert "notebooks/99_prose.ipynb: missing, or no notebook" in stale.output
    assert CliRunner().invoke(app, ["build"]).exit_code == 0
    assert CliRunner().invoke(app, ["build", "--check", "99"]).exit_code == 0
    assert CliRunner().invoke(app, ["build", "98"]).exit_code == 1


def test_folder_outside_of_a_checkout_is_refused(tmp_path):
    with pytest.raises(RepositoryError, match="教材のフォルダ"):
        Repository.find(tmp_path)


def test_pyproject_of_another_project_is_refused(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'other'\nversion = '1'\n")
    with pytest.raises(RepositoryError, match="教材のフォルダ"):
        Repository.find(tmp_path)
