"""What :mod:`helpers.embed` rests on: vectors that a map can be made of, and two libraries' habits."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from types import ModuleType

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from helpers.errors import RangeError, ShapeError
from helpers.internal.sentences import Sentence
from helpers.internal.words import NOT_FINITE
from helpers.progress import progress_bar

_NOT_VECTORS = Sentence(
    ja="配列の形が {shape} です。点を行に並べた (N, D) にしてください。4 次元の特徴マップなら、x.reshape(len(x), -1) で平らにできます。",
    en="The array has shape {shape}. Make it (N, D), a row a point. x.reshape(len(x), -1) flattens feature maps of four axes.",
)
_ALL_POINTS_EQUAL = Sentence(
    ja="全部の点が同じです。違う点がなければ、地図は描けません。",
    en="All points are the same. Without different points there is no map to draw.",
)
_VALUES_OUT_OF_SCALE = Sentence(
    ja="値が大きすぎるか、小さすぎます。全部の値の 2 乗の和が {low} と {high} の間に入るように、x を定数倍してください。",
    en="The values are too large or too small. Multiply x by a number so that the sum of all squares lies between {low} and {high}.",
)

# Sums of squares beyond these spoil t-SNE's maps; near the ends of float32 its code even crashes.
_SMALLEST_SQUARES, _LARGEST_SQUARES = 1e-30, 1e30


def checked_vectors(x: ArrayLike) -> np.ndarray:
    """Return ``x`` as float32 (N, D) after making sure that a map can be made of it."""
    if isinstance(x, Tensor):
        # NumPy knows neither graphs nor bfloat16.
        x = x.detach().float().cpu()
    x = np.asarray(x, dtype=np.float32)
    if x.ndim != 2 or x.size == 0:
        raise ShapeError(_NOT_VECTORS.format(shape=x.shape))
    if not np.isfinite(x).all():
        raise RangeError(NOT_FINITE)
    if (x == x[0]).all():
        raise RangeError(_ALL_POINTS_EQUAL)
    if not _SMALLEST_SQUARES < np.vdot(x, x) < _LARGEST_SQUARES:
        limits = {"low": _SMALLEST_SQUARES, "high": _LARGEST_SQUARES}
        raise RangeError(_VALUES_OUT_OF_SCALE.format(**limits))
    return x


class TsneProgress(io.TextIOBase):
    """Takes what scikit-learn prints every 50 iterations, its only sign of life, to move a bar."""

    def __init__(self, iterations: int) -> None:
        self._bar = progress_bar(total=iterations, desc="t-SNE")

    def write(self, printed: str) -> int:
        """Move the bar to the iteration that was printed."""
        if found := re.match(r"\[t-SNE\] Iteration (\d+)", printed):
            self._bar.update(int(found[1]) - self._bar.n)
        return len(printed)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()
        super().close()


def nearest(x: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return indices and distances (N, count) of the nearest points, each point itself first.

    umap-learn would search by itself, but its search is compiled for seconds in every process.
    """
    from sklearn.neighbors import NearestNeighbors

    distances, indices = NearestNeighbors(n_neighbors=count).fit(x).kneighbors(x)
    return indices, distances.astype(np.float32)


def import_umap() -> ModuleType:
    """Import the library umap-learn without TensorFlow; ``import umap`` does nothing more later.

    ``import umap`` loads TensorFlow, where there is one, for a part that the course does not use.
    That takes seconds, and a process in which Triton follows TensorFlow aborts. None in
    ``sys.modules`` makes the import fail at once, and umap-learn does without.
    """
    hidden = "tensorflow" not in sys.modules
    if hidden:
        sys.modules["tensorflow"] = None
    try:
        import umap
        from umap import layouts, umap_
    finally:
        if hidden:
            del sys.modules["tensorflow"]
    _start_numba()
    _keep_compiled(umap_)
    _keep_compiled(layouts)
    return umap


def _start_numba() -> None:
    """Start numba's threads, and let torch compute with as many threads as before.

    numba sets another number when it starts: with more threads than free cores, training would
    become slower by an order of magnitude.
    """
    import numba

    threads = torch.get_num_threads()
    numba.get_num_threads()  # starts them
    torch.set_num_threads(threads)


def _keep_compiled(module: ModuleType) -> None:
    """Have numba keep a module's compiled functions on disk.

    umap-learn leaves that out for some, which then take seconds to compile in every process.
    """
    from numba.core.dispatcher import Dispatcher

    for function in vars(module).values():
        if isinstance(function, Dispatcher):
            with contextlib.suppress(RuntimeError):  # there is no folder to keep them in
                function.enable_caching()
