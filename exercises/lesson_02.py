"""Exercises of notebook 02: sizes, parameter counts, and two networks."""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import operator
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from exercises.exercise import Case, Exercise, Hint, Observation, close
from exercises.hints import LAZY_LAYER, Recogniser, any_of, differs, equals, hint, like, says
from exercises.probing import (
    MOVED,
    are_log_probabilities,
    are_probabilities,
    arguments_moved,
    array,
    fill_by_shape,
    number,
    observe_network,
    parameter_count,
)
from exercises.traces import INPUTS, TRACES
from exercises.translations import AnswerError
from helpers.internal.sentences import Sentence
from helpers.models import CNN, Model

_ARGUMENTS_MOVED = hint(
    "arguments_moved",
    lambda got, want, case: got[MOVED],
    ja="def の行の、引数の順序が変わっています。はじめの順序に戻しましょう。",
    en="The arguments in the def line stand in another order. Put them back as they were.",
)


# --- 2-1 ----------------------------------------------------------------------------------------
def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Return the height (or width) that a convolution or pooling leaves of ``size`` pixels."""
    return (size + 2 * padding - kernel) // stride + 1


_SIZE_MISTAKES: dict[str, tuple[Callable[[int, int, int, int], int], ...]] = {
    "padding_forgotten": (lambda n, k, s, p: (n - k) // s + 1,),
    "padding_on_one_side": (lambda n, k, s, p: (n + p - k) // s + 1,),
    "padding_subtracted": (lambda n, k, s, p: (n - 2 * p - k) // s + 1,),
    "padding_added_last": (lambda n, k, s, p: (n - k) // s + 1 + 2 * p,),
    "stride_forgotten": (lambda n, k, s, p: n + 2 * p - k + 1,),
    "divided_too_early": (
        lambda n, k, s, p: (n + 2 * p) // s - k + 1,
        lambda n, k, s, p: n + 2 * p - k // s + 1,
        lambda n, k, s, p: (n + 2 * p) // s - k // s + 1,
        lambda n, k, s, p: (n - k) // s + 1 + 2 * p // s,
    ),
    "kernel_forgotten": (
        lambda n, k, s, p: (n + 2 * p) // s + 1,
        lambda n, k, s, p: (n + 2 * p - 3) // s + 1,
    ),
    "both_forgotten": (lambda n, k, s, p: n - k + 1,),
    "arguments_swapped": (lambda n, k, s, p: (n + 2 * s - k) // p + 1,),
    "rounded_up": (lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1,),
    "one_forgotten": (
        lambda n, k, s, p: (n + 2 * p - k) // s,
        lambda n, k, s, p: (n + 2 * p - k + 1) // s,
    ),
}
"""What mistakes make of size, kernel, stride and padding."""


def _size_cases(rng: np.random.Generator) -> list[Case]:
    telling = [rng.choice(_telling_sizes(divisible)).tolist() for divisible in (False, True)]
    known = [(28, 3, 1, 0), *telling, (24, 2, 2, 0), (28, 3, 1, 1), (7, 2, 2, 0), (5, 5, 1, 0)]
    known.append((11, 2, 4, 0))  # Steps longer than the kernel leave pixels out.
    # Dividing the kernel, or the padding, by the stride on its own gives too much, or too little.
    known += [(12, 3, 2, 0), (28, 5, 3, 5)]
    return [dict(zip(("size", "kernel", "stride", "padding"), case, strict=True)) for case in known]


@functools.cache
def _telling_sizes(divisible: bool) -> list[tuple[int, ...]]:
    """Return all numbers in reach for which no two mistakes give the same wrong size.

    Some mistakes show only where something is left over, others only where nothing is.
    """
    numbers = itertools.product(range(30, 64), range(4, 12), range(2, 6), range(1, 6))
    return [case for case in numbers if _tells_mistakes(*case, divisible)]


def _tells_mistakes(size: int, kernel: int, stride: int, padding: int, divisible: bool) -> bool:
    left_over = (size + 2 * padding - kernel) % stride
    if left_over != (0 if divisible else stride - 1):
        return False
    case = (size, kernel, stride, padding)
    right = output_size(*case)
    return _are_disjoint(
        [{way(*case) for way in ways} - {right} for ways in _SIZE_MISTAKES.values()]
    )


def _are_disjoint(sets: list[set]) -> bool:
    return len(set().union(*sets)) == sum(map(len, sets))


def _probe_size(answer: type(output_size), case: Case) -> Observation:
    size = answer(*_arguments(case))
    return {"type of the size": _whole_type(size), "size": number(size)}


def _arguments(case: Case) -> list[int]:
    """Return what a later cell would pass: it leaves out what has the default value."""
    size, kernel, stride, padding = case.values()
    if padding:
        return [size, kernel, stride, padding]
    return [size, kernel] if stride == 1 else [size, kernel, stride]


def _whole_type(value: Any) -> str:
    """Return "int" for whole numbers of Python or NumPy, else the name of the type."""
    if isinstance(value, Tensor | np.ndarray):
        return type(value).__name__
    try:
        operator.index(value)
    except TypeError:
        return type(value).__name__
    return "int"


def _size_of(mistake: str) -> Recogniser:
    return _any(
        like("size", lambda want, case, way=way: way(*case.values()))
        for way in _SIZE_MISTAKES[mistake]
    )


def _any(recognisers: Iterable[Recogniser]) -> Recogniser:
    kept = tuple(recognisers)
    return lambda *observed: any(recognises(*observed) for recognises in kept)


OUTPUT_SIZE = Exercise(
    id="2-1",
    points=2,
    names=("output_size",),
    reference=output_size,
    cases=_size_cases,
    probe=_probe_size,
    items={
        "size": Sentence(ja="出力の 1 辺", en="the output's side"),
        "type of the size": Sentence(ja="出力の 1 辺の型", en="type of the output's side"),
    },
    hints=(
        hint(
            "not_whole",
            lambda got, want, case: "float" in got["type of the size"],
            ja="小数が返っています。画素の数は整数です。割り切れないときは、小数点以下を切り捨てましょう。",
            en="A decimal number is returned. Pixels are whole: where the division leaves "
            "something over, drop it.",
        ),
        hint(
            "padding_forgotten",
            _size_of("padding_forgotten"),
            ja="padding が使われていません。画像の 1 辺は、その分だけ大きくなります。",
            en="padding is not used. It makes the side of the image longer.",
        ),
        hint(
            "padding_on_one_side",
            _size_of("padding_on_one_side"),
            ja="padding は画像の両側に付きます。",
            en="padding is added on both sides of the image.",
        ),
        hint(
            "padding_subtracted",
            _size_of("padding_subtracted"),
            ja="padding を引いています。画像の 1 辺は、padding の分だけ大きくなります。",
            en="padding is subtracted. It makes the side of the image longer.",
        ),
        hint(
            "padding_added_last",
            _size_of("padding_added_last"),
            ja="padding は、出力ではなく入力に付きます。カーネルを置く前に足しましょう。",
            en="padding belongs to the input, not to the output. Add it before placing the kernel.",
        ),
        hint(
            "stride_forgotten",
            _size_of("stride_forgotten"),
            ja="stride が使われていません。カーネルは stride 画素おきに置きます。",
            en="stride is not used. The kernel is placed every stride pixels.",
        ),
        hint(
            "divided_too_early",
            _size_of("divided_too_early"),
            ja="stride で割るのが早すぎます。足し算と引き算を済ませてから割りましょう。",
            en="The division by stride comes too early. Add and subtract first.",
        ),
        hint(
            "kernel_forgotten",
            _size_of("kernel_forgotten"),
            ja="引数の kernel が使われていません。カーネルが大きいほど、置ける場所は減ります。",
            en="The argument kernel is not used. The larger the kernel, the fewer its places.",
        ),
        hint(
            "both_forgotten",
            _size_of("both_forgotten"),
            ja="stride と padding が使われていません。",
            en="Neither stride nor padding is used.",
        ),
        hint(
            "arguments_swapped",
            _size_of("arguments_swapped"),
            ja="stride と padding が入れ替わっています。引数の順序は size、kernel、stride、padding です。",
            en="stride and padding are swapped. The arguments are size, kernel, stride, padding.",
        ),
        hint(
            "rounded_up",
            _size_of("rounded_up"),
            ja="1 だけ大きくなっています。割り切れないときは、はみ出す場所を数えません。",
            en="This is one too many. Places where the kernel would stick out do not count.",
        ),
        hint(
            "one_forgotten",
            _size_of("one_forgotten"),
            ja="1 だけ小さくなっています。カーネルを置ける場所の数には、最初の 1 か所も入ります。"
            "1 を足す順番も確かめましょう。",
            en="This is one too few. The first place of the kernel counts, too. "
            "Look also at when you add 1.",
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
    # For the first numbers, no two of the usual mistakes give the same count.
    known = [(3, 6, 5, 20, 7), (1, 32, 3, 9216, 128), (32, 64, 3, 128, 10), (1, 1, 1, 1, 1)]
    drawn = [map(int, rng.integers(2, 40, 5)) for _ in range(2)]
    names = ("in_channels", "out_channels", "kernel", "in_features", "out_features")
    return [dict(zip(names, case, strict=True)) for case in known + drawn]


def _probe_counts(answer: tuple, case: Case) -> Observation:
    of_convolution, of_linear = answer
    inputs, outputs, kernel, *features = case.values()
    convolution = of_convolution(inputs, outputs, kernel)
    linear = of_linear(*features)
    return {
        "convolution": _count_of("convolution", convolution),
        "linear": _count_of("linear", linear),
        "type of convolution": _whole_type(convolution),
        "type of linear": _whole_type(linear),
        **arguments_moved(of_convolution, "in_channels", "out_channels", "kernel"),
        **arguments_moved(of_linear, "in_features", "out_features"),
    }


def _count_of(part: str, value: Any) -> float:
    try:
        return number(value)
    except AnswerError as error:
        raise AnswerError(error.problem, part=part, **error.fields) from None


def _without_number(part: str, name: str) -> Hint:
    return hint(
        f"{part}_without_number",
        lambda got, want, case: got["part"] == part,
        ja=f"{name} が返したものは、1 つの数ではありません。return を確かめましょう。",
        en=f"{name} does not return one number. Look at its return.",
    )


def _convolution_of(*ways: Callable[[int, int, int], int]) -> Recogniser:
    """Recognise what one of these makes of input channels, output channels and kernel."""
    return _any(
        like("convolution", lambda want, case, way=way: way(*list(case.values())[:3]))
        for way in ways
    )


def _linear_of(*ways: Callable[[int, int], int]) -> Recogniser:
    """Recognise what one of these makes of the features that come in and go out."""
    return _any(
        like("linear", lambda want, case, way=way: way(*list(case.values())[3:])) for way in ways
    )


COUNTS = Exercise(
    id="2-2",
    points=2,
    names=("convolution_parameters", "linear_parameters"),
    reference=(convolution_parameters, linear_parameters),
    cases=_count_cases,
    probe=_probe_counts,
    items={
        "convolution": Sentence(
            ja="畳み込み層のパラメータの数", en="parameters of the convolution"
        ),
        "linear": Sentence(
            ja="全結合層のパラメータの数", en="parameters of the fully connected layer"
        ),
        "type of convolution": Sentence(
            ja="畳み込み層のパラメータの数の型", en="type of the convolution's parameters"
        ),
        "type of linear": Sentence(
            ja="全結合層のパラメータの数の型",
            en="type of the fully connected layer's parameters",
        ),
    },
    hints=(
        _without_number("convolution", "convolution_parameters"),
        _without_number("linear", "linear_parameters"),
        _ARGUMENTS_MOVED,
        hint(
            "kernel_not_squared",
            _convolution_of(
                lambda i, o, k: o * (i * k + 1),
                lambda i, o, k: o * i * k,
                lambda i, o, k: o * (i * 2 * k + 1),
                lambda i, o, k: o * i * 2 * k,
            ),
            ja="カーネルは正方形です。縦が kernel 個、横が kernel 個のとき、重みは全部でいくつですか。",
            en="Kernels are square, kernel high and kernel wide. How many weights is that?",
        ),
        hint(
            "input_channels_forgotten",
            _convolution_of(lambda i, o, k: o * (k**2 + 1), lambda i, o, k: o * k**2),
            ja="カーネルは、入力チャンネルごとに別のものを使います。1 個のフィルタに、カーネルは何枚ありますか。",
            en="Every input channel has a kernel of its own. How many kernels are in one filter?",
        ),
        hint(
            "output_channels_forgotten",
            _convolution_of(lambda i, o, k: i * k**2 + 1, lambda i, o, k: i * k**2),
            ja="フィルタ 1 個分の数です。フィルタは、出力チャンネルと同じ個数あります。",
            en="This counts a single filter. There is one for every output channel.",
        ),
        hint(
            "one_bias_a_kernel",
            _convolution_of(lambda i, o, k: o * i * (k**2 + 1)),
            ja="バイアスが多すぎます。カーネル 1 枚ごとではなく、フィルタ 1 個ごとに 1 つです。",
            en="These are too many biases: one for each filter, not for each kernel.",
        ),
        hint(
            "one_bias_an_input",
            _convolution_of(lambda i, o, k: i * (o * k**2 + 1)),
            ja="畳み込み層のバイアスの数が違います。入力ではなく、出力チャンネル 1 つにつき 1 つあります。",
            en="The convolution has another number of biases: one for each output channel, "
            "not for each input channel.",
        ),
        hint(
            "one_bias_a_layer",
            _convolution_of(lambda i, o, k: i * o * k**2 + 1),
            ja="畳み込み層のバイアスは、層に 1 つではありません。出力チャンネル 1 つにつき 1 つあります。",
            en="A convolution has not one bias, but one for each output channel.",
        ),
        hint(
            "bias_forgotten",
            _convolution_of(lambda i, o, k: i * o * k**2),
            ja="畳み込み層のバイアスを数えていません。バイアスも学習で決まるパラメータです。",
            en="The convolution's biases are not counted. They are parameters, too: "
            "training finds them.",
        ),
        hint(
            "linear_bias_an_input",
            _linear_of(lambda i, o: i * (o + 1)),
            ja="全結合層のバイアスの数が違います。入力ではなく、出力 1 つにつき 1 つあります。",
            en="The fully connected layer has another number of biases: "
            "one for each output, not for each input.",
        ),
        hint(
            "linear_bias_a_layer",
            _linear_of(lambda i, o: i * o + 1),
            ja="全結合層のバイアスは、層に 1 つではありません。出力 1 つにつき 1 つあります。",
            en="A fully connected layer has not one bias, but one for each output.",
        ),
        hint(
            "linear_bias_forgotten",
            _linear_of(lambda i, o: i * o),
            ja="全結合層のバイアスを数えていません。バイアスも学習で決まるパラメータです。",
            en="The fully connected layer's biases are not counted. They are parameters, too: "
            "training finds them.",
        ),
        hint(
            "not_whole",
            any_of(
                differs("type of convolution"),
                differs("type of linear"),
                differs("type of convolution", "type of linear"),
            ),
            ja="値は合っていますが、整数 (int) ではありません。個数は整数で返しましょう。",
            en="The values are right, but no whole numbers (int). Return counts as whole numbers.",
        ),
    ),
)


# --- 2-3 and 2-4 --------------------------------------------------------------------------------
def _observe_answer(
    answer: Any, arguments: list[int], observe: Callable[[nn.Module], Observation]
) -> Observation:
    """Describe a network that a class makes, or what is wrong with the class.

    What keeps a network from being looked at is an entry that a right answer does not have.
    """
    if isinstance(answer, nn.Module):
        return {"an instance": True}
    if isinstance(answer, type) and not issubclass(answer, nn.Module):
        return {"no module": True}
    if arguments and (moved := arguments_moved(answer, "in_channels", "num_classes")):
        return moved
    model, other = answer(*arguments), answer(*arguments)
    shared = {id(layer) for layer in model.modules()} & {id(layer) for layer in other.modules()}
    own = not shared and not _layers_with_weights(type(model))
    return observe(model) | {"layers are its own": own}


def _layers_with_weights(made_by: type[nn.Module]) -> list[nn.Module]:
    """Return the layers that a class itself holds: every model of it calls the same ones."""
    layers = [part for part in vars(made_by).values() if isinstance(part, nn.Module)]
    return [layer for layer in layers if parameter_count(layer)]


def _observe(model: nn.Module, images: Tensor) -> Observation:
    """Describe a network as :func:`observe_network` does, and how much of it can learn."""
    trains = _all_training(model)
    with torch.no_grad(), _parameters_counted() as made:
        parameter_count(model)  # Lazy layers refuse this, and later cells count as well.
        model.eval()(images)
    evaluates = not any(module.training for module in model.modules())
    weights = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    differ = all(bool((weight != weight.flatten()[0]).any()) for weight in weights)
    observation = observe_network(model, images)
    logits = model.train()(images)
    if logits.requires_grad:
        logits.sum().backward()
    trains = trains and _all_training(model)
    learning = sum(parameter.grad is not None for parameter in model.parameters())
    with torch.no_grad():
        logits_after = array(model.eval()(images))
    # As text, the numbers must agree to the last digit.
    return observation | {
        "parameters": f"{observation['parameters']:,}",
        "parameters that learn": f"{learning}",
        "parameters made in forward": f"{len(made)}",
        "the mode lasts": trains and evaluates,
        "first weights differ": differ,
        "logits after training": logits_after,
    }


@contextlib.contextmanager
def _parameters_counted() -> Iterator[list[str]]:
    """Collect the names of the parameters that layers are given within the block."""
    names: list[str] = []
    handle = register_module_parameter_registration_hook(
        lambda module, name, parameter: names.append(name) if parameter is not None else None
    )
    try:
        yield names
    finally:
        handle.remove()


def _all_training(model: nn.Module) -> bool:
    return all(module.training for module in model.modules())


_NETWORK_ITEMS = {
    "evaluation mode repeats": Sentence(
        ja="評価モードの出力がいつも同じか", en="evaluation mode repeats itself"
    ),
    "parameters": Sentence(ja="パラメータの数", en="number of parameters"),
    "logits": Sentence(ja="ロジット", en="logits"),
    "logits while training": Sentence(ja="学習モードのロジット", en="logits in training mode"),
    "training mode differs": Sentence(
        ja="学習モードで出力が変わるか", en="training mode gives other outputs"
    ),
    "parameters that learn": Sentence(
        ja="学習できる重みやバイアスの組の数", en="number of weights and biases that can learn"
    ),
    "parameters made in forward": Sentence(
        ja="forward の中で作られる重みやバイアスの組の数",
        en="number of weights and biases made in forward",
    ),
    "the mode lasts": Sentence(
        ja="学習モードと評価モードが、勝手に変わらないか", en="the model leaves its mode alone"
    ),
    "first weights differ": Sentence(
        ja="重みの初期値がばらばらか", en="weights differ at the beginning"
    ),
    "logits after training": Sentence(
        ja="学習モードで 1 度使った後の、評価モードのロジット",
        en="logits in evaluation mode after a pass in training mode",
    ),
    "layers are its own": Sentence(
        ja="モデルごとに別の層を持つか", en="every model has layers of its own"
    ),
}


Maker = Callable[[Case], nn.Module]
"""Makes a network or a layer for a case."""


def _mistaken(network: Maker, changes: Mapping[str, Maker]) -> Recogniser:
    """Recognise the logits of the right network with other layers in some places.

    Args:
        network: Makes the right one.
        changes: What makes the new layer, by its dotted name.
    """

    def logits(want: Observation, case: Case) -> np.ndarray:
        model = network(case)
        for place, layer in changes.items():
            parent, _, name = place.rpartition(".")
            setattr(model.get_submodule(parent), name, layer(case))
        fill_by_shape(model)
        with torch.no_grad():
            return array(model.eval()(torch.from_numpy(case["images"])))

    return like("logits", logits)


def _mistaken_somewhere(network: Maker, changes: Mapping[str, Maker]) -> Recogniser:
    """Recognise the logits of the right network with one or more of these other layers."""
    chosen = itertools.chain.from_iterable(
        itertools.combinations(changes.items(), count + 1) for count in range(len(changes))
    )
    return _any(_mistaken(network, dict(some)) for some in chosen)


def _nothing(case: Case) -> nn.Module:
    return nn.Identity()


def _average(case: Case) -> nn.Module:
    return nn.AvgPool2d(2)


def _same_size_other_logits(got: Observation, want: Observation, case: Case) -> bool:
    same_size = got["parameters"] == want["parameters"]
    same_shape = np.shape(got["logits"]) == want["logits"].shape
    return same_size and same_shape and not close(got["logits"], want["logits"])


def _same_but_while_training(got: Observation, want: Observation, case: Case) -> bool:
    trained = "logits while training"
    return close(got["logits"], want["logits"]) and not close(got[trained], want[trained])


def _is_probability(got: Observation, want: Observation, case: Case) -> bool:
    return are_probabilities(got["logits"]) or are_log_probabilities(got["logits"])


def _softmax_over_images(want: Observation, case: Case) -> np.ndarray:
    return torch.from_numpy(want["logits"]).softmax(dim=0).numpy()


def _relu(want: Observation, case: Case) -> np.ndarray:
    return np.maximum(want["logits"], 0)


def _sigmoid(want: Observation, case: Case) -> np.ndarray:
    return torch.from_numpy(want["logits"]).sigmoid().numpy()


_INPUT_OVERWRITTEN = Hint("input_overwritten", lambda got, want, case: got[INPUTS], TRACES[INPUTS])
_CHANGES_BY_ITSELF = hint(
    "changes_by_itself",
    equals("evaluation mode repeats", False),
    ja="評価モードでも、出力が毎回変わります。nn.Dropout なら、モードに合わせて自分で止まります。",
    en="Even in evaluation mode the output changes every time. "
    "nn.Dropout stops by itself in that mode.",
)
_SOFTMAX_INSIDE = hint(
    "softmax_inside",
    _any((_is_probability, like("logits", _softmax_over_images))),
    ja="出力が確率か、その対数になっています。モデルはロジットを返します。softmax は入れません。",
    en="The output is probabilities or their logarithm. A model returns logits, without softmax.",
)
_ACTIVATION_AT_THE_END = hint(
    "activation_at_the_end",
    _any((like("logits", _relu), like("logits", _sigmoid))),
    ja="最後の全結合層の出力に、活性化関数がかかっています。そのまま返しましょう。",
    en="An activation follows the last fully connected layer. Return its output as it is.",
)
_SQUEEZED = hint(
    "squeezed",
    lambda got, want, case: (
        len(case["images"]) == 1 and np.shape(got["logits"]) == want["logits"].shape[1:]
    ),
    ja="画像が 1 枚のとき、枚数の軸まで消えています。squeeze() は、長さ 1 の軸を全部消します。",
    en="With a single image, the axis of images vanishes, too. squeeze() removes every axis "
    "of length 1.",
)
_LEARNS_TOO_LITTLE = hint(
    "learns_too_little",
    lambda got, want, case: (
        close(got["logits"], want["logits"])
        and int(got["parameters that learn"]) < int(want["parameters that learn"])
    ),
    ja="学習できない層があります。forward の中の torch.no_grad() や detach()、"
    "requires_grad を変える行がないかを確かめましょう。",
    en="There are layers that cannot learn. Look for torch.no_grad() or detach() in forward, and "
    "for lines that change requires_grad.",
)
_MODE_CHANGED = hint(
    "mode_changed",
    equals("the mode lasts", False),
    ja="モデルの中で、学習モードと評価モードを切り替えています。"
    "eval() や train() を呼ぶのは、モデルを使う側です。",
    en="The model switches its own mode. Calling eval() or train() is up to its user.",
)
_AN_INSTANCE = hint(
    "an_instance",
    equals("an instance", True),
    ja="クラスの名前に、作ったモデルが入っています。クラスと同じ名前の変数を作らず、"
    "model = … のように、別の名前を付けましょう。",
    en="The name of the class holds a model that was made of it. Give the model another name, "
    "as in model = ….",
)
_NO_MODULE = hint(
    "no_module",
    equals("no module", True),
    ja="class の行で nn.Module を継承していません。クラスの名前の後に (nn.Module) が要ります。",
    en="The class does not inherit from nn.Module. Its name is followed by (nn.Module).",
)
_MADE_IN_FORWARD = hint(
    "made_in_forward",
    lambda got, want, case: got["parameters made in forward"] != "0",
    ja="forward の中で層を作っています。呼ぶたびに新しい重みになり、学習できません。"
    "重みのある層は __init__ で作りましょう。",
    en="Layers are made in forward. Their weights are new in every call and cannot learn. "
    "Make layers with weights in __init__.",
)
_LAYERS_SHARED = hint(
    "layers_shared",
    equals("layers are its own", False),
    ja="2 つのモデルを作ると、同じ層を共有します。層は __init__ の外ではなく、中で作りましょう。",
    en="Two models share their layers. Make layers within __init__, not outside of it.",
)
_WEIGHTS_ALL_EQUAL = hint(
    "weights_all_equal",
    equals("first weights differ", False),
    ja="1 つの層の重みが、はじめから全部同じ値です。どのフィルタも同じように変わり、うまく学習できません。"
    "初期値は PyTorch に任せましょう。",
    en="All weights of a layer begin with the same value. Its filters then change alike and cannot "
    "learn well. Leave the first values to PyTorch.",
)
_LAYER_NOT_MADE = hint(
    "layer_not_made",
    says(r"^AttributeError: '(Model|CNN)' object has no attribute"),
    ja="self の後の名前に、__init__ で作っていないものがあります。その名前と、"
    "__init__ のつづり（前後の _ は 2 つずつ）を確かめましょう。",
    en="A name after self was not made in __init__. Check that name, and the spelling of "
    "__init__, with two _ on either side.",
)
_SHARED_HINTS = (
    _AN_INSTANCE,
    _NO_MODULE,
    _ARGUMENTS_MOVED,
    _INPUT_OVERWRITTEN,
    _MADE_IN_FORWARD,
    _LAYERS_SHARED,
    _MODE_CHANGED,
    _CHANGES_BY_ITSELF,
    _SQUEEZED,
    _SOFTMAX_INSIDE,
    _ACTIVATION_AT_THE_END,
    _LEARNS_TOO_LITTLE,
    _WEIGHTS_ALL_EQUAL,
)


# --- 2-3 ----------------------------------------------------------------------------------------
def _batch_cases(rng: np.random.Generator) -> list[Case]:
    return [{"images": _images(rng, (count, 1, 28, 28))} for count in (3, 1)]


def _images(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.normal(size=shape).astype(np.float32)


def _probe_model(answer: type, case: Case) -> Observation:
    images = torch.from_numpy(case["images"])
    return _observe_answer(answer, [], lambda model: _observe_parts(model, images))


def _observe_parts(model: nn.Module, images: Tensor) -> Observation:
    observation = _observe(model, images)
    with torch.no_grad():
        if _takes_images(model.classifier, images) and not _takes_images(model.features, images):
            return observation | {"parts swapped": True}
        features = model.features(images)
        flat = torch.flatten(features, 1)
        fits = flat.shape[1:] == (9216,)
        logits = array(model.classifier(flat)) if fits else None
    return {
        **observation,
        "features": str(tuple(features.shape)),
        "logits from the parts": logits,
    }


def _takes_images(part: nn.Module, images: Tensor) -> bool:
    try:
        part(images)
    except Exception:  # A part may refuse in whatever way.
        return False
    return True


def _right_model(case: Case) -> nn.Module:
    return Model()


def _no_dropout(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["logits"], want["logits"]) and not got["training mode differs"]


MODEL = Exercise(
    id="2-3",
    points=4,
    names=("Model",),
    reference=Model,
    cases=_batch_cases,
    probe=_probe_model,
    items=_NETWORK_ITEMS
    | {
        "features": Sentence(ja="features の出力の形", en="shape of what features gives"),
        "logits from the parts": Sentence(
            ja="2 つの部品を別々に呼んだときのロジット", en="logits from the two parts in turn"
        ),
    },
    hints=(
        LAZY_LAYER,
        *(hint for hint in _SHARED_HINTS if hint is not _ARGUMENTS_MOVED),
        hint(
            "parts_swapped",
            equals("parts swapped", True),
            ja="features と classifier の中身が入れ替わっています。"
            "畳み込みは features、全結合は classifier に入れましょう。",
            en="features and classifier are swapped. Convolutions belong into features, "
            "fully connected layers into classifier.",
        ),
        hint(
            "parts_missing",
            says(r"has no attribute '(features|classifier)'"),
            ja="self.features か self.classifier がありません。部品の名前と、"
            "__init__ のつづり（前後の _ は 2 つずつ）を確かめましょう。",
            en="self.features or self.classifier is missing. Check these names, and the spelling "
            "of __init__, with two _ on either side.",
        ),
        _LAYER_NOT_MADE,
        hint(
            "dropout_rate",
            says(r"dropout probability has to be between 0 and 1"),
            ja="ドロップアウトに渡すのは、0 から 1 までの確率です。25% なら 0.25 です。",
            en="Dropout takes a probability from 0 to 1: 25% is 0.25.",
        ),
        hint(
            "relu_missing",
            _mistaken_somewhere(
                _right_model,
                {"features.1": _nothing, "features.3": _nothing, "classifier.1": _nothing},
            ),
            ja="ReLU が足りません。Net の forward で F.relu が何回、どこにあるかを数えましょう。",
            en="A ReLU is missing. Count how often, and where, F.relu stands in Net's forward.",
        ),
        hint(
            "average_pooling",
            _mistaken(_right_model, {"features.4": _average}),
            ja="平均プーリングになっています。Net は最大プーリングです。",
            en="This is average pooling. Net has max pooling.",
        ),
        hint(
            "other_computation",
            _same_size_other_logits,
            ja="パラメータの数は合っていますが、計算の結果が違います。"
            "__init__ の層の引数と forward を、Net と 1 行ずつ見比べましょう。",
            en="The number of parameters is right, but the result differs. "
            "Compare the layers in __init__, and forward, with Net's, line by line.",
        ),
        hint(
            "no_dropout",
            _no_dropout,
            ja="学習モードでも出力が変わりません。ドロップアウトを入れましょう。",
            en="Even in training mode the output stays the same. Put the dropout in.",
        ),
        hint(
            "other_dropout",
            _same_but_while_training,
            ja="ドロップアウトの種類か、割合か、数か、場所が違います。Net のドロップアウトと比べましょう。",
            en="The dropout is of another kind or rate, or in other places, than Net's. Compare.",
        ),
        hint(
            "flattened_too_early",
            lambda got, want, case: got["features"] == f"({len(case['images'])}, 9216)",
            ja="features の中で平らにしています。平らにするのは、features の外です。",
            en="features flattens its output. Flatten outside of features.",
        ),
    ),
)


# --- 2-4 ----------------------------------------------------------------------------------------
def _channel_cases(rng: np.random.Generator) -> list[Case]:
    # Without arguments, as later cells call it, then with some; other sizes; a single image.
    return [
        {"arguments": [], "images": _images(rng, (4, 1, 28, 28))},
        {"arguments": [3, 2], "images": _images(rng, (4, 3, 20, 20))},
        {"arguments": [], "images": _images(rng, (2, 1, 56, 56))},
        {"arguments": [1, 5], "images": _images(rng, (1, 1, 28, 28))},
        # Its half is odd: pooling drops the last row and column.
        {"arguments": [], "images": _images(rng, (2, 1, 30, 30))},
    ]


def _probe_cnn(answer: type, case: Case) -> Observation:
    images = torch.from_numpy(case["images"])
    return _observe_answer(answer, case["arguments"], lambda model: _observe(model, images))


def _channels_and_classes(case: Case) -> tuple[int, int]:
    return tuple(case["arguments"] or (1, 10))


def _right_cnn(case: Case) -> nn.Module:
    """Return the network of :class:`CNN` as a sequence, so that ReLU has a place, too."""
    cnn = CNN(*_channels_and_classes(case))
    parts = dict(cnn.named_children())
    first, second = ["conv1", "bn1", "relu1", "pool1"], ["conv2", "bn2", "relu2", "pool2"]
    names = [*first, *second, "gap", "flatten", "fc"]
    return nn.Sequential(OrderedDict((name, parts.get(name, nn.ReLU())) for name in names))


def _norm(channels: int) -> Maker:
    return lambda case: nn.BatchNorm2d(channels)


def _convolution(place: int, **options: Any) -> Maker:
    """Return what makes the first or the second convolution, with other options."""

    def layer(case: Case) -> nn.Module:
        inputs = (_channels_and_classes(case)[0], 16)[place - 1]
        return nn.Conv2d(inputs, 16 * place, 3, **{"padding": 1} | options)

    return layer


def _pool(case: Case) -> nn.Module:
    return nn.MaxPool2d(2)


def _activation(case: Case) -> nn.Module:
    return nn.ReLU()


def _largest(case: Case) -> nn.Module:
    return nn.AdaptiveMaxPool2d(1)


def _sum(case: Case) -> nn.Module:
    return nn.AvgPool2d(case["images"].shape[-1] // 4, divisor_override=1)


def _blocks_in_another_order() -> Recogniser:
    """Recognise that ReLU or pooling stands before batch norm in the first block or the second."""
    norm_last = (
        {"bn1": _activation, "relu1": _norm(16)},
        {"bn2": _activation, "relu2": _norm(32)},
    )
    pooled_first = (
        {"bn1": _pool, "relu1": _norm(16), "pool1": _activation},
        {"bn2": _pool, "relu2": _norm(32), "pool2": _activation},
    )
    return _any(
        _mistaken(_right_cnn, changes)
        for first, second in (norm_last, pooled_first)
        for changes in (first, second, first | second)
    )


def _no_global_pooling(got: Observation, want: Observation, case: Case) -> bool:
    # Flattening h×w positions gives the last layer h×w times as many weights.
    surplus = _count(got) - _count(want)
    side = case["images"].shape[-1] // 4
    return surplus == 32 * _channels_and_classes(case)[1] * (side**2 - 1)


def _count(observation: Observation) -> int:
    return int(observation["parameters"].replace(",", ""))


def _fixed_sizes(got: Observation, want: Observation, case: Case) -> bool:
    if case["arguments"] != [3, 2]:
        return False
    if "error" in got:
        return "to have 1 channels, but got 3" in got["error"]
    return got["logits"].shape[1] == 10


CNN_EXERCISE = Exercise(
    id="2-4",
    points=4,
    names=("CNN",),
    reference=CNN,
    cases=_channel_cases,
    probe=_probe_cnn,
    items=_NETWORK_ITEMS,
    hints=(
        *_SHARED_HINTS,
        _LAYER_NOT_MADE,
        hint(
            "norm_channels",
            says(r"running_mean should contain"),
            ja="nn.BatchNorm2d の引数が、届いたチャンネルの数と違います。"
            "直前の畳み込みの出力チャンネルの数にしましょう。",
            en="nn.BatchNorm2d waits for another number of channels than it gets. "
            "Give it the output channels of the convolution before it.",
        ),
        hint(
            "norm_of_vectors",
            says(r"expected 2D or 3D input \(got 4D input\)"),
            ja="画像や特徴マップには、nn.BatchNorm1d ではなく nn.BatchNorm2d を使います。",
            en="Images and feature maps take nn.BatchNorm2d, not nn.BatchNorm1d.",
        ),
        hint(
            "averaged_everything",
            says(r"both arguments to linear need to be at least 1D, but they are 0D"),
            ja="全結合層に、1 つの数が届いています。平均は、縦と横だけについてとりましょう。",
            en="The fully connected layer gets a single number. "
            "Take the mean over height and width alone.",
        ),
        hint(
            "fixed_sizes",
            _fixed_sizes,
            ja="チャンネル数かクラス数が決め打ちです。引数の in_channels と num_classes を使いましょう。",
            en="The number of channels or classes is fixed. Use in_channels and num_classes.",
        ),
        hint(
            "fixed_image_size",
            lambda got, want, case: (
                case["images"].shape[-1] != 28
                and re.search(
                    "Output size is too small|cannot be multiplied|is invalid for input",
                    got["error"],
                )
            ),
            ja="28×28 の画像では動きますが、ほかの大きさでは動きません。"
            "大域平均プーリングは、どの大きさでも、縦と横の全体で平均をとります。",
            en="This works on images of 28×28 and on no others. Global average pooling averages "
            "over all of the height and width, whatever they are.",
        ),
        hint(
            "mean_over_other_axes",
            any_of(
                says(r"cannot be multiplied \(\d+x7 and 32x"),
                lambda got, want, case: np.shape(got["logits"]) == want["logits"].shape[1:],
            ),
            ja="平均をとる軸が違います。(N, C, H, W) のうち、縦と横は何番目ですか。最初の軸は 0 です。",
            en="The mean is over other axes. Where do height and width stand in (N, C, H, W)? "
            "The first axis is 0.",
        ),
        hint(
            "no_global_pooling",
            _no_global_pooling,
            ja="最後の全結合層が大きすぎます。全部の画素を並べるかわりに、縦と横について平均をとりましょう。",
            en="The last layer is too large. Average over height and width "
            "in place of lining up all pixels.",
        ),
        hint(
            "other_global_pooling",
            _any(_mistaken(_right_cnn, {"gap": pooling}) for pooling in (_largest, _sum)),
            ja="最後のプーリングが、最大値か合計になっています。縦と横について平均をとりましょう。",
            en="The last pooling takes the maximum or the sum. Take the mean over height and width.",
        ),
        hint(
            "batch_norm_missing",
            _mistaken_somewhere(_right_cnn, {"bn1": _nothing, "bn2": _nothing}),
            ja="バッチ正規化を通らない畳み込みがあります。2 つの畳み込みの後に 1 つずつ置き、"
            "forward で呼びましょう。",
            en="Batch normalization is left out after a convolution. Put one after each of "
            "the two, and call it in forward.",
        ),
        hint(
            "relu_missing",
            _mistaken_somewhere(_right_cnn, {"relu1": _nothing, "relu2": _nothing}),
            ja="ReLU が足りません。2 つのバッチ正規化の後に 1 つずつ要ります。",
            en="A ReLU is missing. There is one after each batch normalization.",
        ),
        hint(
            "pooling_missing",
            _mistaken_somewhere(_right_cnn, {"pool1": _nothing, "pool2": _nothing}),
            ja="最大プーリングが足りません。表には 2 つあります。",
            en="A max pooling is missing. There are two in the table.",
        ),
        hint(
            "average_pooling",
            _mistaken_somewhere(_right_cnn, {"pool1": _average, "pool2": _average}),
            ja="平均プーリングになっているところがあります。表では、2 つとも最大プーリングです。",
            en="Average pooling stands where the table has max pooling.",
        ),
        hint(
            "padding_missing",
            _mistaken_somewhere(
                _right_cnn,
                {"conv1": _convolution(1, padding=0), "conv2": _convolution(2, padding=0)},
            ),
            ja="パディングのない畳み込みがあります。表では、2 つとも padding=1 です。",
            en="A convolution has no padding. In the table both have padding=1.",
        ),
        hint(
            "bias_missing",
            _mistaken_somewhere(
                _right_cnn,
                {"conv1": _convolution(1, bias=False), "conv2": _convolution(2, bias=False)},
            ),
            ja="バイアスのない畳み込みがあります。ここでは、bias=False を付けません。",
            en="A convolution has no bias. Leave out bias=False here.",
        ),
        hint(
            "other_order",
            _blocks_in_another_order(),
            ja="順序が違います。畳み込み、バッチ正規化、ReLU、最大プーリングの順です。",
            en="The order is convolution, batch normalization, ReLU, max pooling.",
        ),
        hint(
            "other_computation",
            _same_size_other_logits,
            ja="パラメータの数は合っていますが、計算の結果が違います。"
            "__init__ の層の引数と forward を、表の上から 1 つずつ見比べましょう。",
            en="The number of parameters is right, but the result differs. Compare the layers in "
            "__init__, and forward, with the table, from the top.",
        ),
        hint(
            "other_statistics",
            differs("logits after training"),
            ja="学習モードで使った後の、評価モードの出力が違います。"
            "バッチ正規化には、チャンネル数のほかの引数（momentum など）を付けません。",
            en="After training mode, outputs in evaluation mode differ. Give batch "
            "normalization the number of channels alone, no momentum or the like.",
        ),
        hint(
            "other_in_training",
            _same_but_while_training,
            ja="評価モードの出力は合っていますが、学習モードの出力が違います。"
            "表にない層（ドロップアウトなど）を足していませんか。",
            en="Outputs in evaluation mode are right, those in training mode are not. "
            "Is there a layer, such as dropout, that is not in the table?",
        ),
    ),
)
