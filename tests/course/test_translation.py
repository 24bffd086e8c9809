"""The English edition: words apart from the program, and held to it cell by cell."""

import shutil
from pathlib import Path

import nbformat
import pytest
from sample_course import LESSON, POINTS, sample_course
from typer.testing import CliRunner

from course import lessons
from course.build import build, check
from course.cli import app
from course.repository import Repository
from course.translation import JAPANESE, translated, words_path

WORDS = {
    "# # 03 学習する\n# 図のように進めます。![階段の図](../assets/steps.png)": (
        "# # 03 Training\n# Go on as in the figure. ![Stairs](../assets/steps.png)"
    ),
    "始めます": "Here we go",
    "毎回ちがうかもしれません": "It may differ each time",
    "警告": "a warning",
    '"点"': '"dot"',
    "2 倍を返します。": "Return twice the number.",
    "考察 3-2 なぜ 2 倍になりますか": "Essay 3-2: Why is it twice the number?",
    "同じ数を足すと、ちょうど 2 倍になるからです。": "A number and itself are two of it.",
    "足し算と掛け算の関係に触れていれば 3 点。": "3 points for addition and multiplication.",
}


def in_english(text: str) -> str:
    for japanese, english in WORDS.items():
        text = text.replace(japanese, english)
    return text


def translate(repository: Repository) -> Path:
    """Write the English words of the sample lesson as a translator would; return their file."""
    source = repository.solutions / "03_sample.py"
    path = words_path(source)
    path.parent.mkdir(exist_ok=True)
    skeleton = translated(lessons.read(source), [], lambda pair: False)
    path.write_text(in_english(skeleton), encoding="utf-8")
    return path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def texts(problems) -> str:
    return "\n".join(map(str, problems))


def sources(path: Path) -> dict[str, str]:
    return {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}


@pytest.fixture(scope="module")
def built_once(tmp_path_factory):
    repository = sample_course(tmp_path_factory.mktemp("course"))
    translate(repository)
    assert texts(build(repository, POINTS)) == ""
    return repository


@pytest.fixture
def built(built_once, tmp_path):
    shutil.copytree(built_once.root, tmp_path / "copy")
    return Repository.read(tmp_path / "copy")


def test_the_skeleton_holds_prose_and_japanese_code_without_solutions(tmp_path):
    source = sample_course(tmp_path).solutions / "03_sample.py"
    skeleton = translated(lessons.read(source), [], lambda pair: False)
    assert skeleton.count('of="') == 8  # all but the check, which has no words
    assert "secret_sum" not in skeleton
    assert "# 問 3-1" not in skeleton
    assert "def double(number):" in skeleton


def test_both_languages_have_the_same_cells_in_the_same_order(built_once):
    for folder in (built_once.solutions, built_once.notebooks):
        japanese, english = (
            sources(folder / "03_sample.ipynb"),
            sources(folder / "en/03_sample.ipynb"),
        )
        assert list(japanese) == list(english)


def test_no_japanese_is_left_in_the_english_notebooks(built_once):
    for folder in (built_once.solutions, built_once.notebooks):
        text = (folder / "en/03_sample.ipynb").read_text(encoding="utf-8")
        assert JAPANESE.search(text) is None


def test_an_english_exercise_has_its_first_line_the_stub_and_the_same_solution(built_once):
    student = sources(built_once.notebooks / "en/03_sample.ipynb")["03-exercise-3-1"]
    assert student == (
        '# Exercise 3-1\ndef double(number):\n    """Return twice the number."""\n'
        "    # Write your code here.\n    raise NotImplementedError"
    )
    solution = sources(built_once.solutions / "en/03_sample.ipynb")["03-exercise-3-1"]
    assert "    secret_sum = number + number\n" in solution


def test_the_first_cell_chooses_the_language(built_once):
    for path, language in (("03_sample.ipynb", "ja"), ("en/03_sample.ipynb", "en")):
        install = sources(built_once.notebooks / path)["03-install"]
        assert f'os.environ["COURSE_LANG"] = "{language}"' in install


def test_links_to_colab_name_the_notebook_of_the_same_language(built_once):
    link = sources(built_once.notebooks / "en/03_sample.ipynb")["03-colab"]
    assert link.endswith("/blob/v1.2.0/notebooks/en/03_sample.ipynb)")
    assert link.startswith("[Open in Colab]")


def test_english_outputs_are_kept_apart(built_once):
    notebook = nbformat.read(built_once.solutions / "en/03_sample.ipynb", as_version=4)
    kept = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert kept[0].text == "Here we go\n"


def test_a_changed_japanese_sentence_is_told_with_place_and_both_wordings(built):
    edit(built.solutions / "03_sample.py", "なぜ 2 倍になりますか", "どうして 2 倍ですか")
    words = built.solutions / "en/03_sample.py"
    line = (
        words.read_text(encoding="utf-8")
        .splitlines()
        .index("# ### Essay 3-2: Why is it twice the number?")
    )
    (problem,) = check(built, POINTS)
    assert (problem.path, problem.line) == ("solutions/en/03_sample.py", line)
    assert "### 考察 3-2 どうして 2 倍ですか" in problem.message
    assert "### Essay 3-2: Why is it twice the number?" in problem.message
    assert "course translate 03" in problem.message


def test_translate_leads_back_to_a_sound_build(built, monkeypatch):
    edit(built.solutions / "03_sample.py", "なぜ 2 倍になりますか", "どうして 2 倍ですか")
    monkeypatch.chdir(built.root)
    refused = CliRunner().invoke(app, ["translate", "03"], input="n\n")
    assert "どうして 2 倍ですか" in refused.output
    assert len(check(built, POINTS)) == 1
    assert CliRunner().invoke(app, ["translate", "03"], input="y\n").exit_code == 0
    assert build(built, POINTS) == []
    assert check(built, POINTS) == []


def test_translate_adds_what_is_missing_at_its_place(built, monkeypatch):
    edit(
        built.solutions / "03_sample.py",
        "# %%\nimport sys",
        "# %% [markdown]\n# 新しい文\n\n# %%\nimport sys",
    )
    monkeypatch.chdir(built.root)
    assert "no English yet for the cell “新しい文”" in texts(check(built, POINTS))
    assert CliRunner().invoke(app, ["translate", "03", "--yes"]).exit_code == 0
    words = (built.solutions / "en/03_sample.py").read_text(encoding="utf-8")
    assert words.index("Here we go") < words.index("新しい文") < words.index("It may differ")
    assert "still Japanese: '新'" in texts(check(built, POINTS))


def test_translate_drops_what_renders_nothing(built, monkeypatch):
    gone = '# %% [markdown] rubric="3-2"\n# - 足し算と掛け算の関係に触れていれば 3 点。\n'
    edit(built.solutions / "03_sample.py", gone, gone + "\n# %% [markdown]\n# 終わり\n")
    monkeypatch.chdir(built.root)
    CliRunner().invoke(app, ["translate", "03", "--yes"])
    edit(built.solutions / "03_sample.py", "\n# %% [markdown]\n# 終わり\n", "")
    assert "no Japanese cell is left" in texts(check(built, POINTS))
    CliRunner().invoke(app, ["translate", "03", "--yes"])
    assert check(built, POINTS) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Here we go", "では始めます", "still Japanese: 'で'"),
        ('print("Here we go")', 'print("Here", "we go")', "in more than words"),
        ("def double(number):", "def double(x):", "in more than words"),
        ("def double(number):", "def double(number:", "the cell is no valid Python"),
        ("### BEGIN SOLUTION\n", "### BEGIN SOLUTION\n    pass\n", "leave the solution to"),
        ("    ### BEGIN SOLUTION\n", "", "the SOLUTION marks are not those of the source"),
        ("# ### Essay 3-2", "# ### Question 3-2", "a heading must begin with `### Essay 3-2`"),
        (
            "../assets/steps.png",
            "../assets/en/steps.png",
            "picture ../assets/en/steps.png is no file",
        ),
        ("[markdown] of=", "of=", "the Japanese cell is a markdown cell"),
        (' of="', ' colour=1 of="', "unknown word in the cell's marker: colour"),
    ],
)
def test_a_rendering_that_does_not_fit_is_refused(built, old, new, message):
    edit(built.solutions / "en/03_sample.py", old, new)
    problems = check(built, POINTS)
    assert message in texts(problems)
    assert {problem.path for problem in problems} == {"solutions/en/03_sample.py"}


def test_a_term_keeps_its_name(tmp_path):
    lesson = LESSON.replace("図のように", "**学習 (training)** を、図のように")
    repository = sample_course(tmp_path, lesson)
    translate(repository)
    words = words_path(repository.solutions / "03_sample.py")
    said = "**学習 (training)** を、図のように進めます。![階段の図]"
    edit(words, said, "**Learning** goes as in the figure. ![Stairs]")
    edit(words, "03 学習する", "03 Training")
    assert "the term **training** of the Japanese cell" in texts(check(repository, POINTS))
    edit(words, "**Learning**", "**Training**")
    assert "training" not in texts(check(repository, POINTS))


def test_english_words_of_no_lesson_are_told(built):
    shutil.copy(built.solutions / "en/03_sample.py", built.solutions / "en/04_gone.py")
    assert texts(check(built, POINTS)) == "solutions/en/04_gone.py: translates no lesson; delete it"


def test_a_term_has_one_english_name_in_all_lessons(tmp_path):
    repository = sample_course(tmp_path, "# %% [markdown]\n# **学習 (training)** です。\n")
    other = repository.solutions / "04_other.py"
    other.write_text("# %% [markdown]\n# **学習 (learning)** です。\n", encoding="utf-8")
    assert texts(check(repository, {})).startswith(
        "solutions/04_other.py:1: 学習 is called learning here and training in "
        "solutions/03_sample.py:1: choose one"
    )


ROOT = Path(__file__).parents[2]
ENGLISH = sorted(ROOT.glob("notebooks/en/*.ipynb")) + sorted(ROOT.glob("solutions/en/*.ipynb"))


def test_every_lesson_has_english_words():
    sources = [path.name for path in sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py"))]
    assert [path.name for path in sorted((ROOT / "solutions" / "en").glob("*.py"))] == sources
    assert len(ENGLISH) == 2 * len(sources)


@pytest.mark.parametrize("path", ENGLISH, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_english_notebook_has_a_japanese_letter_in_text_or_outputs(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert not JAPANESE.search(repr([cell.source, cell.get("outputs")])), cell.id
