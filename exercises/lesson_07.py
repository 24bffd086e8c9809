"""Exercises of notebook 07: data, network, set-up and mistakes in Keras, and an experiment.

Nothing here imports Keras before an exercise is observed, as these exercises are also listed where
PyTorch is in use; and nothing imports PyTorch at all.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from exercises.exercise import Case, Exercise, Hint, Observation, close
from exercises.translations import AnswerError
from helpers.internal.sentences import Sentence

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
    items={
        "shape of X_train": Sentence(ja="X_train の形", en="TRANSLATE"),
        "shape of y_train": Sentence(ja="y_train の形", en="TRANSLATE"),
        "shape of X_test": Sentence(ja="X_test の形", en="TRANSLATE"),
        "shape of y_test": Sentence(ja="y_test の形", en="TRANSLATE"),
        "lowest pixel": Sentence(ja="画素の最小値", en="TRANSLATE"),
        "highest pixel": Sentence(ja="画素の最大値", en="TRANSLATE"),
        "first training images": Sentence(ja="最初の訓練画像", en="TRANSLATE"),
        "first training labels": Sentence(ja="最初の訓練用ラベル", en="TRANSLATE"),
        "last training labels": Sentence(ja="最後の訓練用ラベル", en="TRANSLATE"),
        "first test images": Sentence(ja="最初のテスト画像", en="TRANSLATE"),
        "first test labels": Sentence(ja="最初のテスト用ラベル", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "one_hot",
            lambda got, want, case: len(got["shape of y_train"]) == 2,
            Sentence(
                ja="ラベルは、0 から 9 の整数のまま返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_channel_axis",
            _no_channel_axis,
            Sentence(
                ja="チャンネルの軸がありません。最後に軸を足して、(N, 28, 28, 1) にしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "channels_first",
            lambda got, want, case: got["shape of X_train"][1:] == [1, 28, 28],
            Sentence(
                ja="Keras では、チャンネルの軸は最後です。(N, 28, 28, 1) にしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "test_cut",
            _test_cut,
            Sentence(
                ja="テスト画像まで減っています。data_size は、訓練画像だけに使います。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "size_ignored",
            _size_ignored,
            Sentence(
                ja="data_size が使われていません。最初の data_size 枚だけを残しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "labels_not_cut",
            _labels_not_cut,
            Sentence(
                ja="画像とラベルの数が違います。ラベルも同じ数だけ残しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_scaled",
            _not_scaled,
            Sentence(
                ja="画素が 0〜255 のままです。255 で割りましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "negative_pixels",
            lambda got, want, case: got["lowest pixel"] < 0,
            Sentence(
                ja="画素が負になっています。ここでは、平均を引かずに 0〜1 にします。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "other_images",
            _other_images,
            Sentence(
                ja="形は合っていますが、画像か画素の値が違います。最初の data_size 枚を取り出し、255 で割りましょう。",
                en="TRANSLATE",
            ),
        ),
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
    items={
        "input shape": Sentence(ja="入力の形", en="TRANSLATE"),
        "parameters": Sentence(ja="パラメータの数", en="TRANSLATE"),
        "probabilities": Sentence(ja="確率", en="TRANSLATE"),
        "probabilities while training": Sentence(ja="学習のときの確率", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "no_input",
            lambda got, want, case: got["input shape"] is None,
            Sentence(
                ja="入力の形が決まっていません。最初に keras.Input(shape=(28, 28, 1)) を置きましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "dense_fixed",
            _dense_fixed,
            Sentence(
                ja="ユニットの数が決め打ちです。引数の dense を使いましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "padded",
            _has_size(side=14),
            Sentence(
                ja="畳み込みの出力が 28×28 のままです。padding は指定しません。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_pooling",
            _has_size(side=24),
            Sentence(
                ja="最大プーリングがありません。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "kernel",
            _has_size(side=13, kernel=3),
            Sentence(
                ja="畳み込みのカーネルは 5×5 です。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_flattened",
            lambda got, want, case: got["probabilities"].ndim > 2,
            Sentence(
                ja="出力の形が (N, 10) になりません。全結合層の前に layers.Flatten() を置きましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "number_of_classes",
            lambda got, want, case: got["probabilities"].shape[1] != 10,
            Sentence(
                ja="最後の層のユニットは 10 個です。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "parameters",
            lambda got, want, case: got["parameters"] != want["parameters"],
            Sentence(
                ja="パラメータの数が合いません。上の表と、層を 1 つずつ比べましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_softmax",
            _no_softmax,
            Sentence(
                ja='確率の和が 1 になりません。最後の層の活性化関数は "softmax" です。',
                en="TRANSLATE",
            ),
        ),
        Hint(
            "activation",
            lambda got, want, case: not close(got["probabilities"], want["probabilities"]),
            Sentence(
                ja="層の大きさは合っていますが、計算が違います。ReLU と最大プーリングを確かめましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "layer_added",
            _differs_while_training,
            Sentence(
                ja="学習のときの計算が違います。表にない層（ドロップアウトなど）を足していませんか。",
                en="TRANSLATE",
            ),
        ),
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
    items={
        "compiled": Sentence(ja="compile されたモデル", en="TRANSLATE"),
        "optimizer by default": Sentence(ja="引数を省いたときのオプティマイザ", en="TRANSLATE"),
        "optimizer for adam": Sentence(ja="adam を選んだときのオプティマイザ", en="TRANSLATE"),
        "optimizer for sgd": Sentence(ja="sgd を選んだときのオプティマイザ", en="TRANSLATE"),
        "lr by default": Sentence(ja="引数を省いたときの学習率", en="TRANSLATE"),
        "lr of adam": Sentence(ja="Adam の学習率", en="TRANSLATE"),
        "lr of sgd": Sentence(ja="SGD の学習率", en="TRANSLATE"),
        "number of scores": Sentence(ja="正解率の配列の形", en="TRANSLATE"),
        "loss": Sentence(ja="損失", en="TRANSLATE"),
        "accuracy": Sentence(ja="正解率", en="TRANSLATE"),
        "weights after Adam": Sentence(ja="Adam で学習した後の重み", en="TRANSLATE"),
        "weights after SGD": Sentence(ja="SGD で学習した後の重み", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "not_compiled",
            lambda got, want, case: not got["compiled"],
            Sentence(
                ja="model.compile が呼ばれないことがあります。adam でも sgd でも呼びましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "one_hot_loss",
            lambda got, want, case: "same rank" in got["error"],
            Sentence(
                ja="ラベルは整数のままなので、categorical_crossentropy は使えません。sparse_categorical_crossentropy にしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "optimizer_ignored",
            _same_optimizer,
            Sentence(
                ja='optimizer="adam" と optimizer="sgd" で、同じオプティマイザになっています。',
                en="TRANSLATE",
            ),
        ),
        Hint(
            "lr_ignored",
            _lr_ignored,
            Sentence(
                ja="学習率が効いていません。オプティマイザを作るときに learning_rate=lr を渡しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_accuracy",
            lambda got, want, case: got["number of scores"] == 1,
            Sentence(
                ja='正解率が測られていません。compile に metrics=["accuracy"] を渡しましょう。',
                en="TRANSLATE",
            ),
        ),
        Hint(
            "other_loss",
            lambda got, want, case: not close(got["loss"], want["loss"]),
            Sentence(
                ja="損失は交差エントロピー sparse_categorical_crossentropy にしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "other_options",
            _other_options,
            Sentence(
                ja="重みの動き方が違います。学習率のほかの設定は、Keras のままにしましょう。",
                en="TRANSLATE",
            ),
        ),
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
    items={
        "wrong images": Sentence(ja="間違えた画像", en="TRANSLATE"),
        "their classes": Sentence(ja="間違えた画像の正解", en="TRANSLATE"),
        "their predictions": Sentence(ja="間違えた画像の予測", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "over_the_images",
            lambda got, want, case: "broadcast" in got["error"],
            Sentence(
                ja="最大値を探す軸が違います。クラスの軸は axis=1 です。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "probabilities",
            _are_probabilities,
            Sentence(
                ja="予測が確率のままです。argmax で、最も確率の高いクラスにしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "places",
            lambda got, want, case: np.shape(got["wrong images"]) == want["their classes"].shape,
            Sentence(
                ja="画像のかわりに番号が返っています。X[番号] で画像を選びましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "kept_right_ones",
            _kept_right_ones,
            Sentence(
                ja="正解した画像を選んでいます。正解と予測が違うものを選びましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_selected",
            lambda got, want, case: (
                len(case["y"])
                in (
                    len(got[item])
                    for item in ("wrong images", "their classes", "their predictions")
                )
            ),
            Sentence(
                ja="全部が返っているものがあります。画像、正解、予測の 3 つとも、間違えたものだけにしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "swapped",
            lambda got, want, case: close(got["their classes"], want["their predictions"]),
            Sentence(
                ja="順序が違います。画像、正解、予測の順に返しましょう。",
                en="TRANSLATE",
            ),
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
        raise AnswerError("nothing returned")
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
        "accuracy on the test data": [_accuracy(model, *case["test"]) for model in models],
        "accuracy on the training data": [_accuracy(model, *case["train"]) for model in models],
        "loss on the test data": [_loss(model, *case["test"]) for model in models],
    }
    known = (kind for kind, wanted in kinds.items() if close(scores, wanted))
    return next(known, "other values")


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
    items={
        "models": Sentence(ja="作ったモデルの数", en="TRANSLATE"),
        "number of scores": Sentence(ja="正解率の配列の形", en="TRANSLATE"),
        "first weights": Sentence(ja="学習前の重み", en="TRANSLATE"),
        "optimizers": Sentence(ja="オプティマイザ", en="TRANSLATE"),
        "lr": Sentence(ja="学習率", en="TRANSLATE"),
        "batch sizes": Sentence(ja="学習に使った各バッチの枚数", en="TRANSLATE"),
        "validated": Sentence(ja="検証データ", en="TRANSLATE"),
        "images to validate": Sentence(ja="検証に使った画像の枚数", en="TRANSLATE"),
        "scores": Sentence(ja="返した値", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "not_called",
            lambda got, want, case: "'_Recorder' object" in got["error"],
            Sentence(
                ja="モデルが作られていません。make_model に () を付けて呼びましょう。",
                en="TRANSLATE",
            ),
        ),
        # As Keras says it: a model that is None has no attribute 'compile' either.
        Hint(
            "not_compiled",
            lambda got, want, case: "call `compile()`" in got["error"],
            Sentence(
                ja="学習の前に、model_setup でモデルを準備しましょう。",
                en="TRANSLATE",
            ),
        ),
        # Before the models are counted: a return within the loop leaves one of them, too.
        Hint(
            "one_score",
            lambda got, want, case: got["number of scores"] in ([], [1]),
            Sentence(
                ja="シードの数だけ正解率が要ります。ループの中で、リストに足していきましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "one_model",
            lambda got, want, case: got["models"] < len(case["seeds"]),
            Sentence(
                ja="前のシードで学習したモデルを使い回しています。シードごとに make_model() で新しく作りましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "both_scores",
            lambda got, want, case: len(got["number of scores"]) == 2,
            Sentence(
                ja="損失も返っています。evaluate の結果 [損失, 正解率] のうち、正解率だけを集めましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "same_seed",
            _same_start,
            Sentence(
                ja="どのモデルも同じ重みで始まっています。set_random_seed に、ループのシードを渡しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_seeded",
            _not_seeded,
            Sentence(
                ja="始まりの重みが、シードから決まっていません。モデルを作る直前に keras.utils.set_random_seed(seed) を呼びましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "other_setup",
            _other_setup,
            Sentence(
                ja="オプティマイザは Adam、学習率は 0.001 にしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_validated",
            lambda got, want, case: not got["validated"],
            Sentence(
                ja="検証データがありません。訓練データの 10 % を検証に回しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "other_training",
            lambda got, want, case: got["batch sizes"] != want["batch sizes"],
            Sentence(
                ja="学習に使ったバッチの数か大きさが違います。epochs、バッチの大きさ 128、検証に回す 10 % を確かめましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "other_validation",
            lambda got, want, case: got["images to validate"] != want["images to validate"],
            Sentence(
                ja="検証に使う画像が違います。テストデータではなく、訓練データの 10 % を使いましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "training_accuracy",
            _scores_are("accuracy on the training data"),
            Sentence(
                ja="訓練データの正解率です。テストデータで評価しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "test_loss",
            _scores_are("loss on the test data"),
            Sentence(
                ja="損失が返っています。evaluate の結果は、損失、正解率の順です。",
                en="TRANSLATE",
            ),
        ),
    ),
)

EXERCISES = (DATA, NETWORK, SETUP, MISTAKES, EXPERIMENT)
