import base64
import json
import pickle
import tracemalloc

import numpy as np
import pytest

from course.grade.wire.plain import decode, encode


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int64", "float16", "float64"])
def test_arrays_come_back_as_they_were(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    (observation,) = decode(encode([{"pixels": array}]))
    assert observation["pixels"].dtype == array.dtype
    assert np.array_equal(observation["pixels"], array)


def test_numbers_text_and_lists_come_back_as_they_were():
    observations = [{"size": 3, "loss": 0.1, "names": ["a", "b"], "none": None, "yes": True}, {}]
    assert decode(encode(observations)) == observations


@pytest.mark.parametrize(
    ("array", "same"),
    [
        (np.array(2.5), np.array(2.5)),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.arange(3, dtype=">i4"), np.arange(3)),
        (np.arange(4.0)[::-2], np.array([3.0, 1.0])),
        (np.array([1, 2], np.longdouble), np.array([1.0, 2.0])),
    ],
    ids=["number", "empty", "other byte order", "not in one piece", "longer than 64 bits"],
)
def test_unusual_arrays_keep_their_values_and_shape(array, same):
    (observation,) = decode(encode([{"x": array}]))
    assert observation["x"].shape == same.shape
    assert np.array_equal(observation["x"], same)


def test_text_arrays_come_back_as_lists():
    assert decode(encode([{"names": np.array([["a"], ["b"]])}])) == [{"names": [["a"], ["b"]]}]


def test_a_refused_text_gets_no_room_first():
    """NumPy would give 10,000 empty texts the room of the longest, 40 MB."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="too long"):
            decode(FORGED["a long text among the empty"])
        assert tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()


GIANTS = [(0, 10**9), (10**9, 0, 3), (0, 10**18), (1, 0, 2**40)]


@pytest.mark.parametrize("shape", GIANTS)
def test_an_empty_array_with_a_giant_side_is_refused(shape):
    entry = {"dtype": "float64", "shape": shape, "data": ""}
    with pytest.raises(ValueError, match="sides"):
        decode(json.dumps([{"x": entry}]).encode())


def test_a_text_of_any_length_is_cut_before_it_is_sent():
    (observation,) = decode(encode([{"error": "x" * 9000, "line": "y" * 2000, "names": "あ"}]))
    assert observation == {"error": "x" * 1000, "line": "y" * 1000, "names": "あ"}


def test_infinite_and_missing_numbers_come_back():
    (observation,) = decode(encode([{"loss": float("inf"), "mean": float("nan")}]))
    assert observation["loss"] == float("inf")
    assert np.isnan(observation["mean"])


def array(dtype="float64", shape=(2,), data=bytes(16)):
    return {"dtype": dtype, "shape": shape, "data": base64.b64encode(data).decode()}


FORGED = {
    "nothing": b"",
    "no JSON": b"observations",
    "a pickle": pickle.dumps([{"size": 3}]),
    "no UTF-8": b'[{"a": "\xff"}]',
    "no list": b"{}",
    "no observation": b"[3]",
    "deeply nested": b"[" * 10**6,
    "a number without end": b'[{"size": ' + b"9" * 10**5 + b"}]",
    "an error that is no text": b'[{"error": ["text"]}]',
    "a line that is no text": b'[{"error": "text", "line": 3}]',
    "a long text": json.dumps([{"error": "x" * 10**5}]).encode(),
    "a long text among many": json.dumps([{"names": [""] * 10**4 + ["x" * 10**5]}]).encode(),
    "a long text among the empty": json.dumps([{"names": ["x" * 1000] + [""] * 10**4}]).encode(),
    "text and numbers": b'[{"names": ["a", 1]}]',
    "a ragged list of text": b'[{"names": [["a"], ["a", "b"]]}]',
    "a list of objects": b'[{"names": [{}]}]',
    "a ragged list": b'[{"counts": [[1], [1, 2]]}]',
    "a list without type": b'[{"counts": [null, 1]}]',
    "an array of objects": json.dumps([{"x": array("object")}]).encode(),
    "an array of records": json.dumps([{"x": array("f8,f8")}]).encode(),
    "an array larger than its content": json.dumps([{"x": array(shape=(10**12,))}]).encode(),
    "an array of negative size": json.dumps([{"x": array(shape=(-2, -1))}]).encode(),
    "a shape that is no shape": json.dumps([{"x": array(shape=(2.0,))}]).encode(),
    "content that is no base64": b'[{"x": {"dtype": "int8", "shape": [1], "data": "??"}}]',
    "an array with something else": json.dumps([{"x": array() | {"more": 1}}]).encode(),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_reply_is_refused(forged):
    with pytest.raises(ValueError):  # noqa: PT011 - what a forger reads does not matter
        decode(FORGED[forged])
