"""Execute notebooks headless: lines, a table, pages with an index, a report, and what was run."""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import time
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from rich.console import Console
from rich.table import Table

from course.errors import NotebookError
from course.execution import execute_async
from course.files import write_whole
from helpers.internal.editions import DATA_IN_USE
from helpers.internal.sentences import Language, Sentence, language

_TITLE = Sentence(ja="ノートブックの実行結果", en="How the notebooks ran")
_HEADINGS = (
    Sentence(ja="ノートブック", en="Notebook"),
    Sentence(ja="結果", en="Result"),
    Sentence(ja="秒", en="Seconds"),
    Sentence(ja="データ", en="Data"),
)
_RAN = Sentence(ja="成功", en="ran")
_FAILED = Sentence(ja="失敗", en="failed")

_MOST_JOBS = 4
"""More would hardly end sooner, as the longest notebook takes a quarter of all the time, and each
needs a GiB or more."""


@dataclass(frozen=True)
class Row:
    """One line of the table and of the report.

    Attributes:
        notebook: File name without its ending, such as ``"03_training"``.
        ok: Every cell ran.
        seconds: Wall time.
        data: The data in use, such as ``"MNIST mini"``; empty if the notebook did not say.
        error: One line on what went wrong, or None.
    """

    notebook: str
    ok: bool
    seconds: float
    data: str
    error: str | None


def run_notebooks(
    paths: Sequence[Path],
    pages: Path,
    *,
    language: Language = "ja",
    strict: bool = False,
    jobs: int | None = None,
    console: Console | None = None,
) -> list[Row]:
    """Execute notebooks side by side, show each, and write their pages with an index.

    The processor's cores are shared out among those that run: threads of several kernels on one
    core would wait for each other most of the time.

    Args:
        paths: The notebooks, those that take longest last.
        pages: Folder for ``NN_name.html``, ``NN_name.ipynb`` with its outputs, and ``index.html``;
            made if missing.
        language: That the notebooks and their pages are in.
        strict: Let :func:`exercises.check` raise on an answer that is wrong or missing.
        jobs: How many run at the same time; by default one a core, four at most.
        console: Where the lines and the table go; the terminal by default.

    Returns:
        A row for each notebook, in order.
    """
    console = console or Console()
    pages.mkdir(parents=True, exist_ok=True)
    cores = os.cpu_count() or 1
    jobs = min(jobs or min(cores, _MOST_JOBS), len(paths)) or 1
    settings = {
        "COURSE_LANG": language,
        "COURSE_STRICT": str(int(strict)),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(max(cores // jobs, 1))),
        # Several kernels share a GPU, of which TensorFlow would take all memory.
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }
    rows = _until_interrupted(_run_all(paths, pages, settings, jobs, console))
    (pages / "index.html").write_text(index_page(rows, pages), encoding="utf-8")
    console.print(_table(rows))
    for row in rows:
        if not row.ok:
            console.print(f"{row.notebook}: {row.error}", style="red", markup=False)
    return rows


def _until_interrupted(work: Coroutine[None, None, list[Row]]) -> list[Row]:
    """Run to the end; an interrupt cancels the work, which ends all its kernels, and is raised.

    In the main thread, nbclient would take Ctrl+C for the end of one notebook alone.
    """
    with asyncio.Runner() as runner, ThreadPoolExecutor(1) as thread:
        loop = runner.get_loop()
        task = loop.create_task(work)
        try:
            return thread.submit(loop.run_until_complete, task).result()
        except KeyboardInterrupt:
            loop.call_soon_threadsafe(task.cancel)
            raise


async def _run_all(
    paths: Sequence[Path], pages: Path, settings: Mapping[str, str], jobs: int, console: Console
) -> list[Row]:
    places = asyncio.Semaphore(jobs)
    running: list[str] = []
    finished = 0

    async def run(path: Path) -> Row:
        nonlocal finished
        async with places:
            running.append(path.stem)
            status.update(", ".join(running))
            row = await _run_one(path, pages, settings)
            running.remove(path.stem)
            status.update(", ".join(running))
        finished += 1
        notebook, result, seconds, data = _cells(row)
        line = f"[{finished}/{len(paths)}] {notebook}: {result} {seconds} s {data}"
        console.print(line, markup=False, highlight=False)
        return row

    try:
        with console.status("") as status:
            async with asyncio.TaskGroup() as group:
                # What takes long is begun first, and what is short fills the gaps at the end.
                tasks = [group.create_task(run(path)) for path in reversed(paths)]
    except ExceptionGroup as errors:  # such as a page that cannot be written
        raise errors.exceptions[0] from None
    return [task.result() for task in reversed(tasks)]


async def _run_one(path: Path, pages: Path, settings: Mapping[str, str]) -> Row:
    start = time.perf_counter()
    notebook, error = await _load_and_execute(path, settings)
    seconds = round(time.perf_counter() - start, 1)
    page = pages / f"{path.stem}.html"
    executed = pages / path.name
    for earlier in (page, executed):
        earlier.unlink(missing_ok=True)
    if notebook is not None:
        nbformat.write(notebook, executed)  # the site is built from it
        content = await asyncio.to_thread(_html_page, notebook, path.stem, settings["COURSE_LANG"])
        page.write_text(content, encoding="utf-8")
    data = data_in_use(notebook) if notebook is not None else ""
    return Row(path.stem, error is None, seconds, data, error)


async def _load_and_execute(
    path: Path, settings: Mapping[str, str]
) -> tuple[NotebookNode | None, str | None]:
    """Return the notebook as far as it came, None if it cannot be read, and what went wrong."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises all kinds on what is no notebook
        return None, _first_line(f"{type(error).__name__}: {error}")
    try:
        await execute_async(notebook, settings)
    except NotebookError as error:
        return notebook, _first_line(str(error))
    return notebook, None


def _first_line(message: str) -> str:
    return message.partition("\n")[0]


def data_in_use(notebook: NotebookNode) -> str:
    """Return the data that an executed notebook says it used, such as ``"MNIST mini"``."""
    printed = "\n".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
    )
    found = {
        f"{name} {edition}"
        for edition, banner in DATA_IN_USE.items()
        for words in (banner.ja, banner.en)
        for name in re.findall(_name_in(words), printed)
    }
    return ", ".join(sorted(found))


def _name_in(banner: str) -> str:
    """Return the pattern of a banner's beginning, with the name of the data set as its group."""
    before, _, rest = banner.partition("{name}")
    after, _, _ = rest.partition("{")
    return re.escape(before) + r"(\w+)" + re.escape(after)


def _html_page(notebook: NotebookNode, title: str, language: Language) -> str:
    exporter = HTMLExporter(language_code=language)
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    return page


def _cells(row: Row) -> tuple[str, str, str, str]:
    result = _RAN if row.ok else _FAILED
    return row.notebook, str(result), f"{row.seconds:.1f}", row.data or "–"


def _table(rows: Sequence[Row]) -> Table:
    table = Table(*map(str, _HEADINGS))
    for row in rows:
        table.add_row(*_cells(row), style=None if row.ok else "red")
    return table


def index_page(rows: Sequence[Row], pages: Path) -> str:
    """Return the HTML page that lists ``rows`` and links to those that have a page in ``pages``."""
    headings = "".join(f"<th scope=col>{heading}</th>" for heading in _HEADINGS)
    lines = "\n".join(_index_line(row, (pages / f"{row.notebook}.html").exists()) for row in rows)
    return _INDEX.format(language=language(), title=_TITLE, headings=headings, lines=lines)


def _index_line(row: Row, has_page: bool) -> str:
    name, *values = (html.escape(cell) for cell in _cells(row))
    first = f'<a href="{name}.html">{name}</a>' if has_page else name
    error = f"<br><small>{html.escape(row.error)}</small>" if row.error else ""
    rest = "".join(f"<td>{value}</td>" for value in values)
    state = "ok" if row.ok else "failed"
    return f'<tr class="{state}"><th scope=row>{first}{error}</th>{rest}</tr>'


_INDEX = """<!DOCTYPE html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font-family: system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; word-break: keep-all; }}
th, td {{ text-align: left; padding: .5rem .75rem; border-bottom: 1px solid #8886; }}
thead th {{ border-bottom-width: 2px; }}
tbody th {{ font-weight: normal; overflow-wrap: anywhere; }}
thead th:nth-child(3), td:nth-child(3) {{ text-align: right; font-variant-numeric: tabular-nums; }}
.failed td:nth-child(2), small {{ color: #d33; }}
</style>
<h1>{title}</h1>
<table>
<thead><tr>{headings}</tr></thead>
<tbody>
{lines}
</tbody>
</table>
</html>
"""


def write_report(rows: Sequence[Row], path: Path) -> None:
    """Write ``rows`` as a JSON list; a reader sees the old file or the whole new one.

    Raises:
        StorageError: The file cannot be written.
    """
    table = [asdict(row) for row in rows]
    write_whole(path, json.dumps(table, ensure_ascii=False, indent=2) + "\n")
