"""The benchmarks compare like with like, and judge and keep what they measured."""

import itertools
import json
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import entries
from benchmarks.__main__ import main
from benchmarks.ablation import layouts, recipes
from benchmarks.figure import Aim, Figure
from benchmarks.grad_cam import captum_maps, maps_one_by_one, pytorch_grad_cam_of
from benchmarks.measure import seconds_in_turns
from benchmarks.page import draw_comparisons, write_page
from helpers.explain import grad_cam
from helpers.models import Model
from helpers.training import FAST, ORIGINAL

ROOT = Path(__file__).parent.parent


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Model().eval()


@pytest.fixture
def images():
    return torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def test_all_ways_to_grad_cam_give_the_same_maps(model, images):
    ours = grad_cam(model, images, "features.4")
    captum = captum_maps(model, images, model(images).argmax(dim=1))
    torch.testing.assert_close(ours, captum, rtol=0, atol=1e-5)
    np.testing.assert_allclose(maps_one_by_one(model, images), ours, rtol=0, atol=1e-5)


def test_pytorch_grad_cam_gives_the_same_maps_but_for_their_scale(model, images):
    pytest.importorskip("pytorch_grad_cam", reason="see benchmarks/requirements.txt")
    ours = grad_cam(model, images, "features.4")
    # It scales each map to [0, 1], before and after it is resized.
    for theirs, map_ in zip(pytorch_grad_cam_of(model)(images), ours, strict=True):
        assert np.corrcoef(theirs.ravel(), map_.ravel())[0, 1] > 0.999


def test_ways_take_turns_after_a_warm_up():
    calls = []
    ways = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    assert list(seconds_in_turns(ways, rounds=2)) == ["a", "b"]
    assert "".join(calls) == "ababab"
    seconds_in_turns(ways, rounds=1, warm_up=False)
    assert "".join(calls) == "ababab" + "ab"


@pytest.mark.parametrize(
    ("aim", "words", "met"),
    [
        (Aim(1.3, "peer"), "≤ 1.3 × peer", True),
        (Aim(0.2, "peer"), "≤ 0.2 × peer", False),
        (Aim(2), "≤ 2", True),
        (Aim(1.9), "≤ 1.9", False),
        (Aim(2.1, at_most=False), "≥ 2.1", False),
        (Aim(0.5, "peer", at_most=False), "≥ 0.5 × peer", True),
        (Aim(3, way="peer"), "peer ≤ 3", False),
    ],
)
def test_an_aim_is_judged_as_it_reads(aim, words, met):
    figure = Figure("Figure", {"ours": 2.0, "peer": 4.0}, aims=(aim,))
    assert figure.verdicts() == {words: met}


def entry(name, **values):
    figure = {"title": f"{name}'s figure", "values": values, "unit": "s", "note": "Of note."}
    verdicts = {"≤ 0.5 × peer": True}
    return {"name": name, "machine": {"threads": 2}, "figures": [figure | {"verdicts": verdicts}]}


def test_an_entry_takes_the_place_of_its_last_one_and_the_others_stay(tmp_path):
    file = tmp_path / "new" / "results.json"
    for each in (
        entry("b", ours=1.0, peer=9.0),
        entry("a", ours=1.0),
        entry("b", ours=2.0, peer=8.0),
    ):
        entries.keep(each, file)
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert [each["name"] for each in kept] == ["a", "b"]
    assert kept[1]["figures"][0]["values"] == {"ours": 2.0, "peer": 8.0}


def test_the_page_has_every_value_its_aim_its_machine_and_a_plot(tmp_path):
    write_page([entry("b", ours=2.0, peer=8.0)], tmp_path / "results.md")
    page = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert "| b's figure | ours | 2 s |  | ✓ ≤ 0.5 × peer |" in page
    assert "|  | peer | 8 s | 4.00 |  |" in page
    assert "- Of note." in page
    assert "threads 2" in page
    assert "(results.png)" in page
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")


def test_the_plot_has_a_bar_for_each_way_that_is_not_ours():
    (ax,) = draw_comparisons([entry("b", ours=2.0, peer=8.0, other=1.0), entry("a", ours=1.0)]).axes
    assert [(bar.get_x(), bar.get_width()) for bar in ax.patches] == [(1, 3), (1, -0.5)]
    assert [told.get_text() for told in ax.texts] == [" 4×", " 0.5×"]


def test_every_module_that_measures_is_an_entry():
    modules = (ROOT / "benchmarks").glob("*.py")
    measuring = {path.stem for path in modules if "\ndef measure() ->" in path.read_text("utf-8")}
    assert "grad_cam" in measuring
    assert entries.names() == sorted(measuring)


@pytest.mark.parametrize(
    "error", [subprocess.CalledProcessError(1, "nbgrader"), BrokenProcessPool("killed")]
)
def test_the_rest_is_measured_after_an_entry_that_fails(error, monkeypatch, capsys):
    def measure(name):
        if name == "cnn":
            raise error
        return entry(name, ours=1.0, peer=2.0)

    monkeypatch.setattr(entries, "measure", measure)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "cnn", "mosaic"])
    assert main() == 1
    shown = capsys.readouterr()
    assert "mosaic's figure" in shown.out
    assert shown.err.startswith("cnn: ")


def test_the_recipes_of_the_ablation_lead_to_fast_and_their_names_say_all_they_differ_in():
    first, *_, last = compared = list(recipes())
    decisive = ("optimizer", "learning_rate", "one_cycle", "batch_size")
    assert [getattr(first, part) for part in decisive] == [getattr(ORIGINAL, p) for p in decisive]
    assert [getattr(last, part) for part in decisive] == [getattr(FAST, part) for part in decisive]
    assert last.name == "Adam 0.01 one cycle, batch 128"
    assert len({recipe.name for recipe in compared}) == len(compared)


def test_the_layouts_of_the_ablation_train_as_fast_does_and_add_one_thing_a_time():
    plain, *_, last = steps = list(layouts())
    assert (plain.channels_last, plain.mixed_precision) == (False, False)
    assert last.channels_last
    assert {step.optimizer for step in steps} == {FAST.optimizer}
    for one, other in itertools.pairwise(steps):
        changed = [
            part
            for part in ("channels_last", "mixed_precision")
            if getattr(one, part) != getattr(other, part)
        ]
        assert len(changed) == 1
