"""What figures take: arrays of any kind, made plain NumPy arrays and held against what is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from helpers.errors import LabelError, RangeError, ShapeError
from helpers.internal.sentences import Sentence
from helpers.internal.words import LABELS_OUT_OF_RANGE, NO_IMAGES

_WRONG_SHAPE = Sentence(
    ja="{name} の形が {shape} です。{wanted} にしてください。",
    en="{name} has shape {shape}. Make it {wanted}.",
)
_LABELS_WRONG_SHAPE = Sentence(
    ja="ラベルの形が {shape} です。{wanted} にしてください。",
    en="The labels have shape {shape}. Make it {wanted}.",
)
_LABELS_NOT_NUMBERS = Sentence(
    ja="ラベルの型が {type} です。クラスの番号にしてください。",
    en="The labels are of type {type}. Make them numbers of classes.",
)
_NOT_IMAGES = Sentence(
    ja="形が {shape} の配列は画像として描けません。(N, 1, H, W)、(N, 3, H, W)、(N, H, W) のどれかにしてください。",
    en="An array of shape {shape} cannot be drawn as images. Make it (N, 1, H, W), (N, 3, H, W) or (N, H, W).",
)
_PIXELS_OUT_OF_RANGE = Sentence(
    ja="画素の値が {low:g} から {high:g} まであります。[0, 1] の小数か、0〜255 の uint8 にしてください。[-1, 1] に正規化した画像は、images * 0.5 + 0.5 で戻せます。",
    en="The pixels go from {low:g} to {high:g}. Make them numbers in [0, 1], or uint8 from 0 "
    "to 255. Images normalized to [-1, 1] come back with images * 0.5 + 0.5.",
)
_NOT_KERNELS = Sentence(
    ja="形が {shape} の配列はカーネルとして描けません。(出力, 入力, 高さ, 幅) にしてください。",
    en="An array of shape {shape} cannot be drawn as kernels. Make it (out, in, height, width).",
)
_NOT_ONE_MAP_AN_IMAGE = Sentence(
    ja="形が {shape} の配列はマップとして描けません。画像と同じ {count} 枚の (N, h, w) にしてください。",
    en="An array of shape {shape} cannot be drawn as maps. Make it (N, h, w), with {count} "
    "maps, one for each image.",
)

_ROUNDING = 1e-3


def as_array(values: ArrayLike) -> np.ndarray:
    """Return values as a NumPy array; tensors may lie on any device and carry a graph."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        # NumPy has no bfloat16.
        values = (values.float() if "bfloat16" in str(values.dtype) else values).numpy()
    return np.asarray(values)


def require_shape(name: str, values: np.ndarray, wanted: tuple[int, ...]) -> None:
    """Raise :class:`ShapeError` if the argument of this name has another shape."""
    if values.shape != wanted:
        wrong = _WRONG_SHAPE.format(name=name, shape=values.shape, wanted=wanted)
        raise ShapeError(wrong)


def require_unit_range(values: np.ndarray, sentence: Sentence) -> None:
    """Raise :class:`RangeError` if a finite value lies outside [0, 1]; rounding is forgiven.

    Args:
        values: Any shape.
        sentence: What to say; it is given ``low`` and ``high``.
    """
    finite = values[np.isfinite(values)]
    low, high = finite.min(initial=0), finite.max(initial=0)
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise RangeError(sentence.format(low=low, high=high))


def as_labels(labels: ArrayLike, classes: Sequence[str], count: int | None = None) -> np.ndarray:
    """Return labels as an array (N,), after making sure that each is one of the classes.

    Args:
        labels: (N,), integers.
        classes: Name of each class.
        count: What N must be; anything if None.

    Raises:
        ShapeError: ``labels`` has another shape.
        LabelError: A label is no index into ``classes``.
    """
    labels = as_array(labels)
    if labels.ndim != 1 or len(labels) != (len(labels) if count is None else count):
        wanted = "(N,)" if count is None else (count,)
        raise ShapeError(_LABELS_WRONG_SHAPE.format(shape=labels.shape, wanted=wanted))
    if labels.size and labels.dtype.kind not in "biuf":
        raise LabelError(_LABELS_NOT_NUMBERS.format(type=labels.dtype))
    if not np.isin(labels, range(len(classes))).all():
        found = LABELS_OUT_OF_RANGE.format(
            low=labels.min(), high=labels.max(), classes=len(classes)
        )
        raise LabelError(found)
    return labels.astype(np.int64)


def as_pictures(images: ArrayLike) -> np.ndarray:
    """Return images as an array (N, H, W) or (N, H, W, 3) with values in [0, 1].

    Args:
        images: (N, H, W), (N, 1, H, W) or (N, 3, H, W), on any device; uint8, or floats in [0, 1].

    Raises:
        ShapeError: ``images`` has another shape, or holds nothing.
        RangeError: Pixels lie outside [0, 1].
    """
    images = as_array(images)
    if images.ndim == 4 and images.shape[1] == 1:
        images = images[:, 0]
    elif images.ndim == 4 and images.shape[1] == 3:
        images = images.transpose(0, 2, 3, 1)
    elif images.ndim != 3:
        raise ShapeError(_NOT_IMAGES.format(shape=images.shape))
    if images.size == 0:
        raise ShapeError(NO_IMAGES)
    if images.dtype == np.uint8:
        return images / 255
    require_unit_range(images, _PIXELS_OUT_OF_RANGE)
    return np.clip(images, 0, 1).astype(float)


def as_kernels(weights: ArrayLike) -> np.ndarray:
    """Return kernels as floats (out, in, h, w).

    Raises:
        ShapeError: ``weights`` has another shape, or holds nothing.
    """
    weights = as_array(weights)
    if weights.ndim != 4 or weights.size == 0:
        raise ShapeError(_NOT_KERNELS.format(shape=weights.shape))
    return weights.astype(float)


def as_maps(maps: ArrayLike, count: int) -> np.ndarray:
    """Return maps, one for each of ``count`` images, as float32 (N, h, w).

    Raises:
        ShapeError: ``maps`` has another shape, or holds nothing.
    """
    maps = as_array(maps)
    if maps.ndim != 3 or len(maps) != count or maps.size == 0:
        raise ShapeError(_NOT_ONE_MAP_AN_IMAGE.format(shape=maps.shape, count=count))
    return maps.astype(np.float32)
