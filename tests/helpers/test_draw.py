"""Drawings made into MNIST images, and the pad that a model answers."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from helpers import data, explain, models, training
from helpers.draw import pad, prepare_drawing
from helpers.errors import DataError, LabelError, LayerError, RangeError, ShapeError
from helpers.internal import pad_widget

ROOT = Path(__file__).parents[2]


def stroke(height=280, width=280, rows=slice(40, 200), columns=slice(100, 124)):
    pixels = np.zeros((height, width), np.uint8)
    pixels[rows, columns] = 255
    return pixels


def drawings():
    """A few drawings of every kind: wide, high, tiny, faint at the edges, in a corner."""
    rng = np.random.default_rng(0)
    blob = rng.random((60, 45)) * np.hanning(60)[:, None] * np.hanning(45)
    corner = np.zeros((90, 120))
    corner[5:40, 80:119] = rng.random((35, 39))
    return [
        stroke() / 255,
        stroke(rows=slice(10, 30), columns=slice(20, 270)) / 255,
        stroke(rows=slice(7, 8), columns=slice(9, 10)) / 255,
        blob,
        corner,
        np.ones((28, 28)),
    ]


def test_a_drawing_becomes_one_image_with_pixels_from_minus_one_to_one():
    image = prepare_drawing(stroke())
    assert image.shape == (1, 1, 28, 28)
    assert image.dtype == torch.float32
    assert image.min() == -1
    assert image.max() == 1


def test_the_longer_side_measures_twenty_pixels_and_the_middle_of_the_mass_is_pixel_14():
    ink = (prepare_drawing(stroke())[0, 0] + 1) / 2
    rows, columns = ink.sum(dim=1), ink.sum(dim=0)
    assert (rows > 0).sum() == 20
    assert (columns > 0).sum() == round(20 * 24 / 160)
    for sums in (rows, columns):
        centre = (sums * torch.arange(28)).sum() / sums.sum()
        assert 13.499 <= centre < 14.501


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_size_and_place_of_the_drawing_do_not_matter(scale):
    digit = np.kron(data.arrays("MNIST", limit=1)[0][0], np.ones((scale, scale), np.uint8))
    moved = np.pad(digit, ((5, 40), (70, 3)))
    assert torch.allclose(prepare_drawing(digit), prepare_drawing(moved))


def test_an_image_that_is_prepared_already_stays_what_it_is():
    ink = torch.rand(20, 15, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.2
    image = prepare_drawing(ink)
    assert torch.allclose(prepare_drawing((image[0, 0] + 1) / 2), image, atol=1e-6)


def test_bytes_floats_and_tensors_of_the_same_drawing_give_the_same_image():
    pixels = stroke()
    for same in (pixels / 255, torch.from_numpy(pixels), torch.from_numpy(pixels) / 255):
        assert torch.allclose(prepare_drawing(same), prepare_drawing(pixels), atol=1e-6)


@pytest.mark.parametrize(
    ("pixels", "error"),
    [
        (np.zeros((280, 280)), DataError),
        (np.full((280, 280), 20, np.uint8), DataError),
        (np.zeros((280, 280, 4), np.uint8), ShapeError),
        (np.zeros((0, 280)), ShapeError),
        (np.full((28, 28), "1"), ShapeError),
        (torch.full((28, 28), -1.0), RangeError),
        (np.full((28, 28), 255.0), RangeError),
        (np.full((28, 28), np.nan), RangeError),
    ],
)
def test_what_is_no_drawing_is_refused_in_a_sentence(pixels, error):
    with pytest.raises(error, match="。"):
        prepare_drawing(pixels)


def test_the_browser_makes_the_same_image_of_the_same_pixels():
    if not shutil.which("node"):
        pytest.skip("no node on this machine")
    pictures = [
        {"height": each.shape[0], "width": each.shape[1], "ink": each.ravel().tolist()}
        for each in drawings()
    ]
    script = f"""
        import {{ prepare }} from "{(ROOT / "site/explorer/drawing.js").as_uri()}";
        const pictures = JSON.parse(await new Response(process.stdin).text());
        const images = pictures.map((each) => Array.from(prepare(each).pixels));
        console.log(JSON.stringify(images));
    """
    run = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        input=json.dumps(pictures),
        capture_output=True,
        text=True,
        check=True,
    )
    for image, drawing in zip(json.loads(run.stdout), drawings(), strict=True):
        assert np.abs(np.array(image) - prepare_drawing(drawing).numpy().ravel()).max() < 1e-6


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return models.CNN().eval()


def test_the_pad_answers_a_drawing_as_the_model_does(model):
    widget = pad(model, "conv2", classes=list("ABCDEFGHIJ"))
    widget.drawing = stroke().tobytes()
    image = prepare_drawing(stroke())
    labels, probabilities = training.predict(model, image)
    assert f"予測: {'ABCDEFGHIJ'[labels[0]]}" in widget.answer["sentence"]
    assert np.allclose(widget.answer["probabilities"], probabilities[0])
    seen = np.frombuffer(widget.answer["pixels"], np.float32)
    assert np.array_equal(seen, image.numpy().ravel())
    evidence = np.frombuffer(widget.answer["evidence"], np.float32)
    assert np.allclose(evidence, explain.grad_cam(model, image, "conv2").numpy().ravel())


def test_a_drawing_arrives_as_a_browser_sends_it(model):
    widget = pad(model)
    widget.set_state({"drawing": memoryview(stroke().tobytes())})
    assert "予測" in widget.answer["sentence"]


def test_another_layer_chosen_on_the_pad_gives_its_own_map(model):
    widget = pad(model)
    assert widget.layer == "pool2"
    assert widget.layers == ["conv1", "bn1", "pool1", "conv2", "bn2", "pool2"]
    widget.drawing = stroke().tobytes()
    widget.layer = "conv1"
    evidence = np.frombuffer(widget.answer["evidence"], np.float32)
    wanted = explain.grad_cam(model, prepare_drawing(stroke()), "conv1")
    assert np.allclose(evidence, wanted.numpy().ravel())


def test_the_pad_says_so_when_it_is_empty(model):
    widget = pad(model)
    widget.drawing = bytes(280 * 280)
    assert widget.answer == {
        "sentence": "何も描かれていません。数字を描いてから、もう一度試してください。"
    }


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"layer": "conv9"}, LayerError),
        ({"layer": "fc"}, LayerError),
        ({"classes": ["a", "b"]}, LabelError),
    ],
)
def test_what_the_model_does_not_have_is_refused_in_a_sentence(model, options, error):
    with pytest.raises(error, match="。"):
        pad(model, **options)


def test_where_no_widget_can_be_shown_a_sentence_and_a_picture_stand_in(model):
    data, _ = pad(model)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "anywidget" in data["text/plain"]
    assert data["image/png"].startswith(b"\x89PNG")


def test_without_anywidget_the_sentence_and_the_picture_are_all(model, monkeypatch):
    monkeypatch.delitem(sys.modules, "helpers.internal.pad_widget", raising=False)
    monkeypatch.setitem(sys.modules, "anywidget", None)
    data = pad(model)._repr_mimebundle_()
    assert sorted(data) == ["image/png", "text/plain"]


def test_the_widgets_script_is_one_module_that_imports_nothing():
    script = pad_widget.script()
    assert not re.search(r"^import ", script, re.MULTILINE)
    assert script.count("export ") == 1
    if shutil.which("node"):
        check = ["node", "--input-type=module", "--check"]
        subprocess.run(check, input=script, text=True, check=True)
