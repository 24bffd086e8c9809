"""Writes what a student reads beside the grade: the points of each part, and what to look at."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from course.grade.shared.untrusted import line
from course.lms.results import Result
from course.lms.sheet import no_formula
from helpers.internal.sentences import Sentence

_HEADING = Sentence(ja="採点結果", en="Result of grading")
_TOTAL = Sentence(
    ja="{heading}: {points} / {highest} 点（{lesson}）",
    en="{heading}: {points} / {highest} points ({lesson})",
)
_PART = "{id}: {points} / {highest}{status}{remark}"
_STATUS = {
    "correct": Sentence(ja=" 正解", en=" correct"),
    "wrong": Sentence(ja=" 不正解", en=" wrong"),
    "blank": Sentence(ja=" 未完成", en=" not finished"),
}
_WAITING = Sentence(ja="採点待ち", en="to be marked")
_OURS = re.compile(rf"(?:{_HEADING.ja}|{_HEADING.en}): [\d.]+ / [\d.]+ ")
_LONGEST = 400

# cp932 has its own forms of these, which look the same.
_CP932 = str.maketrans("〜−—‖¢£¬", "～－―∥￠￡￢")


def shown(points: float) -> str:
    """Return points with at most the two decimals that Moodle and Canvas keep."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def comment(result: Result, *, as_html: bool, encoding: str) -> str:
    """Return a comment that stands in one cell.

    Args:
        result: What it tells about.
        as_html: Moodle's comments are HTML; elsewhere, plain lines.
        encoding: What the sheet can hold; other characters become references or question marks.
    """
    lines = [representable(one, as_html=as_html, encoding=encoding) for one in _lines(result)]
    return no_formula("<br>".join(lines) if as_html else "\n".join(lines))


def is_ours(cell: str) -> bool:
    """Say whether a comment is one that this module has written, in either language."""
    return bool(_OURS.match(cell))


def representable(told: str, *, as_html: bool, encoding: str) -> str:
    """Return text that a sheet can hold, escaped if it is to be HTML."""
    if encoding == "cp932":
        told = told.translate(_CP932)
    told = html.escape(told) if as_html else told
    return told.encode(encoding, "xmlcharrefreplace" if as_html else "replace").decode(encoding)


def _lines(result: Result) -> Iterator[str]:
    yield _TOTAL.format(
        heading=_HEADING,
        points=shown(result.points),
        highest=shown(result.highest),
        lesson=result.lesson,
    )
    for exercise, answer in result.answers.items():
        yield _line(exercise, answer, result.messages.get(exercise, ""))


def _line(exercise: str, answer: Mapping[str, Any], message: str) -> str:
    points, status = answer["points"], answer.get("status")
    message = message if status == "wrong" else ""
    remarks = (line(remark, _LONGEST) for remark in (message, answer.get("comment", "")) if remark)
    return _PART.format(
        id=exercise,
        points=_WAITING if points is None else shown(points),
        highest=shown(answer["highest"]),
        status=_STATUS.get(status, ""),
        remark="".join(f" - {remark}" for remark in remarks),
    )
