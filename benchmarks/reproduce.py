"""Train every network of the course on the full data, and write one table of what comes out.

TensorFlow and torch must not meet in one process, so every training has a process of its own, and
nothing here loads either of them before that.
"""

from __future__ import annotations

import dataclasses
import json
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from course.errors import StorageError
from course.files import write_whole
from helpers import data
from helpers.errors import DataError, UnknownNameError
from helpers.internal.sentences import Sentence

if TYPE_CHECKING:
    from helpers.training import Recipe


_UNKNOWN = Sentence(
    ja="学習 {name} はありません。あるのは {known} です。",
    en="no training is called {name}; there are: {known}",
)


@dataclass(frozen=True)
class Training:
    """One row of the table: a network, its data, and how it is trained.

    Attributes:
        dataset: ``"MNIST"`` or ``"FashionMNIST"``.
        model: Name of the network.
        recipe: Of helpers.training, such as ``"FAST"``; ``"SGD-0.03"`` is ``"ORIGINAL"`` with that
            learning rate, in bfloat16 where that is faster. Of the lab sheet, ``"B2-1"`` (all
            images) or ``"B2-1-2"`` (the first 600), for the networks in Keras.
        epochs: Number of epochs.
        goal: The accuracy that the course wants or the original had, as the table shows it.
    """

    dataset: str
    model: str
    recipe: str
    epochs: int
    goal: str = "–"

    @property
    def name(self) -> str:
        """What the command line and the results file call it, such as ``MNIST-CNN-FAST-5``."""
        return f"{self.dataset}-{self.model}-{self.recipe}-{self.epochs}"


TRAININGS = (
    Training("MNIST", "Model", "ORIGINAL", 10, "0.9825"),
    Training("MNIST", "Model", "SGD-0.1", 1),
    Training("MNIST", "Model", "SGD-0.03", 1),
    Training("MNIST", "Model", "FAST", 1, "≥ 0.99"),
    Training("MNIST", "Model", "FAST", 2, "≥ 0.99"),
    Training("MNIST", "Model", "FAST", 3),
    Training("MNIST", "Net", "FAST", 2),
    Training("MNIST", "CNN", "FAST", 1),
    Training("MNIST", "CNN", "FAST", 5),
    Training("MNIST", "MLP", "FAST", 10),
    Training("MNIST", "CompactCNN", "FAST+pens", 8, "≥ 0.985"),
    Training("FashionMNIST", "LeNet", "FAST", 10),
    Training("FashionMNIST", "LeNet+ReLU", "FAST", 10),
    Training("FashionMNIST", "CompactCNN", "FAST+flip", 12, "≥ 0.925"),
    Training("MNIST", "cnn", "B2-1", 10, "≥ 0.985"),
    Training("MNIST", "cnn", "B2-1-2", 50),
    Training("MNIST", "bpnn", "B2-1-2", 50),
)
"""Every training of the course, in the order of the table.

Those of :func:`helpers.models.load_or_train` among them have its numbers of epochs.
"""


@dataclass(frozen=True)
class TrainingResult:
    """What one training with one seed gave.

    Attributes:
        training: :attr:`Training.name`.
        seed: Of the first weights, the order of the batches, and the dropout.
        accuracy: On all test images, in [0, 1].
        parameters: Number of weights that are trained.
        seconds: Of the training alone: wall time on a GPU, the time of all threads on a CPU.
        device: Name of the GPU, or ``"CPU"``.
        versions: Of Python and of the framework.
    """

    training: str
    seed: int
    accuracy: float
    parameters: int
    seconds: float
    device: str
    versions: str


def choose(names: Sequence[str]) -> list[Training]:
    """Return the trainings of these names; none means all.

    Raises:
        UnknownNameError: There is no such training.
    """
    known = [training.name for training in TRAININGS]
    for name in names:
        if name not in known:
            raise UnknownNameError(_UNKNOWN.format(name=repr(name), known=", ".join(known)))
    return [training for training in TRAININGS if not names or training.name in names]


def require_full_data(trainings: Iterable[Training]) -> None:
    """Make sure that figures will be those of the full data.

    Raises:
        DataError: The full set cannot be had.
    """
    for dataset in sorted({training.dataset for training in trainings}):
        if data.edition(dataset) != "full":
            raise DataError(
                f"the figures are those of the full data, but {dataset} is at hand in its mini "
                "edition alone: set COURSE_DATA_DIR to a folder that has the files, and leave "
                "COURSE_DATA unset"
            )


def reproduce(
    trainings: Iterable[Training],
    seeds: Iterable[int],
    file: Path,
    *,
    device: str | None = None,
    log: Callable[[str], object] = print,
) -> None:
    """Run what ``file`` does not know yet; keep each result, and the table, as soon as it is there.

    Args:
        trainings: What to train.
        seeds: Each training is run with every one of them.
        file: JSON file of results; the table goes beside it, as ``.md``.
        device: ``"cpu"`` or ``"cuda"``; the best of this machine by default.
        log: Receives a line for each result.
    """
    for training in trainings:
        for seed in seeds:
            if (training.name, seed) not in map(_key, read(file)):
                result = run(training, seed, device)
                _add(file, result)
                log(f"{training.name} seed {seed}: {result.accuracy:.4f}, {result.seconds:.0f} s")


def _key(result: TrainingResult) -> tuple[str, int]:
    return result.training, result.seed


def read(file: Path) -> list[TrainingResult]:
    """Return the results that a file holds; none if there is no such file.

    Raises:
        StorageError: The file is damaged, or holds something else.
    """
    if not file.exists():
        return []
    try:
        return [TrainingResult(**fields) for fields in json.loads(file.read_text(encoding="utf-8"))]
    except (TypeError, ValueError) as error:
        raise StorageError(f"{file} holds no results of trainings: {error}") from error


def _add(file: Path, result: TrainingResult) -> None:
    # Another process may have added results of its own meanwhile, perhaps this one too.
    results = [other for other in read(file) if _key(other) != _key(result)] + [result]
    rows = [asdict(each) for each in results]
    write_whole(file, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    write_whole(file.with_suffix(".md"), page(results))


def run(training: Training, seed: int, device: str | None = None) -> TrainingResult:
    """Train and test one network, in a process of its own.

    Args:
        training: What to train.
        seed: Any integer from 0.
        device: ``"cpu"`` or ``"cuda"``; the best of this machine by default.
    """
    train = train_with_keras if training.recipe.startswith("B2-1") else train_with_torch
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(train, training, seed, device).result()


def train_with_torch(training: Training, seed: int, device: str | None) -> TrainingResult:
    """Train and test a network of helpers.models; arguments as for :func:`run`."""
    import torch
    from torch import nn

    from course import explorer_weights
    from helpers import models
    from helpers import training as trainer

    networks = {
        "Net": models.Net,
        "Model": models.Model,
        "CNN": models.CNN,
        "MLP": models.MLP,
        "LeNet": lambda: models.LeNet(1, 10),
        "LeNet+ReLU": lambda: models.LeNet(1, 10, between=nn.ReLU),
        "CompactCNN": models.CompactCNN,
    }
    recipes = {
        "ORIGINAL": trainer.ORIGINAL,
        "FAST": trainer.FAST,
        "SGD-0.1": _with_rate(trainer.ORIGINAL, 0.1),
        "SGD-0.03": _with_rate(trainer.ORIGINAL, 0.03),
        "FAST+pens": explorer_weights.RECIPE,
        "FAST+flip": dataclasses.replace(trainer.FAST, augment=trainer.random_flip),
    }
    place = torch.device(device) if device else trainer.device()
    recipe = recipes[training.recipe]
    torch.manual_seed(seed)
    model = networks[training.model]().to(place)
    train = data.batches(training.dataset, batch_size=recipe.batch_size, device=place)
    test = data.batches(training.dataset, train=False, device=place)

    seconds = _stopwatch(on_gpu=place.type != "cpu")
    history = trainer.fit(model, train, recipe=recipe, epochs=training.epochs, seed=seed)
    if history.interrupted:
        raise KeyboardInterrupt
    return TrainingResult(
        training=training.name,
        seed=seed,
        seconds=seconds(),
        accuracy=trainer.evaluate(model, test)[1],
        parameters=sum(weights.numel() for weights in model.parameters()),
        device=torch.cuda.get_device_name(place) if place.type == "cuda" else place.type.upper(),
        versions=_versions("torch"),
    )


def _with_rate(recipe: Recipe, learning_rate: float) -> Recipe:
    # bfloat16 halves the time; which numbers are multiplied is not what is compared.
    return dataclasses.replace(recipe, learning_rate=learning_rate, mixed_precision=True)


def train_with_keras(training: Training, seed: int, device: str | None) -> TrainingResult:
    """Train and test a network of helpers.keras_lab; arguments as for :func:`run`."""
    from helpers import keras_lab
    from helpers.internal.keras_backend import keras, tf

    networks = {
        ("B2-1", "cnn"): keras_lab.cnn,
        ("B2-1-2", "cnn"): lambda: keras_lab.cnn(dense=128),
        ("B2-1-2", "bpnn"): keras_lab.bpnn,
    }
    place = {"cuda": "gpu", None: keras_lab.device()}.get(device, device)
    train, test = keras_lab.get_data_mnist(600 if training.recipe == "B2-1-2" else None)
    keras.utils.set_random_seed(seed)
    with keras.device(f"{place}:0"):
        model = keras_lab.model_setup(networks[training.recipe, training.model]())
        seconds = _stopwatch(on_gpu=place == "gpu")
        model.fit(*train, batch_size=128, epochs=training.epochs, validation_split=0.1, verbose=0)
        return TrainingResult(
            training=training.name,
            seed=seed,
            seconds=seconds(),
            accuracy=model.evaluate(*test, verbose=0)[1],
            parameters=model.count_params(),
            device=_gpu_of(tf) if place == "gpu" else "CPU",
            versions=_versions("tensorflow"),
        )


def _gpu_of(tensorflow: ModuleType) -> str:
    gpu, *_ = tensorflow.config.list_physical_devices("GPU")
    return tensorflow.config.experimental.get_device_details(gpu)["device_name"]


def _stopwatch(*, on_gpu: bool) -> Callable[[], float]:
    """Return what tells the seconds since now: of work on a CPU, whatever else the machine does."""
    clock = time.perf_counter if on_gpu else time.process_time
    start = clock()
    return lambda: clock() - start


def _versions(framework: str) -> str:
    return f"Python {platform.python_version()}, {framework} {version(framework)}"


def page(results: Sequence[TrainingResult]) -> str:
    """Return the table as a page in Markdown, a row for each training that has a result."""
    rows = [
        _row(training, found)
        for training in TRAININGS
        if (found := [result for result in results if result.training == training.name])
    ]
    return "\n".join([_INTRODUCTION, _line(_HEADINGS), _line(_ALIGNMENTS), *rows, ""])


def _row(training: Training, results: Sequence[TrainingResult]) -> str:
    cells = (
        training.dataset,
        training.model,
        training.recipe,
        training.epochs,
        mean_and_deviation([result.accuracy for result in results]),
        training.goal,
        f"{results[0].parameters:,}",
        f"{statistics.mean(result.seconds for result in results):.0f}",
        _all_different(result.device for result in results),
        _all_different(result.versions for result in results),
    )
    return _line(cells)


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def mean_and_deviation(values: Sequence[float]) -> str:
    """Return such as ``0.9867 ± 0.0006 (3)``: mean, sample standard deviation, number of values."""
    deviation = f" ± {statistics.stdev(values):.4f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.4f}{deviation} ({len(values)})"


def _all_different(values: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(values))


_INTRODUCTION = """\
# 学習の結果 / What trainings give

`course reproduce` が、完全版のデータで教材のすべての学習を行って書く表です。手では直しません。
正解率はテストデータでの平均 ± 標準偏差（シードの数）、秒は 1 回の学習の平均です。CPU では
全スレッドの計算時間の和、GPU では経過時間です。

Written by `course reproduce`, which runs every training of the course on the full data. Accuracy
is that on the test data: mean ± standard deviation (number of seeds). Seconds are the mean of one
training: time of all threads on a CPU, wall time on a GPU.
"""
_HEADINGS = (
    "データ<br>data",
    "モデル<br>model",
    "手順<br>recipe",
    "エポック<br>epochs",
    "正解率<br>accuracy",
    "目標<br>goal",
    "重みの数<br>parameters",
    "秒<br>seconds",
    "装置<br>device",
    "版<br>versions",
)
_ALIGNMENTS = ("---", "---", "---", "--:", "---", "---", "--:", "--:", "---", "---")
