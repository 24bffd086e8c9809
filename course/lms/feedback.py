"""Packs the pages for students as Moodle takes them: 「Upload multiple feedback files in a zip」.

Moodle reads the folder's name, 「name_participant_assignsubmission_file_」, and gives what lies in
it to that participant. The underscore at the end is for versions before 4.1.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from course.grade.shared.untrusted import line
from course.lms.forms import Table
from course.lms.results import Result, ResultsError
from course.lms.sheet import SheetError
from helpers.internal.sentences import Sentence

_NOT_MOODLE = Sentence(
    ja="--feedback の zip は、Moodle の評定ワークシートに書き込むときだけ作れます。",
    en="--feedback makes a zip only beside Moodle's grading worksheet.",
)
_NO_PAGE = Sentence(
    ja="{path} が読めません（{error}）。course grade をもう一度実行してください。",
    en="{path} cannot be read ({error}). Run course grade once more.",
)

_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|_]+')
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)


def feedback_zip(table: Table, partners: Iterable[tuple[Result, int]], grades: Path) -> bytes:
    """Return a zip of the pages of all students whose grade was filled in.

    Args:
        table: Moodle's worksheet.
        partners: Results and their rows.
        grades: The folder of results.

    Raises:
        SheetError: The sheet is not Moodle's.
        ResultsError: A page is missing.
    """
    if table.form.kind != "moodle":
        raise SheetError(str(_NOT_MOODLE))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as pack:
        for result, row in partners:
            folder = _folder(table.name(row), table.upload_id(row))
            # The same grades give the same bytes: the time is not now.
            entry = zipfile.ZipInfo(f"{folder}/feedback-{result.lesson}.html", _FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            pack.writestr(entry, _page(grades / "feedback" / f"{result.student.key}.html"))
    return content.getvalue()


def _folder(name: str, participant: str) -> str:
    shown = _NOT_IN_NAMES.sub(" ", line(name, 80)).strip(" .~") or "Participant"
    return f"{shown}_{participant}_assignsubmission_file_"


def _page(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ResultsError(_NO_PAGE.format(path=path, error=error.strerror)) from error
