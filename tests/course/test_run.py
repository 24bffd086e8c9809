import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from rich.console import Console
from typer.testing import CliRunner

from course import run
from course.cli import app
from course.repository import lesson_files
from course.run import Row, index_page, run_notebooks, write_report
from helpers.errors import UnknownNameError

ROOT = Path(__file__).parents[2]


def write_notebook(path, *sources):
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources, 1)]
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=100)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of two lessons of one cell each; the working directory lies in it."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "tiny"\nversion = "1.0"\n[tool.course]\nrepository = "owner/tiny"\n'
    )
    for edition in ("solutions", "notebooks"):
        folder = tmp_path / edition
        folder.mkdir()
        write_notebook(folder / "01_first.ipynb", "import os; print(os.environ['COURSE_STRICT'])")
        write_notebook(folder / "02_second.ipynb", "assert os")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_file_stays_as_it_is(tmp_path, console):
    path = write_notebook(tmp_path / "01_sum.ipynb", "print(2 + 3)")
    before = path.read_bytes()
    (row,) = run_notebooks([path], tmp_path / "html", console=console)
    assert (row.notebook, row.ok, row.error) == ("01_sum", True, None)
    assert row.seconds > 0
    assert path.read_bytes() == before


def test_a_failing_notebook_has_a_page_of_what_it_printed_and_one_line_of_its_error(
    tmp_path, console
):
    path = write_notebook(
        tmp_path / "01_fails.ipynb", "print('be' + 'fore')", "raise ValueError('first\\nsecond')"
    )
    (row,) = run_notebooks([path], tmp_path / "html", console=console)
    assert row.error == "cell cell-2: ValueError: first"
    assert "<pre>before\n</pre>" in (tmp_path / "html" / "01_fails.html").read_text("utf-8")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"nbformat": 4}', "\udcff"])
def test_a_file_that_is_no_notebook_fails_without_a_page(tmp_path, console, content):
    path = tmp_path / "01_broken.ipynb"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    (row,) = run_notebooks([path], tmp_path / "html", console=console)
    assert not row.ok
    assert row.error
    assert [page.name for page in (tmp_path / "html").iterdir()] == ["index.html"]


def test_a_missing_file_fails(tmp_path, console):
    (row,) = run_notebooks([tmp_path / "01_missing.ipynb"], tmp_path / "html", console=console)
    assert row.error.startswith("FileNotFoundError")


def test_a_failing_and_an_unreadable_notebook_do_not_stop_the_others(tmp_path, console):
    (tmp_path / "01_broken.ipynb").write_text("{")
    write_notebook(tmp_path / "02_fails.ipynb", "1 / 0")
    write_notebook(tmp_path / "03_works.ipynb", "print('done')")
    rows = run_notebooks(lesson_files(tmp_path, ".ipynb"), tmp_path / "html", console=console)
    assert [(row.notebook, row.ok) for row in rows] == [
        ("01_broken", False),
        ("02_fails", False),
        ("03_works", True),
    ]
    assert rows[1].error == "cell cell-1: ZeroDivisionError: division by zero"
    assert rows[2].error is None
    shown = console.file.getvalue()
    assert all(f"[{number}/3]" in shown for number in (1, 2, 3))
    assert rows[1].error in shown
    pages = sorted(page.name for page in (tmp_path / "html").iterdir())
    assert pages == [
        "02_fails.html",
        "02_fails.ipynb",
        "03_works.html",
        "03_works.ipynb",
        "index.html",
    ]


WAIT = """
import time
from pathlib import Path

Path("{folder}", "{own}").touch()
deadline = time.monotonic() + 60
while not Path("{folder}", "{other}").exists():
    assert time.monotonic() < deadline, "the other does not run"
    time.sleep(0.05)
"""


def test_notebooks_run_side_by_side(tmp_path, console):
    def waiting(own, other):
        source = WAIT.format(folder=tmp_path, own=own, other=other)
        return write_notebook(tmp_path / f"{own}.ipynb", source)

    paths = [waiting("01", "02"), waiting("02", "01")]
    rows = run_notebooks(paths, tmp_path / "html", jobs=2, console=console)
    assert [(row.notebook, row.error) for row in rows] == [("01", None), ("02", None)]


def test_no_more_notebooks_run_than_are_wanted_and_the_last_are_begun_first(tmp_path, console):
    log = tmp_path / "log"
    source = "for event in ('begin', 'end'):\n    print('{name}', event, file=open('{log}', 'a'))"
    paths = [
        write_notebook(tmp_path / f"{name}.ipynb", source.format(name=name, log=log))
        for name in ("01", "02", "03")
    ]
    rows = run_notebooks(paths, tmp_path / "html", jobs=1, console=console)
    assert [row.notebook for row in rows] == ["01", "02", "03"]
    events = [f"{name} {event}" for name in ("03", "02", "01") for event in ("begin", "end")]
    assert log.read_text().splitlines() == events
    assert console.file.getvalue().index("[1/3] 03") < console.file.getvalue().index("[3/3] 01")


@pytest.mark.parametrize(("jobs", "threads"), [(1, 8), (3, 2), (8, 2), (None, 2)])
def test_the_cores_are_shared_out(tmp_path, console, monkeypatch, jobs, threads):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(run.os, "cpu_count", lambda: 8)
    assert threads_seen(tmp_path, console, jobs) == [str(threads)] * 3


def test_a_number_of_threads_that_somebody_chose_is_kept(tmp_path, console, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert threads_seen(tmp_path, console, 2) == ["5"] * 3


def threads_seen(folder, console, jobs):
    """Return what three notebooks find in their environment."""
    source = "import os; open('{path}', 'w').write(os.environ['OMP_NUM_THREADS'])"
    outcomes = [folder / f"threads-{number}" for number in range(3)]
    paths = [
        write_notebook(folder / f"{path.name}.ipynb", source.format(path=path)) for path in outcomes
    ]
    run_notebooks(paths, folder / "html", jobs=jobs, console=console)
    return [path.read_text() for path in outcomes]


def test_an_interrupt_ends_all_notebooks_and_keeps_the_older_report(checkout):
    started = "import os, time; open('{pid}', 'w').write(str(os.getpid())); time.sleep(600)"
    pids = [checkout / f"pid-{number}" for number in (1, 2, 3)]
    for name, pid in zip(("01_first", "02_second", "03_third"), pids, strict=True):
        write_notebook(checkout / "solutions" / f"{name}.ipynb", started.format(pid=pid))
    (checkout / "run.json").write_text("earlier")
    code = "from course.cli import app; app()"
    command = [sys.executable, "-c", code, "run", "--jobs", "2", "--report", "run.json"]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        wait_until(lambda: all(path.exists() and path.read_text() for path in pids[1:]))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) != 0
    finally:
        process.kill()
    assert not pids[0].exists()
    # A kernel that has been ended may take a moment to leave.
    wait_until(lambda: not any(Path("/proc", path.read_text()).exists() for path in pids[1:]))
    assert (checkout / "run.json").read_text() == "earlier"


def wait_until(happened):
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_pages_are_japanese_and_show_text_and_figures(tmp_path, console, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    path = write_notebook(
        tmp_path / "01_plot.ipynb",
        "print('こんにちは')",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    )
    run_notebooks([path], tmp_path / "html", console=console)
    page = (tmp_path / "html" / "01_plot.html").read_text(encoding="utf-8")
    assert '<html lang="ja">' in page
    assert "<title>01_plot</title>" in page
    assert "こんにちは" in page
    assert "data:image/png;base64" in page


def test_the_row_names_the_data_that_the_notebook_announced(tmp_path, console, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "mini")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = write_notebook(
        tmp_path / "01_data.ipynb",
        "from helpers.data import prepare\nfor name in ('MNIST', 'FashionMNIST'):\n"
        "    prepare(name)",
    )
    (row,) = run_notebooks([path], tmp_path / "html", console=console)
    assert row.error is None
    assert row.data == "FashionMNIST mini, MNIST mini"


def test_the_index_links_pages_that_exist_and_escapes_errors(tmp_path):
    (tmp_path / "01_good.html").touch()
    rows = [
        Row("01_good", True, 1.25, "MNIST mini", None),
        Row("02_bad", False, 0.5, "", "SyntaxError: <b> & co"),
    ]
    page = index_page(rows, tmp_path)
    assert '<a href="01_good.html">01_good</a>' in page
    assert "02_bad.html" not in page
    assert "SyntaxError: &lt;b&gt; &amp; co" in page
    assert "<td>MNIST mini</td>" in page


def test_lesson_files_are_all_in_order_or_those_named(tmp_path):
    for name in ("02_model", "01_data", "10_more", "notes"):
        (tmp_path / f"{name}.ipynb").touch()

    def chosen(*names):
        return [path.stem for path in lesson_files(tmp_path, ".ipynb", names)]

    assert chosen() == ["01_data", "02_model", "10_more"]
    assert chosen("10", "01_data") == ["01_data", "10_more"]


def test_an_unknown_lesson_is_told_with_what_there_is(tmp_path):
    (tmp_path / "01_data.ipynb").touch()
    with pytest.raises(UnknownNameError, match=r"'09' はありません。あるのは 01_data"):
        lesson_files(tmp_path, ".ipynb", ["01", "09"])


def test_a_folder_without_lessons_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="course build"):
        lesson_files(tmp_path, ".ipynb")


def test_the_report_replaces_an_older_one_and_leaves_nothing_else_behind(tmp_path):
    report = tmp_path / "build" / "run.json"
    write_report([], report)
    write_report([Row("01_data", False, 2.5, "MNIST full", "ValueError: 値")], report)
    assert json.loads(report.read_text(encoding="utf-8")) == [
        {
            "notebook": "01_data",
            "ok": False,
            "seconds": 2.5,
            "data": "MNIST full",
            "error": "ValueError: 値",
        }
    ]
    assert [entry.name for entry in report.parent.iterdir()] == ["run.json"]


@pytest.mark.parametrize("report", ["solutions", "solutions/01_first.ipynb/run.json"])
def test_a_report_that_cannot_be_written_is_told_before_anything_runs(checkout, report):
    result = CliRunner().invoke(app, ["run", "--report", report])
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert report in result.output
    assert not (checkout / "build").exists()


def test_a_report_is_kept_until_there_is_a_new_one(checkout):
    (checkout / "run.json").write_text("earlier")
    (checkout / "build").touch()  # so that no page can be written
    result = CliRunner().invoke(app, ["run", "--report", "run.json"])
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "build" in result.output
    assert (checkout / "run.json").read_text() == "earlier"


@pytest.mark.parametrize("content", ["[project", "project = 1", "[project]\n", "\udcff"])
def test_a_damaged_pyproject_is_told_in_a_sentence(checkout, content):
    (checkout / "pyproject.toml").write_bytes(content.encode("utf-8", "surrogateescape"))
    result = CliRunner().invoke(app, ["run"])
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "教材のフォルダではありません" in "".join(result.output.split())


def test_course_run_exits_with_1_if_a_notebook_fails(checkout):
    result = CliRunner().invoke(app, ["run", "--report", "build/run.json"])
    assert result.exit_code == 1
    rows = json.loads(Path("build/run.json").read_text(encoding="utf-8"))
    assert [row["ok"] for row in rows] == [True, False]
    assert "NameError" in rows[1]["error"]


@pytest.mark.parametrize(("edition", "strict"), [("solutions", "1"), ("notebooks", "0")])
def test_course_run_is_strict_with_the_solutions_alone(checkout, edition, strict):
    result = CliRunner().invoke(app, ["run", "01", "--edition", edition])
    assert result.exit_code == 0
    page = (checkout / "build" / "html" / "01_first.html").read_text(encoding="utf-8")
    assert f"<pre>{strict}\n</pre>" in page


def test_course_run_says_which_lessons_there_are(checkout):
    result = CliRunner().invoke(app, ["run", "07"])
    assert result.exit_code == 1
    assert "01_first, 02_second" in result.output
