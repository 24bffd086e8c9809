"""Exercises of notebook 07: data, network, set-up and mistakes in Keras, and an experiment.

Nothing here imports Keras before an exercise is observed, as these exercises are also listed where
PyTorch is in use; and nothing imports PyTorch at all.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from exercises.exercise import Case, Exercise, Observation, close
from exercises.hints import Recogniser, any_of, equals, hint, like, says
from exercises.translations import AnswerError
from helpers.data import arrays
from helpers.internal.sentences import Sentence

if TYPE_CHECKING:
    import keras


def _of_keras_lab(name: str) -> Callable[..., Any]:
    """Return a function of :mod:`helpers.keras_lab`, which is imported when it is called."""

    def function(*arguments: Any, **options: Any) -> Any:
        return getattr(importlib.import_module("helpers.keras_lab"), name)(*arguments, **options)

    function.__name__ = function.__qualname__ = name
    return function


def _ndarray(value: Any) -> np.ndarray:
    """Return ``value`` as it is, where later cells need a NumPy array."""
    if value is None:
        raise AnswerError("nothing returned")
    if not isinstance(value, np.ndarray):
        raise AnswerError("not an array", type=type(value).__name__)
    return value


def _lacks_default(name: str) -> Recogniser:
    """Recognise a function that cannot be called without this argument."""
    lacking = says(rf"missing \d+ required positional arguments?: .*'{name}'")
    # With a line of the student's own it is another function that was called.
    return lambda got, want, case: "line" not in got and lacking(got, want, case)


# --- 7-1 ----------------------------------------------------------------------------------------
_LOOKED_AT = 20
_PARTS = ("X_train", "y_train", "X_test", "y_test")
_ALL = "training images there are"


def _size_cases(rng: np.random.Generator) -> list[Case]:
    return [{"data_size": int(rng.integers(20, 300))}, {"data_size": None}]


def _probe_data(answer: Callable[..., Any], case: Case) -> Observation:
    """Describe what came back; the images themselves could be hundreds of megabytes."""
    # As later cells call it: the argument by its name, or left out.
    size = case["data_size"]
    (X_train, y_train), (X_test, y_test) = answer() if size is None else answer(data_size=size)
    parts = dict(zip(_PARTS, map(_ndarray, (X_train, y_train, X_test, y_test)), strict=True))
    return {
        **{f"shape of {name}": str(part.shape) for name, part in parts.items()},
        "labels are integers": {y_train.dtype.kind, y_test.dtype.kind} <= {"i", "u"},
        "lowest pixel": min(float(X.min()) for X in (X_train, X_test)),
        "highest pixel": max(float(X.max()) for X in (X_train, X_test)),
        "first training labels": y_train[:_LOOKED_AT],
        "last training labels": y_train[-_LOOKED_AT:],
        "first test labels": y_test[:_LOOKED_AT],
        "first training images": X_train[:_LOOKED_AT].astype(float),
        "last training images": X_train[-_LOOKED_AT:].astype(float),
        "first test images": X_test[:_LOOKED_AT].astype(float),
        "last test images": X_test[-_LOOKED_AT:].astype(float),
        _ALL: len(arrays("MNIST")[1]),
    }


def _shapes(observation: Observation) -> dict[str, tuple[int, ...]]:
    return {name: ast.literal_eval(observation[f"shape of {name}"]) for name in _PARTS}


def _images_have(change: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Recogniser:
    """Recognise images, for training or for the test, of a shape made from the right one."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        seen, wanted = _shapes(got), _shapes(want)
        return any(seen[name] == change(wanted[name]) for name in ("X_train", "X_test"))

    return recognises


def _is_one_hot(got: Observation, want: Observation, case: Case) -> bool:
    seen, wanted = _shapes(got), _shapes(want)
    return any(seen[name] == (*wanted[name], 10) for name in ("y_train", "y_test"))


def _is_reordered(got: Observation, want: Observation, case: Case) -> bool:
    seen, wanted = _shapes(got), _shapes(want)
    return seen != wanted and sorted(seen.values()) == sorted(wanted.values())


def _training_data_twice(got: Observation, want: Observation, case: Case) -> bool:
    seen = _shapes(got)
    return seen["X_test"] == seen["X_train"] and close(
        got["first test images"], want["first training images"], atol=1e-3
    )


def _test_is_cut(got: Observation, want: Observation, case: Case) -> bool:
    return _shapes(got)["X_test"][0] == case["data_size"] and close(
        got["first test labels"], want["first test labels"]
    )


def _all_remain(*parts: str) -> Recogniser:
    """Recognise that all training images, or all their labels, remain where few were asked for."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        seen, wanted = _shapes(got), _shapes(want)
        changed = {name for name in _PARTS if seen[name][0] != wanted[name][0]}
        return changed == set(parts) and all(seen[name][0] == got[_ALL] for name in parts)

    return recognises


def _cut_by_default(got: Observation, want: Observation, case: Case) -> bool:
    seen = _shapes(got)
    return (
        case["data_size"] is None
        and seen["X_train"][0] == seen["y_train"][0] < got[_ALL]
        and close(got["first training labels"], want["first training labels"])
    )


def _not_scaled(got: Observation, want: Observation, case: Case) -> bool:
    items = ("first training images", "first test images")
    return any(close(got[item], 255 * want[item]) for item in items)


def _other_images(got: Observation, want: Observation, case: Case) -> bool:
    # If the labels are right, something else is wrong with the pixels.
    items = ("first training labels", "first training images")
    right_kind = all(got[f"shape of {name}"] == want[f"shape of {name}"] for name in _PARTS)
    return right_kind and not any(close(got[item], want[item], atol=1e-3) for item in items)


DATA = Exercise(
    id="7-1",
    points=2,
    names=("get_data_mnist",),
    reference=_of_keras_lab("get_data_mnist"),
    cases=_size_cases,
    probe=_probe_data,
    items={
        "shape of X_train": Sentence(ja="X_train の形", en="shape of X_train"),
        "shape of y_train": Sentence(ja="y_train の形", en="shape of y_train"),
        "shape of X_test": Sentence(ja="X_test の形", en="shape of X_test"),
        "shape of y_test": Sentence(ja="y_test の形", en="shape of y_test"),
        "labels are integers": Sentence(ja="ラベルの型", en="type of the labels"),
        "lowest pixel": Sentence(ja="画素の最小値", en="lowest pixel"),
        "highest pixel": Sentence(ja="画素の最大値", en="highest pixel"),
        "first training labels": Sentence(ja="最初の訓練用ラベル", en="first training labels"),
        "last training labels": Sentence(ja="最後の訓練用ラベル", en="last training labels"),
        "first test labels": Sentence(ja="最初のテスト用ラベル", en="first test labels"),
        "first training images": Sentence(ja="最初の訓練画像", en="first training images"),
        "last training images": Sentence(ja="最後の訓練画像", en="last training images"),
        "first test images": Sentence(ja="最初のテスト画像", en="first test images"),
        "last test images": Sentence(ja="最後のテスト画像", en="last test images"),
        _ALL: Sentence(ja="訓練画像の全部の枚数", en="number of all training images"),
    },
    hints=(
        hint(
            "no_default",
            _lacks_default("data_size"),
            ja="data_size を省いて呼べません。def の行の data_size=None は、そのまま残しましょう。",
            en="It cannot be called without data_size. Keep data_size=None in the def line.",
        ),
        hint(
            "one_hot",
            _is_one_hot,
            ja="ラベルは、0 から 9 の整数のまま返しましょう。",
            en="Return the labels as they are, whole numbers from 0 to 9.",
        ),
        hint(
            "reordered",
            _is_reordered,
            ja="返す順序が違います。(X_train, y_train), (X_test, y_test) の順に返しましょう。",
            en="The order is wrong. Return (X_train, y_train), (X_test, y_test).",
        ),
        hint(
            "flattened",
            _images_have(lambda shape: (shape[0], 784)),
            ja="画像が 784 個の値に平らになっています。CNN には、(N, 28, 28, 1) のまま渡します。",
            en="The images are flattened to 784 values. A CNN takes them as (N, 28, 28, 1).",
        ),
        hint(
            "no_channel_axis",
            _images_have(lambda shape: shape[:3]),
            ja="チャンネルの軸がない画像があります。最後に軸を足して、(N, 28, 28, 1) にしましょう。",
            en="Some images have no channel axis. Add one at the end: (N, 28, 28, 1).",
        ),
        hint(
            "channels_first",
            _images_have(lambda shape: (shape[0], 1, 28, 28)),
            ja="Keras では、チャンネルの軸は最後です。(N, 28, 28, 1) にしましょう。",
            en="Keras wants the channel axis last: (N, 28, 28, 1).",
        ),
        hint(
            "training_data_twice",
            _training_data_twice,
            ja="テスト用にも、訓練データが返っています。テストデータは train=False で読み込みます。",
            en="The training data come back as test data, too. train=False loads the test data.",
        ),
        hint(
            "test_cut",
            _test_is_cut,
            ja="テストデータまで減っています。data_size は、訓練データだけに使います。",
            en="The test data are cut, too. Use data_size for the training data alone.",
        ),
        hint(
            "size_ignored",
            _all_remain("X_train", "y_train"),
            ja="data_size が使われていません。最初の data_size 枚だけを残しましょう。",
            en="data_size is not used. Keep only the first data_size images.",
        ),
        hint(
            "labels_not_cut",
            _all_remain("y_train"),
            ja="画像とラベルの数が違います。ラベルも同じ数だけ残しましょう。",
            en="There are more labels than images. Keep as many labels.",
        ),
        hint(
            "cut_by_default",
            _cut_by_default,
            ja="data_size を省いたときは、訓練データを全部返しましょう。",
            en="When data_size is left out, return all training data.",
        ),
        hint(
            "labels_not_integers",
            equals("labels are integers", False),
            ja="ラベルが整数ではありません。arrays が返した整数のまま返しましょう。",
            en="The labels are no whole numbers. Return them as arrays gave them.",
        ),
        hint(
            "not_scaled",
            _not_scaled,
            ja="画素が 0〜255 のままの画像があります。訓練画像もテスト画像も 255 で割りましょう。",
            en="Some pixels are still 0 to 255. Divide training and test images by 255.",
        ),
        hint(
            "negative_pixels",
            lambda got, want, case: got["lowest pixel"] < 0,
            ja="画素が負になっています。ここでは、何も引かずに 0〜1 にします。",
            en="Some pixels are negative. Here they become 0 to 1, with nothing subtracted.",
        ),
        hint(
            "rounded_down",
            like("first training images", lambda want, case: want["first training images"] // 1),
            ja="画素が 0 と 1 だけです。// や int では、小数が切り捨てられます。",
            en="All pixels are 0 or 1: // and int drop what is behind the decimal point.",
        ),
        hint(
            "other_images",
            _other_images,
            ja="枚数は合っていますが、最初の data_size 枚とは違う画像が入っています。",
            en="The number is right, but these are not the first data_size images.",
        ),
    ),
    # An image may be kept in half precision, which is coarser than other numbers.
    rtol=1e-3,
    atol=1e-3,
)


# --- 7-2 ----------------------------------------------------------------------------------------
def _network_cases(rng: np.random.Generator) -> list[Case]:
    images = rng.random((3, 28, 28, 1), dtype=np.float32)
    return [{"dense": units, "images": images} for units in (None, int(rng.integers(24, 48)))]


def _probe_network(answer: Callable[..., keras.Model], case: Case) -> Observation:
    """Describe the network; it is made twice, as later cells compare networks of their own."""
    import keras

    # As later cells call it: the argument by its name, or left out.
    options = {} if case["dense"] is None else {"dense": case["dense"]}
    model, another = answer(**options), answer(**options)
    if model is None:
        raise AnswerError("nothing returned")
    if not isinstance(model, keras.Model):
        return {"is a model": False}
    if not (model.built and model.get_weights()):
        return {"is a model": True, "has an input": False}
    shape = getattr(model, "input_shape", (None, 28, 28, 1))  # a subclass does not tell
    if tuple(shape[1:]) != (28, 28, 1):
        return {"is a model": True, "has an input": True, "input shape": str(tuple(shape[1:]))}
    kernels, others = (
        [weights for weights in one.get_weights() if weights.ndim > 1] for one in (model, another)
    )
    agreeing = sum(map(np.array_equal, kernels, others))
    _fill_by_shape(model)
    return {
        "is a model": True,
        "has an input": True,
        "input shape": "(28, 28, 1)",
        "parameters": model.count_params(),
        "probabilities": np.asarray(model(case["images"])),
        "probabilities while training": np.asarray(model(case["images"], training=True)),
        "parameters that learn": sum(int(np.prod(one.shape)) for one in model.trainable_weights),
        "penalties": len(model.losses),
        "convolutions": sum(isinstance(layer, keras.layers.Conv2D) for layer in model.layers),
        "first weights": ", ".join(str(weights.shape) for weights in model.get_weights()[:2]),
        "separate models": model is not another,
        "kernels that begin alike": agreeing,
    }


def _fill_by_shape(model: keras.Model) -> None:
    """Give weights values that depend on their shape alone, so that equal networks agree."""
    model.set_weights([_values(weights.shape) for weights in model.get_weights()])


def _values(shape: tuple[int, ...]) -> np.ndarray:
    inputs = int(np.prod(shape[:-1]))
    return np.random.default_rng(int(np.prod(shape))).normal(size=shape) / inputs**0.5


def _units(case: Case) -> int:
    return case["dense"] or 20


def _parameters(dense: int, *, side: int = 12, kernel: int = 5, filters: int = 32) -> int:
    """Return the size of the network if its maps are ``side`` pixels wide when flattened."""
    convolution = filters * (kernel**2 + 1)
    return convolution + dense * (side**2 * filters + 1) + 10 * (dense + 1)


def _has_size(**changes: int) -> Recogniser:
    return lambda got, want, case: got["parameters"] == _parameters(_units(case), **changes)


def _other_units(got: Observation, want: Observation, case: Case) -> bool:
    counts = {_parameters(units) for units in range(1, 1025) if units != _units(case)}
    return got["parameters"] in counts


def _other_filters(got: Observation, want: Observation, case: Case) -> bool:
    counts = {_parameters(_units(case), filters=number) for number in range(1, 257)}
    return got["parameters"] in counts - {want["parameters"]}


def _relu(values: np.ndarray) -> np.ndarray:
    return np.maximum(values, 0)


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _probabilities(
    case: Case,
    convolved: Callable[[np.ndarray], np.ndarray] = _relu,
    pooled: Callable[..., np.ndarray] = np.max,
    hidden: Callable[[np.ndarray], np.ndarray] = _relu,
    output: Callable[[np.ndarray], np.ndarray] = _softmax,
) -> np.ndarray:
    """Return what the network gives, filled by shape, if one of its parts is another."""
    windows = np.lib.stride_tricks.sliding_window_view(case["images"][..., 0], (5, 5), axis=(1, 2))
    kernels = _values((5, 5, 1, 32))[:, :, 0]
    maps = convolved(np.einsum("nijhw,hwc->nijc", windows, kernels) + _values((32,)))
    maps = pooled(maps.reshape(-1, 12, 2, 12, 2, 32), axis=(2, 4))
    units = _units(case)
    vectors = maps.reshape(len(maps), -1) @ _values((4608, units)) + _values((units,))
    return output(hidden(vectors) @ _values((units, 10)) + _values((10,)))


_NO_RELU = (lambda values: values, _sigmoid, np.tanh, _softmax)


def _part_is(part: str, *others: Callable[..., np.ndarray]) -> Recogniser:
    """Recognise a network in which one part computes something else."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        made = (_probabilities(case, **{part: other}) for other in others)
        return any(close(got["probabilities"], probabilities) for probabilities in made)

    return recognises


def _no_softmax(got: Observation, want: Observation, case: Case) -> bool:
    same_size = got["parameters"] == want["parameters"]
    return same_size and not close(got["probabilities"].sum(axis=1), np.ones(len(case["images"])))


def _differs_while_training(got: Observation, want: Observation, case: Case) -> bool:
    part = "probabilities while training"
    return not close(got[part], got["probabilities"])


NETWORK = Exercise(
    id="7-2",
    points=3,
    names=("cnn",),
    reference=_of_keras_lab("cnn"),
    cases=_network_cases,
    probe=_probe_network,
    items={
        "is a model": Sentence(ja="返した値", en="what is returned"),
        "has an input": Sentence(ja="入力の形", en="input shape"),
        "input shape": Sentence(ja="入力の形", en="input shape"),
        "parameters": Sentence(ja="パラメータの数", en="number of parameters"),
        "probabilities": Sentence(ja="確率", en="probabilities"),
        "probabilities while training": Sentence(
            ja="学習のときの確率", en="probabilities while training"
        ),
        "parameters that learn": Sentence(
            ja="学習で変わるパラメータの数", en="number of parameters that training changes"
        ),
        "penalties": Sentence(ja="損失に足される項の数", en="number of terms added to the loss"),
        "convolutions": Sentence(
            ja="model.layers にある畳み込み層の数", en="number of convolutions in model.layers"
        ),
        "first weights": Sentence(ja="最初の 2 つの重みの形", en="shapes of the first two weights"),
        "separate models": Sentence(ja="2 回目に作ったモデル", en="model made the second time"),
        "kernels that begin alike": Sentence(
            ja="2 つのモデルで同じだった、最初の重みの組の数",
            en="number of weight arrays that begin alike in two models",
        ),
    },
    hints=(
        hint(
            "no_default",
            _lacks_default("dense"),
            ja="dense を省いて呼べません。def の行の dense=20 は、そのまま残しましょう。",
            en="It cannot be called without dense. Keep dense=20 in the def line.",
        ),
        hint(
            "layer_not_made",
            says(r"Only instances of `keras.Layer` can be added.*<class"),
            ja="() のない層があります。layers.Flatten() のように、() で作ってから並べましょう。",
            en="A layer has no (). Make it first, as in layers.Flatten().",
        ),
        hint(
            "no_model",
            equals("is a model", False),
            ja="モデルが返っていません。keras.Sequential([...]) で作ったモデルを返しましょう。",
            en="No model is returned. Return one made with keras.Sequential([...]).",
        ),
        hint(
            "no_input",
            equals("has an input", False),
            ja="入力の形が決まっていません。最初に keras.Input(shape=(28, 28, 1)) を置きましょう。",
            en="The shape of the input is open. Begin with keras.Input(shape=(28, 28, 1)).",
        ),
        hint(
            "other_units",
            _other_units,
            ja="3 番の層のユニットの数が違います。引数の dense を使い、省いたときは 20 にしましょう。",
            en="Layer 3 has another number of units. Use the argument dense, 20 by default.",
        ),
        hint(
            "padded",
            _has_size(side=14),
            ja="畳み込みの出力が 28×28 のままです。padding は指定しません。",
            en="The convolution's output is still 28×28. Leave padding out.",
        ),
        hint(
            "no_pooling",
            _has_size(side=24),
            ja="最大プーリングがありません。",
            en="There is no max pooling.",
        ),
        hint(
            "kernel",
            _has_size(side=13, kernel=3),
            ja="畳み込みのカーネルは 5×5 です。",
            en="The kernels of the convolution are 5×5.",
        ),
        hint(
            "filters",
            _other_filters,
            ja="畳み込みのフィルタは 32 個です。",
            en="The convolution has 32 filters.",
        ),
        hint(
            "not_flattened",
            lambda got, want, case: got["probabilities"].ndim > 2,
            ja="出力の形が (N, 10) になりません。全結合層の前に layers.Flatten() を置きましょう。",
            en="The output is not (N, 10). Put layers.Flatten() before the dense layers.",
        ),
        hint(
            "number_of_classes",
            lambda got, want, case: got["probabilities"].shape[1] != 10,
            ja="最後の層のユニットは 10 個です。",
            en="The last layer has 10 units.",
        ),
        hint(
            "no_softmax",
            _no_softmax,
            ja='確率の和が 1 になりません。最後の層の活性化関数は "softmax" です。',
            en='The probabilities do not sum to 1. The last activation is "softmax".',
        ),
        hint(
            "softmax_twice",
            _part_is("output", lambda values: _softmax(_softmax(values))),
            ja="ソフトマックスが 2 重になっています。",
            en="Softmax is applied twice.",
        ),
        hint(
            "convolution_without_relu",
            _part_is("convolved", *_NO_RELU),
            ja="畳み込み層の活性化関数が ReLU ではありません。",
            en="The activation of the convolution is not ReLU.",
        ),
        hint(
            "dense_without_relu",
            _part_is("hidden", *_NO_RELU),
            ja="3 番の全結合層の活性化関数が ReLU ではありません。",
            en="The activation of dense layer 3 is not ReLU.",
        ),
        hint(
            "average_pooling",
            _part_is("pooled", np.mean),
            ja="平均プーリングになっています。表は最大プーリングです。",
            en="This is average pooling. The table has max pooling.",
        ),
        hint(
            "layer_added",
            _differs_while_training,
            ja="学習のときだけ計算が変わります。表にない層（ドロップアウトなど）を足していませんか。",
            en="The network computes something else while training. Is there a layer that the "
            "table does not have, such as dropout?",
        ),
        hint(
            "same_model",
            equals("separate models", False),
            ja="呼ぶたびに同じモデルが返ります。モデルは、関数の中で作りましょう。",
            en="Every call returns the same model. Make the model inside the function.",
        ),
        hint(
            "seed_inside",
            equals("kernels that begin alike", 3),
            ja="どのモデルも同じ重みで始まります。シードや重みは、この関数の中では決めません。",
            en="Every model begins with the same weights. Set neither seed nor weights in here.",
        ),
        hint(
            "layer_begins_alike",
            lambda got, want, case: got["kernels that begin alike"] > 0,
            ja="2 回呼ぶと、同じ重みで始まる層があります。層は、関数の中で毎回新しく作りましょう。"
            "最初の重みやシード（kernel_initializer）は、指定しないでおきます。",
            en="In two calls, a layer begins with the same weights. Make the layers anew inside "
            "the function, and leave first weights and seeds (kernel_initializer) out.",
        ),
    ),
)


# --- 7-3 ----------------------------------------------------------------------------------------
def _setup_cases(rng: np.random.Generator) -> list[Case]:
    return [
        {
            "lr": float(rng.uniform(0.02, 0.2)),
            "X": rng.normal(size=(60, 4)).astype(np.float32),
            "y": rng.integers(0, 3, 60),
            "unknown": str(rng.choice(["rmsprop", "adamw", "nadam"])),
        }
    ]


def _small_model() -> keras.Model:
    """Return a network that computes at once, which spares it tracing."""
    import keras

    class EagerModel(keras.Sequential):
        def compile(self, *arguments: Any, **options: Any) -> None:
            super().compile(*arguments, **{**options, "run_eagerly": True})

    model = EagerModel([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    _fill_by_shape(model)
    return model


def _probe_setup(answer: Callable[..., Any], case: Case) -> Observation:
    """Set up three models: as by default, and with each optimizer; the first is evaluated."""
    plain, adam, sgd = (_small_model() for _ in range(3))
    weights = plain.get_weights()
    answer(plain)
    answer(adam, optimizer="adam", lr=case["lr"])
    answer(sgd, "sgd", case["lr"])
    if not all(model.compiled for model in (plain, adam, sgd)):
        return {"compiled": False}
    scores = _scores_of(plain, case)
    return {
        "compiled": True,
        "own optimizers": len({id(model.optimizer) for model in (plain, adam, sgd)}) == 3,
        "optimizer by default": type(plain.optimizer).__name__,
        "optimizer for adam": type(adam.optimizer).__name__,
        "optimizer for sgd": type(sgd.optimizer).__name__,
        "lr by default": _rate(plain.optimizer),
        "lr of adam": _rate(adam.optimizer),
        "lr of sgd": _rate(sgd.optimizer),
        "settings of adam": _settings(adam.optimizer),
        "settings of sgd": _settings(sgd.optimizer),
        "weights changed": not all(map(np.array_equal, weights, plain.get_weights())),
        "loss": _loss_of(plain, case),
        "evaluated": len(scores) > 0,
        "loss in evaluate": scores[0] if len(scores) else None,
        "place of the accuracy": _place_of_accuracy(scores, plain, case),
        "error for another name": _error_for_another_name(answer, case),
        "error for a similar name": _error_for_another_name(answer, case, *_SIMILAR_NAMES),
    }


def _rate(optimizer: keras.Optimizer) -> float | str:
    rate = optimizer.get_config()["learning_rate"]
    return "a schedule" if isinstance(rate, dict) else float(rate)


def _settings(optimizer: keras.Optimizer) -> str:
    """Return the settings that are not Keras's own, without the name and the learning rate."""
    mine, usual = optimizer.get_config(), type(optimizer)().get_config()
    others = mine.keys() - {"name", "learning_rate"}
    return ", ".join(f"{key}={mine[key]}" for key in sorted(others) if mine[key] != usual.get(key))


def _loss_of(model: keras.Model, case: Case) -> float | str:
    """Return the loss, or what it is called if it takes no integer labels.

    It is computed from bare arrays: Keras's own softmax keeps its logits beside its output, with
    which a wrong ``from_logits`` mends itself silently.
    """
    import keras

    loss, *_ = keras.tree.flatten(model.loss) or [None]
    try:
        function = keras.losses.get(loss)
        return float(np.mean(function(case["y"], np.asarray(model(case["X"])))))
    except Exception:
        return loss if isinstance(loss, str) else getattr(loss, "name", type(loss).__name__)


def _scores_of(model: keras.Model, case: Case) -> np.ndarray:
    """Return the loss and the metrics; nothing at all if one of them fails."""
    try:
        return np.atleast_1d(model.evaluate(case["X"], case["y"], verbose=0))
    except Exception:
        return np.empty(0)


def _place_of_accuracy(scores: np.ndarray, model: keras.Model, case: Case) -> int:
    """Return which score is the accuracy, counted after the loss from 1; 0 if none is."""
    accuracy = (np.asarray(model(case["X"])).argmax(axis=1) == case["y"]).mean()
    places = np.flatnonzero(np.isclose(scores[1:], accuracy, atol=1e-4))
    return int(places[0]) + 1 if len(places) else 0


_SIMILAR_NAMES = ("Adam", "SGD", "ada", "")


def _error_for_another_name(answer: Callable[..., Any], case: Case, *names: str) -> str:
    """Return the first error that is no ValueError, or a dash where a name is taken."""
    for name in names or (case["unknown"],):
        try:
            answer(_small_model(), optimizer=name)
        except ValueError:
            continue
        except Exception as error:
            return type(error).__name__
        return "–"
    return "ValueError"


def _loss_with_logits(want: Observation, case: Case) -> float:
    """Return the loss that takes probabilities for logits."""
    powers = np.exp(case["X"] @ _values((4, 3)) + _values((3,)))
    again = np.exp(powers / powers.sum(axis=1, keepdims=True))
    chosen = again[np.arange(len(case["y"])), case["y"]] / again.sum(axis=1)
    return float(-np.log(chosen).mean())


def _optimizers(got: Observation) -> tuple[str, str]:
    return got["optimizer for adam"], got["optimizer for sgd"]


def _lr_ignored(got: Observation, want: Observation, case: Case) -> bool:
    rates = [got[item] for item in ("lr of adam", "lr of sgd") if not close(got[item], want[item])]
    # What Keras takes where none is given, and what is the default here.
    return bool(rates) and all(round(rate, 6) in (0.001, 0.01) for rate in rates)


SETUP = Exercise(
    id="7-3",
    points=3,
    names=("model_setup",),
    reference=_of_keras_lab("model_setup"),
    cases=_setup_cases,
    probe=_probe_setup,
    items={
        "compiled": Sentence(ja="compile されたモデル", en="compiled model"),
        "own optimizers": Sentence(
            ja="モデルごとのオプティマイザ", en="an optimizer for each model"
        ),
        "optimizer by default": Sentence(
            ja="引数を省いたときのオプティマイザ", en="optimizer when none is named"
        ),
        "optimizer for adam": Sentence(
            ja="adam を選んだときのオプティマイザ", en='optimizer for "adam"'
        ),
        "optimizer for sgd": Sentence(
            ja="sgd を選んだときのオプティマイザ", en='optimizer for "sgd"'
        ),
        "lr by default": Sentence(
            ja="引数を省いたときの学習率", en="learning rate when none is given"
        ),
        "lr of adam": Sentence(ja="Adam の学習率", en="learning rate of Adam"),
        "lr of sgd": Sentence(ja="SGD の学習率", en="learning rate of SGD"),
        "settings of adam": Sentence(ja="Adam のほかの設定", en="other settings of Adam"),
        "settings of sgd": Sentence(ja="SGD のほかの設定", en="other settings of SGD"),
        "weights changed": Sentence(ja="モデルの重み", en="weights of the model"),
        "loss": Sentence(ja="損失", en="loss"),
        "evaluated": Sentence(ja="評価の結果", en="result of evaluating"),
        "loss in evaluate": Sentence(ja="evaluate が返す損失", en="loss that evaluate returns"),
        "place of the accuracy": Sentence(
            ja="metrics の中で正解率が何番目か", en="place of the accuracy among the metrics"
        ),
        "error for another name": Sentence(
            ja="adam でも sgd でもない名前のときのエラー", en="error for any other name"
        ),
        "error for a similar name": Sentence(
            ja='"Adam" や "ada" など、似た名前のときのエラー',
            en='error for a similar name such as "Adam" or "ada"',
        ),
    },
    hints=(
        hint(
            "no_default",
            any_of(_lacks_default("optimizer"), _lacks_default("lr")),
            ja='optimizer と lr を省いて呼べません。def の行の optimizer="adam", lr=0.001 は、そのまま残しましょう。',
            en="It cannot be called without optimizer and lr. "
            'Keep optimizer="adam", lr=0.001 in the def line.',
        ),
        hint(
            "optimizer_not_made",
            says(r"Could not interpret optimizer identifier: <class"),
            ja="オプティマイザの後に () がありません。keras.optimizers.Adam(…) のように作ってから渡しましょう。",
            en="() is missing after the optimizer. Make it first: keras.optimizers.Adam(…).",
        ),
        hint(
            "known_name_refused",
            lambda got, want, case: got.get("line", "").startswith("raise "),
            ja='"adam" か "sgd" なのに、エラーを出しています。if、elif、else のつながりを確かめましょう。',
            en='It raises an error for "adam" or "sgd". Check how if, elif and else connect.',
        ),
        hint(
            "metrics_not_a_list",
            says(r"Expected `metrics` argument to be a list"),
            ja='metrics は、["accuracy"] のようにリストで渡します。',
            en='Pass metrics as a list: ["accuracy"].',
        ),
        hint(
            "not_compiled",
            equals("compiled", False),
            ja="渡されたモデルの compile が呼ばれないことがあります。adam でも sgd でも、model.compile を呼びましょう。",
            en="compile is not always called on the model that is given. "
            "Call model.compile for adam and for sgd.",
        ),
        hint(
            "optimizer_shared",
            equals("own optimizers", False),
            ja="オプティマイザを 1 度だけ作って、いくつものモデルで使っています。関数の中で、呼ばれるたびに新しく作りましょう。",
            en="One optimizer is made once and shared by several models. "
            "Make a new one inside the function at each call.",
        ),
        hint(
            "optimizers_swapped",
            lambda got, want, case: _optimizers(got) == _optimizers(want)[::-1],
            ja='"adam" と "sgd" が逆になっています。',
            en='"adam" and "sgd" are the wrong way round.',
        ),
        hint(
            "optimizer_ignored",
            lambda got, want, case: len(set(_optimizers(got))) == 1,
            ja='optimizer="adam" と optimizer="sgd" で、同じオプティマイザになっています。',
            en='optimizer="adam" and optimizer="sgd" give the same optimizer.',
        ),
        hint(
            "lr_ignored",
            lambda got, want, case: (
                _optimizers(got) == _optimizers(want) and _lr_ignored(got, want, case)
            ),
            ja="学習率が効いていません。オプティマイザを作るときに learning_rate=lr を渡しましょう。",
            en="The learning rate has no effect. "
            "Pass learning_rate=lr when you make the optimizer.",
        ),
        hint(
            "other_options",
            lambda got, want, case: (
                _optimizers(got) == _optimizers(want)
                and (got["settings of adam"], got["settings of sgd"]) != ("", "")
            ),
            ja="学習率のほかの設定が変わっています。Keras のままにしましょう。",
            en="A setting besides the learning rate is changed. Leave it as Keras has it.",
        ),
        hint(
            "weights_changed",
            equals("weights changed", True),
            ja="モデルの重みが変わっています。ここでは compile だけを行います。",
            en="The weights of the model have changed. Only compile it here.",
        ),
        hint(
            "one_hot_loss",
            equals("loss", "categorical_crossentropy"),
            ja="ラベルは整数のままなので、categorical_crossentropy は使えません。"
            "sparse_categorical_crossentropy にしましょう。",
            en="The labels are whole numbers, which categorical_crossentropy cannot take. "
            "Use sparse_categorical_crossentropy.",
        ),
        hint(
            "other_loss",
            lambda got, want, case: isinstance(got["loss"], str),
            ja="損失を交差エントロピー sparse_categorical_crossentropy にしましょう。",
            en="Make the loss the cross-entropy, sparse_categorical_crossentropy.",
        ),
        hint(
            "from_logits",
            like("loss", _loss_with_logits),
            ja="モデルの出力は確率です。損失に from_logits=True は付けません。",
            en="The model gives probabilities. Leave from_logits=True out of the loss.",
        ),
        hint(
            "metric_fails",
            equals("evaluated", False),
            ja='metrics に、このモデルでは測れないものがあります。"accuracy" にしましょう。つづりも確かめましょう。',
            en='metrics has something that cannot be measured here. Use "accuracy"; mind its spelling.',
        ),
        hint(
            "no_accuracy",
            equals("place of the accuracy", 0),
            ja='正解率が測られていません。compile に metrics=["accuracy"] を渡しましょう。',
            en='The accuracy is not measured. Pass metrics=["accuracy"] to compile.',
        ),
        hint(
            "accuracy_not_first",
            lambda got, want, case: got["place of the accuracy"] > 1,
            ja='metrics では、"accuracy" を最初に書きましょう。後のセルは、最初の値を正解率として使います。',
            en='Put "accuracy" first in metrics: later cells take the first one for it.',
        ),
        hint(
            "other_names_accepted",
            lambda got, want, case: got["error for another name"] != "ValueError",
            ja='"adam" でも "sgd" でもない名前のときは、raise ValueError(…) でエラーを出しましょう。',
            en='For a name that is neither "adam" nor "sgd", raise ValueError(…).',
        ),
        hint(
            "similar_names_accepted",
            lambda got, want, case: got["error for a similar name"] != "ValueError",
            ja='"Adam" や "ada" のような、似た名前が通っています。"adam" か "sgd" と、== で比べましょう。',
            en='Similar names such as "Adam" or "ada" pass. Compare with "adam" and "sgd" by ==.',
        ),
    ),
)


# --- 7-4 ----------------------------------------------------------------------------------------
def _prediction_cases(rng: np.random.Generator) -> list[Case]:
    """Return batches with some mistakes, with nothing but mistakes, and with none."""
    return [
        _predictions(rng, count, share)
        for count, share in ((40, 0.3), (10, 0.5), (1, 1.0), (30, 0.0))
    ]


def _predictions(rng: np.random.Generator, count: int, share: float) -> Case:
    y = rng.integers(0, 10, count)
    wrong = np.arange(count) < round(share * count)
    rng.shuffle(wrong)
    predict = np.where(wrong, (y + rng.integers(1, 10, count)) % 10, y)
    # Never above a half: what is most likely need not be likely.
    probabilities = rng.uniform(0, 0.1, (count, 10))
    probabilities[np.arange(count), predict] = 0.4
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    X = rng.random((count, 6, 6, 1), dtype=np.float32)
    return {"X": X, "y": y, "probabilities": probabilities.astype(np.float32)}


_ITEMS_OF_MISTAKES = ("wrong images", "their classes", "their predictions")


def _probe_mistakes(answer: Callable[..., Any], case: Case) -> Observation:
    X, y, predict = answer(case["X"], case["y"], case["probabilities"])
    return dict(zip(_ITEMS_OF_MISTAKES, map(_ndarray, (X, y, predict)), strict=True))


def _selected(case: Case, wrong: np.ndarray) -> tuple[np.ndarray, ...]:
    predict = case["probabilities"].argmax(axis=1)
    return case["X"][wrong], case["y"][wrong], predict[wrong]


def _wrong(case: Case) -> np.ndarray:
    return case["probabilities"].argmax(axis=1) != case["y"]


def _is_selection(got: Observation, wanted: tuple[np.ndarray, ...]) -> bool:
    return all(
        close(got[item], part) for item, part in zip(_ITEMS_OF_MISTAKES, wanted, strict=True)
    )


def _are_probabilities(got: Observation, want: Observation, case: Case) -> bool:
    predict = np.asarray(got["their predictions"])
    return predict.size > 0 and bool(np.isin(predict, case["probabilities"]).all())


def _places(got: Observation, want: Observation, case: Case) -> bool:
    wrong = _wrong(case)
    places = (np.flatnonzero(wrong), wrong)
    return len(case["y"]) > 1 and any(close(got["wrong images"], one) for one in places)


def _not_selected(got: Observation, want: Observation, case: Case) -> bool:
    everything = _selected(case, np.ones(len(case["y"]), dtype=bool))
    whole = [
        close(got[item], part) for item, part in zip(_ITEMS_OF_MISTAKES, everything, strict=True)
    ]
    chosen = [close(got[item], want[item]) for item in _ITEMS_OF_MISTAKES]
    return any(whole) and all(map(max, whole, chosen)) and not all(chosen)


def _no_axis(got: Observation, want: Observation, case: Case) -> bool:
    if "error" in got:
        return says("invalid index to scalar variable")(got, want, case)
    predict = got["their predictions"]
    return predict.size > 1 and bool((predict == case["probabilities"].argmax()).all())


def _other_arrays(got: Observation, want: Observation, case: Case) -> bool:
    # Nothing that was passed in holds 500 or 10,000 of something, or images of this size.
    if "error" in got:
        return says(r"\((500|10000),\)|size of axis is (500|10000) ")(got, want, case)
    return got["wrong images"].shape[1:] == (28, 28, 1)


def _reordered(got: Observation, want: Observation, case: Case) -> bool:
    left = [want[item] for item in _ITEMS_OF_MISTAKES]
    if _is_selection(got, tuple(left)):
        return False
    for item in _ITEMS_OF_MISTAKES:
        same = [place for place, part in enumerate(left) if close(got[item], part)]
        if not same:
            return False
        left.pop(same[0])
    return True


MISTAKES = Exercise(
    id="7-4",
    points=2,
    names=("misclassified",),
    reference=_of_keras_lab("misclassified"),
    cases=_prediction_cases,
    probe=_probe_mistakes,
    items={
        "wrong images": Sentence(ja="間違えた画像", en="misclassified images"),
        "their classes": Sentence(ja="間違えた画像の正解", en="their true classes"),
        "their predictions": Sentence(ja="間違えた画像の予測", en="their predicted classes"),
    },
    hints=(
        hint(
            "places_without_type",
            lambda got, want, case: (
                not _wrong(case).any() and says("arrays used as indices must be")(got, want, case)
            ),
            ja="間違いが 1 つもないとき、番号の配列が空になり、小数の型になるので、選べません。"
            "True と False の配列で選ぶか、dtype=int を付けましょう。",
            en="Without any mistake the array of places is empty and of a float type, which "
            "cannot select. Select with True and False, or give it dtype=int.",
        ),
        hint(
            "predicted_again",
            lambda got, want, case: bool(
                re.search(r"\bmodel(\.predict)?\(", got.get("line", "")) and "error" in got
            ),
            ja="前のセルの model で予測し直しています。引数の probabilities を使いましょう。",
            en="It predicts anew with the model of an earlier cell. "
            "Use the argument probabilities.",
        ),
        hint(
            "shape_lost",
            lambda got, want, case: not _wrong(case).any() and got["wrong images"].shape == (0,),
            ja="間違いが 1 つもないとき、画像の形が (0,) になります。X から True と False の配列で選ぶと、"
            "(0, 高さ, 幅, 1) のままです。",
            en="Without any mistake the images have shape (0,). Selected from X with True and "
            "False, they keep (0, height, width, 1).",
        ),
        hint(
            "over_the_images",
            says(r"shapes \((10,\) \(40|40,\) \(10),\)"),
            ja="最大値を探す軸が違います。クラスの軸は axis=1 です。",
            en="The maximum is sought along the wrong axis. Classes lie along axis=1.",
        ),
        hint(
            "other_arrays",
            _other_arrays,
            ja="渡されたものではない配列が使われています。引数の X、y、probabilities だけを使いましょう。",
            en="Arrays are used that were not passed in. "
            "Use the arguments X, y and probabilities alone.",
        ),
        hint(
            "no_axis",
            _no_axis,
            ja="argmax に軸がないので、配列全体で 1 つの番号になっています。画像ごとに求めましょう。",
            en="argmax has no axis, so it gives one number for the whole array. "
            "Find one for each image.",
        ),
        hint(
            "probabilities",
            _are_probabilities,
            ja="予測が確率のままです。argmax で、最も確率の高いクラスにしましょう。",
            en="The predictions are still probabilities. Take the most likely class with argmax.",
        ),
        hint(
            "places",
            _places,
            ja="画像のかわりに、番号か True と False が返っています。X[…] で画像を選びましょう。",
            en="Places, or True and False, come back instead of images. "
            "Choose the images with X[…].",
        ),
        hint(
            "kept_right_ones",
            lambda got, want, case: (
                _is_selection(got, _selected(case, ~_wrong(case))) and len(got["their classes"]) > 0
            ),
            ja="正解した画像を選んでいます。正解と予測が違うものを選びましょう。",
            en="These are the images that were right. "
            "Choose those whose class and prediction differ.",
        ),
        hint(
            "not_selected",
            _not_selected,
            ja="全部が返っているものがあります。画像、正解、予測の 3 つとも、間違えたものだけにしましょう。",
            en="Something comes back whole. Keep only the mistakes of images, classes and "
            "predictions alike.",
        ),
        hint(
            "reordered",
            _reordered,
            ja="順序が違います。画像、正解、予測の順に返しましょう。",
            en="The order is wrong. Return images, true classes, predictions.",
        ),
    ),
)


# --- 7-6 ----------------------------------------------------------------------------------------
_TRAIN, _VALID, _TEST = 270, 30, 130
_EPOCHS, _MOST_EPOCHS = 2, 10
_STEERING = ("EarlyStopping", "ReduceLROnPlateau", "LearningRateScheduler")
_SCORES = (
    "accuracy on the test data",
    "accuracy on the training data",
    "accuracy noted while training",
    "accuracy on the validation data",
    "accuracy before training",
    "loss on the test data",
    "accuracy on other images",
)


def _experiment_cases(rng: np.random.Generator) -> list[Case]:
    """Return images so few that a training takes no time.

    Test images are of some classes more often than of others, which is what the models get to
    know, each another class.
    """
    X = rng.random((_TRAIN + _VALID + _TEST, 28, 28, 1), dtype=np.float32)
    y = rng.integers(0, 10, _TRAIN + _VALID)
    y_test = rng.permutation(np.repeat(np.arange(10), [10, 50, 30, *[5] * 5, 7, 8]))
    return [
        {
            "train": (X[:-_TEST], y),
            "test": (X[-_TEST:], y_test),
            "seeds": [int(seed) for seed in rng.choice(1000, 3, replace=False)],
        }
    ]


def _recording_model(favourite: int) -> keras.Model:
    """Return a network that notes the images it sees, by their first pixel.

    It computes at once, which spares time; and instead of learning, it comes to answer with its
    favourite class.
    """
    import keras

    class RecordingModel(keras.Sequential):
        def __init__(self, layers: list[keras.Layer]) -> None:
            super().__init__(layers)
            self.trained_on: list[np.ndarray] = []
            self.validated_on: list[np.ndarray] = []
            self.steered_by: list[str] = []
            self.fitting = False

        def compile(self, *arguments: Any, **options: Any) -> None:
            super().compile(*arguments, **{**options, "run_eagerly": True})

        def fit(
            self,
            x: Any = None,
            y: Any = None,
            batch_size: int | None = None,
            epochs: int = 1,
            verbose: Any = "auto",
            callbacks: Any = None,
            *arguments: Any,
            **options: Any,
        ) -> Any:
            if epochs > _MOST_EPOCHS:  # would take minutes
                raise ValueError(f"{epochs} epochs are too many")
            names = [type(one).__name__ for one in keras.tree.flatten(callbacks) if one]
            self.steered_by += [name for name in names if name in _STEERING]
            self.fitting = True
            try:
                return super().fit(
                    x, y, batch_size, epochs, verbose, callbacks, *arguments, **options
                )
            finally:
                self.fitting = False

        def train_step(self, data: tuple) -> dict[str, float]:
            self.trained_on.append(_first_pixels(data))
            for weights in self.trainable_weights:
                weights.assign(weights + 0.002 * (np.arange(10) == favourite))
            return super().test_step(data)

        def test_step(self, data: tuple) -> dict[str, float]:
            if self.fitting:
                self.validated_on.append(_first_pixels(data))
            return super().test_step(data)

    output = keras.layers.Dense(10, activation="softmax")
    return RecordingModel([keras.Input((28, 28, 1)), keras.layers.Flatten(), output])


def _first_pixels(data: tuple) -> np.ndarray:
    return np.asarray(data[0])[:, 0, 0, 0]


class _Recorder:
    """Makes networks, and keeps each with the weights that it began with."""

    def __init__(self) -> None:
        self.models: list[Any] = []
        self.first_weights: list[list[np.ndarray]] = []

    def __call__(self) -> keras.Model:
        # So that their accuracies neither rise nor fall from one to the next.
        self.models.append(_recording_model(favourite=len(self.models) % 3))
        self.first_weights.append(self.models[-1].get_weights())
        return self.models[-1]


def _probe_experiment(answer: Callable[..., Any], case: Case) -> Observation:
    """Look at what was trained and how; in which order the images came is left to the answer."""
    made = _Recorder()
    # As the later cell calls it.
    returned = answer(made, case["train"], case["test"], case["seeds"], epochs=_EPOCHS)
    scores = returned if isinstance(returned, float | np.floating) else _ndarray(returned)
    if np.asarray(scores).dtype.kind not in "iuf":
        raise AnswerError("not a number", type=type(scores.flat[0]).__name__)
    if not made.models:
        return {"models": 0}
    return {
        "models": len(made.models),
        "shape of the scores": str(np.shape(scores)),
        "first weights": np.array([weights[0] for weights in made.first_weights]),
        "optimizers": ", ".join(_of_each(made, lambda model: type(model.optimizer).__name__)),
        "learning rates": ", ".join(_of_each(made, lambda model: f"{_rate(model.optimizer):.4g}")),
        "steered by": ", ".join(sorted({name for one in made.models for name in one.steered_by})),
        **_images_seen(made.models, case),
        **_kind_of(np.asarray(scores), made, case),
    }


def _of_each(made: _Recorder, describe: Callable[[keras.Model], str]) -> list[str]:
    """Return what differs among the models, once each."""
    compiled = (model for model in made.models if model.compiled)
    return sorted({describe(model) for model in compiled})


def _images_seen(models: list[Any], case: Case) -> Observation:
    """Count what the models were trained and validated on."""
    (train, _), (test, _) = case["train"], case["test"]
    own, foreign = train[:, 0, 0, 0], test[:, 0, 0, 0]
    batches = [batch for model in models for batch in model.trained_on]
    trained = np.concatenate([*batches, np.empty(0)])
    validations = [batch for model in models for batch in model.validated_on]
    validated = np.concatenate([*validations, np.empty(0)])
    used = np.unique(trained)
    return {
        "unknown images": int((~np.isin(used, [*own, *foreign])).sum()),
        "test images for training": int(np.isin(foreign, used).sum()),
        "test images to validate": int(np.isin(foreign, validated).sum()),
        "images to validate": int((np.isin(own, validated) & ~np.isin(own, used)).sum()),
        "training images": int(np.isin(own, used).sum()),
        "shuffled": not any(_in_order(model.trained_on, own) for model in models),
        "largest batch": max(map(len, batches), default=0),
        "epochs": len(trained) / max(len(used), 1) / len(models),
    }


def _in_order(batches: list[np.ndarray], images: np.ndarray) -> bool:
    """Say whether the first batch holds the first images, in their order."""
    return bool(batches) and np.array_equal(batches[0], images[: len(batches[0])])


def _kind_of(scores: np.ndarray, made: _Recorder, case: Case) -> Observation:
    """Return how far the scores are from test accuracies, and what they are instead."""
    now = [model.get_weights() for model in made.models]
    X, y = case["train"]
    X_other, y_other = arrays("MNIST", train=False)
    accuracies = np.array([_accuracy(weights, *case["test"]) for weights in now])
    measured = (
        accuracies,
        [_accuracy(weights, X, y) for weights in now],
        [_noted_accuracy(model) for model in made.models],
        [_accuracy(weights, X[_TRAIN:], y[_TRAIN:]) for weights in now],
        [_accuracy(weights, *case["test"]) for weights in made.first_weights],
        [_loss(weights, *case["test"]) for weights in now],
        [_accuracy(weights, X_other / np.float32(255), y_other) for weights in now],
    )
    kinds = dict(zip(_SCORES, measured, strict=True))
    kinds |= {
        "percent": 100 * accuracies,
        "in order of size": np.sort(accuracies),
        "in order of size, falling": np.sort(accuracies)[::-1],
        "whole numbers": np.trunc(accuracies),
        **{f"rounded to {digits}": accuracies.round(digits) for digits in range(4)},
        **{f"percent, rounded to {d}": (100 * accuracies).round(d) for d in range(3)},
    }
    found = (kind for kind, wanted in kinds.items() if close(scores, wanted))
    same_shape = scores.shape == accuracies.shape
    return {
        "distance from the test accuracy": (
            round(float(np.abs(scores - accuracies).max()), 5) if same_shape else None
        ),
        "scores": next(found, "other values"),
    }


def _noted_accuracy(model: keras.Model) -> float:
    """Return the accuracy of the last epoch in the record of the training."""
    noted = getattr(model.history, "history", {}) if hasattr(model, "history") else {}
    return noted.get("accuracy", noted.get("acc", [np.nan]))[-1]


def _outputs(weights: list[np.ndarray], X: np.ndarray) -> np.ndarray:
    return _softmax(X.reshape(len(X), -1) @ weights[0] + weights[1])


def _accuracy(weights: list[np.ndarray], X: np.ndarray, y: np.ndarray) -> float:
    return float((_outputs(weights, X).argmax(axis=1) == y).mean())


def _loss(weights: list[np.ndarray], X: np.ndarray, y: np.ndarray) -> float:
    return float(-np.log(_outputs(weights, X)[np.arange(len(y)), y]).mean())


def _shape_is(*shapes: str) -> Recogniser:
    return lambda got, want, case: got["shape of the scores"] in shapes


def _scores_are(*kinds: str) -> Recogniser:
    return lambda got, want, case: got["scores"].startswith(kinds)


def _same_start(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["first weights"][0], got["first weights"][1])


def _not_seeded(got: Observation, want: Observation, case: Case) -> bool:
    return got["models"] == want["models"] and not close(
        got["first weights"], want["first weights"]
    )


def _other_epochs(got: Observation, want: Observation, case: Case) -> bool:
    right = ("models", "training images", "largest batch")
    return all(got[item] == want[item] for item in right) and got["epochs"] != want["epochs"]


EXPERIMENT = Exercise(
    id="7-6",
    points=4,
    names=("run_seeds",),
    reference=_of_keras_lab("run_seeds"),
    cases=_experiment_cases,
    probe=_probe_experiment,
    items={
        "models": Sentence(ja="make_model で作ったモデルの数", en="number of models made"),
        "shape of the scores": Sentence(ja="返した配列の形", en="shape of what is returned"),
        "first weights": Sentence(ja="学習前の重み", en="weights before training"),
        "optimizers": Sentence(ja="オプティマイザ", en="optimizer"),
        "learning rates": Sentence(ja="学習率", en="learning rate"),
        "unknown images": Sentence(
            ja="train にも test にもない画像の枚数",
            en="number of images from neither train nor test",
        ),
        "test images for training": Sentence(
            ja="学習に使ったテスト画像の枚数", en="number of test images trained on"
        ),
        "test images to validate": Sentence(
            ja="検証に使ったテスト画像の枚数", en="number of test images validated on"
        ),
        "images to validate": Sentence(
            ja="検証だけに使った訓練画像の枚数", en="number of training images kept to validate"
        ),
        "training images": Sentence(
            ja="学習に使った訓練画像の枚数", en="number of training images trained on"
        ),
        "steered by": Sentence(
            ja="学習を途中で変えるコールバック", en="callbacks that steer training"
        ),
        "shuffled": Sentence(ja="画像の並べ替え", en="shuffling of the images"),
        "largest batch": Sentence(ja="バッチの枚数", en="images a batch"),
        "epochs": Sentence(ja="学習したエポックの数", en="number of epochs"),
        "distance from the test accuracy": Sentence(
            ja="返した値と、テストデータの正解率との差",
            en="difference between what is returned and the test accuracy",
        ),
        "scores": Sentence(ja="返した値", en="what is returned"),
    },
    hints=(
        hint(
            "not_called",
            says("_Recorder"),
            ja="make_model でモデルが作られていません。make_model に () を付けて呼びましょう。",
            en="No model is made by make_model. Call make_model with ().",
        ),
        hint(
            "batch_size_and_epochs_swapped",
            says(r"ValueError: 128 epochs are too many"),
            ja="エポックの数が 128 になっています。batch_size と epochs が逆ではありませんか。",
            en="The number of epochs is 128. Have batch_size and epochs changed places?",
        ),
        hint(
            "other_model",
            equals("models", 0),
            ja="引数の make_model が使われていません。モデルは、cnn や bpnn を直接呼ばずに、make_model() で作りましょう。",
            en="The argument make_model is not used. "
            "Make the model with make_model(), not with cnn or bpnn directly.",
        ),
        hint(
            "pair_not_unpacked",
            says(r"inhomogeneous shape|convert a value \(None\)"),
            ja="train と test は、画像とラベルの組です。X, y = train のように、2 つに分けて渡しましょう。",
            en="train and test are pairs of images and labels. "
            "Unpack them, as in X, y = train, and pass both.",
        ),
        hint(
            "model_lost",
            says(r"'NoneType' object has no attribute '(?:fit|compiled|evaluate|predict)'"),
            ja="モデルが None になっています。model_setup は何も返さないので、model = を付けずに呼びましょう。",
            en="The model is None. model_setup returns nothing: call it without model =.",
        ),
        hint(
            "not_compiled",
            says(r"call `compile\(\)`"),
            ja="学習の前に、model_setup でモデルを準備しましょう。",
            en="Prepare the model with model_setup before it trains.",
        ),
        hint(
            "one_seed",
            lambda got, want, case: got["models"] == 1 and _shape_is("()", "(1,)")(got, want, case),
            ja="1 つのシードでしか学習していません。return がループの中にないかを確かめましょう。",
            en="Only one seed was trained. See whether return stands inside the loop.",
        ),
        hint(
            "one_score",
            _shape_is("()", "(1,)"),
            ja="シードの数だけ正解率が要ります。リストはループの前に作り、ループの中で足していきましょう。",
            en="One accuracy a seed is needed. Make the list before the loop and append within it.",
        ),
        hint(
            "one_model",
            equals("models", 1),
            ja="前のシードで学習したモデルを使い回しています。シードごとに make_model() で新しく作りましょう。",
            en="The model of the seed before is trained on. "
            "Make a new one with make_model() for each seed.",
        ),
        hint(
            "both_scores",
            _shape_is("(3, 2)"),
            ja="正解率のほかの値も返っています。evaluate の結果 [損失, 正解率] のうち、正解率だけを集めましょう。",
            en="Not only accuracies come back. Of [loss, accuracy] from evaluate, "
            "collect the accuracy alone.",
        ),
        hint(
            "same_seed",
            _same_start,
            ja="どのモデルも同じ重みで始まっています。set_random_seed に、ループのシードを渡しましょう。",
            en="Every model begins with the same weights. "
            "Give set_random_seed the seed of the loop.",
        ),
        hint(
            "not_seeded",
            _not_seeded,
            ja="始まりの重みが、seeds のシードをこの順に使ったものと違います。"
            "モデルを作る直前に、ループのシードで keras.utils.set_random_seed を呼びましょう。",
            en="The weights do not begin as the seeds, in this order, make them. Call "
            "keras.utils.set_random_seed with the loop's seed right before making the model.",
        ),
        hint(
            "not_trained",
            equals("largest batch", 0),
            ja="モデルが学習していません。fit か fit_small を呼びましょう。",
            en="The model was not trained. Call fit or fit_small.",
        ),
        hint(
            "other_data",
            lambda got, want, case: got["unknown images"] > 0,
            ja="渡されていない画像で学習しています。引数の train と test を使いましょう。",
            en="It trains on images that it was not given. Use the arguments train and test.",
        ),
        hint(
            "trained_on_test",
            lambda got, want, case: got["test images for training"] > 0,
            ja="テストデータで学習しています。学習には train を使いましょう。",
            en="It trains on the test data. Use train to train.",
        ),
        hint(
            "validated_on_test",
            lambda got, want, case: got["test images to validate"] > 0,
            ja="テストデータを検証に使っています。訓練データの 10 % を使いましょう。",
            en="It validates on the test data. Use 10 % of the training data.",
        ),
        hint(
            "not_validated",
            equals("images to validate", 0),
            ja="検証データがありません。訓練データの 10 % を検証に回しましょう。",
            en="There are no validation data. Keep 10 % of the training data for that.",
        ),
        hint(
            "batch_size",
            lambda got, want, case: (
                got["training images"] == want["training images"]
                and got["largest batch"] != want["largest batch"]
            ),
            ja="バッチの大きさが違います。128 枚にしましょう。",
            en="The batches have another size. Make it 128 images.",
        ),
        hint(
            "other_epochs",
            any_of(says(r"ValueError: \d+ epochs are too many"), _other_epochs),
            ja="学習したエポックの数が違います。引数の epochs を使いましょう。",
            en="The number of epochs is another. Use the argument epochs.",
        ),
        hint(
            "steered",
            lambda got, want, case: got["steered by"] != "",
            ja="コールバックが、学習を途中で止めたり、学習率を変えたりします。どのモデルも同じ条件で、epochs エポック学習しましょう。",
            en="A callback stops the training early or changes its learning rate. "
            "Train every model alike, for the argument epochs.",
        ),
        hint(
            "not_shuffled",
            equals("shuffled", False),
            ja="画像が、いつも同じ順序で使われています。shuffle=False は付けずに学習しましょう。",
            en="The images always come in the same order. Train without shuffle=False.",
        ),
        hint(
            "whole_numbers",
            _scores_are("whole numbers"),
            ja="正解率の小数が切り捨てられています。int を使わずに、0〜1 の小数のまま返しましょう。",
            en="The decimals of the accuracies are cut off. Return them as they are, without int.",
        ),
        hint(
            "percent",
            _scores_are("percent"),
            ja="100 倍した値になっています。正解率は、0〜1 のまま返しましょう。",
            en="These are percentages. Return the accuracies as they are, from 0 to 1.",
        ),
        hint(
            "rounded",
            _scores_are("rounded"),
            ja="正解率が丸められています。丸めるのは表示のときだけにして、そのままの値を返しましょう。",
            en="The accuracies are rounded. Return them as they are; round only for printing.",
        ),
        hint(
            "in_order_of_size",
            _scores_are("in order of size"),
            ja="正解率が、大きさの順に並べ替えられています。シードの順のまま返しましょう。",
            en="The accuracies are sorted by size. Return them in the order of the seeds.",
        ),
        hint(
            "other_test_data",
            equals("scores", "accuracy on other images"),
            ja="前のセルの X_test で評価しています。引数の test を使いましょう。",
            en="X_test of an earlier cell is evaluated. Use the argument test.",
        ),
        hint(
            "training_accuracy",
            _scores_are("accuracy on the training data", "accuracy noted while training"),
            ja="訓練データの正解率です。テストデータで評価しましょう。",
            en="This is the accuracy on the training data. Evaluate on the test data.",
        ),
        hint(
            "validation_accuracy",
            equals("scores", "accuracy on the validation data"),
            ja="検証データの正解率です。テストデータで評価しましょう。",
            en="This is the accuracy on the validation data. Evaluate on the test data.",
        ),
        hint(
            "before_training",
            equals("scores", "accuracy before training"),
            ja="学習前の正解率です。学習が終わってから評価しましょう。",
            en="This is the accuracy before training. Evaluate when training has ended.",
        ),
        hint(
            "test_loss",
            equals("scores", "loss on the test data"),
            ja="損失が返っています。evaluate の結果は、損失、正解率の順です。",
            en="The loss comes back. evaluate gives the loss first, then the accuracy.",
        ),
    ),
)
