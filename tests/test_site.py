"""What pages are made of, and what the builder refuses."""

import copy
import shutil

import nbformat
import pytest
from nbformat import v4
from site_course import ROOT, as_if_run, lesson_notebooks
from typer.testing import CliRunner

from course.cli import app
from course.errors import SiteError
from course.repository import Repository
from course.site import text
from course.site.build import build_site
from course.site.executed import outputs_by_cell
from course.site.glossary import in_english, terms
from course.site.leaks import hidden_parts, leaks
from course.site.lesson_pages import lesson_page
from course.site.pages import in_one_language, section, with_links
from course.site.reference import module_names, module_page
from course.site.trees import trees

PAGES = ROOT / "site" / "pages"


@pytest.fixture
def notebooks():
    return lesson_notebooks()


@pytest.fixture
def page(notebooks):
    student, _, outputs = notebooks
    return lesson_page("09_try", student, outputs, "ja")


@pytest.fixture
def tree(tmp_path, notebooks):
    """The Japanese tree of a checkout with one lesson, and nothing executed yet."""
    student, solution, _ = notebooks
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "tiny"\nversion = "1.0"\n[tool.course]\nrepository = "owner/tiny"\n'
    )
    for folder, notebook in (("notebooks", student), ("solutions", solution)):
        (tmp_path / folder).mkdir()
        nbformat.write(notebook, tmp_path / folder / "09_try.ipynb")
    japanese, _ = trees(Repository.read(tmp_path), tmp_path / "build" / "html")
    return japanese


def cells(page):
    return {cell.id: cell for cell in page.notebook.cells}


def execute(tree, notebook):
    tree.executed.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, tree.executed / "09_try.ipynb")


# --- a lesson's page ---


def test_a_demonstration_has_its_outputs_without_warnings(page):
    printed, figure = cells(page)["09-c"].outputs
    assert printed.text == "描きます\n"
    (path,) = page.pictures
    assert figure.data == {"text/markdown": rf"![3 本の \[棒\]](pictures/{path})"}
    assert page.pictures[path] == b"ABC"


def test_in_place_of_a_widget_a_sentence_stands(notebooks):
    student, _, outputs = notebooks
    shown = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "Pad()"}
    outputs["09-c"] = [v4.new_output("display_data", shown)]
    (output,) = cells(lesson_page("09_try", student, outputs, "en"))["09-c"].outputs
    assert output.data == {
        "text/markdown": "*In the notebook, something that you can operate appears here.*"
    }


def test_exercises_and_checks_show_no_outputs(page):
    assert cells(page)["09-exercise-9-1"].outputs == []
    assert cells(page)["09-check-9-1"].outputs == []


def test_what_sets_up_colab_stays_out(page):
    assert [cell for cell in cells(page) if cell.endswith(("colab", "install"))] == []


def test_the_form_for_names_stays_out_and_other_lists_stay(notebooks):
    student, _, outputs = notebooks
    form = "提出する人は、ここに書いてください。\n\n- 学生証番号:\n- 名前:"
    student.cells.insert(3, v4.new_markdown_cell(form, id="09-form"))
    student.cells.insert(
        4, v4.new_markdown_cell("次の 2 つです。\n\n- 形: 28\n- 値:", id="09-list")
    )
    page = lesson_page("09_try", student, outputs, "ja")
    assert "09-form" not in cells(page)
    assert "09-list" in cells(page)


def test_a_heading_is_found_again_by_the_id_of_its_cell(page):
    found = [(section.level, section.title, section.anchor) for section in page.sections]
    assert found == [
        (1, "09 試す", "cell-09-a"),
        (2, "1. 足す", "cell-09-b"),
        (3, "もっと", "cell-09-b-2"),
    ]
    assert "(cell-09-b-2)=\n### もっと" in cells(page)["09-b"].source


def test_the_page_knows_the_time_and_the_goals(page):
    assert page.minutes == "25"
    assert page.goals == ["足し算を `書ける`。", "引ける。"]


def test_pictures_in_prose_become_files(notebooks):
    student, _, outputs = notebooks
    student.cells[2].source += "\n\n![図][a.png]\n\n[a.png]: data:image/png;base64,QUJD"
    page = lesson_page("09_try", student, outputs, "ja")
    assert "base64" not in cells(page)["09-a"].source
    assert page.pictures[next(name for name in page.pictures if name.endswith("-a.png"))] == b"ABC"


def test_solutions_are_folded_and_only_on_request(notebooks):
    student, solution, outputs = notebooks
    without = lesson_page("09_try", student, outputs, "ja")
    assert hidden_parts(solution, student) == [
        "total = left + right",
        "足す順序を変えても、**和**は同じだからです",
    ]
    assert "left + right" not in nbformat.writes(without.notebook)
    page = lesson_page("09_try", student, outputs, "en", solution)
    folded = [cell.source for cell in page.notebook.cells if "<details" in cell.source]
    assert folded[0].startswith('<details class="solution"><summary>Solution</summary>')
    assert "```python\n# 問 9-1\ntotal = left + right\n```" in folded[0]
    assert "**和**は同じだから" in folded[1]


# --- the glossary ---


def test_the_glossary_takes_the_sentence_and_the_section_of_a_bold_term(page):
    convolution, weight = terms([page])
    assert (convolution.japanese, convolution.english) == ("畳み込み", "convolution")
    assert convolution.sentence == "**畳み込み (convolution)** を試します。"
    assert convolution.section.anchor == "cell-09-a"
    assert weight.sentence == "**重み (weight)** を足します。"
    assert weight.section.title == "もっと"


def test_the_english_glossary_is_in_alphabetical_order_and_quotes_english_pages(page, notebooks):
    student, _, outputs = copy.deepcopy(notebooks)
    student.cells[3].source = "## 1. Add\n\n### More\n\nFirst this. A **Weight** is added. Done."
    english = lesson_page("09_try", student, outputs, "en")
    convolution, weight = in_english(terms([page]), [english])
    assert [convolution.english, weight.english] == ["convolution", "weight"]
    assert weight.sentence == "A **Weight** is added."
    assert weight.section.title == "More"


# --- what is refused ---


def test_a_lesson_that_was_never_run_is_refused(tree):
    with pytest.raises(SiteError, match=r"09_try\.ipynb .*`course run`"):
        outputs_by_cell(tree, "09_try")


def test_a_lesson_whose_code_has_changed_is_refused(tree, notebooks):
    executed = as_if_run(copy.deepcopy(notebooks[1]))
    executed.cells[4].source = "draw(1)"
    execute(tree, executed)
    with pytest.raises(SiteError, match="09-c"):
        outputs_by_cell(tree, "09_try")


def test_a_student_edition_that_was_run_is_no_solution(tree, notebooks):
    execute(tree, as_if_run(copy.deepcopy(notebooks[0])))
    with pytest.raises(SiteError, match="09-exercise-9-1"):
        outputs_by_cell(tree, "09_try")


def test_a_lesson_that_failed_is_refused(tree, notebooks):
    executed = as_if_run(copy.deepcopy(notebooks[1]))
    executed.cells[4].outputs = [v4.new_output("error", ename="E", evalue="", traceback=[])]
    execute(tree, executed)
    with pytest.raises(SiteError, match="最後まで実行できていません（セル 09-c）"):
        outputs_by_cell(tree, "09_try")


def test_a_lesson_that_stopped_midway_is_refused(tree, notebooks):
    executed = as_if_run(copy.deepcopy(notebooks[1]))
    executed.cells[6].execution_count = None
    execute(tree, executed)
    with pytest.raises(SiteError, match="09-check-9-1"):
        outputs_by_cell(tree, "09_try")


def test_a_damaged_notebook_counts_as_not_run(tree, notebooks):
    execute(tree, notebooks[1])
    (tree.executed / "09_try.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(SiteError, match="実行結果がありません"):
        outputs_by_cell(tree, "09_try")


def test_what_was_run_to_its_end_is_read(tree, notebooks):
    executed = as_if_run(copy.deepcopy(notebooks[1]))
    executed.cells[4].outputs = [v4.new_output("stream", text="描きます")]
    execute(tree, executed)
    outputs = outputs_by_cell(tree, "09_try")
    assert [output.text for output in outputs["09-c"]] == ["描きます"]


def test_english_is_refused_with_the_command_that_runs_english(tree):
    _, english = trees(tree.repository, tree.executed)
    with pytest.raises(SiteError, match="`course run --language en`"):
        outputs_by_cell(english, "09_try")


def test_a_folder_with_other_files_is_not_replaced(tmp_path):
    pytest.importorskip("sphinx")
    if not (ROOT / "site" / "node_modules").is_dir():
        pytest.skip("no packages of Node: npm ci --prefix site")
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SiteError, match="新しいフォルダ"):
        build_site(Repository.read(ROOT), tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_missing_packages_of_node_are_named_with_the_command(tree):
    if not shutil.which("node"):
        pytest.skip("no Node.js")
    with pytest.raises(SiteError, match="npm ci --prefix site"):
        build_site(tree.repository, tree.repository.root / "out")


def test_the_command_says_errors_in_a_sentence(tree, monkeypatch):
    monkeypatch.chdir(tree.repository.root)
    monkeypatch.setenv("COURSE_LANG", "ja")  # the command settles it for good
    result = CliRunner().invoke(app, ["site"])
    assert result.exit_code == 1
    assert "npm" in result.stderr or "pip install" in result.stderr
    assert "Traceback" not in result.output


# --- leaks ---


@pytest.mark.parametrize(
    "page",
    [
        "<p>total = left + right</p>",
        '<pre><span class="n">total</span> <span>=</span>\n<span>left</span> + right</pre>',
        '<img alt="total = left + right">',
        "<p>足す順序を変えても、<strong>和</strong>は同じだからです。</p>",
        "<details><p>足す順序を変えても、\n和は同じだからです</p></details>",
    ],
)
def test_a_solution_is_found_however_it_is_marked_up(page, notebooks, tmp_path):
    student, solution, _ = notebooks
    (tmp_path / "page.html").write_text(f"<html><body>{page}</body></html>", encoding="utf-8")
    assert len(leaks(tmp_path / "page.html", hidden_parts(solution, student))) == 1


def test_a_page_of_the_student_edition_leaks_nothing(notebooks, tmp_path):
    student, solution, _ = notebooks
    shown = "".join(f"<p>{cell.source}</p>" for cell in student.cells)
    (tmp_path / "page.html").write_text(shown, encoding="utf-8")
    assert leaks(tmp_path / "page.html", hidden_parts(solution, student)) == []


# --- the other pages ---


def test_links_of_the_repository_lead_to_the_site_or_to_github(tree):
    content = "[a](../../CONTRIBUTING.md) [b](README.en.md#x) [c](https://e.org) [d](#here)"
    assert with_links(content, "course/grade", tree.repository) == (
        "[a](https://github.com/owner/tiny/blob/v1.0/CONTRIBUTING.md) "
        "[b](guide.md#x) [c](https://e.org) [d](#here)"
    )


def test_pages_that_begin_in_both_languages_are_parted():
    content = "# 速さ / Speed\n\n測って\n書く。\n\nMeasured.\n\n| a |\n|---|\n| あ |\n"
    assert in_one_language(content, "ja") == "# 速さ\n\n測って\n書く。\n\n| a |\n|---|\n| あ |\n"
    assert in_one_language(content, "en") == "# Speed\n\nMeasured.\n\n| a |\n|---|\n| あ |\n"


def test_a_section_ends_where_the_next_begins():
    assert section("# A\n\n## B\n\nb\n\n### C\n\nc\n\n## D\n", "B", "x.md") == (
        "## B\n\nb\n\n### C\n\nc\n\n"
    )


def test_a_section_that_is_gone_is_named():
    with pytest.raises(SiteError, match=r"README\.md.*データ"):
        section("# A\n", "データ", "README.md")


def test_the_reference_shows_signatures_and_docstrings_of_what_is_public(tmp_path):
    (tmp_path / "data.py").write_text(
        '"""Opens data."""\n\n\n'
        "def arrays(name: str, limit: int | None = None) -> list:\n"
        '    """Return it.\n\n    Args:\n        name: Which.\n    """\n\n\n'
        'def _hidden():\n    """No."""\n\n\n'
        "class Batches:\n"
        '    """Many."""\n\n'
        "    def __init__(self, size: int):\n        self.size = size\n\n"
        "    @classmethod\n    def read(cls, path: str):\n"
        '        """Read them."""\n'
    )
    page = module_page(tmp_path, "data")
    assert "# helpers.data" in page
    assert ".. py:function:: arrays(name: str, limit: int | None=None) -> list" in page
    assert ":param name: Which." in page
    assert ".. py:class:: Batches(size: int)" in page
    assert "   .. py:method:: read(path: str)\n      :classmethod:" in page
    assert "_hidden" not in page


def test_every_module_for_students_has_a_page():
    modules = module_names(ROOT / "helpers")
    assert {"data", "models", "training", "hooks", "explain", "embed", "plots"} <= set(modules)
    assert "helpers.plots" in module_page(ROOT / "helpers", "plots")
    assert "plot_overlay(" in module_page(ROOT / "helpers", "plots")


def test_both_languages_have_the_same_pages():
    names = [
        sorted(
            path.relative_to(PAGES / language).as_posix()
            for path in (PAGES / language).rglob("*.md")
        )
        for language in ("ja", "en")
    ]
    assert names[0] == names[1]
    assert "index.md" in names[0]


def test_words_in_english_hold_no_japanese_but_the_name_of_the_other_language():
    kana = {
        key for key, said in text.WORDS.items() if any("ぁ" <= letter <= "ヶ" for letter in said.en)
    }
    assert kana == set()
    assert text.words("en")["other_language"] == "日本語"
