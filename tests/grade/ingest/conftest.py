"""What the tests of reading share."""

from functools import partial

import grade_notebooks
import pytest


@pytest.fixture
def hand_in(tmp_path):
    """Return a function from files (notebooks, bytes) to the submissions that they give."""
    return partial(grade_notebooks.hand_in, tmp_path / "class")


@pytest.fixture
def read(hand_in):
    """Return a function from one notebook to its submission."""

    def read(one, file="03_training.ipynb"):
        (submission,) = hand_in(**{file: one})
        return submission

    return read
