"""No language inside: every sentence is a pair, and COURSE_LANG alone decides what is shown."""

import ast
import importlib
import inspect
import re
from pathlib import Path
from string import Formatter

import numpy as np
import pytest
import torch
from matplotlib.text import Text

import helpers.errors
from helpers import plots
from helpers.data import arrays, describe
from helpers.models import CNN
from helpers.plots import lab
from helpers.preflight import preflight
from helpers.training import History, evaluate

ROOT = Path(__file__).parents[2]
JAPANESE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff01-\uff9f]")
SOURCES = [
    path
    for room in ("helpers", "exercises", "course")
    for path in sorted((ROOT / room).rglob("*.py"))
]

CLASSES = ("cat", "dog", "bird")
LABELS, PREDICTIONS = np.arange(6) % 3, np.array([0, 1, 2, 1, 1, 2])
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((6, 1, 12, 12))
POINTS = RANDOM.random((6, 3))
MAPS = IMAGES[:, 0]
HISTORY = History("FAST", [2.0, 1.0], [1.5, 0.5], [0.5, 0.75], [1.0, 1.0])
UNVALIDATED = History("FAST", [2.0, 1.0], seconds=[1.0, 1.0])

FIGURES = {
    "plot_class_counts": lambda: [plots.plot_class_counts(LABELS, CLASSES)],
    "plot_pixel_histogram": lambda: [plots.plot_pixel_histogram(IMAGES, IMAGES * 2 - 1)],
    "plot_embedding": lambda: [
        plots.plot_embedding(POINTS, LABELS, CLASSES),
        plots.plot_embedding(POINTS[:, :2], LABELS, CLASSES, title="PCA", axis="PC"),
    ],
    "plot_embeddings": lambda: [plots.plot_embeddings({"PCA": MAPS[:, 0, :2]}, LABELS, CLASSES)],
    "plot_weights": lambda: [
        plots.plot_weights(CNN(3), "conv1"),
        plots.plot_weights(CNN(3), "conv1", collated=True),
        plots.plot_weights(CNN(3), "conv1", single_channel=False),
    ],
    "plot_filters": lambda: [plots.plot_filters(CNN().conv1.weight)],
    "plot_feature_maps": lambda: [plots.plot_feature_maps(MAPS)],
    "plot_exciting_images": lambda: [
        plots.plot_exciting_images(IMAGES[None], np.zeros((1, 6, 2)), 4, [0])
    ],
    "plot_maps": lambda: [plots.plot_maps(IMAGES, MAPS)],
    "plot_overlay": lambda: [plots.plot_overlay(IMAGES, MAPS)],
    "plot_images": lambda: [plots.plot_images(IMAGES)],
    "plot_misclassified": lambda: [
        plots.plot_misclassified(IMAGES, LABELS, answers, CLASSES)
        for answers in (PREDICTIONS, LABELS)
    ],
    "plot_prediction": lambda: [plots.plot_prediction(IMAGES[0], [0.2, 0.7, 0.1], CLASSES)],
    "plot_history": lambda: [
        plots.plot_history(HISTORY),
        plots.plot_history(HISTORY, HISTORY),
        plots.plot_history(UNVALIDATED),
    ],
    "plot_confusion": lambda: [plots.plot_confusion(LABELS, PREDICTIONS, CLASSES)],
    "plot_result": lambda: [lab.plot_result(_keras_log())],
    "plot_conv_filter": lambda: _kernels_of_keras(),
    "random_plot": lambda: [lab.random_plot(IMAGES[:, 0], LABELS, PREDICTIONS)],
}


def _keras_log():
    log = _keras_lab().keras.callbacks.History()
    log.epoch, log.params = [0, 1], {}
    log.history = {
        "accuracy": [0.5, 0.7],
        "loss": [1, 0.5],
        "val_accuracy": [0, 1],
        "val_loss": [1, 1],
    }
    return log


def _kernels_of_keras():
    network = _keras_lab().cnn()
    now = network.layers[0].kernel.numpy()
    return [lab.plot_conv_filter(network, 0), lab.plot_conv_filter(network, 0, before=now * 2)]


def _keras_lab():
    pytest.importorskip("keras", reason="Keras is not installed")
    return importlib.import_module("helpers.keras_lab")


@pytest.fixture
def english(monkeypatch):
    monkeypatch.setenv("COURSE_LANG", "en")


LINK_TO_JAPANESE = "日本語"
"""What leads readers of English to the Japanese edition, the one place for Japanese."""


def pairs(path):
    """Yield the Japanese and the English of every pair that a file writes out, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(keywords=[*_, ast.keyword("ja"), ast.keyword("en")]):
                japanese, english = (_text(keyword.value) for keyword in node.keywords[-2:])
                # Others hand on, or put together, what was written elsewhere.
                if (japanese or english) and english != LINK_TO_JAPANESE:
                    yield node.lineno, japanese, english


def _text(node):
    """Return what an expression says as far as it is written there."""
    return "".join(
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


def fields(sentence):
    return {
        name.partition(".")[0].partition("[")[0]
        for _, name, _, _ in Formatter().parse(sentence)
        if name
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_two_sentences_of_a_pair_take_the_same_fields_and_the_english_has_no_japanese(path):
    for line, japanese, english in pairs(path):
        assert fields(japanese) == fields(english), f"{path}:{line}"
        assert not JAPANESE.search(english), f"{path}:{line}"
        assert japanese, f"{path}:{line}"
        assert english, f"{path}:{line}"


def test_all_pairs_are_looked_at():
    assert sum(len(list(pairs(path))) for path in SOURCES) > 1000


@pytest.mark.parametrize(
    "path", sorted((ROOT / "helpers").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_helpers_hold_japanese_in_pairs_alone(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spoken = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "ja"
        for part in ast.walk(node.value)
    }
    documentation = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
    }
    loose = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node not in spoken | documentation and JAPANESE.search(node.value)
    ]
    assert loose == []


def test_every_figure_is_drawn_here():
    assert set(FIGURES) == {name for room in (plots, lab) for name in vars(room) if name in DRAWN}


DRAWN = {
    name
    for room in (plots, lab)
    for name, function in vars(room).items()
    if inspect.isfunction(function) and name.startswith(("plot_", "random_plot"))
}


@pytest.mark.parametrize("name", FIGURES)
def test_english_figures_have_no_japanese_letter(name, english):
    for figure in FIGURES[name]():
        shown = [figure.description, *(text.get_text() for text in figure.findobj(Text))]
        shown += [str(artist.get_label()) for axes in figure.axes for artist in axes.get_children()]
        assert not [words for words in shown if JAPANESE.search(words)]
        assert figure.description


def test_figures_are_in_japanese_unless_told_otherwise(monkeypatch):
    monkeypatch.delenv("COURSE_LANG", raising=False)
    figure = plots.plot_class_counts(LABELS, CLASSES)
    assert figure.axes[0].get_xlabel() == "クラス"
    assert figure.description == "クラスごとの枚数の棒グラフ"


@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST"])
def test_the_banner_of_the_data_is_in_the_chosen_language(name, monkeypatch):
    images, train = len(arrays(name, train=False)[1]), len(arrays(name)[1])
    monkeypatch.setenv("COURSE_LANG", "en")
    assert describe(name) == (
        f"Data: {name}, the mini set ({train:,} images to train, {images:,} to test)"
    )
    monkeypatch.setenv("COURSE_LANG", "ja")
    assert describe(name).startswith(f"データ: {name} ミニ版（訓練 {train:,} 枚")


def test_preflight_speaks_english(english, capsys):
    preflight("MNIST")
    assert capsys.readouterr().out.startswith("Environment: Python 3.")


def test_an_error_is_put_into_words_when_it_is_shown(monkeypatch):
    monkeypatch.setenv("COURSE_LANG", "en")
    with pytest.raises(helpers.errors.ShapeError, match="There is not a single image"):
        evaluate(CNN(), [])
    monkeypatch.setenv("COURSE_LANG", "ja")
    with pytest.raises(helpers.errors.ShapeError, match="画像が 1 枚もありません"):
        evaluate(CNN(), [])
    with pytest.raises(helpers.errors.ShapeError, match="の 4 次元にしてください"):
        evaluate(CNN(), [(torch.zeros(1, 28, 28), torch.zeros(1, dtype=torch.int64))])
