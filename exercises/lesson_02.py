"""Exercises of notebook 02: sizes, parameter counts, and two networks."""

from __future__ import annotations

import re

import numpy as np
import torch

from exercises.exercise import Case, Exercise, Hint, Observation, close
from exercises.probing import (
    are_log_probabilities,
    are_probabilities,
    array,
    number,
    observe_network,
    rows_of_wrong_product,
)
from helpers.internal.sentences import Sentence
from helpers.models import CNN, Model


# --- 2-1 ----------------------------------------------------------------------------------------
def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Return the height (or width) that a convolution or pooling leaves of ``size`` pixels."""
    return (size + 2 * padding - kernel) // stride + 1


def _size_cases(rng: np.random.Generator) -> list[Case]:
    known = [
        (28, 3, 1, 0),
        (24, 2, 2, 0),
        (28, 3, 1, 1),
        (32, 5, 1, 0),
        (28, 5, 2, 1),
        (7, 2, 2, 0),
        (30, 3, 2, 0),
    ]
    drawn = [
        (rng.integers(20, 64), rng.integers(1, 8), rng.integers(1, 4), rng.integers(0, 4))
        for _ in range(4)
    ]
    names = ("size", "kernel", "stride", "padding")
    return [dict(zip(names, map(int, case), strict=True)) for case in known + drawn]


def _probe_size(answer: type(output_size), case: Case) -> Observation:
    size = answer(case["size"], case["kernel"], stride=case["stride"], padding=case["padding"])
    return {"size": number(size)}


def _padding_on_one_side(got: Observation, want: Observation, case: Case) -> bool:
    one_side = (case["size"] + case["padding"] - case["kernel"]) // case["stride"] + 1
    return case["padding"] > 0 and got["size"] == one_side


def _padding_forgotten(got: Observation, want: Observation, case: Case) -> bool:
    without = (case["size"] - case["kernel"]) // case["stride"] + 1
    return case["padding"] > 0 and got["size"] == without


def _stride_forgotten(got: Observation, want: Observation, case: Case) -> bool:
    return (
        case["stride"] > 1
        and got["size"] == case["size"] + 2 * case["padding"] - case["kernel"] + 1
    )


OUTPUT_SIZE = Exercise(
    id="2-1",
    points=2,
    names=("output_size",),
    reference=output_size,
    cases=_size_cases,
    probe=_probe_size,
    items={
        "size": Sentence(ja="出力の 1 辺", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "not_whole",
            lambda got, want, case: got["size"] % 1 != 0,
            Sentence(
                ja="画素の数は整数です。割り切れないときは、小数点以下を切り捨てましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "padding_forgotten",
            _padding_forgotten,
            Sentence(
                ja="padding が使われていません。画像の 1 辺は、その分だけ大きくなります。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "padding_on_one_side",
            _padding_on_one_side,
            Sentence(
                ja="padding は画像の両側に付きます。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "stride_forgotten",
            _stride_forgotten,
            Sentence(
                ja="stride が使われていません。カーネルは stride 画素おきに置きます。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "rounded_up",
            lambda got, want, case: got["size"] == want["size"] + 1,
            Sentence(
                ja="1 だけ大きくなっています。割り切れないときは、はみ出す場所を数えません。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "one_forgotten",
            lambda got, want, case: got["size"] == want["size"] - 1,
            Sentence(
                ja="1 だけ小さくなっています。カーネルを置ける場所の数には、最初の 1 か所も入ります。1 を足す順番も確かめましょう。",
                en="TRANSLATE",
            ),
        ),
    ),
)


# --- 2-2 ----------------------------------------------------------------------------------------
def convolution_parameters(in_channels: int, out_channels: int, kernel: int) -> int:
    """Return the number of weights and biases of a square convolution."""
    return out_channels * (in_channels * kernel * kernel + 1)


def linear_parameters(in_features: int, out_features: int) -> int:
    """Return the number of weights and biases of a fully connected layer."""
    return out_features * (in_features + 1)


def _count_cases(rng: np.random.Generator) -> list[Case]:
    known = [(1, 32, 3), (32, 64, 3), (3, 6, 5)]
    drawn = [tuple(map(int, rng.integers(2, 40, 3))) for _ in range(2)]
    names = ("in_channels", "out_channels", "kernel")
    return [dict(zip(names, case, strict=True)) for case in known + drawn]


def _probe_counts(answer: tuple, case: Case) -> Observation:
    of_convolution, of_linear = answer
    return {
        "convolution": number(
            of_convolution(case["in_channels"], case["out_channels"], case["kernel"])
        ),
        "linear": number(of_linear(_in_features(case), case["out_channels"])),
    }


def _in_features(case: Case) -> int:
    return case["in_channels"] * case["kernel"]


def _bias_forgotten(got: Observation, want: Observation, case: Case) -> bool:
    return case["out_channels"] in (
        want["convolution"] - got["convolution"],
        want["linear"] - got["linear"],
    )


def _kernel_not_squared(got: Observation, want: Observation, case: Case) -> bool:
    weights = case["in_channels"] * case["out_channels"] * case["kernel"]
    return got["convolution"] in (weights, weights + case["out_channels"])


def _input_channels_forgotten(got: Observation, want: Observation, case: Case) -> bool:
    weights = case["out_channels"] * case["kernel"] ** 2
    return got["convolution"] in (weights, weights + case["out_channels"])


def _one_bias_a_kernel(got: Observation, want: Observation, case: Case) -> bool:
    kernels = case["in_channels"] * case["out_channels"]
    return case["in_channels"] > 1 and got["convolution"] == kernels * (case["kernel"] ** 2 + 1)


def _one_bias_an_input(got: Observation, want: Observation, case: Case) -> bool:
    weights = case["in_channels"] * case["out_channels"] * case["kernel"] ** 2
    of_linear = _in_features(case) * case["out_channels"]
    return got["convolution"] in (weights + 1, weights + case["in_channels"]) or got["linear"] in (
        of_linear + 1,
        of_linear + _in_features(case),
    )


COUNTS = Exercise(
    id="2-2",
    points=2,
    names=("convolution_parameters", "linear_parameters"),
    reference=(convolution_parameters, linear_parameters),
    cases=_count_cases,
    probe=_probe_counts,
    items={
        "convolution": Sentence(ja="畳み込み層のパラメータの数", en="TRANSLATE"),
        "linear": Sentence(ja="全結合層のパラメータの数", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "kernel_not_squared",
            _kernel_not_squared,
            Sentence(
                ja="カーネルは正方形です。縦と横の両方を掛けましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "bias_forgotten",
            _bias_forgotten,
            Sentence(
                ja="バイアスを数えていません。バイアスも学習で決まるパラメータです。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "input_channels_forgotten",
            lambda got, want, case: (
                case["in_channels"] > 1 and _input_channels_forgotten(got, want, case)
            ),
            Sentence(
                ja="カーネルは、入力チャンネルの数だけ奥行きがあります。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "one_bias_a_kernel",
            _one_bias_a_kernel,
            Sentence(
                ja="バイアスが多すぎます。カーネルごとではなく、出力チャンネルごとに 1 個です。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "one_bias_an_input",
            _one_bias_an_input,
            Sentence(
                ja="バイアスの数が違います。入力ではなく、出力 1 つにつき 1 個あります。",
                en="TRANSLATE",
            ),
        ),
    ),
)


# --- 2-3 ----------------------------------------------------------------------------------------
def _batch_cases(rng: np.random.Generator) -> list[Case]:
    return [{"images": rng.normal(size=(3, 1, 28, 28)).astype(np.float32)}]


def _probe_model(answer: type, case: Case) -> Observation:
    images = torch.from_numpy(case["images"])
    model = answer()
    observation = observe_network(model, images)
    with torch.no_grad():
        features = model.eval().features(images)
        logits = model.classifier(torch.flatten(features, 1))
    return {
        **observation,
        "features": list(features.shape),
        "logits from the parts": array(logits),
    }


def _softmax_inside(got: Observation, want: Observation, case: Case) -> bool:
    return are_probabilities(got["logits"]) or are_log_probabilities(got["logits"])


def _parts_missing(got: Observation, want: Observation, case: Case) -> bool:
    return bool(re.search("no attribute '(features|classifier)'", got["error"]))


def _not_flattened(got: Observation, want: Observation, case: Case) -> bool:
    # A matrix with a row for each image is flat, whatever else is wrong with it.
    rows = rows_of_wrong_product(got["error"])
    return rows is not None and rows != len(case["images"])


def _other_width(got: Observation, want: Observation, case: Case) -> bool:
    return rows_of_wrong_product(got["error"]) == len(case["images"])


def _init_not_called(got: Observation, want: Observation, case: Case) -> bool:
    return "__init__() call" in got["error"]


def _same_size_other_logits(got: Observation, want: Observation, case: Case) -> bool:
    return got["parameters"] == want["parameters"] and not close(got["logits"], want["logits"])


def _same_but_while_training(got: Observation, want: Observation, case: Case) -> bool:
    trained = "logits while training"
    return close(got["logits"], want["logits"]) and not close(got[trained], want[trained])


MODEL = Exercise(
    id="2-3",
    points=4,
    names=("Model",),
    reference=Model,
    cases=_batch_cases,
    probe=_probe_model,
    items={
        "evaluation mode repeats": Sentence(ja="評価モードの出力", en="TRANSLATE"),
        "parameters": Sentence(ja="パラメータの数", en="TRANSLATE"),
        "logits": Sentence(ja="ロジット", en="TRANSLATE"),
        "logits while training": Sentence(ja="学習モードのロジット", en="TRANSLATE"),
        "training mode differs": Sentence(ja="学習モードの出力", en="TRANSLATE"),
        "features": Sentence(ja="features の出力の形", en="TRANSLATE"),
        "logits from the parts": Sentence(
            ja="features と classifier を順に通した出力", en="TRANSLATE"
        ),
    },
    hints=(
        Hint(
            "init_not_called",
            _init_not_called,
            Sentence(
                ja="層を作る前に super().__init__() を呼びましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "parts_missing",
            _parts_missing,
            Sentence(
                ja="部品の名前は features と classifier にします。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_flattened",
            _not_flattened,
            Sentence(
                ja="features の出力を (N, 9216) に平らにしてから classifier に渡しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "other_width",
            _other_width,
            Sentence(
                ja="全結合層に入る値の数が、前の出力と合いません。features の出力が (N, 64, 12, 12) になるかを確かめましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "dropout_always_on",
            lambda got, want, case: not got["evaluation mode repeats"],
            Sentence(
                ja="評価モードでも、出力が毎回変わります。nn.Dropout なら、モードに合わせて自分で止まります。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "softmax_inside",
            _softmax_inside,
            Sentence(
                ja="出力が確率か、その対数になっています。softmax は損失関数の中で行うので、モデルには入れません。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "parameters",
            lambda got, want, case: got["parameters"] != want["parameters"],
            Sentence(
                ja="パラメータの数が 1,199,882 になりません。チャンネル数、カーネル、全結合層を確かめましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "activation_missing",
            _same_size_other_logits,
            Sentence(
                ja="層の大きさは合っていますが、計算が違います。ReLU と最大プーリングの場所を確かめましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_dropout",
            lambda got, want, case: not got["training mode differs"],
            Sentence(
                ja="学習モードでも出力が変わりません。ドロップアウトを入れましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "other_dropout",
            _same_but_while_training,
            Sentence(
                ja="ドロップアウトの種類か、割合か、数か、場所が違います。Net のドロップアウトと比べましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "flattened_too_early",
            lambda got, want, case: got["features"] == [len(case["images"]), 9216],
            Sentence(
                ja="features の出力は (N, 64, 12, 12) です。平らにするのは、features の外です。",
                en="TRANSLATE",
            ),
        ),
    ),
)


# --- 2-4 ----------------------------------------------------------------------------------------
def _channel_cases(rng: np.random.Generator) -> list[Case]:
    return [
        {
            "in_channels": in_channels,
            "num_classes": num_classes,
            "images": rng.normal(size=(4, in_channels, size, size)).astype(np.float32),
        }
        for in_channels, num_classes, size in ((1, 10, 28), (3, 2, 20))
    ]


def _probe_cnn(answer: type, case: Case) -> Observation:
    model = answer(case["in_channels"], case["num_classes"])
    return observe_network(model, torch.from_numpy(case["images"]))


def _batch_norm_missing(got: Observation, want: Observation, case: Case) -> bool:
    return want["parameters"] - got["parameters"] in (2 * 16, 2 * 32, 2 * (16 + 32))


def _no_global_pooling(got: Observation, want: Observation, case: Case) -> bool:
    # Flattening h×w positions gives the last layer h×w times as many weights.
    surplus = got["parameters"] - want["parameters"]
    return surplus > 0 and surplus % (32 * case["num_classes"]) == 0


def _not_averaged(got: Observation, want: Observation, case: Case) -> bool:
    return rows_of_wrong_product(got["error"]) is not None


def _fixed_sizes(got: Observation, want: Observation, case: Case) -> bool:
    error = got.get("error", "")
    if "positional argument" in error:
        return True
    return case["in_channels"] == 3 and ("channels" in error or got["logits"].shape[1] == 10)


CNN_EXERCISE = Exercise(
    id="2-4",
    points=4,
    names=("CNN",),
    reference=CNN,
    cases=_channel_cases,
    probe=_probe_cnn,
    items={
        "evaluation mode repeats": Sentence(ja="評価モードの出力", en="TRANSLATE"),
        "parameters": Sentence(ja="パラメータの数", en="TRANSLATE"),
        "logits": Sentence(ja="ロジット", en="TRANSLATE"),
        "logits while training": Sentence(ja="学習モードのロジット", en="TRANSLATE"),
        "training mode differs": Sentence(ja="学習モードの出力", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "init_not_called",
            _init_not_called,
            Sentence(
                ja="層を作る前に super().__init__() を呼びましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "fixed_sizes",
            _fixed_sizes,
            Sentence(
                ja="チャンネル数とクラス数が決め打ちです。引数の in_channels と num_classes を使いましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_flattened",
            _not_averaged,
            Sentence(
                ja="最後の全結合層に入る形は (N, 32) です。縦と横の両方について平均をとりましたか。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "softmax_inside",
            _softmax_inside,
            Sentence(
                ja="出力が確率か、その対数になっています。softmax は損失関数の中で行うので、モデルには入れません。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "batch_norm_missing",
            _batch_norm_missing,
            Sentence(
                ja="バッチ正規化が足りません。2 つの畳み込みの後に、1 つずつ置きます。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_global_pooling",
            _no_global_pooling,
            Sentence(
                ja="最後の全結合層が大きすぎます。平らにするかわりに、縦と横について平均をとりましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "parameters",
            lambda got, want, case: got["parameters"] != want["parameters"],
            Sentence(
                ja="パラメータの数が合いません。チャンネル数は 16、32、カーネルは 3×3 です。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "padding_or_order",
            _same_size_other_logits,
            Sentence(
                ja="層の大きさは合っていますが、計算が違います。padding=1、ReLU、プーリング、最後の平均を、表の順に確かめましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "dropout_added",
            _same_but_while_training,
            Sentence(
                ja="学習モードの出力が違います。バッチ正規化のほかに、ドロップアウトなどを足していませんか。",
                en="TRANSLATE",
            ),
        ),
    ),
)

EXERCISES = (OUTPUT_SIZE, COUNTS, MODEL, CNN_EXERCISE)
