"""Observations as JSON and back, so that nothing a student's process sends is ever unpickled."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from exercises.exercise import Observation

_DTYPES = {
    "bool",
    *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)),
    *(f"float{bits}" for bits in (16, 32, 64)),
}
_LONGEST_TEXT = 1000
_LARGEST_TEXTS = 2**20
_NUMBERS = {bool, int, float}
_SENTENCES = ("error", "line")


def encode(observations: list[Observation]) -> bytes:
    """Return observations, as made by ``exercises.engine.observe``, as JSON.

    Texts are cut where :func:`decode` would refuse them: a line of the student's code can be long.
    """
    short = [{name: _cut(value) for name, value in one.items()} for one in observations]
    return json.dumps(short, default=_encode_array).encode(errors="replace")


def _cut(value: Any) -> Any:
    return value[:_LONGEST_TEXT] if type(value) is str else value


def _encode_array(array: np.ndarray) -> Any:
    if array.dtype.kind == "U":
        return array.tolist()
    # In this machine's byte order, and nothing longer than 64 bits.
    bare = np.ascontiguousarray(array, dtype=_portable(array.dtype)).reshape(array.shape)
    return {
        "dtype": bare.dtype.name,
        "shape": bare.shape,
        "data": base64.b64encode(bare.tobytes()).decode(),
    }


def _portable(dtype: np.dtype) -> str:
    return dtype.name if dtype.name in _DTYPES else "float64"


def decode(reply: bytes) -> list[Observation]:
    """Read observations that a stranger's process sent.

    Raises:
        ValueError: They are anything but plain arrays, numbers and text, lists of them, and errors
            that are sentences.
    """
    try:
        observations = json.loads(reply)
        if type(observations) is not list:
            raise ValueError("no list of observations")
        return [_observation(entries, len(reply)) for entries in observations]
    except (RecursionError, MemoryError, OverflowError, TypeError) as error:
        raise ValueError(f"not readable: {error!r}") from error


def _observation(entries: Any, most: int) -> Observation:
    if type(entries) is not dict:
        raise ValueError("an observation has no names")
    if not all(type(entries.get(name, "")) is str for name in _SENTENCES):
        raise ValueError("an error is no sentence")
    return {name: _value(value, most) for name, value in entries.items()}


def _value(value: Any, most: int) -> Any:
    if type(value) is dict:
        return _array(**value, most=most)
    if type(value) is list:
        _see_that_list_is_plain(value)
    if type(value) is str and len(value) > _LONGEST_TEXT:
        raise ValueError("a text is too long")
    return value


def _see_that_list_is_plain(values: list[Any]) -> None:
    types = set(map(type, _entries(values)))
    if types == {str}:
        _see_that_texts_are_short(list(_entries(values)))
        values = _lengths(values)
    elif not types <= _NUMBERS:
        raise ValueError("a list holds something else than numbers or text")
    if np.array(values).dtype.kind not in "biuf":
        raise ValueError("a list holds numbers that are no plain ones")


def _see_that_texts_are_short(texts: list[str]) -> None:
    # NumPy gives all texts of a list the room of the longest one.
    longest = max(map(len, texts))
    if longest > _LONGEST_TEXT or longest * len(texts) > _LARGEST_TEXTS:
        raise ValueError("texts are too long")


def _entries(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if type(value) is list:
            yield from _entries(value)
        else:
            yield value


def _lengths(texts: list[Any]) -> list[Any]:
    """Return nested lists of the same form, to see that it is a regular one."""
    return [_lengths(text) if type(text) is list else len(text) for text in texts]


def _array(dtype: str, shape: list[int], data: str, most: int) -> np.ndarray:
    if dtype not in _DTYPES or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError("no plain array")
    # An empty array costs nothing however long its other sides are; what is made of it does.
    if math.prod(max(1, length) for length in shape) > most:
        raise ValueError("an array's sides are too long")
    content = base64.b64decode(data, validate=True)
    if len(content) != math.prod(shape) * np.dtype(dtype).itemsize:
        raise ValueError("an array's shape and content do not agree")
    # A copy, because what lies in bytes cannot be written to.
    return np.frombuffer(content, dtype=dtype).reshape(shape).copy()
