"""Holds the grades of the sample class against what each of its samples is worth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from course.files import storage_errors
from course.grade.sample.submissions import Sample
from helpers.internal.sentences import Sentence

REPORT_DAMAGED = Sentence(
    ja="{path} が壊れています（{error}）。course grade をもう一度実行してください。",
    en="{path} is damaged ({error}). Run course grade again.",
)
"""Says that there is no report that can be read."""


def differences(samples: Iterable[Sample], out: Path) -> Iterator[str]:
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
