"""What a model makes of data, as vectors, and maps of such vectors in two or three dimensions."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import warnings
from collections.abc import Iterable
from types import ModuleType

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from helpers import text
from helpers.errors import LabelError, LayerError, RangeError, ShapeError, require_range
from helpers.hooks import capture
from helpers.progress import is_quiet, progress_bar
from helpers.training import Batch, batches_on, checked_logits, device_of, evaluation_mode

_TSNE_ITERATIONS = 1000
# Sums of squares beyond these spoil t-SNE's maps; near the ends of float32 its code even crashes.
_SMALLEST_SQUARES, _LARGEST_SQUARES = 1e-30, 1e30


def collect(
    model: nn.Module, batches: Iterable[Batch], layer: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Run a model over all batches; return what it computed and the labels, in their order.

    The model is left as it was found: training flags, gradients and hooks.

    Args:
        model: Returns logits (n, classes).
        batches: Pairs of images (n, C, H, W) and labels (n,); the last may be smaller.
        layer: Dotted path of the layer whose output is wanted, such as ``"classifier.1"``; the
            logits if None. If the model uses it more than once, under one name or several, the
            last use counts.

    Returns:
        float32 (N, D), logits or flattened outputs of the layer, and labels (N,).

    Raises:
        LayerError: The model has no such layer or does not use it, its output is not one tensor or
            does not have a row an image, or the model is compiled.
        ShapeError: The images do not fit the model, or there are none.
        LabelError: There is not one label an image.
        ModelError, ProbabilityError: As :func:`helpers.training.predict`.
    """
    watched = () if layer is None else (layer,)
    outputs, labels = [], []
    with torch.no_grad(), evaluation_mode(model), capture(model, *watched) as seen:
        for images, targets in batches_on(device_of(model), batches):
            logits = checked_logits(model, images)
            # Taken out, so that no batch is given what the batch before has left.
            output = logits if layer is None else seen.pop(layer, None)
            if output is None:
                raise LayerError(text.LAYER_NOT_USED.format(name=layer))
            if output.shape[:1] != (len(images),):
                found = text.OUTPUT_NOT_PER_IMAGE.format(name=layer, shape=tuple(output.shape))
                raise LayerError(found)
            if len(targets) != len(images):
                found = text.LABELS_WRONG_NUMBER.format(labels=len(targets), images=len(images))
                raise LabelError(found)
            if len(images) > 0:
                outputs.append(output.reshape(len(images), -1).float().cpu())
                labels.append(targets.cpu())
    if not outputs:
        raise ShapeError(text.NO_IMAGES)
    return torch.cat(outputs).numpy(), torch.cat(labels).numpy()


def pca(x: ArrayLike, n: int = 2) -> np.ndarray:
    """Project vectors on the ``n`` directions in which they vary most.

    Principal component analysis: Pearson, "On Lines and Planes of Closest Fit to Systems of Points
    in Space", 1901. The result is always the same, signs included.

    Args:
        x: (N, D).
        n: Dimensions of the result, 1 to the smaller of N and D.

    Returns:
        float32 (N, n), centred, the widest direction first.

    Raises:
        ShapeError: ``x`` is not (N, D).
        RangeError: ``n`` is out of range, or ``x`` holds NaN, infinity, N equal points, or values
            that are far too large or small.
    """
    x = _checked(x)
    require_range("n", n, 1, min(x.shape))
    # Large inputs are solved by a random method: the seed makes it repeatable.
    return PCA(n_components=n, random_state=0).fit_transform(x)


def tsne(x: ArrayLike, n: int = 2, seed: int = 0, *, perplexity: float = 30) -> np.ndarray:
    """Draw a map that keeps near neighbours near: t-SNE, started from PCA.

    L. van der Maaten and G. Hinton, "Visualizing Data using t-SNE", 2008. Distances between
    clusters, and the sizes of clusters, mean little in it. scikit-learn does the work:
    openTSNE was slower for 10,000 points of 10 dimensions (benchmarks/results.md).

    Args:
        x: (N, D), with more points than ``perplexity``.
        n: Dimensions of the result, 1 to 3, and no more than N or D.
        seed: The same seed and data give the same map on one machine.
        perplexity: About how many neighbours a point has; 5 to 50 are usual.

    Returns:
        float32 (N, n).

    Raises:
        ShapeError: ``x`` is not (N, D).
        RangeError: ``n`` or ``perplexity`` is out of range, or ``x`` holds NaN, infinity, N equal
            points, or values that are far too large or small.
    """
    from sklearn.manifold import TSNE

    x = _checked(x)
    require_range("n", n, 1, min(3, *x.shape))
    if not 0 < perplexity < len(x):
        raise RangeError(text.PERPLEXITY_OUT_OF_RANGE.format(value=perplexity, count=len(x)))
    method = TSNE(
        n_components=n,
        perplexity=perplexity,
        init="pca",
        max_iter=_TSNE_ITERATIONS,
        random_state=seed,
        verbose=2,
    )
    # Several threads wait for each other in a busy loop: with another process on the same cores,
    # 2,500 points took 138 s with two threads and 43 s with one. And with more than two, a seed
    # would not give one map, as the order in which their sums are added changes from run to run.
    with (
        threadpool_limits(1, user_api="openmp"),
        _TsneProgress() as lines,
        contextlib.redirect_stdout(lines),
    ):
        return method.fit_transform(x)


class _TsneProgress(io.TextIOBase):
    """Takes what scikit-learn prints every 50 iterations, its only sign of life, to move a bar."""

    def __init__(self) -> None:
        self._bar = progress_bar(total=_TSNE_ITERATIONS, desc="t-SNE")

    def write(self, printed: str) -> int:
        if found := re.match(r"\[t-SNE\] Iteration (\d+)", printed):
            self._bar.update(int(found[1]) - self._bar.n)
        return len(printed)

    def close(self) -> None:
        self._bar.close()
        super().close()


def umap(x: ArrayLike, n: int = 2, seed: int = 0, *, neighbors: int = 15) -> np.ndarray:
    """Draw a map that keeps near neighbours near, and a little more of the whole than t-SNE.

    L. McInnes, J. Healy and J. Melville, "UMAP: Uniform Manifold Approximation and Projection for
    Dimension Reduction", arXiv:1802.03426, 2018. The first call in a process takes some seconds
    more, as numba compiles.

    Args:
        x: (N, D), with more points than ``neighbors``.
        n: Dimensions of the result, 1 to the smaller of N - 2 and D.
        seed: The same seed and data give the same map on one machine.
        neighbors: Neighbours of each point that the map is made from, the point itself included;
            at least 2.

    Returns:
        float32 (N, n).

    Raises:
        ShapeError: ``x`` is not (N, D).
        RangeError: ``n`` or ``neighbors`` is out of range, or ``x`` holds NaN, infinity, N equal
            points, or values that are far too large or small.
    """
    x = _checked(x)
    if not 2 <= neighbors < len(x):
        raise RangeError(text.NEIGHBORS_OUT_OF_RANGE.format(value=neighbors, count=len(x)))
    # The map starts from n + 1 eigenvectors of an (N, N) matrix; SciPy finds fewer than N.
    require_range("n", n, 1, min(len(x) - 2, x.shape[1]))
    method = import_umap().UMAP(
        n_components=n,
        n_neighbors=neighbors,
        random_state=seed,
        n_jobs=1,  # what a seed demands anyway
        precomputed_knn=_nearest(x, neighbors),
        tqdm_kwds={"disable": is_quiet(), "leave": False, "desc": "UMAP"},
    )
    with warnings.catch_warnings():
        # Neighbours without a search index are enough, as nothing is added to the map later.
        warnings.filterwarnings("ignore", message="precomputed_knn")
        return method.fit_transform(x)


def _nearest(x: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
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


def _checked(x: ArrayLike) -> np.ndarray:
    """Return ``x`` as float32 (N, D) after making sure that a map can be made of it."""
    if isinstance(x, Tensor):
        # NumPy knows neither graphs nor bfloat16.
        x = x.detach().float().cpu()
    x = np.asarray(x, dtype=np.float32)
    if x.ndim != 2 or x.size == 0:
        raise ShapeError(text.NOT_VECTORS.format(shape=x.shape))
    if not np.isfinite(x).all():
        raise RangeError(text.NOT_FINITE)
    if (x == x[0]).all():
        raise RangeError(text.ALL_POINTS_EQUAL)
    if not _SMALLEST_SQUARES < np.vdot(x, x) < _LARGEST_SQUARES:
        limits = {"low": _SMALLEST_SQUARES, "high": _LARGEST_SQUARES}
        raise RangeError(text.VALUES_OUT_OF_SCALE.format(**limits))
    return x
