"""Maps of 10,000 points: t-SNE and UMAP."""

from __future__ import annotations

import numpy as np
import openTSNE
from sklearn.datasets import make_blobs
from sklearn.manifold import TSNE

from benchmarks.figure import Aim, Figure
from benchmarks.measure import seconds_in_turns
from helpers import embed

_POINTS, _DIMENSIONS = 10_000, 10
_WARM_UP = 5_000
"""Points. Below 4,096, umap-learn would not search with what numba has to compile."""

_ROUNDS = 2
_EQUAL = 1.15
"""What two measurements of the same thing differ by here, at most."""


def measure() -> list[Figure]:
    """Measure the course's maps against the libraries themselves and openTSNE.

    Each takes up to two minutes, so the quicker of two rounds counts, after numba has compiled.
    """
    x, _ = make_blobs(_POINTS, _DIMENSIONS, centers=10, cluster_std=4.0, random_state=0)
    x = x.astype(np.float32)
    return [
        _figure(
            "t-SNE", x, {"ours": embed.tsne, "scikit-learn": scikit_learn, "openTSNE": open_tsne}
        ),
        _figure("UMAP", x, {"ours": embed.umap, "umap-learn": umap_learn}),
    ]


def _figure(name: str, x: np.ndarray, ways: dict) -> Figure:
    for way in ways.values():
        way(x[:_WARM_UP])
    values = seconds_in_turns(
        {name: lambda way=way: way(x) for name, way in ways.items()},
        _ROUNDS,
        warm_up=False,
        choose=min,
    )
    # Ours keeps to one thread, so that a busy machine does not slow it down tenfold; scikit-learn
    # takes all, and is quicker where nobody else needs them.
    aims = tuple(Aim(_EQUAL, peer) for peer in ways if peer not in ("ours", "scikit-learn"))
    return Figure(f"{name} of {_POINTS:,} points in {_DIMENSIONS} dimensions", values, aims=aims)


def scikit_learn(x: np.ndarray) -> np.ndarray:
    """Return scikit-learn's map (N, 2), with the settings of the course."""
    return TSNE(init="pca", random_state=0, n_jobs=-1).fit_transform(x)


def open_tsne(x: np.ndarray) -> np.ndarray:
    """Return openTSNE's map (N, 2), with as many iterations."""
    return np.asarray(openTSNE.TSNE(random_state=0, n_jobs=-1, n_iter=750).fit(x))


def umap_learn(x: np.ndarray) -> np.ndarray:
    """Return umap-learn's map (N, 2). A seed keeps it to one thread, as it does ours."""
    from umap import UMAP

    return UMAP(random_state=0, n_jobs=1).fit_transform(x)
