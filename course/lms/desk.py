"""Does what ``course lms`` is asked: reads, fills, writes, and tells what was left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from course.errors import StorageError
from course.files import write_whole
from course.grade.shared.untrusted import line
from course.lms.feedback import feedback_zip
from course.lms.fill import REASONS, Filled, fill
from course.lms.forms import Named, read_table
from course.lms.results import read_results
from course.lms.sheet import SheetError
from helpers.internal.sentences import Sentence

_UNREADABLE = Sentence(ja="{path} が読めません（{error}）。", en="{path} cannot be read ({error}).")
_SAME_FILE = Sentence(
    ja="{path} は LMS から書き出した表そのものです。"
    "ほかの名前にするか、上書きしてよければ --overwrite を付けてください。",
    en="{path} is the very sheet that the LMS exported. "
    "Give another name, or add --overwrite if it may be overwritten.",
)
_FILLED = Sentence(
    ja="{lesson} →「{column}」: {count} 人に書き込みました。",
    en="{lesson} → “{column}”: {count} filled in.",
)
_REPLACED = Sentence(
    ja="前と点が変わった学生: {count} 人", en="with another grade than before: {count}"
)
_LEFT = Sentence(ja="{reason}（{count}）: {who}", en="{reason} ({count}): {who}")
_NOTHING = Sentence(
    ja="書き込める行が 1 つもないので、ファイルは作りませんでした。",
    en="There is no row to fill in, so no file was written.",
)
_WRITTEN = Sentence(ja="{path} に書きました。", en="Written to {path}.")
_SEPARATOR = Sentence(ja="、", en="; ")


def fill_file(
    export: Path,
    grades: Path,
    out: Path,
    *,
    named: Named,
    lessons: Sequence[str] = (),
    scale: bool | None = None,
    with_waiting: bool = False,
    total: bool = False,
    feedback: Path | None = None,
    overwrite: bool = False,
    log: Callable[[str], None],
) -> None:
    """Fill the grades of a folder into an exported sheet, and write it to a file.

    Args:
        export: The sheet, as the LMS gave it.
        grades: The folder of results.
        out: The filled sheet.
        named: Columns that the form of the sheet does not tell.
        lessons: As for :func:`course.lms.fill.fill`; so are the next three.
        scale: See there.
        with_waiting: See there.
        total: See there.
        feedback: A zip of the pages for students, to be written too.
        overwrite: The export itself may be written over.
        log: Where what was done is told, line by line.

    Raises:
        CourseError: Nothing was written, for the reason that it tells.
    """
    outputs = [path for path in (out, feedback) if path is not None]
    for path in outputs:
        if path.exists() and export.exists() and path.samefile(export) and not overwrite:
            raise StorageError(_SAME_FILE.format(path=path))
    table = read_table(_content(export), named)
    content, outcomes = fill(
        table,
        read_results(grades),
        lessons=lessons,
        scale=scale,
        with_waiting=with_waiting,
        total=total,
    )
    for told in _told(outcomes):
        log(told)
    partners = [pair for outcome in outcomes for pair in outcome.partners]
    if not partners:
        raise SheetError(str(_NOTHING))
    # The zip is made before anything is written: all is written, or nothing.
    pages = feedback_zip(table, partners, grades) if feedback else b""
    for path, data in zip(outputs, (content, pages), strict=False):
        write_whole(path, data)
        log(_WRITTEN.format(path=path))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SheetError(_UNREADABLE.format(path=path, error=error.strerror)) from error


def _told(outcomes: Iterable[Filled]) -> Iterable[str]:
    for outcome in outcomes:
        yield _FILLED.format(
            lesson=outcome.lesson,
            column=line(outcome.column),
            count=len(outcome.partners),
        )
        if outcome.replaced:
            yield "  " + _REPLACED.format(count=outcome.replaced)
        for reason, who in outcome.left.items():
            shown = str(_SEPARATOR).join(who)
            yield "  " + _LEFT.format(reason=REASONS[reason], count=len(who), who=shown)
