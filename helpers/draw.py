"""Drawing a digit by hand: making an MNIST image of it, and a pad that a model answers."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from helpers.errors import DataError, RangeError, ShapeError
from helpers.internal.sentences import Sentence

# site/explorer/drawing.js does the same in the browser; a test holds one to the other.
_SIDE = 28
_BOX = 20
_MIDDLE = 14
"""The pixel on which MNIST's digits have their centre of mass."""
_HALF = 0.5 + 1e-6  # halves are rounded up, whatever the last bits of a sum may be
_FAINT = 0.1
"""Less ink than this is taken for paper."""

_NOTHING_DRAWN = Sentence(
    ja="何も描かれていません。数字を描いてから、もう一度試してください。",
    en="Nothing is drawn. Draw a digit, then try again.",
)
_NOT_A_PICTURE = Sentence(
    ja="絵の形が {shape} です。白い線を黒い地に描いた、(高さ, 幅) の配列にしてください。",
    en="The picture has the shape {shape}. Pass white strokes on black, as (height, width).",
)
_NOT_INK = Sentence(
    ja="画素の値が {low:g} から {high:g} です。0〜255 の整数か、0〜1 の小数にしてください。",
    en="The pixels go from {low:g} to {high:g}. Use integers from 0 to 255, or floats from 0 to 1.",
)


def prepare_drawing(pixels: np.ndarray | Tensor) -> Tensor:
    """Make an MNIST image of a drawing, as MNIST's makers did of scanned digits.

    What is drawn is cut out, shrunk until its longer side measures 20 pixels, and put on 28×28
    pixels with its centre of mass in the middle.

    Args:
        pixels: (height, width), white strokes on black: integers from 0 to 255 or floats from 0 to
            1.

    Returns:
        (1, 1, 28, 28), float32 in [-1, 1], as the course's models expect.

    Raises:
        ShapeError: ``pixels`` is not (height, width).
        RangeError: The values are neither 0 to 255 nor 0 to 1.
        DataError: Nothing is drawn.
    """
    box = _shrunk(_inked_part(_ink(pixels)))
    mass = box.sum()
    image = np.zeros((_SIDE, _SIDE))
    top, left = (
        _start(box.sum(axis=1 - axis) @ np.arange(box.shape[axis]) / mass, box.shape[axis])
        for axis in (0, 1)
    )
    image[top : top + box.shape[0], left : left + box.shape[1]] = box
    return torch.from_numpy(2 * image - 1).float()[None, None]


def _ink(pixels: np.ndarray | Tensor) -> np.ndarray:
    """Return the drawing as floats from 0 (paper) to 1 (ink)."""
    values = pixels.detach().cpu().numpy() if isinstance(pixels, Tensor) else np.asarray(pixels)
    if values.ndim != 2 or values.size == 0 or values.dtype.kind not in "buif":
        raise ShapeError(_NOT_A_PICTURE.format(shape=values.shape))
    highest = 255 if values.dtype.kind in "ui" else 1
    low, high = values.min(), values.max()
    if not 0 <= low <= high <= highest:
        raise RangeError(_NOT_INK.format(low=low, high=high))
    return values / highest


def _inked_part(ink: np.ndarray) -> np.ndarray:
    inked = ink >= _FAINT
    if not inked.any():
        raise DataError(str(_NOTHING_DRAWN))
    rows, columns = (np.flatnonzero(inked.any(axis=axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _shrunk(ink: np.ndarray) -> np.ndarray:
    """Return the drawing with its longer side at 20 pixels, each the mean of what it covers."""
    height, width = (max(1, int(_BOX * side / max(ink.shape) + 0.5)) for side in ink.shape)
    return _overlaps(ink.shape[0], height) @ ink @ _overlaps(ink.shape[1], width).T


def _overlaps(many: int, few: int) -> np.ndarray:
    """Return (few, many): the share of each of the few pixels that each of the many covers."""
    length = many / few
    start = np.arange(few)[:, None] * length
    place = np.arange(many)
    overlap = np.minimum(place + 1, start + length) - np.maximum(place, start)
    return overlap.clip(min=0) / length


def _start(centre: float, size: int) -> int:
    """Return where a box begins whose centre of mass is to lie in the middle of the image."""
    return min(max(_MIDDLE - int(centre + _HALF), 0), _SIDE - size)
