"""Pictures are kept as far as they are pictures and not too many."""

import base64

import pytest
from grade_notebooks import (
    code,
    flags,
    notebook,
)

from course.grade.ingest import figures

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"pixels").decode()


def with_figures(*pngs):
    changed = notebook()
    outputs = [{"output_type": "display_data", "data": {"image/png": png}} for png in pngs]
    changed["cells"].append(code("") | {"outputs": outputs})
    return changed


def test_figures_are_kept_in_order(read):
    other = base64.b64encode(base64.b64decode(PNG) + b"!").decode()
    submission = read(with_figures(PNG, [other[:8] + "\n", other[8:]]))
    assert submission.figures == (PNG, other)
    assert flags(submission) == set()


@pytest.mark.parametrize("png", ["no base64 \ud800", base64.b64encode(b"<svg>").decode(), 5, {}])
def test_what_is_no_png_is_left_out(read, png):
    submission = read(with_figures(PNG, png))
    assert submission.figures == (PNG,)


@pytest.mark.parametrize(
    ("limit", "value"),
    [("MOST_FIGURES", 2), ("LARGEST_FIGURE", 12), ("LARGEST_FIGURES", 30)],
)
def test_figures_are_limited(read, monkeypatch, limit, value):
    monkeypatch.setattr(figures, limit, value)
    submission = read(with_figures(PNG, PNG, PNG))
    assert len(submission.figures) < 3
    assert flags(submission) == {("figures_left_out", "")}
