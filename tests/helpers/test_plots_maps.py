import warnings

import numpy as np
import pytest
import torch

from helpers import plots
from helpers.errors import RangeError, ShapeError, UnknownNameError
from helpers.plots.maps import overlay

# Ends of OpenCV's colour maps, in RGB.
INFERNO = [(0, 0, 4), (252, 255, 164)]
JET = [(0, 0, 128), (128, 0, 0)]


def black(count=1, size=2):
    return np.zeros((count, size, size))


def drawn_rows(figure):
    """The pictures of each row, from the top."""
    return [ax.images[0] for ax in figure.axes]


def text_of(figure):
    return [label.get_text() for ax in figure.axes for label in ax.texts]


@pytest.mark.parametrize(("cmap", "ends"), [("inferno", INFERNO), ("jet", JET)])
def test_overlay_colours_low_and_high_in_rgb(cmap, ends):
    maps = np.array([[[0.0, 1.0], [-1e-6, 1 + 1e-6]]])
    mixed = overlay(black(), maps, alpha=1, cmap=cmap)
    assert mixed.dtype == np.uint8
    assert mixed.tolist() == [[[list(ends[0]), list(ends[1])]] * 2]


def test_overlay_mixes_by_alpha():
    image, high = np.array([[[0.2]]]), np.array([[[1.0]]])
    assert overlay(image, high, alpha=0).tolist() == [[[[51, 51, 51]]]]
    # 0.75 · 51 + 0.25 · (252, 255, 164)
    mixed = overlay(image, high, alpha=0.25)[0, 0, 0].astype(int)
    assert np.abs(mixed - (101, 102, 79)).max() <= 1


def test_overlay_enlarges_maps_to_the_images():
    mixed = overlay(black(size=4), np.array([[[0.0, 1.0], [0.0, 1.0]]]), alpha=1)
    assert mixed.shape == (1, 4, 4, 3)
    brightness = mixed[0, 0].astype(int).sum(axis=-1)
    assert (np.diff(brightness) > 0).all()


def test_overlay_takes_tensors_colour_pictures_and_bytes():
    maps = torch.rand(2, 5, 5, dtype=torch.float16)
    red = torch.zeros(2, 3, 5, 5)
    red[:, 0] = 1
    assert overlay(red, maps, alpha=0)[1, 2, 3].tolist() == [255, 0, 0]
    grey = torch.full((2, 1, 5, 5), 7, dtype=torch.uint8)
    assert overlay(grey, maps, alpha=0)[0, 0, 0].tolist() == [7, 7, 7]


def test_overlay_takes_nan_for_no_evidence():
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # of glyphs; libraries deprecate at will
        mixed = overlay(black(), np.array([[[np.nan, np.inf], [-np.inf, 1.0]]]), alpha=1)
    assert mixed.tolist() == [[[list(INFERNO[0]), list(INFERNO[1])]] * 2]


@pytest.mark.parametrize("draw", [overlay, plots.plot_overlay])
@pytest.mark.parametrize("values", [(0.0, 3.0), (-0.5, 0.5)])
def test_maps_that_are_not_normalised_are_refused(draw, values):
    with pytest.raises(RangeError, match=rf"{values[0]:g} から {values[1]:g} まで.*normalise"):
        draw(black(size=1), np.array(values).reshape(1, 1, 2))


@pytest.mark.parametrize("alpha", [-0.1, 1.5, float("nan")])
def test_a_share_outside_of_0_to_1_is_refused(alpha):
    with pytest.raises(RangeError, match=f"alpha が {alpha} です。0 以上、1 以下"):
        overlay(black(), black(), alpha=alpha)


def test_overlay_of_a_batch_is_that_of_its_images():
    generator = np.random.default_rng(0)
    images, maps = generator.uniform(size=(2, 3, 6, 5))
    batched = overlay(images, maps)
    single = [overlay(images[i : i + 1], maps[i : i + 1])[0] for i in range(3)]
    assert np.array_equal(batched, single)


def test_overlay_refuses_an_unknown_colour_map_with_a_list():
    with pytest.raises(UnknownNameError, match=r"rainbow.*inferno.*jet"):
        overlay(black(), black(), cmap="rainbow")


@pytest.mark.parametrize("draw", [overlay, plots.plot_maps, plots.plot_overlay])
@pytest.mark.parametrize("shape", [(3, 4, 4), (2, 1, 4, 4), (2, 4), (2, 0, 0)])
def test_anything_but_a_map_an_image_is_refused(draw, shape):
    with pytest.raises(ShapeError, match="2 枚"):
        draw(black(count=2, size=4), np.zeros(shape))


def test_plot_maps_draws_a_row_for_the_images_and_one_a_kind():
    figure = plots.plot_maps(black(3, 4), {"甲": black(3, 4), "乙": black(3, 4)}, ["a", "b", "c"])
    assert len(drawn_rows(figure)) == 3
    assert text_of(figure) == ["入力", "a", "b", "c", "甲", "乙"]
    assert "甲、乙" in figure.description


def test_plot_maps_starts_a_scale_without_negative_values_at_zero():
    (_, row) = drawn_rows(plots.plot_maps(black(), np.array([[[1.0, 2.0], [3.0, 4.0]]])))
    assert (row.norm.vmin, row.norm.vmax) == (0, 4)
    assert row.cmap.name == "inferno"


def test_plot_maps_centres_a_scale_with_negative_values_on_zero():
    (_, row) = drawn_rows(plots.plot_maps(black(), np.array([[[-1.0, 2.0], [0.0, 0.5]]])))
    assert (row.norm.vmin, row.norm.vmax) == (-2, 2)
    assert row.cmap.name == "RdBu_r"


def test_plot_maps_draws_maps_of_zeros():
    (_, row) = drawn_rows(plots.plot_maps(black(), black()))
    assert (row.norm.vmin, row.norm.vmax) == (0, 1)


@pytest.mark.parametrize(("value", "limits"), [(3.0, (0, 3)), (-2.0, (-2, 2)), (np.nan, (0, 1))])
def test_nan_takes_no_part_in_the_scale(value, limits):
    values = np.array([[[np.nan, np.inf], [0.0, value]]])
    (_, row) = drawn_rows(plots.plot_maps(black(), values))
    assert (row.norm.vmin, row.norm.vmax) == limits


@pytest.mark.parametrize("draw", [plots.plot_maps, plots.plot_overlay])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_one_title_an_image_is_needed(draw, count):
    with pytest.raises(ShapeError, match=f"題が {count} 個、画像が 2 枚"):
        draw(black(2), black(2), ["題"] * count)


@pytest.mark.parametrize("draw", [plots.plot_maps, plots.plot_overlay])
def test_no_maps_at_all_are_refused(draw):
    with pytest.raises(ShapeError, match="描くものがありません"):
        draw(black(), {})


def test_plot_maps_gives_each_row_the_same_width(tmp_path):
    figure = plots.plot_maps(black(3, 8), {"正": black(3, 8), "負": black(3, 8) - 1})
    figure.savefig(tmp_path / "figure.png")
    lefts, rights = zip(*(ax.get_position().intervalx for ax in figure.axes), strict=True)
    assert np.ptp(lefts) < 1e-6
    assert np.ptp(rights) < 1e-6


def test_plot_overlay_shows_what_overlay_returns():
    images, maps = np.random.default_rng(0).uniform(size=(2, 1, 6, 6))
    (_, row) = drawn_rows(plots.plot_overlay(images, maps, alpha=0.3, cmap="viridis"))
    wanted = overlay(images, maps, alpha=0.3, cmap="viridis")[0]
    assert np.array_equal(row.get_array(), wanted)


@pytest.mark.parametrize("draw", [plots.plot_maps, plots.plot_overlay])
def test_every_glyph_is_found(draw, tmp_path):
    figure = draw(black(2, 8), {"顕著性マップ": black(2, 8)}, ["4 → 9", "正解"])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # of glyphs; libraries deprecate at will
        figure.savefig(tmp_path / "figure.png")
