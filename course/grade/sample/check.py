"""Holds the grades of the sample class against what each of its samples is worth."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from course.files import storage_errors
from course.grade.analysis.analysis import DATA
from course.grade.sample.copies import ALIKE, MAY_BE_ALIKE
from course.grade.sample.submissions import Sample


def differences(samples: Sequence[Sample], out: Path) -> Iterator[str]:
    """Yield a sentence for every sample whose points, hints or flags are not the expected ones.

    The misconceptions of the analysis must be those that were planted, with as many students each.

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
    planted, found = planted_misconceptions(samples), found_misconceptions(out)
    for exercise, hint in sorted(planted.keys() | found.keys()):
        many, seen = planted[exercise, hint], found[exercise, hint]
        if many != seen:
            yield f"analysis.json: {exercise} has {hint} {seen} times, not {many}"
    yield from _differences_in_likeness({one.file: one.what for one in samples}, out)


def planted_misconceptions(samples: Iterable[Sample]) -> Counter[tuple[str, str]]:
    """Return how many students of the sample class make the mistake that a hint knows.

    Returns:
        By exercise and hint.
    """
    return Counter(mistake for sample in samples for mistake in sample.mistakes.items())


def found_misconceptions(out: Path) -> Counter[tuple[str, str]]:
    """Return how many students the analysis says make the mistake that a hint knows.

    Raises:
        StorageError: There is no analysis.
    """
    with storage_errors(out / DATA):
        analysis = json.loads((out / DATA).read_bytes())
    exercises = (one for lesson in analysis["lessons"] for one in lesson["exercises"])
    return Counter(
        {
            (one["exercise"], found["mistake"]["key"]): found["students"]
            for one in exercises
            for found in one["misconceptions"]
            if found["mistake"]["kind"] == "hint"
        }
    )


def _differences(sample: Sample, entry: dict[str, Any]) -> Iterator[str]:
    points = {
        exercise: answer["points"]
        for exercise, answer in entry["answers"].items()
        if exercise in sample.points
    }
    if points != sample.points:
        yield f"has points {points}, not {sample.points}"
    hints = {
        exercise: answer["hint"]
        for exercise, answer in entry["answers"].items()
        if answer.get("hint")
    }
    if hints != sample.mistakes:
        yield f"has hints {hints}, not {sample.mistakes}"
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
