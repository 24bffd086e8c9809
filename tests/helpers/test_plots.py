import logging
import warnings
from collections import Counter
from itertools import pairwise

import matplotlib as mpl
import nbformat
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure as PlainFigure

from course.execution import execute
from helpers.data import CLASSES
from helpers.errors import LabelError, RangeError, ShapeError
from helpers.plots import (
    CLASS_COLOURS,
    Figure,
    plot_class_counts,
    plot_confusion,
    plot_feature_maps,
    plot_history,
    plot_images,
    plot_misclassified,
    plot_pixel_histogram,
    plot_prediction,
)
from helpers.training import History

ANIMALS = ("猫", "犬", "鳥〜「」")
LABELS = np.array([0, 0, 1, 1, 2, 2])
PREDICTIONS = np.array([0, 1, 1, 0, 1, 2])


@pytest.fixture(autouse=True)
def warnings_are_failures(caplog):
    """A missing glyph is told as a warning, a missing font in the log."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # of glyphs; libraries deprecate at will
        yield
    # Others log too, at their own levels: nbclient tells of each notebook that it runs.
    told = [r for r in caplog.get_records("call") if r.name.startswith("matplotlib")]
    assert [record.message for record in told if record.levelno >= logging.WARNING] == []


@pytest.fixture(autouse=True)
def pyplot_is_not_used():
    before = plt.get_fignums()
    yield
    assert plt.get_fignums() == before == []


def pictures(count=6, channels=1):
    return np.random.default_rng(0).random((count, channels, 28, 28))


def history(recipe="高速", epochs=3):
    falling = [1.0 / epoch for epoch in range(1, epochs + 1)]
    return History(recipe, falling, falling, [1 - loss / 2 for loss in falling], [1.0] * epochs)


DRAWN = {
    "images": lambda: plot_images(pictures()),
    "titled": lambda: plot_images(pictures(), ["題", 3, "é", "−1", "→", "画像〜"], columns=3),
    "rgb": lambda: plot_images(pictures(channels=3)),
    "single": lambda: plot_images(pictures(1)),
    "misclassified": lambda: plot_misclassified(pictures(), LABELS, PREDICTIONS, ANIMALS),
    "no mistakes": lambda: plot_misclassified(pictures(), LABELS, LABELS, ANIMALS),
    "prediction": lambda: plot_prediction(pictures()[0], [0.2, 0.8, 0.0], ANIMALS),
    "class counts": lambda: plot_class_counts(LABELS, ANIMALS),
    "absent class": lambda: plot_class_counts([1, 1], ANIMALS),
    "histogram": lambda: plot_pixel_histogram(pictures(), pictures() * 2 - 1),
    "history": lambda: plot_history(history()),
    "histories": lambda: plot_history(history(), history("元の", epochs=5)),
    "one epoch": lambda: plot_history(history(epochs=1)),
    "no validation": lambda: plot_history(History("高速", [2.0, 1.0])),
    "stopped at once": lambda: plot_history(History("高速", interrupted=True)),
    "diverged": lambda: plot_history(History("高速", [2.0, np.inf, np.nan], [2.0], [0.1])),
    "confusion": lambda: plot_confusion(LABELS, PREDICTIONS, ANIMALS),
    "all correct": lambda: plot_confusion(LABELS, LABELS, ANIMALS),
    "single class": lambda: plot_confusion([0, 0], [0, 0], ["猫"]),
    "fashion": lambda: plot_confusion(LABELS, PREDICTIONS, CLASSES["FashionMNIST"]),
}


@pytest.mark.parametrize("case", DRAWN)
def test_every_figure_is_drawn_with_all_its_glyphs_and_described(case, tmp_path):
    figure = DRAWN[case]()
    assert isinstance(figure, Figure)
    assert isinstance(figure, PlainFigure)
    assert figure.description.strip()
    figure.savefig(tmp_path / "figure.png")
    drawn = mpl.image.imread(tmp_path / "figure.png")
    assert drawn[..., :3].std() > 0


def test_a_missing_glyph_would_be_noticed():
    figure = plot_images(pictures(1), ["\U0001f408"])
    with pytest.raises(UserWarning, match="missing from"):
        figure.savefig("/dev/null", format="png")


# --- pictures -------------------------------------------------------------------------------------


def images_of(figure):
    return [image for ax in figure.axes for image in ax.images]


def test_a_grid_is_one_image_that_holds_every_picture_in_its_place():
    images = pictures(5)
    (canvas,) = images_of(plot_images(images, columns=3))
    drawn = canvas.get_array()
    assert drawn.shape == (2 * 28 + 2, 3 * 28 + 4)
    assert np.array_equal(drawn[:28, 60:88], images[2, 0])
    assert np.array_equal(drawn[30:58, 30:58], images[4, 0])
    assert (drawn[30:58, 60:88] == 1).all()
    assert canvas.get_clim() == (0, 1)


def test_a_thousand_pictures_are_one_image_too():
    figure = plot_images(pictures(1000))
    assert len(figure.axes) == len(images_of(figure)) == 1


@pytest.mark.parametrize(("columns", "inches"), [(2, 1.2), (6, 1.0), (10, 0.6), (12, 0.6)])
def test_pictures_are_larger_where_few_share_a_row(columns, inches):
    figure = plot_images(pictures(24), columns=columns)
    assert figure.get_size_inches()[0] == pytest.approx(inches * columns * 30 / 28)


def test_colours_stay_colours():
    images = pictures(2, channels=3)
    (canvas,) = images_of(plot_images(images))
    assert np.array_equal(canvas.get_array()[:28, :28], images[0].transpose(1, 2, 0))


def test_bytes_are_brought_to_the_range_from_0_to_1_and_rounding_is_cut_off():
    (canvas,) = images_of(plot_images(np.full((1, 4, 4), 51, dtype=np.uint8)))
    assert np.allclose(canvas.get_array(), 0.2)
    (canvas,) = images_of(plot_images(np.array([[[-1e-6, 0.5], [0.25, 1 + 1e-6]]])))
    assert canvas.get_array().tolist() == [[0.0, 0.5], [0.25, 1.0]]


@pytest.mark.parametrize(
    ("images", "low", "high"),
    [
        (np.array([[[0, 255], [51, 7]]]), 0, 255),
        (np.array([[[0, 255], [51, 7]]], dtype=np.uint16), 0, 255),
        (np.array([[[0.0, 255.0], [51.0, 7.0]]]), 0, 255),
        (np.array([[[-1.0, 0.5], [0.25, np.nan]]]), -1, 0.5),
        (torch.tensor([[[-0.42, 2.82]]]), -0.42, 2.82),
    ],
    ids=["integers", "16 bits", "floats to 255", "normalised", "true mean and deviation"],
)
def test_pixels_outside_of_the_range_from_0_to_1_are_refused_with_what_there_is(images, low, high):
    with pytest.raises(RangeError, match=rf"{low} から {high} まで.*images \* 0\.5 \+ 0\.5"):
        plot_images(images)


def test_logits_are_refused_as_probabilities():
    with pytest.raises(RangeError, match=r"-2 から 3 まで.*softmax"):
        plot_prediction(pictures()[0], [-2.0, 0.5, 3.0], ANIMALS)


def test_titles_stand_above_their_pictures():
    (ax,) = plot_images(pictures(4), torch.arange(4), columns=2).axes
    places = [(label.get_text(), *label.get_position()) for label in ax.texts]
    assert [name for name, *_ in places] == ["0", "1", "2", "3"]
    assert places[0][1] == places[2][1] == 13.5
    assert places[1][1] == places[3][1] == 13.5 + 28 + 9
    assert places[0][2] < 0
    assert 28 < places[2][2] < 28 + 9


def test_titles_do_not_run_into_each_other():
    labels = np.arange(10)
    figure = plot_misclassified(
        pictures(10), labels, (labels + 9) % 10, CLASSES["FashionMNIST"], limit=10
    )
    figure.savefig("/dev/null", format="png")
    boxes = [label.get_window_extent() for label in figure.axes[0].texts]
    assert len(boxes) == 10
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def titles(figure):
    return [label.get_text() for label in figure.axes[0].texts]


def test_mistakes_are_titled_true_to_predicted():
    figure = plot_misclassified(pictures(), LABELS, PREDICTIONS, ("a", "b", "c"))
    assert titles(figure) == ["a → b", "b → a", "c → b"]
    assert "3 枚" in figure.description


def test_the_surest_mistakes_come_first_up_to_the_limit():
    confidences = torch.tensor([0.99, 0.5, 0.98, 0.7, 0.9, 0.97])
    figure = plot_misclassified(
        pictures(), LABELS, PREDICTIONS, ("a", "b", "c"), confidences=confidences, limit=2
    )
    assert titles(figure) == ["c → b", "b → a"]
    canvas = images_of(figure)[0].get_array()
    assert np.array_equal(canvas[:28, :28], pictures()[4, 0])


def test_no_mistakes_are_said_in_words():
    figure = plot_misclassified(pictures(), LABELS, LABELS, ANIMALS)
    assert [label.get_text() for label in figure.texts] == ["間違いはありません。"]
    assert figure.description == "間違いはありません。"


def test_mistakes_in_colour_stay_in_colour():
    images = pictures(channels=3)
    (canvas,) = images_of(plot_misclassified(images, LABELS, PREDICTIONS, ANIMALS))
    assert np.array_equal(canvas.get_array()[:28, :28], images[1].transpose(1, 2, 0))


def test_a_prediction_shows_the_probability_of_each_class():
    figure = plot_prediction(pictures()[0], torch.tensor([0.2, 0.7, 0.1]), ANIMALS)
    image_ax, bars_ax = figure.axes
    assert np.array_equal(image_ax.images[0].get_array(), pictures()[0, 0])
    assert [bar.get_width() for bar in bars_ax.patches] == pytest.approx([0.2, 0.7, 0.1])


# --- data and training ----------------------------------------------------------------------------


def test_classes_of_one_name_have_a_bar_each():
    (ax,) = plot_class_counts([0, 1, 1], ["犬", "犬"]).axes
    assert [bar.get_x() + bar.get_width() / 2 for bar in ax.patches] == [0, 1]
    assert [name.get_text() for name in ax.get_xticklabels()] == ["犬", "犬"]
    _, bars_ax = plot_prediction(pictures()[0], [0.2, 0.8], ["犬", "犬"]).axes
    assert [bar.get_y() + bar.get_height() / 2 for bar in bars_ax.patches] == [0, 1]
    assert [name.get_text() for name in bars_ax.get_yticklabels()] == ["犬", "犬"]


def test_bars_count_every_class_those_without_images_too():
    (ax,) = plot_class_counts([0, 0, 2], ANIMALS).axes
    assert [bar.get_height() for bar in ax.patches] == [2, 0, 1]
    assert ax.lines[0].get_ydata()[0] == 1


def test_the_histogram_counts_every_pixel_on_both_sides():
    values = np.array([[0.0, 0.0, 1.0]])
    before, after = plot_pixel_histogram(values, values * 2 - 1, bins=2).axes
    assert [bar.get_height() for bar in before.patches] == [2, 1]
    assert [bar.get_height() for bar in after.patches] == [2, 1]
    assert [text.get_text() for text in after.get_legend().get_texts()] == ["平均 -0.33"]


def test_curves_are_those_of_the_history():
    loss_ax, accuracy_ax = plot_history(History("FAST", [3, 2], [2, 1], [0.5, 0.75])).axes
    assert [list(line.get_ydata()) for line in loss_ax.lines] == [[3, 2], [2, 1]]
    assert [list(line.get_xdata()) for line in accuracy_ax.lines] == [[1, 2]]
    assert list(accuracy_ax.lines[0].get_ydata()) == [0.5, 0.75]


def test_runs_without_validation_have_no_empty_axes_of_accuracy():
    (loss_ax,) = plot_history(History("A", [3, 2]), History("B", [2, 1])).axes
    assert [list(line.get_ydata()) for line in loss_ax.lines] == [[3, 2], [2, 1]]


def test_no_runs_at_all_are_refused():
    with pytest.raises(ShapeError, match="描くものがありません"):
        plot_history()


def test_several_runs_are_told_apart_by_colour_and_legend():
    figure = plot_history(history("A"), history("B"))
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["A 訓練", "A 検証", "B 訓練", "B 検証"]
    colours = [line.get_color() for line in figure.axes[0].lines]
    assert colours == [CLASS_COLOURS[0]] * 2 + [CLASS_COLOURS[1]] * 2


def test_an_eleventh_run_takes_the_first_colour_again():
    lines = plot_history(*[history()] * 11).axes[1].lines
    assert [line.get_color() for line in lines] == [*CLASS_COLOURS, CLASS_COLOURS[0]]


def test_the_legend_covers_no_curve():
    figure = plot_history(history("A"), history("B"))
    figure.savefig("/dev/null", format="png")
    left = figure.legends[0].get_window_extent().x0
    assert all(ax.get_window_extent().x1 < left for ax in figure.axes)


def test_epochs_are_whole_numbers():
    figure = plot_history(history(epochs=1))
    low, high = figure.axes[0].get_xlim()
    ticks = figure.axes[0].get_xticks()
    assert [tick for tick in ticks if low <= tick <= high] == [1]


def test_the_confusion_matrix_counts_true_rows_and_predicted_columns():
    ax, _ = plot_confusion(LABELS, PREDICTIONS, ("a", "b", "c")).axes
    cells = {
        (int(label.get_position()[1]), int(label.get_position()[0])): label.get_text()
        for label in ax.texts
        if label.get_text()
    }
    wanted = Counter(zip(LABELS.tolist(), PREDICTIONS.tolist(), strict=True))
    assert cells == {place: str(count) for place, count in wanted.items()}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    assert ax.yaxis_inverted()


def test_the_diagonal_takes_no_part_in_the_colours():
    ax, _ = plot_confusion([0] * 90 + [1, 1], [0] * 90 + [0, 1], ("a", "b")).axes
    mesh = ax.collections[0]
    assert mesh.get_clim() == (0, 1)
    assert np.ma.getmaskarray(mesh.get_array()).ravel().tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plot_images(pictures(), ax=ax),
        lambda ax: plot_class_counts(LABELS, ANIMALS, ax=ax),
        lambda ax: plot_confusion(LABELS, PREDICTIONS, ANIMALS, ax=ax),
        lambda ax: plot_feature_maps(pictures()[:, 0], ax=ax),
    ],
)
def test_a_given_axes_is_drawn_on(draw):
    figure = PlainFigure()
    left, right = figure.subplots(1, 2)
    assert draw(right) is figure
    assert right.has_data()
    assert not left.has_data()


# --- what is taken and what is refused ------------------------------------------------------------


def tensors(device):
    images = torch.from_numpy(pictures()).to(device).requires_grad_()
    labels, predictions = (torch.from_numpy(x).to(device) for x in (LABELS, PREDICTIONS))
    probabilities = torch.full((3,), 0.3, device=device, requires_grad=True)
    return images, labels, predictions, probabilities


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_tensors_are_taken_from_any_device_with_their_graph(device):
    images, labels, predictions, probabilities = tensors(device)
    plot_images(images, labels)
    plot_images(images.bfloat16())
    plot_misclassified(images, labels, predictions, ANIMALS, confidences=labels * 0.1)
    plot_prediction(images[0], probabilities, ANIMALS)
    plot_class_counts(labels, ANIMALS)
    plot_pixel_histogram(images, images * 2 - 1)
    plot_confusion(labels, predictions, ANIMALS)


def mistakes(**options):
    return plot_misclassified(pictures(), LABELS, PREDICTIONS, ANIMALS, **options)


@pytest.mark.parametrize(
    "shape",
    [(0, 1, 28, 28), (2, 0, 0), (2, 1, 0, 28), (28, 28), (2, 4, 28, 28), (2, 28, 28, 3), (3,)],
)
def test_what_is_no_images_is_refused(shape):
    with pytest.raises(ShapeError, match="画像"):
        plot_images(np.zeros(shape))


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plot_images(pictures(3), ["a", "b"]),
        lambda: plot_images(pictures(3), "abc"),
        lambda: plot_misclassified(pictures(5), LABELS, PREDICTIONS, ANIMALS),
        lambda: plot_misclassified(pictures(6), LABELS, PREDICTIONS[:5], ANIMALS),
        lambda: mistakes(confidences=np.ones(5)),
        lambda: mistakes(confidences=np.ones((6, 3))),
        lambda: plot_prediction(pictures(1)[0], [0.5, 0.5], ANIMALS),
        lambda: plot_prediction(pictures(1)[0], [[0.5, 0.5, 0.0]], ANIMALS),
        lambda: plot_class_counts([[0, 1]], ANIMALS),
        lambda: plot_confusion(LABELS, PREDICTIONS[:5], ANIMALS),
    ],
)
def test_numbers_that_do_not_match_are_refused(draw):
    with pytest.raises(ShapeError, match="してください"):
        draw()


@pytest.mark.parametrize("number", [0, -1])
def test_numbers_that_leave_nothing_to_draw_are_refused(number):
    with pytest.raises(RangeError, match=f"columns が {number} です。1 以上に"):
        plot_images(pictures(), columns=number)
    with pytest.raises(RangeError, match=f"limit が {number} です。1 以上に"):
        mistakes(limit=number)


@pytest.mark.parametrize("label", [-1, 3])
def test_labels_outside_of_the_classes_are_refused(label):
    for draw in (
        lambda labels: plot_class_counts(labels, ANIMALS),
        lambda labels: plot_confusion(labels, LABELS, ANIMALS),
        lambda labels: plot_confusion(LABELS, labels, ANIMALS),
        lambda labels: plot_misclassified(pictures(), labels, LABELS, ANIMALS),
    ):
        with pytest.raises(LabelError, match="クラス数が 3"):
            draw([0, 0, 1, 1, 2, label])


def test_names_are_refused_as_labels():
    with pytest.raises(LabelError, match="クラスの番号"):
        plot_class_counts(["猫", "犬"], ANIMALS)


def test_a_picture_may_be_a_list():
    image, _ = plot_prediction([[[0.0, 1.0], [1.0, 0.0]]], [0.2, 0.3, 0.5], ANIMALS).axes
    assert image.images[0].get_array().tolist() == [[0, 1], [1, 0]]


# --- in a notebook --------------------------------------------------------------------------------


def test_a_notebook_shows_a_figure_once_with_its_description(caplog):
    caplog.set_level(logging.INFO)  # as other tests of the session may leave it
    source = (
        "from helpers import plots\nimport numpy as np\n"
        "plots.plot_images(np.zeros((3, 4, 4)), ['猫', '犬', '鳥'])"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    execute(notebook, {})
    (output,) = notebook.cells[0].outputs
    assert output.data["image/png"].startswith("iVBOR")
    assert output.metadata["image/png"]["alt"] == "3 枚の画像を並べた図"
