"""Says in words what a policy is, and what it changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from course.grade.policy.policy import Applied
from helpers.internal.sentences import Sentence

_VOIDED = Sentence(ja="採点に入れない問: {keys}", en="Not counted: {keys}")
_WEIGHTS = Sentence(ja="点の重み: {weights}", en="Weights: {weights}")
_WEIGHT = Sentence(ja="{key} は {weight:g} 倍", en="{key} × {weight:g}")
_LATE = Sentence(
    ja="締め切りに遅れています（{days} 日目）。合計から {taken:.0f} % を引きました。",
    en="Late: day {days} after the deadline. {taken:.0f} % of the sum were taken off.",
)
_EXTENSION = Sentence(
    ja="締め切りを {days:g} 日延ばしています。", en="The deadline was put off by {days:g} days."
)
_DEADLINE = Sentence(ja="締め切り: {lesson} {moment}", en="Deadline: {lesson}, {moment}")
_LATE_RULE = Sentence(
    ja="遅れは、始まった 1 日ごとに合計の {per_day:.0f} %、最大 {most:.0f} % を引きます。",
    en="Late work: {per_day:.0f} % of the sum for each begun day, {most:.0f} % at most.",
)
_BETWEEN = Sentence(ja="、", en=", ")


def of_submission(applied: Applied) -> list[Sentence]:
    """Return what was changed in one submission; nothing if nothing was."""
    said = list(_of_points(applied.weights, applied.voided))
    if applied.extension:
        said.append(_filled(_EXTENSION, days=applied.extension))
    if applied.late_days:
        said.append(_filled(_LATE, days=applied.late_days, taken=100 * applied.taken))
    return said


def of_policy(policy: Mapping[str, Any]) -> list[Sentence]:
    """Return what holds for the whole class.

    Args:
        policy: As :meth:`course.grade.policy.policy.Policy.as_data` gives it.
    """
    said = list(_of_points(policy["weights"], policy["voided"]))
    deadlines = policy["deadlines"].items()
    said += [
        _filled(_DEADLINE, lesson=lesson, moment=moment.replace("T", " "))
        for lesson, moment in deadlines
    ]
    if deadlines and policy["per_day"]:
        rule = {name: 100 * policy[name] for name in ("per_day", "most")}
        said.append(_filled(_LATE_RULE, **rule))
    return said


def _of_points(weights: Mapping[str, float], voided: object) -> Iterator[Sentence]:
    if voided:
        yield _filled(_VOIDED, keys=Sentence(*(sep.join(voided) for sep in _separators())))
    if weights:
        parts = [_filled(_WEIGHT, key=key, weight=weight) for key, weight in weights.items()]
        comma_ja, comma_en = _separators()
        joined = Sentence(
            ja=comma_ja.join(part.ja for part in parts), en=comma_en.join(part.en for part in parts)
        )
        yield _filled(_WEIGHTS, weights=joined)


def _separators() -> tuple[str, str]:
    return _BETWEEN.ja, _BETWEEN.en


def _filled(sentence: Sentence, **values: Any) -> Sentence:
    def of(language: str) -> dict[str, Any]:
        return {
            name: getattr(value, language) if isinstance(value, Sentence) else value
            for name, value in values.items()
        }

    return Sentence(ja=sentence.ja.format(**of("ja")), en=sentence.en.format(**of("en")))
