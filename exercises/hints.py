"""Ways to recognise a mistake, for :class:`exercises.exercise.Hint`.

Each returns a function of ``(got, want, case)``. None of them speaks where an entry is missing.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from exercises.exercise import Case, Hint, Observation, close
from exercises.traces import MARKED, TRACES
from helpers.internal.sentences import Sentence

Recogniser = Callable[[Observation, Observation, Case], bool]


def hint(name: str, recognises: Recogniser, *, ja: str, en: str) -> Hint:
    """Return a hint with the sentence of its own that it says."""
    return Hint(name, recognises, Sentence(ja=ja, en=en))


def says(pattern: str) -> Recogniser:
    """Recognise a try that failed with an error in which the regular expression occurs."""
    return lambda got, want, case: bool(re.search(pattern, got.get("error", "")))


def equals(item: str, value: Any) -> Recogniser:
    """Recognise an entry that has this very value."""
    return lambda got, want, case: item in got and close(got[item], value)


def is_other(item: str) -> Recogniser:
    """Recognise an entry that is not what it should be, whatever becomes of the others."""
    return lambda got, want, case: item in got and not close(got[item], want[item])


def differs(*items: str) -> Recogniser:
    """Recognise that every one of these entries differs, and no other entry does."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        if "error" in got:
            return False
        different = {item for item in want if not close(got.get(item), want[item])}
        return different == set(items)

    return recognises


def like(
    item: str, mistaken: Callable[[Observation, Case], Any], **tolerances: float
) -> Recogniser:
    """Recognise an entry that is what a mistake gives, where that is not the right value too.

    Args:
        item: The entry.
        mistaken: Makes what the mistake gives from the reference's observation and the case.
        tolerances: ``rtol`` and ``atol`` of the comparison.
    """

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        if item not in got:
            return False
        with np.errstate(all="ignore"):
            value = mistaken(want, case)
        return close(got[item], value, **tolerances) and not close(value, want[item], **tolerances)

    return recognises


def has_shape(item: str, shape: Callable[[Observation], tuple[int, ...]]) -> Recogniser:
    """Recognise an entry of a shape that is made from the reference's observation."""
    return lambda got, want, case: item in got and np.shape(got[item]) == tuple(shape(want))


def any_of(*recognisers: Recogniser) -> Recogniser:
    """Recognise what one of these does, whether or not the others can tell."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        for recogniser in recognisers:
            # One may look for an entry, a type or a shape that this answer does not have.
            with contextlib.suppress(Exception):
                if recogniser(got, want, case):
                    return True
        return False

    return recognises


# In these exercises the network is given, and fits the images that are given with it.
NOT_THE_ARGUMENTS = hint(
    "not_the_arguments",
    says(
        r"mat1 and mat2 shapes cannot be multiplied|to have \d+ channels, but got \d+ channels|"
        r"Expected 3D \(unbatched\) or 4D|expected 4D input|expected 2D or 3D input|"
        r"non-empty 3D or 4D|Kernel size can't be greater|Output size is too small|"
        r"Calculated (?:padded )?input size|running_mean should contain"
    ),
    ja="渡した画像が、モデルに合いません。受け取った引数ではないもの（ノートブックの変数など）を使っているか、"
    "軸が増えたり減ったりしています。引数のモデルに、引数から取り出した画像をそのまま入れましょう。",
    en="The images do not fit the model. Is one of them not your function's argument, but a "
    "variable of the notebook? Or is there an axis too many or too few? Give the model of the "
    "arguments the images of the arguments, as they are.",
)
"""For exercises whose students write no layers: a network that refuses what it is shown."""

IMAGES_MARKED = Hint("images_marked", equals(MARKED, True), TRACES[MARKED])

LAZY_LAYER = hint(
    "lazy_layer",
    says("uninitialized parameter"),
    ja="大きさの決まっていない層 (Lazy…) があります。後のセルでパラメータを数えるので、入力の大きさを書きましょう。",
    en="A layer (Lazy…) does not know its size yet. Later cells count parameters, so write down how "
    "many values go in.",
)
