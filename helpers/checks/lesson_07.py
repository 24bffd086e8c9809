"""Exercises of notebook 07: data, network, set-up and mistakes in Keras, and an experiment.

Nothing here imports Keras before an exercise is observed, as these exercises are also listed where
PyTorch is in use; and nothing imports PyTorch at all.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers import text
from helpers.check import Case, Exercise, Hint, Observation, close
from helpers.errors import AnswerError

if TYPE_CHECKING:
    import keras


def _of_keras_lab(name: str) -> Callable[..., Any]:
    """Return a function of :mod:`helpers.keras_lab`, which is imported when it is called."""

    def function(*arguments: Any, **options: Any) -> Any:
        return getattr(importlib.import_module("helpers.keras_lab"), name)(*arguments, **options)

    function.__name__ = function.__qualname__ = name
    return function


# --- 7-1 ----------------------------------------------------------------------------------------
def _size_cases(rng: np.random.Generator) -> list[Case]:
    return [{"data_size": int(rng.integers(20, 300))}, {"data_size": None}]


def _probe_data(answer: Callable[..., Any], case: Case) -> Observation:
    """Describe what came back; the images themselves could be hundreds of megabytes."""
    # The argument is left out where all images are wanted, so that its default is tried too.
    size = case["data_size"]
    (X_train, y_train), (X_test, y_test) = answer() if size is None else answer(size)
    return {
        "shape of X_train": list(np.shape(X_train)),
        "shape of y_train": list(np.shape(y_train)),
        "shape of X_test": list(np.shape(X_test)),
        "shape of y_test": list(np.shape(y_test)),
        "lowest pixel": float(np.min(X_train)),
        "highest pixel": float(np.max(X_train)),
        "first training images": np.asarray(X_train[:20], dtype=float),
        "first training labels": np.asarray(y_train[:20]),
        "last training labels": np.asarray(y_train[-20:]),
        "first test images": np.asarray(X_test[:20], dtype=float),
        "first test labels": np.asarray(y_test[:20]),
    }


def _no_channel_axis(got: Observation, want: Observation, case: Case) -> bool:
    return 3 in (len(got["shape of X_train"]), len(got["shape of X_test"]))


def _not_scaled(got: Observation, want: Observation, case: Case) -> bool:
    return max(got["highest pixel"], got["first test images"].max()) > 1


def _size_ignored(got: Observation, want: Observation, case: Case) -> bool:
    return case["data_size"] is not None and got["shape of X_train"][0] > case["data_size"]


def _test_cut(got: Observation, want: Observation, case: Case) -> bool:
    return case["data_size"] is not None and got["shape of X_test"][0] == case["data_size"]


def _labels_not_cut(got: Observation, want: Observation, case: Case) -> bool:
    return (
        got["shape of X_train"] == want["shape of X_train"]
        and got["shape of y_train"][0] > want["shape of y_train"][0]
    )


def _other_images(got: Observation, want: Observation, case: Case) -> bool:
    return got["shape of X_train"] == want["shape of X_train"] and not close(
        got["first training images"], want["first training images"]
    )


DATA = Exercise(
    id="7-1",
    points=2,
    names=("get_data_mnist",),
    reference=_of_keras_lab("get_data_mnist"),
    cases=_size_cases,
    probe=_probe_data,
    hints=(
        Hint("one_hot", lambda got, want, case: len(got["shape of y_train"]) == 2),
        Hint("no_channel_axis", _no_channel_axis),
        Hint("channels_first", lambda got, want, case: got["shape of X_train"][1:] == [1, 28, 28]),
        Hint("test_cut", _test_cut),
        Hint("size_ignored", _size_ignored),
        Hint("labels_not_cut", _labels_not_cut),
        Hint("not_scaled", _not_scaled),
        Hint("negative_pixels", lambda got, want, case: got["lowest pixel"] < 0),
        Hint("other_images", _other_images),
    ),
)


# --- 7-2 ----------------------------------------------------------------------------------------
def _network_cases(rng: np.random.Generator) -> list[Case]:
    images = rng.random((4, 28, 28, 1), dtype=np.float32)
    return [
        {"dense": 20, "images": images},
        {"dense": int(rng.integers(24, 48)), "images": images},
    ]


def _probe_network(answer: Callable[[int], keras.Model], case: Case) -> Observation:
    model = answer(case["dense"])
    if not model.built:
        return {"input shape": None}
    _fill_by_shape(model)
    return {
        "input shape": list(model.input_shape[1:]),
        "parameters": model.count_params(),
        "probabilities": np.asarray(model(case["images"])),
        "probabilities while training": np.asarray(model(case["images"], training=True)),
    }


def _fill_by_shape(model: keras.Model) -> None:
    """Give weights values that depend on their shape alone, so that equal networks agree."""
    model.set_weights([_values(weights.shape) for weights in model.get_weights()])


def _values(shape: tuple[int, ...]) -> np.ndarray:
    inputs = int(np.prod(shape[:-1]))
    return np.random.default_rng(int(np.prod(shape))).normal(size=shape) / inputs**0.5


def _parameters(dense: int, *, side: int = 12, kernel: int = 5, filters: int = 32) -> int:
    """Return the size of the network if its maps are ``side`` pixels wide when flattened."""
    convolution = filters * (kernel**2 + 1)
    return convolution + dense * (side**2 * filters + 1) + 10 * (dense + 1)


def _has_size(**changes: int) -> Callable[[Observation, Observation, Case], bool]:
    return lambda got, want, case: got["parameters"] == _parameters(case["dense"], **changes)


def _dense_fixed(got: Observation, want: Observation, case: Case) -> bool:
    return case["dense"] != 20 and got["parameters"] == _parameters(20)


def _no_softmax(got: Observation, want: Observation, case: Case) -> bool:
    return not close(got["probabilities"].sum(axis=1), np.ones(len(case["images"])))


def _differs_while_training(got: Observation, want: Observation, case: Case) -> bool:
    part = "probabilities while training"
    return not close(got[part], want[part])


NETWORK = Exercise(
    id="7-2",
    points=3,
    names=("cnn",),
    reference=_of_keras_lab("cnn"),
    cases=_network_cases,
    probe=_probe_network,
    hints=(
        Hint("no_input", lambda got, want, case: got["input shape"] is None),
        Hint("dense_fixed", _dense_fixed),
        Hint("padded", _has_size(side=14)),
        Hint("no_pooling", _has_size(side=24)),
        Hint("kernel", _has_size(side=13, kernel=3)),
        Hint("not_flattened", lambda got, want, case: got["probabilities"].ndim > 2),
        Hint("number_of_classes", lambda got, want, case: got["probabilities"].shape[1] != 10),
        Hint("parameters", lambda got, want, case: got["parameters"] != want["parameters"]),
        Hint("no_softmax", _no_softmax),
        Hint(
            "activation",
            lambda got, want, case: not close(got["probabilities"], want["probabilities"]),
        ),
        Hint("layer_added", _differs_while_training),
    ),
)


# --- 7-3 ----------------------------------------------------------------------------------------
def _setup_cases(rng: np.random.Generator) -> list[Case]:
    return [
        {
            "lr": float(rng.uniform(0.02, 0.2)),
            "X": rng.normal(size=(12, 4)).astype(np.float32),
            "y": rng.integers(0, 3, 12),
        }
    ]


def _small_model(*shape: int, classes: int) -> keras.Model:
    """Return a network without hidden layer, which notes the size of every batch that it sees.

    It computes at once, which spares it tracing.
    """
    import keras

    class EagerModel(keras.Sequential):
        def __init__(self, layers: list[keras.Layer]) -> None:
            super().__init__(layers)
            self.batch_sizes: list[int] = []
            self.test_sizes: list[int] = []

        def train_step(self, data: tuple) -> dict[str, float]:
            self.batch_sizes.append(len(data[0]))
            return super().train_step(data)

        def test_step(self, data: tuple) -> dict[str, float]:
            self.test_sizes.append(len(data[0]))
            return super().test_step(data)

        def compile(self, *arguments: Any, **options: Any) -> None:
            super().compile(*arguments, **{**options, "run_eagerly": True})

    output = keras.layers.Dense(classes, activation="softmax")
    return EagerModel([keras.Input(shape), keras.layers.Flatten(), output])


def _filled_model() -> keras.Model:
    model = _small_model(4, classes=3)
    _fill_by_shape(model)
    return model


def _probe_setup(answer: Callable[..., Any], case: Case) -> Observation:
    """Set up three models: as by default, and with each optimizer; the first is evaluated."""
    plain, adam, sgd = (_filled_model() for _ in range(3))
    answer(plain)
    answer(adam, "adam", case["lr"])
    answer(sgd, optimizer="sgd", lr=case["lr"])
    if not all(model.compiled for model in (plain, adam, sgd)):
        return {"compiled": False}
    scores = np.atleast_1d(plain.evaluate(case["X"], case["y"], verbose=0))
    return {
        "compiled": True,
        "optimizer by default": type(plain.optimizer).__name__,
        "optimizer for adam": type(adam.optimizer).__name__,
        "optimizer for sgd": type(sgd.optimizer).__name__,
        "lr by default": float(plain.optimizer.learning_rate),
        "lr of adam": float(adam.optimizer.learning_rate),
        "lr of sgd": float(sgd.optimizer.learning_rate),
        "number of scores": len(scores),
        "loss": scores[0],
        "accuracy": scores[-1],
        "weights after Adam": _weights_after_training(adam, case),
        "weights after SGD": _weights_after_training(sgd, case),
    }


def _weights_after_training(model: keras.Model, case: Case) -> np.ndarray:
    """Take two steps, as the first one of SGD is the same with and without momentum."""
    for _ in range(2):
        model.train_on_batch(case["X"], case["y"])
    return np.concatenate([weights.ravel() for weights in model.get_weights()])


def _other_options(got: Observation, want: Observation, case: Case) -> bool:
    parts = ("weights after Adam", "weights after SGD")
    return not all(close(got[part], want[part]) for part in parts)


def _lr_ignored(got: Observation, want: Observation, case: Case) -> bool:
    return not all(close(got[part], want[part]) for part in ("lr of adam", "lr of sgd"))


def _same_optimizer(got: Observation, want: Observation, case: Case) -> bool:
    return got["optimizer for adam"] == got["optimizer for sgd"]


SETUP = Exercise(
    id="7-3",
    points=3,
    names=("model_setup",),
    reference=_of_keras_lab("model_setup"),
    cases=_setup_cases,
    probe=_probe_setup,
    hints=(
        Hint("not_compiled", lambda got, want, case: not got["compiled"]),
        Hint("one_hot_loss", lambda got, want, case: "same rank" in got["error"]),
        Hint("optimizer_ignored", _same_optimizer),
        Hint("lr_ignored", _lr_ignored),
        Hint("no_accuracy", lambda got, want, case: got["number of scores"] == 1),
        Hint("other_loss", lambda got, want, case: not close(got["loss"], want["loss"])),
        Hint("other_options", _other_options),
    ),
)


# --- 7-4 ----------------------------------------------------------------------------------------
def _prediction_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for share in (0.3, 0.0):
        y = rng.integers(0, 10, 40)
        predict = np.where(rng.random(40) < share, (y + rng.integers(1, 10, 40)) % 10, y)
        predict[:2] = (y[:2] + np.array([3, 0])) % 10 if share else y[:2]
        # Never above a half: what is most likely need not be likely.
        probabilities = rng.uniform(0, 0.1, (40, 10))
        probabilities[np.arange(40), predict] = 0.4
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        X = rng.random((40, 6, 6, 1), dtype=np.float32)
        cases.append({"X": X, "y": y, "probabilities": probabilities})
    return cases


def _probe_mistakes(answer: Callable[..., Any], case: Case) -> Observation:
    X, y, predict = answer(case["X"], case["y"], case["probabilities"])
    if np.size(X) == 0:
        # An array made of an empty list does not know how large its images would be.
        X = np.empty((0, *case["X"].shape[1:]))
    return {"wrong images": X, "their classes": y, "their predictions": predict}


def _are_probabilities(got: Observation, want: Observation, case: Case) -> bool:
    predict = np.asarray(got["their predictions"])
    return predict.shape[1:] == (10,) or (predict % 1 != 0).any()


def _kept_right_ones(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["their classes"], got["their predictions"]) and len(got["their classes"]) > 0


MISTAKES = Exercise(
    id="7-4",
    points=2,
    names=("misclassified",),
    reference=_of_keras_lab("misclassified"),
    cases=_prediction_cases,
    probe=_probe_mistakes,
    hints=(
        Hint("over_the_images", lambda got, want, case: "broadcast" in got["error"]),
        Hint("probabilities", _are_probabilities),
        Hint(
            "places",
            lambda got, want, case: np.shape(got["wrong images"]) == want["their classes"].shape,
        ),
        Hint("kept_right_ones", _kept_right_ones),
        Hint(
            "not_selected",
            lambda got, want, case: (
                len(case["y"])
                in (
                    len(got[item])
                    for item in ("wrong images", "their classes", "their predictions")
                )
            ),
        ),
        Hint(
            "swapped",
            lambda got, want, case: close(got["their classes"], want["their predictions"]),
        ),
    ),
)


# --- 7-6 ----------------------------------------------------------------------------------------
_EPOCHS = 2


def _experiment_cases(rng: np.random.Generator) -> list[Case]:
    """Return images so small and few that a training takes no time."""
    X = rng.random((360, 4, 4, 1), dtype=np.float32)
    y = rng.integers(0, 10, 360)
    seeds = rng.choice(1000, 2, replace=False)
    return [
        {
            "train": (X[:300], y[:300]),
            "test": (X[300:], y[300:]),
            "seeds": [int(seed) for seed in seeds],
        }
    ]


class _Recorder:
    """Makes small networks, and keeps each with the weights that it began with."""

    def __init__(self) -> None:
        self.models: list[keras.Model] = []
        self.first_weights: list[np.ndarray] = []

    def __call__(self) -> keras.Model:
        self.models.append(_small_model(4, 4, 1, classes=10))
        self.first_weights.append(self.models[-1].get_weights()[0])
        return self.models[-1]


def _probe_experiment(answer: Callable[..., Any], case: Case) -> Observation:
    """Look at what was trained and how; in which order the images came is left to the answer."""
    make_model = _Recorder()
    returned = answer(make_model, case["train"], case["test"], case["seeds"], _EPOCHS)
    if returned is None:  # which NumPy takes for a number
        raise AnswerError(text.NOTHING_RETURNED)
    scores = np.asarray(returned, dtype=float)
    models = make_model.models
    return {
        "models": len(models),
        "number of scores": list(scores.shape),
        "first weights": np.array(make_model.first_weights),
        "optimizers": sorted({type(model.optimizer).__name__ for model in models}),
        "lr": sorted({float(model.optimizer.learning_rate) for model in models}),
        "batch sizes": [size for model in models for size in model.batch_sizes],
        "validated": all("val_loss" in model.history.history for model in models),
        "images to validate": [size for model in models for size in model.test_sizes[:1]],
        "scores": _kind_of(scores, models, case),
    }


def _kind_of(scores: np.ndarray, models: list[keras.Model], case: Case) -> str:
    """Return what the scores of the trained models are."""
    kinds = {
        text.TEST_ACCURACY: [_accuracy(model, *case["test"]) for model in models],
        text.TRAINING_ACCURACY: [_accuracy(model, *case["train"]) for model in models],
        text.TEST_LOSS: [_loss(model, *case["test"]) for model in models],
    }
    known = (kind for kind, wanted in kinds.items() if close(scores, wanted))
    return next(known, text.OTHER_SCORES)


def _accuracy(model: keras.Model, X: np.ndarray, y: np.ndarray) -> float:
    return float((np.asarray(model(X)).argmax(axis=1) == y).mean())


def _loss(model: keras.Model, X: np.ndarray, y: np.ndarray) -> float:
    return float(-np.log(np.asarray(model(X))[np.arange(len(y)), y]).mean())


def _same_start(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["first weights"][0], got["first weights"][1])


def _not_seeded(got: Observation, want: Observation, case: Case) -> bool:
    return not close(got["first weights"], want["first weights"])


def _other_setup(got: Observation, want: Observation, case: Case) -> bool:
    return (got["optimizers"], close(got["lr"], want["lr"])) != (want["optimizers"], True)


def _scores_are(kind: str) -> Callable[[Observation, Observation, Case], bool]:
    return lambda got, want, case: got["scores"] == kind


EXPERIMENT = Exercise(
    id="7-6",
    points=4,
    names=("run_seeds",),
    reference=_of_keras_lab("run_seeds"),
    cases=_experiment_cases,
    probe=_probe_experiment,
    hints=(
        Hint("not_called", lambda got, want, case: "'_Recorder' object" in got["error"]),
        # As Keras says it: a model that is None has no attribute 'compile' either.
        Hint("not_compiled", lambda got, want, case: "call `compile()`" in got["error"]),
        # Before the models are counted: a return within the loop leaves one of them, too.
        Hint("one_score", lambda got, want, case: got["number of scores"] in ([], [1])),
        Hint("one_model", lambda got, want, case: got["models"] < len(case["seeds"])),
        Hint("both_scores", lambda got, want, case: len(got["number of scores"]) == 2),
        Hint("same_seed", _same_start),
        Hint("not_seeded", _not_seeded),
        Hint("other_setup", _other_setup),
        Hint("not_validated", lambda got, want, case: not got["validated"]),
        Hint("other_training", lambda got, want, case: got["batch sizes"] != want["batch sizes"]),
        Hint(
            "other_validation",
            lambda got, want, case: got["images to validate"] != want["images to validate"],
        ),
        Hint("training_accuracy", _scores_are(text.TRAINING_ACCURACY)),
        Hint("test_loss", _scores_are(text.TEST_LOSS)),
    ),
)

EXERCISES = (DATA, NETWORK, SETUP, MISTAKES, EXPERIMENT)
