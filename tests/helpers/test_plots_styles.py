"""A figure of the course looks the same, in every letter, whatever style a notebook has chosen."""

import io
import os
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import seaborn as sns
from matplotlib import style
from matplotlib.figure import Figure as PlainFigure
from matplotlib.text import Text

from helpers import plots
from helpers.models import CNN
from helpers.training import History

CLASSES = ("猫", "犬$1", "$鳥")
LABELS, PREDICTIONS = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 0, 1, 2])
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((6, 1, 12, 12))
POINTS = RANDOM.random((6, 3))
MAPS = IMAGES[:, 0] - 0.5
HISTORY = History("高速", [2.0, 1.0], [1.5, 0.5], [0.5, 0.75], [1.0, 1.0])
NETWORK = CNN(3)

FIGURES = {
    "class counts": lambda: plots.plot_class_counts(LABELS, CLASSES),
    "histogram": lambda: plots.plot_pixel_histogram(IMAGES, IMAGES * 2 - 1),
    "embedding": lambda: plots.plot_embedding(POINTS[:, :2], LABELS, CLASSES, title="地図"),
    "in three dimensions": lambda: plots.plot_embedding(POINTS, LABELS, CLASSES),
    "embeddings": lambda: plots.plot_embeddings({"主成分": POINTS[:, :2]}, LABELS, CLASSES),
    "weights": lambda: plots.plot_weights(NETWORK, "conv1"),
    "colours": lambda: plots.plot_weights(NETWORK, "conv1", single_channel=False),
    "mosaic": lambda: plots.plot_weights(NETWORK, "conv1", collated=True),
    "filters": lambda: plots.plot_filters(NETWORK.conv1.weight, titles=["学習前"]),
    "feature maps": lambda: plots.plot_feature_maps(MAPS),
    "exciting images": lambda: plots.plot_exciting_images(
        IMAGES[None], np.zeros((1, 6, 2)), 4, [0]
    ),
    "maps": lambda: plots.plot_maps(IMAGES, {"顕著性": MAPS}, range(6)),
    "overlay": lambda: plots.plot_overlay(IMAGES, {"顕著性": MAPS.clip(0)}, ["題"] * 6),
    "images": lambda: plots.plot_images(IMAGES, ["a$b$", *"いろはにほ"]),
    "mistakes": lambda: plots.plot_misclassified(IMAGES, LABELS, PREDICTIONS, CLASSES),
    "no mistakes": lambda: plots.plot_misclassified(IMAGES, LABELS, LABELS, CLASSES),
    "prediction": lambda: plots.plot_prediction(IMAGES[0], [0.2, 0.7, 0.1], CLASSES),
    "history": lambda: plots.plot_history(HISTORY),
    "confusion": lambda: plots.plot_confusion(LABELS, PREDICTIONS, CLASSES),
}
STYLES = {
    "seaborn": lambda: sns.set_theme(context="talk", style="darkgrid"),
    "dark": lambda: style.use("dark_background"),
    "ggplot": lambda: style.use("ggplot"),
    "one font": lambda: mpl.rcParams.update({"font.family": "monospace", "font.size": 16}),
    "cut and clear": lambda: mpl.rcParams.update(
        {"savefig.bbox": "tight", "savefig.transparent": True, "axes.unicode_minus": False}
    ),
}


@pytest.fixture(autouse=True)
def missing_glyphs_are_failures():
    with warnings.catch_warnings(), mpl.rc_context():
        warnings.simplefilter("error")
        yield


def drawn(figure):
    file = io.BytesIO()
    figure.savefig(file, format="rgba")
    return np.frombuffer(file.getvalue(), dtype=np.uint8)


@pytest.fixture(scope="module")
def expected():
    return {name: drawn(draw()) for name, draw in FIGURES.items()}


@pytest.mark.parametrize("chosen", STYLES)
def test_every_figure_is_the_same_to_the_last_pixel_in_any_style(chosen, expected):
    made_before = plots.plot_confusion(LABELS, PREDICTIONS, CLASSES)
    STYLES[chosen]()
    settings = dict(mpl.rcParams)
    for name, draw in FIGURES.items():
        assert np.array_equal(drawn(draw()), expected[name]), name
    assert np.array_equal(drawn(made_before), expected["confusion"])
    assert dict(mpl.rcParams) == settings


def test_what_a_student_adds_to_a_figure_has_its_letters_too():
    figure = plots.plot_history(HISTORY)
    sns.set_theme()
    figure.suptitle("題")
    figure.axes[0].text(0.5, 0.5, "文字")
    assert drawn(figure).std() > 0


@pytest.mark.parametrize("projection", [None, "3d"])
def test_letters_in_axes_of_the_student_are_found_in_any_style(projection):
    sns.set_theme()
    figure = PlainFigure()
    ax = figure.add_subplot(projection=projection)
    if projection:
        plots.plot_embedding(POINTS, LABELS, CLASSES, title="地図", ax=ax)
    else:
        plots.plot_class_counts(LABELS, CLASSES, ax=ax)
        ax.set_title("枚数")
    assert drawn(figure).std() > 0


@pytest.mark.parametrize("name", FIGURES)
def test_no_figure_holds_mathematics_that_would_be_written_as_its_source(name):
    figure = FIGURES[name]()
    drawn(figure)
    assert not any("\\math" in label.get_text() for label in figure.findobj(Text))


def test_a_dollar_is_a_dollar():
    figure = plots.plot_images(IMAGES[:2], ["$x$", "価格 $5"])
    assert drawn(figure).std() > 0
    assert [label.get_parse_math() for label in figure.axes[0].texts] == [False, False]


STYLE_FIRST = """
import warnings, io
import seaborn
seaborn.set_theme()
from helpers import plots
warnings.simplefilter("error")
plots.plot_images([[[0.0, 1.0]]], ["猫"]).savefig(io.BytesIO())
import matplotlib.pyplot as plt
plt.title("題")
plt.savefig(io.BytesIO())
"""


def test_a_style_chosen_before_the_import_takes_no_letters_away():
    root = Path(__file__).parents[1]
    subprocess.run(
        [sys.executable, "-c", STYLE_FIRST], check=True, cwd=root, env=os.environ | {"CI": "1"}
    )
