"""``course reproduce``, on the mini data and with little training."""

import dataclasses
import importlib.util
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from benchmarks.reproduce import (
    TRAININGS,
    Training,
    TrainingResult,
    choose,
    mean_and_deviation,
    page,
    read,
    reproduce,
    require_full_data,
    run,
    train_with_torch,
)
from course.cli import app
from course.errors import StorageError
from helpers import models
from helpers.errors import DataError, UnknownNameError

TINY = Training("MNIST", "MLP", "FAST", 1)
WITH_TORCH = [training for training in TRAININGS if not training.recipe.startswith("B2-1")]


def result(training=TINY, seed=0, accuracy=0.9, **others):
    fields = {"parameters": 1000, "seconds": 10.0, "device": "CPU", "versions": "torch 2"}
    return TrainingResult(training.name, seed, accuracy, **(fields | others))


def stored(file, *results):
    file.write_text(json.dumps([dataclasses.asdict(each) for each in results]), encoding="utf-8")
    return file


@pytest.mark.parametrize("training", WITH_TORCH, ids=lambda training: training.name)
def test_every_network_and_recipe_of_the_table_is_there(training):
    untrained = dataclasses.replace(training, epochs=0)
    found = train_with_torch(untrained, 0, "cpu")
    assert found.training == untrained.name
    assert 0 <= found.accuracy < 0.5


def test_what_load_or_train_does_is_in_the_table():
    rows = {(row.model, row.recipe, row.epochs) for row in TRAININGS}
    kept = {(name, "FAST", how.epochs["full"]) for name, how in models._TRAININGS.items()}
    assert kept <= rows


def test_names_are_unique():
    assert len({training.name for training in TRAININGS}) == len(TRAININGS)


def test_the_seed_decides_what_a_training_gives():
    first, again, other = (train_with_torch(TINY, seed, "cpu").accuracy for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert min(first, other) > 0.3  # guessing gives 0.1


def test_a_run_adds_what_is_missing_and_nothing_else(tmp_path):
    earlier, lines = result(seed=0), []
    file = stored(tmp_path / "results.json", earlier)
    reproduce([TINY], [0], file, log=lines.append)
    assert lines == []
    reproduce([TINY], [0, 1], file, device="cpu", log=lines.append)
    (line,) = lines
    assert line.startswith("MNIST-MLP-FAST-1 seed 1: 0.")
    kept, added = read(file)
    assert kept == earlier
    assert (added.training, added.seed, added.parameters) == ("MNIST-MLP-FAST-1", 1, 234_144)
    assert added.seconds > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.json", "results.md"]


def test_keras_trains_in_a_process_of_its_own():
    if importlib.util.find_spec("keras") is None:
        pytest.skip("Keras is not installed")
    found = run(Training("MNIST", "bpnn", "B2-1-2", 1), 0, "cpu")
    assert found.accuracy > 0.15
    assert "tensorflow" in found.versions


def test_neither_framework_is_loaded_before_a_training():
    look = (
        "import benchmarks.reproduce, sys; assert not {'torch', 'tensorflow'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", look], check=True)


def test_there_are_no_results_before_the_first(tmp_path):
    assert read(tmp_path / "results.json") == []


@pytest.mark.parametrize("content", ["[{", "3", '[{"training": "MNIST"}]', "\udcff"])
def test_damaged_results_are_told_and_left_alone(tmp_path, content):
    file = tmp_path / "results.json"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    before = file.read_bytes()
    with pytest.raises(StorageError, match=r"results\.json holds no results"):
        reproduce([TINY], [0], file)
    assert file.read_bytes() == before


def test_results_that_cannot_be_written_are_told_before_any_training(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.reproduce.require_full_data", lambda trainings: None)
    monkeypatch.setattr("benchmarks.reproduce.run", lambda *_: pytest.fail("it trains"))
    answer = CliRunner().invoke(app, ["reproduce", "--results", str(tmp_path)])
    assert (answer.exit_code, type(answer.exception)) == (1, SystemExit)
    assert str(tmp_path) in answer.output


def test_the_table_has_a_row_for_each_training_that_has_results():
    named = {training.name: training for training in TRAININGS}
    model, cnn = named["MNIST-Model-ORIGINAL-10"], named["MNIST-CNN-FAST-1"]
    lines = page(
        [
            result(cnn, 0, 0.96),
            result(model, 0, 0.98, parameters=1_199_882),
            result(model, 1, 0.99, seconds=20.6, device="H200"),
        ]
    ).splitlines()
    assert lines[-2:] == [
        "| MNIST | Model | ORIGINAL | 10 | 0.9850 ± 0.0071 (2) | 0.9825 | 1,199,882 | 15 "
        "| CPU; H200 | torch 2 |",
        "| MNIST | CNN | FAST | 1 | 0.9600 (1) | – | 1,000 | 10 | CPU | torch 2 |",
    ]


def test_the_deviation_is_that_of_a_sample():
    assert mean_and_deviation([0.1, 0.2, 0.3]) == "0.2000 ± 0.1000 (3)"


def test_trainings_are_chosen_by_name_in_the_order_of_the_table():
    last, first = TRAININGS[3], TRAININGS[1]
    assert choose([last.name, first.name]) == [first, last]
    assert choose([]) == list(TRAININGS)


def test_an_unknown_training_is_told_with_those_there_are():
    with pytest.raises(
        UnknownNameError, match=r"'MNIST' はありません。あるのは MNIST-Model-ORIGINAL-10, "
    ):
        choose(["MNIST"])


def test_the_mini_data_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"full data, but FashionMNIST .* COURSE_DATA_DIR"):
        require_full_data(TRAININGS)
    results = tmp_path / "results.json"
    answer = CliRunner().invoke(app, ["reproduce", "--results", str(results)])
    assert answer.exit_code == 1
    assert "mini" in answer.output
    assert not results.exists()


def test_the_full_data_are_taken(real_data_dir, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA_DIR", str(real_data_dir))
    monkeypatch.setenv("COURSE_DATA", "full")
    results = stored(tmp_path / "results.json", *map(result, TRAININGS))
    before = results.read_bytes()
    answer = CliRunner().invoke(app, ["reproduce", "--seeds", "1", "--results", str(results)])
    assert (answer.exit_code, answer.output) == (0, "")
    assert results.read_bytes() == before
