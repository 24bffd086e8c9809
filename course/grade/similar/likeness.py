"""Finds the pairs of a class that are more alike than its other pairs lead one to expect.

Two things must come together.

*Likeness*: how much of what two students wrote themselves they have in common (the cosine of the
two sets of fragments, 0 to 1). What the course hands out, shows or takes for the solution counts as
nobody's, and so does what more than four in five of the class have. Among honest pairs, the
log-odds of likeness are close to normally distributed; their middle and spread are read off the
class itself (median and upper decile, which a few copies do not move), and a pair has to lie so far
out that all honest pairs together would get there ``EXPECTED`` times.

*Evidence*: what they share must be rare as well, else every short answer would be a copy. A
fragment that a fraction p of the others has counts log2(1/p) bits, divided by the tokens of a
fragment, since as many of them overlap. That two of the class's pairs share so much by
chance would take log2(pairs / ``EXPECTED``) bits if fragments came independently. Neighbours hang
together: ``DEPENDENCE`` times that is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer

from course.grade.similar.fragments import LENGTH

EXPECTED = 0.05
"""Honest pairs of a class that may be listed, on average: one class in twenty."""

COMMON_FROM = 0.8
"""Fraction of the texts above which a fragment is common property."""

DEPENDENCE = 2.0
"""How many times the evidence of independent fragments is asked for, as made-up classes show."""

_UPPER = 0.9
_FEW_WRITERS = 10
"""Fewer who wrote anything of their own say nothing about one another: all are looked at then."""
_LEAST, _MOST = 0.1, 0.9999
_LEAST_SPREAD = 0.5
"""Likeness below 0.1 is noise. Where a class has no spread, as nearly all wrote the solution, this
one asks for a likeness of about a half."""


@dataclass(frozen=True)
class Pair:
    """Two texts that are alike.

    Attributes:
        first, second: Their places.
        likeness: 0 to 1.
        evidence: In bits.
        held: How much of what each wrote itself the other one has too, 0 to 1.
        fragments: How many fragments they share.
        alone: How many of these nobody else has.
    """

    first: int
    second: int
    likeness: float
    evidence: float
    held: tuple[float, float]
    fragments: int
    alone: int


@dataclass(frozen=True)
class Comparison:
    """A class whose texts were compared with one another.

    Attributes:
        least_likeness: What had to be exceeded.
        least_evidence: What had to be reached, in bits.
        pairs: Those that did, the strongest evidence first.
        holders: Of every fragment, how many texts have it.
    """

    least_likeness: float
    least_evidence: float
    pairs: list[Pair]
    holders: dict[Hashable, int]


def compare(texts: Iterable[Iterable[Hashable]]) -> Comparison:
    """Compare every text with every other.

    Args:
        texts: The fragments of each, without those that the course explains.
    """
    counter = CountVectorizer(
        analyzer=_as_they_are, binary=True, max_df=COMMON_FROM, dtype=np.float64
    )
    try:
        held = counter.fit_transform(texts)
    except ValueError:  # no fragment is left
        return Comparison(1.0, math.inf, [], {})
    holders, own = _sums(held, axis=0), _sums(held, axis=1)
    shared, evidence = _products(held), _products(held, _bits(holders, len(own)) / LENGTH)
    alone = _products(held, holders == 2)
    likeness = shared / np.sqrt(np.maximum(1, np.outer(own, own)))
    first, second = np.triu_indices(len(own), 1)
    ordinary = likeness[first, second][_tell_of_the_class(own)]
    least_likeness = _likeness_asked_for(ordinary, len(first))
    least_evidence = _bits_asked_for(len(first))
    alike = (likeness > least_likeness) & (evidence >= least_evidence)
    pairs = [
        Pair(
            first=int(one),
            second=int(two),
            likeness=float(likeness[one, two]),
            evidence=float(evidence[one, two]),
            held=(float(shared[one, two] / own[one]), float(shared[one, two] / own[two])),
            fragments=int(shared[one, two]),
            alone=int(alone[one, two]),
        )
        for one, two in np.argwhere(np.triu(alike, 1))
    ]
    pairs.sort(key=lambda pair: -pair.evidence)
    of_each = {fragment: int(holders[place]) for fragment, place in counter.vocabulary_.items()}
    return Comparison(least_likeness, least_evidence, pairs, of_each)


def _as_they_are(fragments: Iterable[Hashable]) -> Iterable[Hashable]:
    return fragments


def _sums(held: csr_matrix, axis: int) -> np.ndarray:
    return np.asarray(held.sum(axis=axis)).ravel()


def _products(held: csr_matrix, weights: np.ndarray | float = 1.0) -> np.ndarray:
    """Return the sum of the weights of what each two texts share, (texts, texts)."""
    return (held.multiply(weights).tocsr() @ held.T).toarray()


def _bits(holders: np.ndarray, texts: int) -> np.ndarray:
    """Return how rare each fragment is, seen from one of those who have it, in bits."""
    return np.log2(max(1, texts - 1) / np.maximum(1, holders - 1))


def _bits_asked_for(pairs: int) -> float:
    return DEPENDENCE * math.log2(max(1, pairs) / EXPECTED)


def _tell_of_the_class(own: np.ndarray) -> np.ndarray:
    """Return which pairs the ordinary likeness is read off: all, or those who have own writing."""
    writers = own > 0
    if writers.sum() < _FEW_WRITERS:
        writers = np.ones_like(writers)
    first, second = np.triu_indices(len(own), 1)
    return writers[first] & writers[second]


def _likeness_asked_for(ordinary: np.ndarray, pairs: int) -> float:
    """Return the likeness that ``EXPECTED`` of so many honest pairs would exceed.

    Args:
        ordinary: Likeness of pairs, nearly all of them honest.
        pairs: How many the class has.
    """
    if not len(ordinary):
        return 1.0
    middle, upper = np.quantile(_log_odds(ordinary), (0.5, _UPPER))
    spread = max(_LEAST_SPREAD, (upper - middle) / NormalDist().inv_cdf(_UPPER))
    reach = NormalDist().inv_cdf(1 - EXPECTED / pairs)
    return float(1 / (1 + np.exp(-(middle + reach * spread))))


def _log_odds(likeness: np.ndarray) -> np.ndarray:
    inside = np.clip(likeness, _LEAST, _MOST)
    return np.log(inside / (1 - inside))
