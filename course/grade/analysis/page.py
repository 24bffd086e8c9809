"""Makes the page of an analysis: it has no script, loads nothing, and escapes every value."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from course.grade.analysis import findings, plots, text
from course.grade.analysis.findings import Fault
from course.grade.analysis.words import Wording
from course.grade.policy.words import of_policy
from course.grade.shared.untrusted import line
from helpers.internal.sentences import Language, Sentence

if TYPE_CHECKING:
    from course.grade.analysis.analysis import Analysis

MOST_NAMED = 40
MOST_KINDS = 5
"""Students, and kinds of mistakes of one exercise, that the page shows; the JSON file has all."""


def page(analysis: Analysis, wording: Wording, language: Language, *, anonymous: bool) -> str:
    """Return the page as HTML.

    Args:
        analysis: What is to be told.
        wording: The words of the exercises.
        language: Of the page.
        anonymous: Name nobody.
    """
    reasons = [reason for one in analysis.needs for reason in one.reasons]
    named = () if anonymous else analysis.needs[:MOST_NAMED]
    return _PAGES.get_template("analysis.html").render(
        analysis=analysis,
        anonymous=anonymous,
        named=named,
        unnamed=len(analysis.needs) - len(named),
        reasons=[(name, reasons.count(name)) for name in text.REASONS if name in reasons],
        decided=of_policy(analysis.policy),
        suspected=_by_exercise(analysis.faults),
        waiting=sum(essay.waiting for one in analysis.lessons for essay in one.essays),
        exercise_map=plots.exercise_map(
            (exercise for one in analysis.lessons for exercise in one.exercises),
            {fault.exercise for fault in analysis.faults},
        ),
        language=language,
        say=_sayer(language),
        wording=wording,
        policy=_POLICY,
        style=_STYLE,
        text=text,
        plots=plots,
        limits=findings,
        most_kinds=MOST_KINDS,
    )


def _by_exercise(faults: Iterable[Fault]) -> dict[str, list[Fault]]:
    groups: dict[str, list[Fault]] = {}
    for fault in faults:
        groups.setdefault(fault.exercise, []).append(fault)
    return groups


def _sayer(language: Language) -> Callable[..., str]:
    def say(sentence: Sentence, **values: Any) -> str:
        return sentence.in_language(language).format(**values)

    return say


def _share(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _correlation(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def _points(points: float | None) -> str:
    return "–" if points is None else f"{round(points, 1):g}"


_FOLDER = Path(__file__).parent
_STYLE = (_FOLDER / "analysis.css").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# The page's own style is allowed by its digest, and nothing else is.
_POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'"
_PAGES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters |= {
    "share": _share,
    "correlation": _correlation,
    "points": _points,
    "line": line,
    "place": "{:.2f}".format,
    "across": "{:.2f}%".format,
}
