"""The command line of maintainers and instructors: ``course build | run | grade | doctor | …``.

Heavy imports live inside the commands, so that ``course --help`` answers at once.
"""

import errno
import inspect
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from course.grade.wire.limits import Limits
from course.language import in_own_language as _
from course.language import settle_language
from helpers.internal.sentences import Sentence

_CORRECT_SOURCES = Sentence(
    ja="上の誤りがソースにあれば直してから、`course build` を実行してください。",
    en="Correct the sources above if any; then run `course build`.",
)
_FITS = Sentence(ja="英語は合っていますか。", en="Does the English fit?")
_FILES_WRITTEN = Sentence(
    ja="{folder} に {count} 個のファイルを書き出しました。", en="{count} files in {folder}"
)
_AS_EXPECTED = Sentence(
    ja="{count} 個のファイルの点数は、すべて予想どおりです。",
    en="{count} files, every score as expected",
)
_COLAB_UNCHANGED = Sentence(
    ja="Colab に記録された版は、どれも変わりません。教材が足すのは次のものです。",
    en="Every version recorded in Colab stays as it is. The course would add:",
)

_LESSONS = _("03 のような、レッスンの番号。なければ全部。", "Lessons, such as 03; none means all.")

app = typer.Typer(no_args_is_help=True, add_completion=False)


def _command(japanese: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a command of a function; its docstring is what English users read of it."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        return app.command(help=_(japanese, inspect.getdoc(function)))(function)

    return register


@app.callback(
    help=_("教材を作り、動かし、採点し、調べます。", "Build, run, grade and examine the course.")
)
def main() -> None:
    """Settle the language before any command says something."""
    settle_language()


@_command("solutions/NN_name.py から、両方の版のノートブックを作ります。")
def build(
    lessons: Annotated[list[str] | None, typer.Argument(help=_LESSONS)] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help=_(
                "古くなったものを言うだけで、何も書きません。",
                "Only tell what is out of date; write nothing.",
            ),
        ),
    ] = False,
    execute: Annotated[
        bool,
        typer.Option(
            "--execute",
            help=_(
                "helpers が変わったので、全部を実行します。",
                "Execute every notebook: helpers have changed.",
            ),
        ),
    ] = False,
) -> None:
    """Make both editions of the notebooks from solutions/NN_name.py."""
    from course import build as builder
    from course.repository import Repository

    with _errors_as_messages():
        repository = Repository.find(Path.cwd())
        if check:
            problems = builder.check(repository, _points(), lessons or ())
        else:
            problems = builder.build(
                repository, _points(), lessons or (), execute=execute, log=typer.echo
            )
    for problem in problems:
        typer.echo(problem, err=True)
    if problems and check:
        typer.echo(str(_CORRECT_SOURCES), err=True)
    if problems:
        raise typer.Exit(1)


@_command(
    "solutions/en/NN_name.py を、日本語のソースに合わせます。\n\n足りないセルを、"
    "日本語のまま足します。日本語が変わったところは両方を見せ、合っていると答えると、"
    "英語に新しい印を付けます。"
)
def translate(
    lessons: Annotated[
        list[str], typer.Argument(help=_("03 のような、レッスンの番号。", "Lessons, such as 03."))
    ],
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            help=_(
                "何も聞きません（英語のセルはすべて確かめました）。",
                "Ask nothing: every English cell has been looked at.",
            ),
        ),
    ] = False,
) -> None:
    """Bring solutions/en/NN_name.py level with the Japanese source.

    Cells that are missing are added, still in Japanese, to be written in English. Where the
    Japanese has changed, both are shown, and the English is stamped anew once you say that it fits.
    """
    from course.files import write_whole
    from course.lessons import read, written_cells
    from course.repository import Repository
    from course.translation import Pair, translated, words_path

    def fits(pair: Pair) -> bool:
        typer.echo(f"\n{pair.japanese.source}\n\n{pair.english.source}\n")
        return yes or typer.confirm(str(_FITS), default=False)

    with _errors_as_messages():
        repository = Repository.find(Path.cwd())
        for source in repository.sources(lessons):
            path = words_path(source)
            words = written_cells(path) if path.is_file() else []
            write_whole(path, translated(read(source), words, fits))
            typer.echo(repository.relative(path))


class Language(StrEnum):
    """A language of the notebooks."""

    ja = "ja"
    en = "en"


class Edition(StrEnum):
    """A folder of notebooks: with the solutions, or as students get them."""

    solutions = "solutions"
    notebooks = "notebooks"


@_command("ノートブックを画面なしで実行します。結果のページは build/html/index.html から開けます。")
def run(
    lessons: Annotated[list[str] | None, typer.Argument(help=_LESSONS)] = None,
    edition: Annotated[
        Edition, typer.Option(help=_("どちらのノートブックか。", "Which notebooks."))
    ] = Edition.solutions,
    language: Annotated[
        Language, typer.Option(help=_("ノートブックの言語。", "Of the notebooks."))
    ] = Language.ja,
    report: Annotated[
        Path | None,
        typer.Option(
            help=_(
                "表を、この JSON ファイルにも書きます。", "Also write the table to this JSON file."
            )
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help=_(
                "同時に動かす数。ふつうはコアの数で、4 まで。",
                "Notebooks at the same time; by default one a core, up to four.",
            ),
        ),
    ] = None,
) -> None:
    """Execute notebooks headless; build/html/index.html leads to their pages."""
    from course.repository import Repository, in_language, lesson_files
    from course.run import run_notebooks, write_report

    with _errors_as_messages():
        root = Repository.find(Path.cwd()).root
        paths = lesson_files(in_language(root / edition, language), ".ipynb", lessons or ())
        if report:
            _require_writable(report)
        # In a solution every check must pass; a blank student edition goes on without.
        strict = edition is Edition.solutions
        pages = in_language(root / "build" / "html", language)
        rows = run_notebooks(paths, pages, language=language, strict=strict, jobs=jobs)
        if report:
            write_report(rows, report)
    if not all(row.ok for row in rows):
        raise typer.Exit(1)


@_command("学生のノートブックを採点します。途中で止めても、同じコマンドで続きから始まります。")
def grade(
    submissions: Annotated[
        Path,
        typer.Argument(
            help=_(
                "LMS から受け取った、ノートブックのフォルダか zip。",
                "Folder or zip of notebooks, as the LMS gives it.",
            )
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help=_(
                "結果のフォルダ。新しいものか、前に使ったもの。",
                "Folder for the results: new, or an earlier one.",
            )
        ),
    ],
    workers: Annotated[
        int,
        typer.Option(
            min=1,
            help=_(
                "同時に解答を動かすプロセスの数。", "Processes that run answers at the same time."
            ),
        ),
    ] = os.cpu_count() or 1,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help=_(
                "Dask スケジューラのアドレス tcp://…。そのワーカーで採点します。",
                "Address of a Dask scheduler, tcp://…, to grade on its workers instead.",
            )
        ),
    ] = None,
    time_limit: Annotated[
        float,
        typer.Option(
            min=0.1,
            help=_("1 つの問の解答にかけてよい秒数。", "Seconds for the answer to one exercise."),
        ),
    ] = Limits.seconds,
    memory_limit: Annotated[
        int,
        typer.Option(
            min=256,
            help=_(
                "1 つの問の解答が使ってよいメモリ（MiB）。プロセスと一時ファイルの全部を数えます。"
                "ライブラリの分は数えないので、ワーカー 1 つに 1 GB ずつ余分に見てください。",
                "MiB of memory that the answer to one exercise may take for itself, all its "
                "processes and temporary files together. What the libraries take is not counted: "
                "plan for one GB more for each worker.",
            ),
        ),
    ] = Limits.memory,
    process_limit: Annotated[
        int,
        typer.Option(
            min=1,
            help=_("1 つの解答のプロセスとスレッドの数。", "Processes and threads of one answer."),
        ),
    ] = Limits.processes,
    file_limit: Annotated[
        int,
        typer.Option(
            min=1, help=_("1 つの解答が書いてよい大きさ（MiB）。", "MiB that one answer may write.")
        ),
    ] = Limits.files,
    reply_limit: Annotated[
        int,
        typer.Option(
            min=1024,
            help=_("1 つの解答が返してよいバイト数。", "Bytes that one answer may give back."),
        ),
    ] = Limits.reply,
    unsafe_no_sandbox: Annotated[
        bool,
        typer.Option(
            "--unsafe-no-sandbox",
            help=_(
                "あなたの権限のすべてでコードを動かします。信頼できるコードだけに使います。",
                "Run the code with all the rights that you have. Only for code that you trust.",
            ),
        ),
    ] = False,
) -> None:
    """Grade students' notebooks; the same command goes on where an earlier one was stopped."""
    from rich.console import Console

    from course.build import require_readable
    from course.grade import grading
    from course.grade.dask_pool import dask_pool
    from course.repository import Repository

    limits = Limits(
        seconds=time_limit,
        memory=memory_limit,
        processes=process_limit,
        files=file_limit,
        reply=reply_limit,
    )
    pool = dask_pool(scheduler) if scheduler else grading.local_pool(workers)
    with _errors_as_messages():
        repository = Repository.find(Path.cwd())
        require_readable(repository)
        grading.grade(
            submissions,
            out,
            repository,
            pool=pool,
            limits=limits,
            sandboxed=not unsafe_no_sandbox,
            console=Console(),
        )


@_command("analysis.html と analysis.json を書き直します。クラスが何を理解したかのページです。")
def analyse(
    out: Annotated[
        Path,
        typer.Argument(help=_("採点の結果のフォルダ。", "Folder that a class was graded to.")),
    ],
    anonymous: Annotated[
        bool,
        typer.Option(
            "--anonymous",
            help=_(
                "だれの名前も番号も出しません。クラスで見せるときに。",
                "Name nobody: for showing the page to the class.",
            ),
        ),
    ] = False,
) -> None:
    """Write analysis.html and analysis.json again: what the class understood."""
    from course.grade.analysis.analysis import PAGE
    from course.grade.analysis.analysis import analyse as write_analysis

    with _errors_as_messages():
        write_analysis(out, anonymous=anonymous)
    typer.echo(out / PAGE)


@_command("LMS から書き出した表に、点とコメントを書き込みます。")
def lms(
    export: Annotated[
        Path,
        typer.Argument(
            help=_(
                "LMS から書き出した CSV。Moodle、Canvas、そのほか。",
                "CSV that the LMS exported: Moodle, Canvas, or any other.",
            )
        ),
    ],
    grades: Annotated[
        Path,
        typer.Option(
            help=_("course grade の結果のフォルダ。", "Folder of the results of course grade.")
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help=_(
                "点とコメントを書き込んだ CSV。", "The same CSV with grades and comments filled in."
            )
        ),
    ],
    lesson: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NN",
            help=_(
                "03 のような、レッスンの番号。何度でも書けます。",
                "Lesson, such as 03; can be given repeatedly.",
            ),
        ),
    ] = None,
    column: Annotated[
        str | None, typer.Option(help=_("点の列の名前。", "Title of the column of grades."))
    ] = None,
    comment_column: Annotated[
        str | None, typer.Option(help=_("コメントの列の名前。", "Of comments."))
    ] = None,
    number_column: Annotated[
        str | None, typer.Option(help=_("学生証番号の列の名前。", "Of student numbers."))
    ] = None,
    mail_column: Annotated[
        str | None, typer.Option(help=_("メールアドレスの列の名前。", "Of mail addresses."))
    ] = None,
    name_column: Annotated[
        str | None, typer.Option(help=_("名前の列の名前。", "Of names."))
    ] = None,
    scale: Annotated[
        bool | None,
        typer.Option(
            "--scale/--as-is",
            help=_(
                "LMS の満点が違うとき、点を換算するか、そのまま書くか。",
                "Where the LMS has another highest grade: convert points to it, or do not.",
            ),
        ),
    ] = None,
    with_waiting: Annotated[
        bool,
        typer.Option(
            "--with-waiting",
            help=_(
                "採点待ちの考察がある学生にも、ここまでの点を書きます。",
                "Also students with essays to be marked: the points so far.",
            ),
        ),
    ] = False,
    total: Annotated[
        bool,
        typer.Option(
            "--total",
            help=_("課題の合計を 1 つの列に書きます。", "The sum of the lessons, in one column."),
        ),
    ] = False,
    feedback: Annotated[
        Path | None,
        typer.Option(
            help=_(
                "学生に返すページの、Moodle 用の zip も書きます。",
                "Also write a zip of feedback pages for Moodle.",
            )
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help=_(
                "書き出した CSV そのものに上書きしてもかまいません。",
                "The exported CSV itself may be written over.",
            ),
        ),
    ] = False,
) -> None:
    """Fill grades and comments into the sheet that your LMS has exported."""
    from course.lms.desk import fill_file
    from course.lms.forms import Named

    with _errors_as_messages():
        fill_file(
            export,
            grades,
            out,
            named=Named(column, comment_column, number_column, mail_column, name_column),
            lessons=lesson or (),
            scale=scale,
            with_waiting=with_waiting,
            total=total,
            feedback=feedback,
            overwrite=overwrite,
            log=typer.echo,
        )


@_command(
    "架空のクラスの提出物を書き出します。正しいもの、壊れたもの、攻撃するものがあり、"
    "採点を試せます。"
)
def sample_class(
    folder: Annotated[
        Path,
        typer.Argument(
            help=_(
                "提出物を書くフォルダ。なければ作ります。",
                "Folder for the submissions; made if missing.",
            )
        ),
    ],
) -> None:
    """Write an invented class's submissions: good, broken and hostile ones, to try grading with."""
    from course.build import require_readable
    from course.grade.sample.submissions import write_sample_class
    from course.repository import Repository

    with _errors_as_messages():
        repository = Repository.find(Path.cwd())
        require_readable(repository)
        samples = write_sample_class(repository, folder)
    typer.echo(_FILES_WRITTEN.format(count=len(samples), folder=folder))


@_command("見本のクラスの点数を、あるべき点数と比べます。")
def sample_check(
    out: Annotated[
        Path,
        typer.Argument(
            help=_(
                "見本のクラスを採点した結果のフォルダ。",
                "Folder that the sample class was graded to.",
            )
        ),
    ],
) -> None:
    """Hold the grades of the sample class against what its submissions are worth."""
    from course.build import require_readable
    from course.errors import StorageError
    from course.grade.analysis.text import REPORT_DAMAGED
    from course.grade.sample.check import differences
    from course.grade.sample.submissions import sample_class
    from course.repository import Repository

    with _errors_as_messages():
        repository = Repository.find(Path.cwd())
        require_readable(repository)
        samples = sample_class(repository)
        try:
            found = list(differences(samples, out))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            message = REPORT_DAMAGED.format(path=out / "report.json", error=error)
            raise StorageError(message) from error
    for difference in found:
        typer.echo(difference, err=True)
    if found:
        raise typer.Exit(1)
    typer.echo(_AS_EXPECTED.format(count=len(samples)))


@_command(
    "採点するクラスに渡すものを書き出します。ノートブックと helpers で、"
    "解答と採点基準は入りません。"
)
def release(
    folder: Annotated[
        Path, typer.Argument(help=_("新しいか、空のフォルダ。", "New or empty folder."))
    ],
    repository: Annotated[
        str | None,
        typer.Option(
            help=_(
                "クラスが見る GitHub の 所有者/名前。Colab へのリンクに使います。",
                "owner/name on GitHub that the class will see, for the Colab links.",
            )
        ),
    ] = None,
    language: Annotated[
        list[Language],
        typer.Option(
            help=_(
                "ノートブックの言語。2 回指定すると、両方を書き出します。",
                "Of the notebooks; give it twice for both.",
            )
        ),
    ] = [Language.ja],  # noqa: B006 - typer takes a list
) -> None:
    """Write what a graded class receives: notebooks and helpers, without solutions and rubrics."""
    from course.release import RELEASED
    from course.release import release as write_release
    from course.repository import Repository

    with _errors_as_messages():
        write_release(Repository.find(Path.cwd()), folder, _points(), repository, language)
    typer.echo(RELEASED.format(folder=folder))


@_command("`course run` が残したノートブックから、教材の Web サイトを作ります。")
def site(
    out: Annotated[
        Path | None,
        typer.Option(
            help=_(
                "サイトのフォルダ。指定しなければ build/site。",
                "Folder of the site; by default build/site.",
            )
        ),
    ] = None,
    solutions: Annotated[
        bool,
        typer.Option(
            "--solutions",
            help=_("解答例も、たたんで載せます。", "Show solutions and model answers too, folded."),
        ),
    ] = False,
    pdf: Annotated[
        bool,
        typer.Option(
            "--pdf",
            help=_(
                "どのレッスンも PDF にします（Chromium が要ります）。",
                "Also print every lesson to a PDF (Chromium is needed).",
            ),
        ),
    ] = False,
) -> None:
    """Build the course on the web from the notebooks that `course run` has left."""
    from course.repository import Repository
    from course.site import text
    from course.site.build import build_site

    start = time.perf_counter()
    with _errors_as_messages():
        repository = Repository.find(Path.cwd())
        folder = out or repository.root / "build" / "site"
        build_site(repository, folder, solutions=solutions, pdf=pdf)
    seconds = time.perf_counter() - start
    typer.echo(text.WRITTEN.format(folder=folder, seconds=seconds))


class Device(StrEnum):
    """What computes."""

    cpu = "cpu"
    cuda = "cuda"


@_command("教材のすべての学習のうち、まだ結果のないものを、完全版のデータで行います。")
def reproduce(
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help=_("学習の名前。くり返し指定できます。", "A training; can be given repeatedly."),
        ),
    ] = None,
    seeds: Annotated[
        int,
        typer.Option(
            min=1, help=_("種の数。0、1、… を使います。", "How many: seeds 0, 1, … are run.")
        ),
    ] = 3,
    device: Annotated[
        Device | None,
        typer.Option(help=_("ふつうは、いちばん速いもの。", "The best one by default.")),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            help=_(
                "benchmarks/reproduction.json の代わりのファイル。",
                "In place of benchmarks/reproduction.json.",
            )
        ),
    ] = None,
) -> None:
    """Run every training of the course on the full data, as far as it has no result yet."""
    from course.repository import Repository

    with _errors_as_messages():
        root = Repository.find(Path.cwd()).root
        sys.path.insert(0, str(root))  # benchmarks are a part of the checkout alone
        from benchmarks import reproduce as reproduction

        file = results or root / "benchmarks" / "reproduction.json"
        trainings = reproduction.choose(only or ())
        reproduction.require_full_data(trainings)
        _require_writable(file)
        reproduction.reproduce(trainings, range(seeds), file, device=device, log=typer.echo)


@_command("このマシンを調べます。教材は動くか、動かなければ何をすればよいか。")
def doctor() -> None:
    """Examine this machine: can the course run here, and if not, what is to be done?"""
    from course.doctor import examine, show

    findings = examine()
    show(findings)
    if any(finding.status == "fail" for finding in findings):
        raise typer.Exit(1)


@_command("教材を Colab に入れても、Colab の版が何も変わらないことを確かめます。")
def colab_check() -> None:
    """Prove that installing the course in Colab changes no version that Colab has."""
    from course.colab import added_packages, base_requirements, recorded_versions
    from course.repository import Repository

    with _errors_as_messages():
        requirements = base_requirements(Repository.find(Path.cwd()).root)
        added = added_packages(requirements, recorded_versions())
    typer.echo(_COLAB_UNCHANGED)
    for name, version in added.items():
        typer.echo(f"  {name} {version}")


def _points() -> dict[str, float]:
    """Return the points of every exercise, by id."""
    from exercises.catalogue import all_exercises

    return {exercise.id: exercise.points for exercise in all_exercises()}


def _require_writable(file: Path) -> None:
    """Make sure, before long work, that its results can be written; the file stays as it is.

    Raises:
        StorageError: They cannot.
    """
    from course.files import storage_errors

    with storage_errors(file):
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        file.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=file.parent).close()


@contextmanager
def _errors_as_messages() -> Iterator[None]:
    from helpers.errors import CourseError

    try:
        yield
    except (CourseError, OSError) as error:  # what the disk refuses, wherever it does
        typer.echo(error, err=True)
        raise typer.Exit(1) from error
