"""The IDX files of MNIST: where they lie in a torchvision root, how they are read and written."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np

from helpers.errors import DataError
from helpers.internal.sentences import Sentence

_DAMAGED = Sentence(
    ja="IDX ファイル {path} がないか、壊れています。場所と名前を確かめるか、消して取り直してください。",
    en="The IDX file {path} is missing or damaged. Check its place and name, or delete it and fetch it again.",
)


def idx_path(root: Path, name: str, train: bool, kind: str) -> Path:
    """Return the path of the "images" or the "labels" of one part of a data set."""
    part = "train" if train else "t10k"
    suffix = {"images": "idx3-ubyte", "labels": "idx1-ubyte"}[kind]
    return root / name / "raw" / f"{part}-{kind}-{suffix}"


def read_idx(path: str | os.PathLike) -> np.ndarray:
    """Read an uncompressed IDX file of bytes, the format of the MNIST files.

    Returns:
        uint8 array: images (N, height, width) or labels (N,), as the file's header says.

    Raises:
        DataError: There is no such file, or it is damaged.
    """
    try:
        content = np.fromfile(path, dtype=np.uint8)
        # Two zeros, 8 for "unsigned byte", the number of axes; each axis as a big-endian uint32.
        axes = {b"\0\0\x08\x01": 1, b"\0\0\x08\x03": 3}[content[:4].tobytes()]
        shape = content[4 : 4 + 4 * axes].view(">u4").astype(int)
        return content[4 + 4 * axes :].reshape(shape)
    except (OSError, KeyError, ValueError) as error:
        raise DataError(_DAMAGED.format(path=path)) from error


def encode_idx(values: np.ndarray) -> bytes:
    """Return an IDX file of ``values`` (uint8, any shape) as bytes."""
    header = struct.pack(f">HBB{values.ndim}I", 0, 0x08, values.ndim, *values.shape)
    return header + values.astype(np.uint8).tobytes()
