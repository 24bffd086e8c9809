"""What a model makes of data, as vectors, and maps of such vectors in two or three dimensions."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits
from torch import nn

from helpers.errors import LayerError, RangeError, ShapeError, require_range
from helpers.hooks import capture
from helpers.internal.devices import device_of
from helpers.internal.finding import LAYER_NOT_USED
from helpers.internal.fitting import Batch, batches_on, check_labels, checked_logits
from helpers.internal.mapping import TsneProgress, checked_vectors, import_umap, nearest
from helpers.internal.modes import evaluation_mode
from helpers.internal.sentences import Sentence
from helpers.internal.words import NO_IMAGES
from helpers.progress import is_quiet

_OUTPUT_NOT_PER_IMAGE = Sentence(
    ja="層「{name}」の出力の形が {shape} で、最初の軸が画像の枚数と違います。画像 1 枚ごとに出力する層を選んでください。",
    en="The output of layer “{name}” has shape {shape}, whose first axis is not the number of images. Choose a layer with an output for each image.",
)
_PERPLEXITY_OUT_OF_RANGE = Sentence(
    ja="perplexity が {value} です。0 より大きく、点の数 {count} より小さくしてください。点を増やすか、perplexity を変えます。",
    en="perplexity is {value}. It must be above 0 and below the number of points, {count}. Take more points, or change perplexity.",
)
_NEIGHBORS_OUT_OF_RANGE = Sentence(
    ja="neighbors が {value} です。2 以上で、点の数 {count} より小さくしてください。点を増やすか、neighbors を変えます。",
    en="neighbors is {value}. It must be at least 2 and below the number of points, {count}. Take more points, or change neighbors.",
)

_TSNE_ITERATIONS = 1000


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
                raise LayerError(LAYER_NOT_USED.format(name=layer))
            if output.shape[:1] != (len(images),):
                found = _OUTPUT_NOT_PER_IMAGE.format(name=layer, shape=tuple(output.shape))
                raise LayerError(found)
            check_labels(targets, images=len(images))
            if len(images) > 0:
                outputs.append(output.reshape(len(images), -1).float().cpu())
                labels.append(targets.cpu())
    if not outputs:
        raise ShapeError(NO_IMAGES)
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
    x = checked_vectors(x)
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

    x = checked_vectors(x)
    require_range("n", n, 1, min(3, *x.shape))
    if not 0 < perplexity < len(x):
        raise RangeError(_PERPLEXITY_OUT_OF_RANGE.format(value=perplexity, count=len(x)))
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
        TsneProgress(_TSNE_ITERATIONS) as lines,
        contextlib.redirect_stdout(lines),
    ):
        return method.fit_transform(x)


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
    x = checked_vectors(x)
    if not 2 <= neighbors < len(x):
        raise RangeError(_NEIGHBORS_OUT_OF_RANGE.format(value=neighbors, count=len(x)))
    # The map starts from n + 1 eigenvectors of an (N, N) matrix; SciPy finds fewer than N.
    require_range("n", n, 1, min(len(x) - 2, x.shape[1]))
    method = import_umap().UMAP(
        n_components=n,
        n_neighbors=neighbors,
        random_state=seed,
        n_jobs=1,  # what a seed demands anyway
        precomputed_knn=nearest(x, neighbors),
        tqdm_kwds={"disable": is_quiet(), "leave": False, "desc": "UMAP"},
    )
    with warnings.catch_warnings():
        # Neighbours without a search index are enough, as nothing is added to the map later.
        warnings.filterwarnings("ignore", message="precomputed_knn")
        return method.fit_transform(x)
