"""The parts of an exercise: what is asked, on which cases, and how mistakes are recognised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helpers.internal.sentences import Sentence

Case = dict[str, Any]
"""The plain inputs of one try: arrays, numbers, text."""

Observation = dict[str, Any]
"""What one try gave: named arrays, numbers and text. A try that failed gives ``"error"`` instead
(see :mod:`exercises.translations`) and, where it is known, ``"line"``, the student's own line."""


@dataclass(frozen=True)
class Hint:
    """A typical mistake: how to recognise it, and what to say.

    Attributes:
        name: Unique within the exercise.
        recognises: ``(got, want, case) -> bool``, on the observations of one case. It speaks only
            when no other mistake could look the same.
        sentence: Says what to look at, never the solution.
    """

    name: str
    recognises: Callable[[Observation, Observation, Case], bool]
    sentence: Sentence


@dataclass(frozen=True)
class Exercise:
    """One exercise: all that the student's check and the grader know about it.

    Attributes:
        id: Stable name, ``"3-1"`` for the first exercise of notebook 03.
        points: What a correct answer is worth.
        names: What the exercise cell defines; one name, or several that are checked together.
        reference: The course's own answer: an object, or a tuple in the order of ``names``.
        cases: Makes the plain inputs from a random generator.
        probe: Runs an answer on one case and returns plain observations. It builds tensors with
            ``torch.from_numpy``, so that an answer that writes into them is noticed.
        items: What to call each entry of an observation when it differs.
        hints: Typical mistakes, the most specific first.
        rtol: Relative tolerance of numbers.
        atol: Absolute tolerance of numbers.
    """

    id: str
    points: int
    names: tuple[str, ...]
    reference: Any
    cases: Callable[[np.random.Generator], list[Case]]
    probe: Callable[[Any, Case], Observation]
    items: Mapping[str, Sentence] = field(default_factory=dict, hash=False)
    hints: tuple[Hint, ...] = ()
    rtol: float = 1e-4
    atol: float = 1e-5

    @property
    def references(self) -> tuple[Any, ...]:
        """The course's own answers, one for each of ``names``."""
        return self.reference if len(self.names) > 1 else (self.reference,)


def close(got: Any, want: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
    """Say whether two arrays or numbers have one shape and agree within the tolerances.

    Text agrees with the same text only, and never with a number.
    """
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        return False
    if got.dtype.kind in "biuf" and want.dtype.kind in "biuf":
        return bool(np.allclose(got, want, rtol=rtol, atol=atol))
    return got.dtype.kind == want.dtype.kind and bool((got == want).all())
