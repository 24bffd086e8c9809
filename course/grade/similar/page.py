"""Writes ``similar.html`` and ``similar.json``: the likest pairs, side by side, for a person.

The page has no script and loads nothing: jinja2 escapes every value, and the page's own policy
forbids the rest.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from course.files import write_whole
from course.grade.shared.stages import Student
from course.grade.shared.untrusted import line
from course.grade.similar import words
from course.grade.similar.fragments import CODE, ESSAYS, LENGTH
from course.grade.similar.likeness import EXPECTED
from course.grade.similar.similar import MOST_SHOWN, Alike, Findings, Part
from helpers.internal.sentences import language


def write_pages(out: Path, findings: Sequence[Findings]) -> None:
    """Write the page, and beside it the same for programs.

    Args:
        out: Folder of the results.
        findings: Of each lesson.

    Raises:
        StorageError: They cannot be written.
    """
    write_whole(out / "similar.html", page(findings))
    content = json.dumps([_for_programs(one) for one in findings], ensure_ascii=True, indent=1)
    write_whole(out / "similar.json", content + "\n")


def page(findings: Sequence[Findings]) -> str:
    """Return the HTML page, in the language that people are addressed in."""
    return _PAGES.get_template("similar.html").render(
        policy=_POLICY,
        style=_STYLE,
        language=language(),
        words=words,
        rules=[rule.format(length=LENGTH, classes=round(1 / EXPECTED)) for rule in words.RULES],
        lessons=[_lesson(one) for one in findings],
    )


def _lesson(found: Findings) -> dict[str, Any]:
    count = found.submissions
    shown = found.pairs[:MOST_SHOWN]
    summary = words.SUMMARY if shown else words.NONE
    return {
        "name": found.lesson,
        "summary": summary.format(
            submissions=count, compared=f"{count * (count - 1) // 2:,}", pairs=len(found.pairs)
        ),
        "asked_for": [
            words.ASKED_FOR.format(
                kind=words.KINDS[kind], likeness=_percent(likeness), evidence=round(evidence)
            )
            for kind, (likeness, evidence) in found.asked_for.items()
            if likeness < 1
        ],
        "groups": [words.SEPARATOR.in_language(language()).join(one) for one in _groups(shown)],
        "pairs": [_pair(one, place, found.lesson) for place, one in enumerate(shown, start=1)],
        "more": len(found.pairs) - len(shown),
    }


def _pair(pair: Alike, place: int, lesson: str) -> dict[str, Any]:
    names = [_name(student) for student in pair.students]
    return {
        "id": f"{lesson}-{place}",
        "place": place,
        "names": names,
        "files": [line(file) for file in pair.files],
        "measures": [
            words.MEASURE.format(
                kind=words.KINDS[kind],
                first=names[0],
                second=names[1],
                of_first=_percent(one.held[0]),
                of_second=_percent(one.held[1]),
                fragments=one.fragments,
                alone=one.alone,
            )
            for kind, one in pair.measures.items()
        ],
        "likeness": [
            _percent(pair.measures[kind].likeness) if kind in pair.measures else "–"
            for kind in (CODE, ESSAYS)
        ],
        "alone": sum(one.alone for one in pair.measures.values()),
        "parts": [_part(one) for one in pair.parts],
    }


def _part(part: Part) -> dict[str, Any]:
    name = words.EXERCISE if part.kind == CODE else words.ESSAY
    return {"name": name.format(id=line(part.name)), "kind": part.kind, "texts": part.texts}


def _name(student: Student) -> str:
    return " ".join(line(one, 40) for one in (student.number, student.name) if one)


def _groups(pairs: Iterable[Alike]) -> list[list[str]]:
    """Return the students of every group of more than two who are linked by pairs."""
    groups: list[dict[str, str]] = []
    for pair in pairs:
        linked = {student.key: _name(student) for student in pair.students}
        for group in [one for one in groups if one.keys() & linked.keys()]:
            groups.remove(group)
            linked = group | linked
        groups.append(linked)
    return [[one[key] for key in sorted(one)] for one in groups if len(one) > 2]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _for_programs(found: Findings) -> dict[str, Any]:
    return {
        "lesson": found.lesson,
        "submissions": found.submissions,
        "pairs": [
            {
                "students": [asdict(one) | {"key": one.key} for one in pair.students],
                "files": pair.files,
                "measures": {
                    kind: {"likeness": one.likeness, "evidence": one.evidence, "held": one.held}
                    for kind, one in pair.measures.items()
                },
                "parts": [part.name for part in pair.parts],
            }
            for pair in found.pairs
        ],
    }


_STYLE = (Path(__file__).parent / "similar.css").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# The page's own style is allowed by its digest, so not even a style could be slipped in.
_POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'"
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
