"""Maps of evidence laid over the images they belong to."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from helpers.errors import UnknownNameError, require_range
from helpers.internal.arrays import as_maps, as_pictures, require_unit_range
from helpers.internal.sentences import Sentence

_COLOURS = {
    "inferno": cv2.COLORMAP_INFERNO,
    "magma": cv2.COLORMAP_MAGMA,
    "plasma": cv2.COLORMAP_PLASMA,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "hot": cv2.COLORMAP_HOT,
    "jet": cv2.COLORMAP_JET,
}


_UNKNOWN_COLOURS = Sentence(
    ja="配色 {name} はありません。使えるのは {known} です。",
    en="There is no color map {name}. There are: {known}.",
)
_MAPS_OUT_OF_RANGE = Sentence(
    ja="マップの値が {low:g} から {high:g} まであります。normalise(maps) で [0, 1] にしてください。",
    en="The maps go from {low:g} to {high:g}. Bring them into [0, 1] with normalise(maps).",
)


def overlay(
    images: ArrayLike, maps: ArrayLike, *, alpha: float = 0.5, cmap: str = "inferno"
) -> np.ndarray:
    """Return images with coloured maps laid over them: uint8 RGB, (N, H, W, 3).

    Args:
        images: (N, 1, H, W), (N, 3, H, W) or (N, H, W), floats in [0, 1] or uint8.
        maps: (N, h, w) with values in [0, 1] (NaN counts as 0), such as those of ``normalise``;
            enlarged to the size of the images (bilinear).
        alpha: Share of the map in the mixture, in [0, 1].
        cmap: ``"inferno"``, ``"magma"``, ``"plasma"``, ``"viridis"``, ``"hot"`` or ``"jet"``. Jet
            is not the default: its lightness rises and falls, so that it shows edges where the map
            has none, and colour-blind readers cannot tell its ends apart.

    Raises:
        ShapeError: ``images`` has another shape, or ``maps`` is not one map an image.
        RangeError: ``images``, ``maps`` or ``alpha`` lies outside its range.
        UnknownNameError: There is no such colour map.
    """
    require_range("alpha", alpha, 0, 1)
    if cmap not in _COLOURS:
        raise UnknownNameError(_UNKNOWN_COLOURS.format(name=cmap, known=", ".join(_COLOURS)))
    pictures = _as_rgb(as_pictures(images))
    count, height, width = pictures.shape[:3]
    levels = as_maps(maps, count)
    require_unit_range(levels, _MAPS_OUT_OF_RANGE)
    levels = np.clip(np.nan_to_num(levels), 0, 1)
    levels = np.stack([cv2.resize(level, (width, height)) for level in levels])
    # OpenCV colours one picture at a time: the batch is one tall picture to it.
    tall = np.rint(levels * 255).astype(np.uint8).reshape(-1, width)
    coloured = cv2.cvtColor(cv2.applyColorMap(tall, _COLOURS[cmap]), cv2.COLOR_BGR2RGB)
    mixed = cv2.addWeighted(pictures.reshape(-1, width, 3), 1 - alpha, coloured, alpha, 0)
    return mixed.reshape(pictures.shape)


def _as_rgb(pictures: np.ndarray) -> np.ndarray:
    pixels = np.rint(pictures * 255).astype(np.uint8)
    return pixels if pixels.ndim == 4 else np.repeat(pixels[..., None], 3, axis=-1)
