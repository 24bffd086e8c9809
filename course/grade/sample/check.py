"""Holds the grades of the sample class against what each of its samples is worth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from course.files import storage_errors
from course.grade.sample.copies import ALIKE, MAY_BE_ALIKE
from course.grade.sample.submissions import Sample
from helpers.internal.sentences import Sentence

REPORT_DAMAGED = Sentence(
    ja="{path} が壊れています（{error}）。course grade をもう一度実行してください。",
    en="{path} is damaged ({error}). Run course grade again.",
)
"""Says that there is no report that can be read."""


def differences(samples: Sequence[Sample], out: Path) -> Iterator[str]:
    """Yield a sentence for every sample whose points or flags are not the expected ones.

    Args:
        samples: The sample class.
        out: Where it was graded to.

    Raises:
        StorageError: There is no report.
    """
    with storage_errors(out / "report.json"):
        report = json.loads((out / "report.json").read_bytes())
    entries = {
        (entry["student"]["number"], entry["lesson"], entry["file"]): entry
        for entry in report["submissions"]
    }
    for sample in samples:
        if not sample.student:
            continue
        entry = entries.pop((sample.student, sample.lesson, sample.file), None)
        for difference in _differences(sample, entry) if entry else ["is not in the report"]:
            yield f"{sample.file} ({sample.what}): {difference}"
    for _, _, file in entries:
        yield f"{file}: is in the report, but should not count"
    yield from _differences_in_likeness({one.file: one.what for one in samples}, out)


def _differences(sample: Sample, entry: dict[str, Any]) -> Iterator[str]:
    points = {
        exercise: answer["points"]
        for exercise, answer in entry["answers"].items()
        if exercise in sample.points
    }
    if points != sample.points:
        yield f"has points {points}, not {sample.points}"
    found = {(flag["reason"], flag["where"]) for flag in entry["flags"]}
    for reason, where in sample.flags - found:
        yield f"lacks the flag {reason} {where}".rstrip()


def _differences_in_likeness(whats: Mapping[str, str], out: Path) -> Iterator[str]:
    """Yield a sentence for every pair that is listed and should not be, or the other way."""
    with storage_errors(out / "similar.json"):
        lessons = json.loads((out / "similar.json").read_bytes())
    pairs = (pair for lesson in lessons for pair in lesson["pairs"])
    found = {frozenset(whats[file] for file in pair["files"]) for pair in pairs}
    for pair in sorted(map(sorted, ALIKE - found)):
        yield f"{' and '.join(pair)}: should be listed as alike"
    for pair in sorted(map(sorted, found - ALIKE - MAY_BE_ALIKE)):
        yield f"{' and '.join(pair)}: should not be listed as alike"
