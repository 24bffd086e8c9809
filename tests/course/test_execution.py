import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course.errors import NotebookError
from course.execution import execute


def notebook_of(*sources):
    return new_notebook(
        cells=[new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources, 1)]
    )


def printed(notebook):
    return [output.text for cell in notebook.cells for output in cell.outputs]


def test_a_notebook_receives_its_outputs_and_sees_the_settings():
    notebook = notebook_of("x = 2", "import os\nprint(x + 3, os.environ['COURSE_DATA'])")
    execute(notebook, {"COURSE_DATA": "mini"})
    assert printed(notebook) == ["5 mini\n"]


def test_each_notebook_runs_in_an_empty_folder_of_its_own():
    notebook = notebook_of(
        "from pathlib import Path\nprint(list(Path().iterdir()))", "Path('output').mkdir()"
    )
    for _ in range(2):
        execute(notebook, {})
        assert printed(notebook) == ["[]\n"]


def test_no_progress_bar_reaches_the_outputs():
    notebook = notebook_of(
        "from helpers.progress import progress_bar\nprint(sum(progress_bar(range(4))))"
    )
    execute(notebook, {})
    assert printed(notebook) == ["6\n"]


def test_an_error_names_the_cell_and_earlier_outputs_stay():
    notebook = notebook_of("print('before')", "raise ValueError('reason')", "print('after')")
    with pytest.raises(NotebookError, match=r"^cell cell-2: ValueError: reason$"):
        execute(notebook, {})
    first, second, third = notebook.cells
    assert first.outputs[0].text == "before\n"
    assert second.outputs[0].ename == "ValueError"
    assert third.outputs == []


def test_a_cell_without_an_id_is_named_by_its_position():
    notebook = notebook_of("1", "1 / 0")
    for cell in notebook.cells:
        del cell["id"]
    notebook.nbformat_minor = 4
    with pytest.raises(NotebookError, match=r"^cell 2: ZeroDivisionError"):
        execute(notebook, {})


def test_a_cell_that_hangs_is_ended():
    with pytest.raises(NotebookError, match=r"^cell cell-1: CellTimeoutError"):
        execute(notebook_of("import time; time.sleep(600)"), {}, cell_timeout=1)


def test_the_death_of_the_kernel_is_told_with_its_cell():
    with pytest.raises(NotebookError, match=r"^cell cell-1: DeadKernelError"):
        execute(notebook_of("import os; os._exit(1)"), {})


def test_a_kernel_that_cannot_start_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(
        '{"argv": ["./missing"], "display_name": "-", "language": "python"}'
    )
    with pytest.raises(NotebookError, match=r"^before the first cell: FileNotFoundError"):
        execute(notebook_of("1"), {})
