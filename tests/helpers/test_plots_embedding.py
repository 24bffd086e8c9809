import io
import warnings

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from helpers import plots
from helpers.errors import LabelError, RangeError, ShapeError

DIGITS = tuple("0123456789")


def scattered(count=60, size=2, classes=3):
    rng = np.random.default_rng(0)
    return rng.normal(size=(count, size)), np.arange(count) % classes


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend_labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("size", [2, 3])
def test_every_point_has_the_colour_of_its_class(size):
    points, labels = scattered(size=size)
    fig = plots.plot_embedding(points, labels, DIGITS)
    fig.savefig(io.BytesIO())
    # Drawing sorts the points of a three-dimensional map by their depth.
    colours = [to_hex(colour) for colour in fig.axes[0].collections[0].get_facecolor()]
    assert sorted(colours) == sorted(plots.CLASS_COLOURS[label] for label in labels)


def test_points_keep_their_order():
    points, labels = scattered()
    (ax,) = plots.plot_embedding(points, labels, DIGITS).axes
    colours = [to_hex(colour) for colour in ax.collections[0].get_facecolor()]
    assert np.array_equal(ax.collections[0].get_offsets(), points)
    assert colours == [plots.CLASS_COLOURS[label] for label in labels]


@pytest.mark.parametrize("size", [2, 3])
def test_classes_are_named_in_the_legend_and_in_the_map(size):
    points, labels = scattered(size=size)
    (ax,) = plots.plot_embedding(points, labels, DIGITS).axes
    assert legend_labels(ax) == ["0", "1", "2"]
    assert texts(ax) == ["0", "1", "2"]


def test_a_name_stands_at_the_median_of_its_class():
    points = np.array([[0, 0], [1, 5], [100, 6], [7, 7]])
    (ax,) = plots.plot_embedding(points, [0, 0, 0, 1], DIGITS).axes
    assert [text.get_position() for text in ax.texts] == [(1, 5), (7, 7)]


def test_both_directions_have_one_scale():
    points, labels = scattered()
    points[:, 1] /= 50
    (ax,) = plots.plot_embedding(points, labels, DIGITS).axes
    assert ax.get_aspect() == 1
    assert np.diff(ax.get_xlim()) == pytest.approx(np.diff(ax.get_ylim()))


def test_three_directions_have_one_scale():
    points, labels = scattered(size=3)
    points[:, 1] /= 50
    (ax,) = plots.plot_embedding(points, labels, DIGITS).axes
    spans = [np.diff(limits())[0] for limits in (ax.get_xlim, ax.get_ylim, ax.get_zlim)]
    assert np.allclose(spans, spans[0])
    assert np.allclose(ax._box_aspect, ax._box_aspect[0])


def test_all_points_lie_inside_the_axes():
    points, labels = scattered()
    (ax,) = plots.plot_embedding(points, labels, DIGITS).axes
    low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
    assert ((points > low) & (points < high)).all()


@pytest.mark.parametrize("points", [np.zeros((1, 2)), np.ones((5, 2)), np.zeros((4, 3))])
def test_equal_points_of_one_class_can_be_drawn(points):
    (ax,) = plots.plot_embedding(points, np.full(len(points), 7), DIGITS).axes
    assert legend_labels(ax) == ["7"]


def test_ten_thousand_points_are_small_and_stay_pixels_in_a_vector_file():
    points, labels = scattered(10_000, classes=10)
    (ax,) = plots.plot_embedding(points, labels, DIGITS).axes
    assert ax.collections[0].get_sizes().max() < 3
    assert ax.collections[0].get_rasterized()


def test_points_can_be_drawn_into_given_axes():
    fig = plots.plot_embedding(*scattered(), DIGITS, title="first")
    (ax,) = fig.axes
    ax.clear()
    assert plots.plot_embedding(*scattered(), DIGITS, title="second", ax=ax) is fig
    assert ax.get_title() == "second"


def test_regions_are_what_the_model_would_answer_at_each_place():
    points, labels = scattered(classes=2)
    fig = plots.plot_embedding(points, labels, DIGITS, classify=lambda places: places[:, 0] > 0)
    (ax,) = fig.axes
    (regions,) = ax.images
    left, right, bottom, top = regions.get_extent()
    columns = left + (np.arange(regions.get_size()[1]) + 0.5) / regions.get_size()[1] * (
        right - left
    )
    sure = np.abs(columns) > 0.05
    answers = np.asarray(regions.get_array())
    assert (answers == answers[0]).all()
    assert np.array_equal(answers[0][sure], columns[sure] > 0)
    assert (left, right, bottom, top) == (*ax.get_xlim(), *ax.get_ylim())


def test_regions_have_the_colours_of_their_classes():
    points, labels = scattered(classes=2)
    fig = plots.plot_embedding(
        points, labels, DIGITS, classify=lambda places: np.full(len(places), 4)
    )
    (regions,) = fig.axes[0].images
    assert to_hex(regions.cmap(regions.norm(4))) == plots.CLASS_COLOURS[4]


def test_several_maps_have_their_titles_and_one_legend():
    points, labels = scattered()
    fig = plots.plot_embeddings({"A": points, "B": -points, "C": points * 2}, labels, DIGITS)
    assert [ax.get_title() for ax in fig.axes] == ["A", "B", "C"]
    assert [ax.get_legend() is not None for ax in fig.axes] == [False, False, True]


@pytest.mark.parametrize(
    ("size", "options", "names"),
    [
        (2, {"axis": "PC"}, ["PC1", "PC2"]),
        (3, {"axis": "PC"}, ["PC1", "PC2", "PC3"]),
        (2, {}, ["次元 1", "次元 2"]),
    ],
)
def test_axes_have_names(size, options, names):
    (ax,) = plots.plot_embedding(*scattered(size=size), DIGITS, **options).axes
    assert [getattr(ax, f"get_{side}label")() for side in "xyz"[:size]] == names


def test_axes_of_several_maps_are_named_by_title():
    points, labels = scattered()
    fig = plots.plot_embeddings({"A": points, "B": points}, labels, DIGITS, axes={"A": "PC"})
    assert [ax.get_ylabel() for ax in fig.axes] == ["PC2", "次元 2"]


def test_maps_that_do_not_fill_their_rows_leave_empty_places():
    points, labels = scattered()
    fig = plots.plot_embeddings({"A": points, "B": points, "C": points}, labels, DIGITS, columns=2)
    assert [ax.axison for ax in fig.axes] == [True, True, True, False]


def test_figures_describe_themselves():
    points, labels = scattered()
    assert "60" in plots.plot_embedding(points, labels, DIGITS, title="PCA").description
    assert "UMAP" in plots.plot_embeddings({"UMAP": points}, labels, DIGITS).description


@pytest.mark.parametrize("size", [2, 3])
def test_japanese_names_have_their_glyphs(size):
    points, labels = scattered(size=size)
    fig = plots.plot_embedding(points, labels, ("数字", "文字", "図形"), title="特徴の地図")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # of glyphs; libraries deprecate at will
        fig.savefig(io.BytesIO(), format="png")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_tensors_are_taken_with_their_graph(dtype):
    points = torch.ones(3, 2, dtype=dtype, requires_grad=True)
    (ax,) = plots.plot_embedding(points, torch.tensor([0, 1, 2]), DIGITS).axes
    assert np.array_equal(ax.collections[0].get_offsets(), np.ones((3, 2)))


def test_whole_numbers_are_labels_whatever_their_type():
    (ax,) = plots.plot_embedding(np.zeros((2, 2)), [0.0, 2.0], DIGITS).axes
    assert legend_labels(ax) == ["0", "2"]


@pytest.mark.parametrize("shape", [(60,), (60, 1), (60, 4), (30, 2)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ShapeError, match="60"):
        plots.plot_embedding(np.zeros(shape), np.zeros(60, dtype=int), DIGITS)


def test_a_map_without_points_is_refused():
    with pytest.raises(ShapeError, match="描くものがありません"):
        plots.plot_embedding(np.zeros((0, 2)), [], DIGITS)


def test_no_maps_at_all_are_refused():
    with pytest.raises(ShapeError, match="描くものがありません"):
        plots.plot_embeddings({}, [], DIGITS)


@pytest.mark.parametrize(("size", "projection"), [(2, "3d"), (3, None)])
def test_points_that_do_not_fit_the_axes_are_refused(size, projection):
    ax = Figure().add_subplot(projection=projection)
    with pytest.raises(ShapeError, match=f"^{size} 次元の点は、{5 - size} 次元の図"):
        plots.plot_embedding(*scattered(size=size), DIGITS, ax=ax)


def test_several_maps_are_two_dimensional():
    points, labels = scattered(size=3)
    with pytest.raises(ShapeError, match="3 次元の点"):
        plots.plot_embeddings({"A": points}, labels, DIGITS)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_points_nowhere_are_refused(value):
    with pytest.raises(RangeError, match="NaN か無限大"):
        plots.plot_embedding([[0, 0], [0, value]], [0, 1], DIGITS)


def test_columns_that_leave_no_place_are_refused():
    points, labels = scattered()
    with pytest.raises(RangeError, match="columns が 0"):
        plots.plot_embeddings({"A": points}, labels, DIGITS, columns=0)


def test_more_classes_than_colours_are_refused():
    with pytest.raises(LabelError, match="クラスが 11 個"):
        plots.plot_embedding(np.zeros((2, 2)), [0, 10], (*DIGITS, "10"))


@pytest.mark.parametrize("label", [-1, 10, 0.5])
def test_labels_without_a_name_are_refused(label):
    with pytest.raises(LabelError):
        plots.plot_embedding(np.zeros((2, 2)), [0, label], DIGITS)
