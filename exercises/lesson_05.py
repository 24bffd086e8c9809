"""Exercises of notebook 05: saliency, hooks, Grad-CAM, overlay, sanity check."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from exercises.exercise import Case, Exercise, Hint, Observation, close
from exercises.hints import (
    IMAGES_MARKED,
    NOT_THE_ARGUMENTS,
    Recogniser,
    any_of,
    equals,
    hint,
    is_other,
    like,
    says,
)
from exercises.hooking import (
    ERROR_REPORTED,
    ERROR_SWALLOWED,
    HOOK_LEFT_BY_AN_ERROR,
    HOOK_NOT_REMOVED,
    HOOKS_OF_OTHERS_REMOVED,
    LAYER_IS_A_NAME,
    NOTHING_STORED,
    fixed_layer,
    hook_returns,
    hooks_left,
    reports_errors,
    with_own_hook,
)
from exercises.probing import array, fill_by_shape, ndarray, several, tensor
from exercises.traces import TRAINING, WEIGHTS, watch, watch_images
from helpers import explain
from helpers.hooks import find_layer
from helpers.internal.sentences import Sentence

# Rounding down where the reference rounds moves a coloured pixel by up to 5 levels, half of it when
# mixed.
_PICTURE_TOLERANCE = 4
_COLOUR_TOLERANCE = 6


class _SmallNetwork(nn.Module):
    """A network of two channels, in evaluation mode.

    It has layers within a part, such as ``features.1``, and one outside of any, ``pool``.
    """

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.pool = nn.MaxPool2d(2)
        self.classifier = nn.Linear(48, classes)
        fill_by_shape(self)
        with torch.no_grad():
            # Features are positive: with weights of mean zero no class wins every time.
            self.classifier.weight -= self.classifier.weight.mean(dim=1, keepdim=True)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.pool(self.features(x)).flatten(1))


def _image_case(rng: np.random.Generator, classes: Sequence[int]) -> Case:
    return {
        "images": rng.normal(size=(len(classes), 2, 8, 10)).astype(np.float32),
        "classes": rng.permutation(classes),
    }


def _image_cases(rng: np.random.Generator) -> list[Case]:
    return [_image_case(rng, classes) for classes in ([0, 0, 1, 1, 2, 2], [1])]


def _tensors(case: Case) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(case["images"]), torch.from_numpy(case["classes"])


def _any_of(*recognisers: Recogniser) -> Recogniser:
    return lambda got, want, case: any(found(got, want, case) for found in recognisers)


def _left_training(got: Observation, want: Observation, case: Case) -> bool:
    return got[TRAINING]


_TRAINING_SENTENCE = Sentence(
    ja="モデルが学習モードになっています。調べるときは model.train() を呼ばず、評価モードのままにしましょう。",
    en="The model was put into training mode. Do not call model.train(): a model is looked at in "
    "evaluation mode.",
)

_NOT_ONE_NUMBER = hint(
    "not_one_number",
    says("grad can be implicitly created only for scalar outputs"),
    ja="微分できるのは、1 つの数だけです。.sum() で 1 つの数にしましたか。"
    "torch.autograd.grad の引数は、微分する数、何で微分するか、の順です。",
    en="Only a single number can be differentiated. Did you add the logits up with .sum()? "
    "torch.autograd.grad takes that number first, then the tensor to differentiate with "
    "respect to.",
)
# --- What is differentiated, in 5-1 and 5-2 -----------------------------------------------------
Score = Callable[[Tensor, Tensor], Tensor]
"""One number, of logits (N, 3) and classes (N,)."""


def _chosen(logits: Tensor, classes: Tensor) -> Tensor:
    return logits.gather(1, classes[:, None]).sum()


_OTHER_SCORES: dict[str, tuple[tuple[Score, ...], Sentence]] = {
    "all_classes": (
        (lambda logits, classes: logits.sum(),),
        Sentence(
            ja="全部のクラスのロジットを足しています。classes が示すロジットだけを選びましょう。",
            en="The logits of all classes are added. Take only those that classes names.",
        ),
    ),
    "classes_of_all_images": (
        (lambda logits, classes: logits[:, classes].sum(),),
        Sentence(
            ja="logits[:, classes] は、どの画像からも、全部の画像のクラスを取り出します。"
            "gather で、画像ごとに 1 つ選びましょう。",
            en="logits[:, classes] takes the classes of all images from every image. Use "
            "gather to take one logit for each image.",
        ),
    ),
    "class_of_the_first_image": (
        (lambda logits, classes: logits[:, classes[0]].sum(),),
        Sentence(
            ja="どの画像にも、1 枚目の画像のクラスを使っています。gather で、画像ごとに選びましょう。",
            en="Every image gets the class of the first one. Use gather to take each image's own.",
        ),
    ),
    "predicted_class": (
        (lambda logits, classes: logits.amax(dim=1).sum(),),
        Sentence(
            ja="最大のロジットを使っています。classes が示すロジットを選びましょう。",
            en="The largest logit is used. Take the one that classes names.",
        ),
    ),
    "softmax": (
        (lambda logits, classes: _chosen(logits.softmax(dim=1), classes),),
        Sentence(
            ja="確率を微分しています。softmax をかける前のロジットを微分しましょう。",
            en="Probabilities are differentiated. Use the logits, before softmax.",
        ),
    ),
    "sigmoid": (
        (lambda logits, classes: _chosen(logits.sigmoid(), classes),),
        Sentence(
            ja="sigmoid の値を微分しています。ロジットをそのまま微分しましょう。",
            en="The values of sigmoid are differentiated. Use the logits as they are.",
        ),
    ),
    "loss": (
        (
            F.cross_entropy,
            lambda logits, classes: F.cross_entropy(logits, classes, reduction="sum"),
            lambda logits, classes: -F.cross_entropy(logits, classes, reduction="sum"),
        ),
        Sentence(
            ja="損失（確率の対数）を微分しています。ロジットをそのまま微分しましょう。",
            en="The loss, a logarithm of probabilities, is differentiated. "
            "Use the logits as they are.",
        ),
    ),
    "mean_of_batch": (
        (lambda logits, classes: _chosen(logits, classes) / len(classes),),
        Sentence(
            ja="ロジットの平均を微分すると、勾配が枚数分の 1 になります。和を使いましょう。",
            en="With a mean, every gradient is divided by the number of images. Use the sum.",
        ),
    ),
}
"""What some differentiate instead of the chosen logits, and what to say then."""


# --- 5-1 ----------------------------------------------------------------------------------------
def _probe_saliency(answer: type(explain.saliency), case: Case) -> Observation:
    images, classes = _tensors(case)
    model = watch(_SmallNetwork())
    watch_images(images)
    return {
        "saliency": array(tensor(answer(model, images, classes))),
        "saliency of a second call": array(tensor(answer(model, images, classes))),
    }


def _input_gradient(case: Case, score: Score = _chosen) -> np.ndarray:
    images, classes = _tensors(case)
    pixels = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(score(_SmallNetwork()(pixels), classes), pixels)
    return array(gradient)


def _reduced_by(*reduce: Callable[[np.ndarray], np.ndarray]) -> Recogniser:
    """Recognise maps that were made from the right gradient (N, C, H, W) in one of these ways."""

    def by(way: Callable[[np.ndarray], np.ndarray]) -> Recogniser:
        return like("saliency", lambda want, case: way(_input_gradient(case)), atol=1e-7)

    return _any_of(*map(by, reduce))


def _saliency_of(name: str) -> Hint:
    scores, sentence = _OTHER_SCORES[name]

    def of(score: Score) -> Recogniser:
        def mistaken(want: Observation, case: Case) -> np.ndarray:
            return np.abs(_input_gradient(case, score)).max(axis=1)

        return like("saliency", mistaken, atol=1e-7)

    return Hint(name, _any_of(*map(of, scores)), sentence)


def _gradients_added_up(got: Observation, want: Observation, case: Case) -> bool:
    again = got["saliency of a second call"]
    return close(got["saliency"], want["saliency"]) and close(again, 2 * want["saliency"])


def _channels_left(got: Observation, want: Observation, case: Case) -> bool:
    shape, (count, *size) = np.shape(got["saliency"]), want["saliency"].shape
    return shape in ((count, 1, *size), (count, 2, *size))


def _stretched(maps: np.ndarray) -> np.ndarray:
    return array(explain.normalise(torch.from_numpy(maps)))


SALIENCY = Exercise(
    id="5-1",
    points=3,
    names=("saliency",),
    reference=explain.saliency,
    cases=_image_cases,
    probe=_probe_saliency,
    items={
        "saliency": Sentence(ja="顕著性マップ", en="saliency map"),
        "saliency of a second call": Sentence(
            ja="2 回目に呼んだときの顕著性マップ", en="saliency map of a second call"
        ),
    },
    hints=(
        hint(
            "no_gradient",
            says(r"'NoneType' object has no|(?:abs|max)\(\).*NoneType"),
            ja="勾配のかわりに None があります。backward() は何も返さず、勾配は、"
            "requires_grad_() を付けたテンソルそのものの .grad に入ります。"
            "付けるのは clone() の後です。",
            en="There is None instead of a gradient. backward() returns nothing: it puts the "
            "gradient into .grad of the very tensor that requires_grad_() was called on, "
            "after clone().",
        ),
        _NOT_ONE_NUMBER,
        hint(
            "gradients_added_up",
            _gradients_added_up,
            ja="2 回目に呼ぶと、1 回目の勾配に足されます。images.clone() のほうに、記録を始めましょう。",
            en="A second call adds to the gradients of the first. "
            "Begin recording at images.clone() instead.",
        ),
        Hint("left_training", _left_training, _TRAINING_SENTENCE),
        hint(
            "channels_left",
            _channels_left,
            ja="チャンネルの軸が残っています。形を (N, H, W) にしましょう。",
            en="The axis of the channels is still there. The shape should be (N, H, W).",
        ),
        hint(
            "images_axis_lost",
            lambda got, want, case: (
                len(want["saliency"]) == 1
                and np.shape(got["saliency"]) == want["saliency"].shape[1:]
            ),
            ja="画像が 1 枚のとき、枚数の軸まで消えています。squeeze() は、長さ 1 の軸を全部消します。",
            en="With a single image the axis of the images is lost, too: squeeze() drops every "
            "axis of length 1.",
        ),
        hint(
            "largest_of_the_images",
            _reduced_by(lambda gradient: abs(gradient).max(axis=0)),
            ja="画像の中での最大値になっています。チャンネルの軸は、0 番ではありません。",
            en="That is the largest value among the images. The channels are not axis 0.",
        ),
        hint(
            "signed",
            _reduced_by(
                lambda gradient: gradient.max(axis=1),
                lambda gradient: gradient.max(axis=1).clip(min=0),
            ),
            ja="負の勾配が捨てられています。最大値をとる前に、絶対値にしましょう。",
            en="Negative gradients are thrown away. "
            "Take absolute values before you look for the largest.",
        ),
        hint(
            "absolute_too_late",
            _reduced_by(lambda gradient: abs(gradient.max(axis=1))),
            ja="順序が逆です。先に絶対値にしてから、チャンネルの最大値をとりましょう。",
            en="The order is wrong: first absolute values, then the largest of the channels.",
        ),
        hint(
            "channels_added",
            _reduced_by(lambda gradient: abs(gradient).sum(axis=1)),
            ja="チャンネルの和になっています。チャンネルの最大値をとりましょう。",
            en="The channels are added. Take the largest of them.",
        ),
        hint(
            "channels_averaged",
            _reduced_by(lambda gradient: abs(gradient).mean(axis=1)),
            ja="チャンネルの平均になっています。チャンネルの最大値をとりましょう。",
            en="The channels are averaged. Take the largest of them.",
        ),
        hint(
            "first_channel",
            _reduced_by(lambda gradient: abs(gradient[:, 0])),
            ja="最初のチャンネルしか見ていません。色のある画像では、チャンネルの最大値をとりましょう。",
            en="Only the first channel is used. For color images, take the largest value of "
            "the channels.",
        ),
        hint(
            "squared",
            _reduced_by(lambda gradient: (gradient**2).max(axis=1)),
            ja="勾配の 2 乗になっています。絶対値をとりましょう。",
            en="The gradients are squared. Take absolute values.",
        ),
        hint(
            "times_the_image",
            like(
                "saliency",
                lambda want, case: abs(_input_gradient(case) * case["images"]).max(axis=1),
                atol=1e-7,
            ),
            ja="勾配に画像を掛けています。勾配だけを使いましょう。",
            en="The gradients are multiplied by the image. Use the gradients alone.",
        ),
        hint(
            "stretched",
            like("saliency", lambda want, case: _stretched(want["saliency"])),
            ja="[0, 1] に引きのばすのは、後で normalise が行います。勾配の絶対値のまま返しましょう。",
            en="normalise stretches the maps to [0, 1] later. "
            "Return the absolute gradients as they are.",
        ),
        *map(_saliency_of, _OTHER_SCORES),
        IMAGES_MARKED,
        NOT_THE_ARGUMENTS,
    ),
    atol=1e-6,
)


# --- 5-2 ----------------------------------------------------------------------------------------
def activation_and_gradient(
    model: nn.Module, layer: str, images: Tensor, classes: Tensor
) -> tuple[Tensor, Tensor]:
    """Return a layer's output (N, C, h, w) and the gradient of the classes' logits by it."""
    seen = {}

    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen["activation"] = output

    handle = find_layer(model, layer).register_forward_hook(keep)
    try:
        logits = model(images)
    finally:
        handle.remove()
    (gradient,) = torch.autograd.grad(_chosen(logits, classes), seen["activation"])
    return seen["activation"].detach(), gradient


def _hook_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _image_case(rng, [1]) | {"layer": "pool"},
        _image_case(rng, [0, 0, 1, 1, 2, 2]) | {"layer": "features.1"},
    ]


def _probe_hooks(answer: type(activation_and_gradient), case: Case) -> Observation:
    images, classes = _tensors(case)
    model = watch(with_own_hook(_SmallNetwork(), case["layer"]))
    activation, gradient = several(answer(model, case["layer"], watch_images(images), classes))
    if gradient is None:
        return {"gradient is known": False}
    return {
        "gradient is known": True,
        "activation": array(tensor(activation)),
        "gradient": array(tensor(gradient)),
        "error reported": reports_errors(lambda: answer(*_refused_by_the_classifier(case))),
        "hooks left by an error": _hooks_left_by_an_error(answer, case),
        "activation of other images": _activation_of_other_images(answer, case),
    }


def _refused_by_the_classifier(case: Case) -> tuple[nn.Module, str, Tensor, Tensor]:
    """Return images that the layer takes, but the classifier after it does not."""
    images, classes = _tensors(case)
    return _SmallNetwork(), case["layer"], torch.zeros(len(images), 2, 12, 8), classes


def _hooks_left_by_an_error(answer: type(activation_and_gradient), case: Case) -> int:
    images, classes = _tensors(case)
    layer, images = case["layer"], images.detach()
    tries = [
        _refused_by_the_classifier(case),
        # A class that there is none of, and nothing to differentiate by: errors after the model.
        (_SmallNetwork(), layer, images, classes + 99),
        (_SmallNetwork().requires_grad_(False), layer, images, classes),
    ]
    return sum(
        hooks_left(model, lambda model: answer(model, *others))  # noqa: B023
        for model, *others in tries
    )


def _activation_of_other_images(
    answer: type(activation_and_gradient), case: Case
) -> np.ndarray | None:
    """Return the layer's output in one more call; None if it fails, though the first did not."""
    images, classes = _tensors(case)
    try:
        return array(answer(_SmallNetwork(), case["layer"], images + 1, classes)[0])
    except Exception:
        return None


def _keeps_an_earlier_call(got: Observation, want: Observation, case: Case) -> bool:
    again = got["activation of other images"]
    return again is None or close(again, want["activation"])


def _around_the_layer(case: Case, score: Score = _chosen) -> dict[str, np.ndarray]:
    """Return what goes through each layer and its gradients, by ``"<name> output"`` and so on."""
    images, classes = _tensors(case)
    model, tensors = _SmallNetwork(), {"images": images.clone().requires_grad_()}

    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        tensors.update({f"{names[module]} input": inputs[0], f"{names[module]} output": output})

    names = {model.features[1]: "features.1", model.pool: "pool"}
    for module in names:
        module.register_forward_hook(keep)
    value = score(model(tensors["images"]), classes)
    gradients = torch.autograd.grad(value, list(tensors.values()))
    return {name: array(value) for name, value in tensors.items()} | {
        f"gradient of {name}": array(gradient)
        for name, gradient in zip(tensors, gradients, strict=True)
    }


def _is_from_elsewhere(item: str, name: str) -> Recogniser:
    """Recognise a tensor of :func:`_around_the_layer` in an entry; {layer} in its name is filled."""
    return like(
        item,
        lambda want, case: _around_the_layer(case)[name.format(layer=case["layer"])],
        atol=1e-7,
    )


def _layer_gradient_of(name: str) -> Hint:
    scores, sentence = _OTHER_SCORES[name]

    def of(score: Score) -> Recogniser:
        def mistaken(want: Observation, case: Case) -> np.ndarray:
            return _around_the_layer(case, score)[f"gradient of {case['layer']} output"]

        return like("gradient", mistaken, atol=1e-7)

    return Hint(name, _any_of(*map(of, scores)), sentence)


HOOKS_OF_A_LAYER = Exercise(
    id="5-2",
    points=3,
    names=("activation_and_gradient",),
    reference=activation_and_gradient,
    cases=_hook_cases,
    probe=_probe_hooks,
    items={
        "gradient is known": Sentence(ja="勾配", en="gradient"),
        "activation": Sentence(ja="層の出力", en="layer's output"),
        "gradient": Sentence(ja="勾配", en="gradient"),
        **ERROR_REPORTED,
        "activation of other images": Sentence(
            ja="ほかの画像でもう一度呼んだときの、層の出力",
            en="layer's output in one more call, for other images",
        ),
    },
    hints=(
        LAYER_IS_A_NAME,
        fixed_layer(
            r"has no attribute [`'](?:\d+|conv\w*|bn\d|pool\d|block\w*)[`']",
            r"^IndexError: index -?\d+ is out of range",
        ),
        hint(
            "name_with_a_dot",
            # A layer without a dot comes first, for which a hook that keeps nothing fails, too.
            says(r"(?:has no attribute |KeyError: )'\w+\."),
            ja="点の入った名前の層が見つかりません。model.get_submodule(layer) を使いましょう。",
            en="A layer with a dot in its name was not found. Use model.get_submodule(layer).",
        ),
        NOTHING_STORED,
        # What comes after a layer: ReLU and pooling, or flatten.
        hook_returns(
            "non-empty 3D or 4D",
            r"relu\(\): argument 'input'",
            "'(?:list|tuple|dict)' object has no attribute 'flatten'",
            "order must be str, not int",
        ),
        _NOT_ONE_NUMBER,
        hint(
            "gradient_in_a_tuple",
            lambda got, want, case: (got["error"], got["type"]) == ("not a tensor", "tuple"),
            ja="テンソルのかわりに、組 (tuple) が返っています。torch.autograd.grad は、"
            "勾配が 1 つでも組を返します。[0] で 1 つ目を取り出しましょう。",
            en="A tuple is returned instead of a tensor. torch.autograd.grad returns a tuple, "
            "even of one gradient. Take its first part with [0].",
        ),
        hint(
            "no_gradient_kept",
            any_of(
                equals("gradient is known", False),
                lambda got, want, case: (
                    "NoneType" in got["error"] and bool(re.search(r"\.grad\b(?!\()", got["line"]))
                ),
            ),
            ja="勾配が None です。途中のテンソルの勾配は捨てられます。"
            "torch.autograd.grad を使うか、retain_grad() を呼んでおきましょう。",
            en="The gradient is None: those of tensors on the way are thrown away. "
            "Use torch.autograd.grad, or call retain_grad() beforehand.",
        ),
        hint(
            "graph_cut",
            says("not have been used in the graph|does not require grad"),
            ja="層の出力から選んだロジットまで、計算グラフがつながっていません。"
            "torch.no_grad() の中でモデルを呼んだり、detach や clone をしたものを"
            "取っておいたりしていませんか。",
            en="The graph does not lead from the layer's output to the chosen logits. Is the "
            "model called under torch.no_grad(), or is a detached or cloned output kept?",
        ),
        Hint("left_training", _left_training, _TRAINING_SENTENCE),
        hint(
            "swapped",
            like("activation", lambda want, case: want["gradient"], atol=1e-7),
            ja="順序が違います。層の出力、勾配の順に返しましょう。",
            en="The order is wrong: first the layer's output, then the gradient.",
        ),
        hint(
            "gradient_of_the_images",
            _is_from_elsewhere("gradient", "gradient of images"),
            ja="画像で微分しています。層の出力で微分しましょう。",
            en="You differentiate with respect to the images. Differentiate with respect to "
            "the layer's output.",
        ),
        hint(
            "always_one_layer",
            lambda got, want, case: (
                case["layer"] == "pool"
                and close(got["activation"], _around_the_layer(case)["features.1 output"])
            ),
            ja="いつも同じ層を調べています。引数 layer が示す層を使いましょう。",
            en="It is always the same layer. Use the one that the argument layer names.",
        ),
        hint(
            "input_of_the_layer",
            _any_of(
                _is_from_elsewhere("activation", "{layer} input"),
                _is_from_elsewhere("gradient", "gradient of {layer} input"),
            ),
            ja="層の入力のほうを取り出しています。フックの引数は、層、入力、出力の順です。",
            en="That belongs to the layer's input. A hook is given the layer, its inputs and "
            "its output, in this order.",
        ),
        hint(
            "absolute",
            like("gradient", lambda want, case: abs(want["gradient"]), atol=1e-7),
            ja="勾配が絶対値になっています。符号は残しましょう。負の勾配は、反対の根拠です。",
            en="These are absolute gradients. Keep the signs: negative ones are evidence "
            "against the class.",
        ),
        *map(_layer_gradient_of, _OTHER_SCORES),
        HOOK_NOT_REMOVED,
        HOOKS_OF_OTHERS_REMOVED,
        ERROR_SWALLOWED,
        HOOK_LEFT_BY_AN_ERROR,
        hint(
            "kept_from_an_earlier_call",
            _keeps_an_earlier_call,
            ja="もう一度呼ぶと、前の画像の結果が混ざります。取っておくためのリストや辞書は、関数の中で作りましょう。",
            en="A second call mixes in the results of the first. Make the list or dictionary "
            "inside the function.",
        ),
        IMAGES_MARKED,
        NOT_THE_ARGUMENTS,
    ),
    atol=1e-6,
)


# --- 5-3 ----------------------------------------------------------------------------------------
def grad_cam(activation: Tensor, gradient: Tensor, size: tuple[int, int]) -> Tensor:
    """Return maps (N, H, W) of ``size`` from a layer's output and gradient, (N, C, h, w)."""
    return _enlarge(_weighted(activation, gradient).sum(dim=1).relu(), size)


def _weighted(activation: Tensor, gradient: Tensor) -> Tensor:
    return gradient.mean(dim=(2, 3), keepdim=True) * activation


def _enlarge(maps: Tensor, size: tuple[int, int], **options: object) -> Tensor:
    return F.interpolate(maps[:, None], size, **({"mode": "bilinear"} | options))[:, 0]


def _layer_cases(rng: np.random.Generator) -> list[Case]:
    activation, gradient = rng.normal(size=(2, 3, 4, 5, 6)).astype(np.float32)
    # After batch normalisation outputs have both signs, after ReLU they do not.
    positive = np.maximum(activation, 0)
    return [
        {"activation": activation, "gradient": gradient, "size": (11, 15)},
        {"activation": positive[:1], "gradient": gradient[:1], "size": (28, 28)},
        {"activation": positive, "gradient": gradient - 3, "size": (11, 15)},
    ]


def _layer_tensors(case: Case) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(case["activation"]), torch.from_numpy(case["gradient"])


def _probe_grad_cam(answer: type(grad_cam), case: Case) -> Observation:
    # Later cells pass images.shape[-2:].
    size = torch.Size(case["size"])
    return {"grad_cam": array(tensor(answer(*_layer_tensors(case), size)))}


Formula = Callable[[Tensor, Tensor], Tensor]
"""Maps (N, h, w), of a layer's output and gradient."""


def _cams_by(*formulas: Formula, **options: object) -> Recogniser:
    """Recognise maps that were made by one of these, and enlarged with these options."""

    def by(formula: Formula) -> Recogniser:
        def mistaken(want: Observation, case: Case) -> np.ndarray:
            return array(_enlarge(formula(*_layer_tensors(case)), case["size"], **options))

        return like("grad_cam", mistaken, atol=1e-7)

    return _any_of(*map(by, formulas))


def _weighted_by(weigh: Callable[[Tensor], Tensor]) -> Recogniser:
    """Recognise maps whose weights were made from the gradients in another way."""
    return _cams_by(lambda a, g: (weigh(g) * a).sum(1).relu())


def _right(activation: Tensor, gradient: Tensor) -> Tensor:
    return _weighted(activation, gradient).sum(1).relu()


def _axes_lost(got: Observation, want: Observation, case: Case) -> bool:
    channels, width = case["activation"].shape[1], case["activation"].shape[3]
    return f"tensor a ({channels}) must match the size of tensor b ({width})" in got["error"]


def _channel_axis_left(got: Observation, want: Observation, case: Case) -> bool:
    shape, (count, *size) = np.shape(got["grad_cam"]), want["grad_cam"].shape
    return shape in ((count, 1, *size), (count, case["activation"].shape[1], *size))


GRAD_CAM = Exercise(
    id="5-3",
    points=4,
    names=("grad_cam",),
    reference=grad_cam,
    cases=_layer_cases,
    probe=_probe_grad_cam,
    items={"grad_cam": Sentence(ja="Grad-CAM のマップ", en="Grad-CAM map")},
    hints=(
        hint(
            "axes_lost",
            _axes_lost,
            ja="軸が消えて、形が合いません。平均に keepdim=True を付けましょう。",
            en="The shapes do not fit, because two axes are lost. Give keepdim=True to mean.",
        ),
        hint(
            "not_enlarged",
            lambda got, want, case: got["grad_cam"].shape[-2:] == case["activation"].shape[-2:],
            ja="層の大きさのままです。F.interpolate で画像の大きさに広げましょう。",
            en="The maps still have the layer's size. "
            "Enlarge them to the image's with F.interpolate.",
        ),
        hint(
            "channel_axis_left",
            _channel_axis_left,
            ja="チャンネルの軸が残っています。形を (N, H, W) にしましょう。",
            en="The axis of the channels is still there. The shape should be (N, H, W).",
        ),
        hint(
            "images_axis_lost",
            lambda got, want, case: (
                len(want["grad_cam"]) == 1
                and np.shape(got["grad_cam"]) == want["grad_cam"].shape[1:]
            ),
            ja="画像が 1 枚のとき、枚数の軸まで消えています。squeeze() は、長さ 1 の軸を全部消します。",
            en="With a single image the axis of the images is lost, too: squeeze() drops every "
            "axis of length 1.",
        ),
        hint(
            "height_and_width_swapped",
            lambda got, want, case: got["grad_cam"].shape == want["grad_cam"].mT.shape,
            ja="高さと幅が入れ替わっています。size は (高さ, 幅) です。",
            en="Height and width are swapped. size is (height, width).",
        ),
        hint(
            "no_relu",
            _cams_by(lambda a, g: _weighted(a, g).sum(1)),
            ja="負の値が残っています。足した後に ReLU をかけましょう。",
            en="There are still negative values. Apply ReLU after adding.",
        ),
        hint(
            "relu_after_enlarging",
            like(
                "grad_cam",
                lambda want, case: array(
                    _enlarge(_weighted(*_layer_tensors(case)).sum(1), case["size"]).relu()
                ),
            ),
            ja="ReLU は、広げる前にかけましょう。",
            en="Apply ReLU before you enlarge the maps.",
        ),
        hint(
            "relu_before_adding",
            _cams_by(lambda a, g: _weighted(a, g).relu().sum(1)),
            ja="チャンネルを足す前に ReLU をかけています。"
            "足してからでないと、反対の根拠が消えてしまいます。",
            en="ReLU is applied before the channels are added, "
            "so that evidence against the class is lost. Add first.",
        ),
        hint(
            "absolute",
            _cams_by(lambda a, g: _weighted(a, g).sum(1).abs()),
            ja="負の値が絶対値になっています。ReLU は、負の値を 0 にします。",
            en="Negative values have become positive. ReLU makes them 0.",
        ),
        hint(
            "activation_clipped",
            _cams_by(lambda a, g: _right(a.relu(), g)),
            ja="層の出力にも ReLU をかけています。ReLU は、足した後に 1 回だけです。",
            en="ReLU is applied to the layer's output, too. Apply it once, after adding.",
        ),
        hint(
            "weights_clipped",
            _cams_by(
                lambda a, g: (g.mean((2, 3), True).relu() * a).sum(1).relu(),
                lambda a, g: (g.mean((2, 3), True).relu() * a).sum(1),
            ),
            ja="重みの負の値が 0 になっています。ReLU は、足した後にかけます。",
            en="Negative weights have become 0. Apply ReLU after adding.",
        ),
        hint(
            "roles_swapped",
            _cams_by(lambda a, g: _right(g, a)),
            ja="層の出力と勾配が逆です。平均して重みにするのは、勾配のほうです。",
            en="The output and the gradient are swapped. The weights are means of the gradient.",
        ),
        hint(
            "not_weighted",
            _cams_by(lambda a, g: a.sum(1).relu(), lambda a, g: a.sum(1)),
            ja="重みが掛かっていません。チャンネルごとの重みを掛けてから足しましょう。",
            en="The weights are not used. Multiply each channel by its weight, then add.",
        ),
        hint(
            "gradient_not_averaged",
            _weighted_by(lambda g: g),
            ja="勾配を場所ごとに掛けています。先に、縦と横について平均しましょう。",
            en="Each place is multiplied by its own gradient. Average over height and width first.",
        ),
        hint(
            "weights_of_the_batch",
            _weighted_by(lambda g: g.mean((0, 2, 3), True)),
            ja="勾配をバッチ全体で平均しています。重みは画像ごとに求めましょう。",
            en="The gradient is averaged over the batch. Every image has weights of its own.",
        ),
        hint(
            "one_weight_an_image",
            _weighted_by(lambda g: g.mean((1, 2, 3), True)),
            ja="チャンネルをまたいで平均しています。平均するのは縦と横だけです。",
            en="The average runs across the channels. Average only over height and width.",
        ),
        hint(
            "gradient_added",
            _weighted_by(lambda g: g.sum((2, 3), True)),
            ja="勾配の和を重みにしています。縦と横についての平均にしましょう。",
            en="The weights are sums of the gradient. Take the mean over height and width.",
        ),
        hint(
            "largest_gradient",
            _weighted_by(lambda g: g.amax((2, 3), True)),
            ja="勾配の最大値を重みにしています。縦と横についての平均にしましょう。",
            en="The weights are the largest gradients. Take the mean over height and width.",
        ),
        hint(
            "channels_averaged",
            _cams_by(lambda a, g: _weighted(a, g).mean(1).relu()),
            ja="チャンネルの平均になっています。重みを掛けたものを足しましょう。",
            en="The weighted channels are averaged. Add them.",
        ),
        hint(
            "nearest",
            _cams_by(_right, mode="nearest"),
            ja='となりの値をそのまま写して広げています。mode="bilinear" で、なめらかに広げましょう。',
            en='The maps are enlarged by copying values. Enlarge them smoothly: mode="bilinear".',
        ),
        hint(
            "bicubic",
            _cams_by(_right, mode="bicubic"),
            ja='広げかたが bicubic です。mode="bilinear" にしましょう。',
            en='The maps are enlarged with mode="bicubic". Use mode="bilinear".',
        ),
        hint(
            "corners_aligned",
            _cams_by(_right, align_corners=True),
            ja="align_corners は指定しません。画素の位置がずれます。",
            en="Leave out align_corners: it moves the pixels.",
        ),
        hint(
            "stretched",
            _any_of(
                like("grad_cam", lambda want, case: _stretched(want["grad_cam"])),
                like(
                    "grad_cam",
                    lambda want, case: (
                        want["grad_cam"] / want["grad_cam"].max(axis=(1, 2), keepdims=True)
                    ),
                ),
                like("grad_cam", lambda want, case: want["grad_cam"] / want["grad_cam"].max()),
                _cams_by(lambda a, g: explain.normalise(_right(a, g))),
                _cams_by(lambda a, g: _right(a, g) / _right(a, g).amax((1, 2), True)),
            ),
            ja="[0, 1] に引きのばすのは、後で normalise が行います。ここではしません。",
            en="normalise stretches the maps to [0, 1] later. Do not do it here.",
        ),
    ),
)


# --- 5-4 ----------------------------------------------------------------------------------------
def _picture_cases(rng: np.random.Generator) -> list[Case]:
    # As later cells have them: float32, black and white exactly 0 and 1.
    images, maps = rng.uniform(size=(2, 3, 12, 10)).astype(np.float32)
    for values in (images, maps):
        values[:, 0, :4], values[:, 1, 2:6] = 0, 1
    faint = rng.uniform(0.2, 0.6, size=(2, 1, 12, 10)).astype(np.float32)
    return [
        {"images": images, "maps": maps},
        {"images": faint[0], "maps": faint[1]},
    ]


def _probe_overlay(answer: type(explain.overlay), case: Case) -> Observation:
    values = ndarray(answer(case["images"], case["maps"]))
    return {"overlay": values, "type of the pixels": str(values.dtype)}


Picture = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Pictures (N, H, W, 3), of images and maps (N, H, W)."""


def _looks_like(*ways: Picture) -> Recogniser:
    """Recognise pictures that were made in one of these ways, if they are not right as well."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        made = [way(case["images"], case["maps"]) for way in ways]
        return any(
            _same_picture(got["overlay"], picture) and not _same_picture(picture, want["overlay"])
            for picture in made
        )

    return recognises


def _same_picture(got: np.ndarray, want: np.ndarray) -> bool:
    return close(got.astype(float), want.astype(float), rtol=0, atol=_COLOUR_TOLERANCE)


def _with_changed(change: Callable[[np.ndarray], np.ndarray]) -> Recogniser:
    """Recognise that the images, the maps or both were changed before they were used."""
    return _looks_like(
        lambda images, maps: explain.overlay(change(images), maps),
        lambda images, maps: explain.overlay(images, change(maps)),
        lambda images, maps: explain.overlay(change(images), change(maps)),
    )


def _between_lowest_and_highest(pictures: np.ndarray) -> np.ndarray:
    low, high = (end(pictures, axis=(1, 2), keepdims=True) for end in (np.min, np.max))
    return (pictures - low) / (high - low)


def _up_to_the_highest(pictures: np.ndarray) -> np.ndarray:
    return pictures / pictures.max(axis=(1, 2), keepdims=True)


def _parts(images: np.ndarray, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and the coloured maps, (N, H, W, 3) each, as whole numbers to reckon with."""
    return tuple(explain.overlay(images, maps, alpha=alpha).astype(int) for alpha in (0, 1))


def _overflows(got: Observation, want: Observation, case: Case) -> bool:
    added = sum(_parts(case["images"], case["maps"])) % 256 // 2
    # Most pixels suffice: where a sum lies near 255, rounding decides whether it overflows.
    near = np.abs(got["overlay"].astype(int) - added) <= _PICTURE_TOLERANCE
    return near.mean() > 0.9 and not close(added, want["overlay"], 0, _PICTURE_TOLERANCE)


def _in_other_colours(*names: str) -> Recogniser:
    return _looks_like(
        *(
            lambda images, maps, name=name, order=order: explain.overlay(images, maps, cmap=name)[
                ..., ::order
            ]
            for name in names
            for order in (1, -1)
        )
    )


OVERLAY = Exercise(
    id="5-4",
    points=2,
    names=("overlay",),
    reference=explain.overlay,
    cases=_picture_cases,
    probe=_probe_overlay,
    items={
        "overlay": Sentence(ja="重ねた画像", en="mixed picture"),
        "type of the pixels": Sentence(ja="画素の型", en="type of the pixels"),
    },
    hints=(
        hint(
            "not_bytes",
            lambda got, want, case: (
                got["type of the pixels"] != "uint8"
                and any(
                    _same_picture(got["overlay"] * scale, want["overlay"]) for scale in (1, 255)
                )
            ),
            ja="画素の型を uint8、値を 0〜255 にしましょう。",
            en="Make the pixels uint8, with values of 0 to 255.",
        ),
        hint(
            "blue_and_red_swapped",
            _looks_like(lambda images, maps: explain.overlay(images, maps)[..., ::-1]),
            ja="赤と青が入れ替わっています。OpenCV の色は BGR の順です。cv2.cvtColor で RGB に直しましょう。",
            en="Red and blue are swapped: OpenCV's order is BGR. Turn it into RGB with "
            "cv2.cvtColor.",
        ),
        hint(
            "jet",
            _in_other_colours("jet"),
            ja="配色が JET です。COLORMAP_INFERNO を使いましょう。",
            en="The colors are those of JET. Use COLORMAP_INFERNO.",
        ),
        hint(
            "other_colours",
            _in_other_colours("hot", "viridis", "magma", "plasma"),
            ja="配色が違います。COLORMAP_INFERNO を使いましょう。",
            en="The colors are not those of INFERNO. Use COLORMAP_INFERNO.",
        ),
        hint(
            "map_alone",
            _looks_like(lambda images, maps: explain.overlay(images, maps, alpha=1)),
            ja="マップだけです。画像と半分ずつ混ぜましょう。",
            en="That is only the map. Mix it half and half with the image.",
        ),
        hint(
            "image_alone",
            _looks_like(lambda images, maps: explain.overlay(images, maps, alpha=0)),
            ja="画像だけです。色を付けたマップと半分ずつ混ぜましょう。",
            en="That is only the image. Mix it half and half with the colored map.",
        ),
        hint(
            "arguments_swapped",
            _looks_like(lambda images, maps: explain.overlay(maps, images)),
            ja="色が、マップではなく画像のほうに付いています。",
            en="The image is colored instead of the map.",
        ),
        hint(
            "inverted",
            _looks_like(lambda images, maps: explain.overlay(images, 1 - maps)),
            ja="マップの大小が逆になっています。",
            en="Large and small values of the map are swapped.",
        ),
        hint(
            "stretched_once_more",
            _any_of(_with_changed(_between_lowest_and_highest), _with_changed(_up_to_the_highest)),
            ja="値を、もう一度 [0, 1] に引きのばしています。受け取った値を、そのまま使いましょう。",
            en="The values are stretched to [0, 1] once more. Use them as they come.",
        ),
        hint(
            "white_wraps_to_black",
            _with_changed(lambda pixels: np.where(pixels == 1, 0, pixels)),
            ja="値がちょうど 1 の画素が、黒くなっています。1 × 256 は uint8 に入らず、0 に戻ります。",
            en="Pixels of exactly 1 turn black: 1 × 256 does not fit into uint8 and wraps to 0.",
        ),
        hint(
            "not_brought_to_255",
            _with_changed(lambda pixels: pixels // 1 / 255),
            ja="整数に直す前に、255 を掛けましょう。0〜1 のままでは、ほとんど 0 になります。",
            en="Multiply by 255 before you turn the values into whole numbers. Between 0 and "
            "1, almost all become 0.",
        ),
        hint(
            "multiplied_too_late",
            _with_changed(lambda pixels: pixels // 1),
            ja="整数に直してから 255 を掛けています。先に掛けないと、0 と 255 しか残りません。",
            en="You multiply by 255 after turning the values into whole numbers. Multiply "
            "first, or only 0 and 255 are left.",
        ),
        hint(
            "overflow",
            _overflows,
            ja="8 ビットの整数どうしを足すと、255 を超えた分があふれます。cv2.addWeighted を使いましょう。",
            en="Adding 8-bit numbers overflows beyond 255. Use cv2.addWeighted.",
        ),
        hint(
            "added_whole",
            _looks_like(lambda images, maps: sum(_parts(images, maps)).clip(max=255)),
            ja="半分にせずに足しています。画像とマップを 0.5 ずつ混ぜましょう。",
            en="The image and the map are added at full strength. Mix them with 0.5 each.",
        ),
    ),
    rtol=0,
    atol=_PICTURE_TOLERANCE,
)


# --- 5-5 ----------------------------------------------------------------------------------------
Explanation = Callable[[nn.Module, Tensor, Tensor], Tensor]
"""Returns maps (N, H, W) for a model, images (N, C, H, W) and classes (N,)."""


def sanity_check(
    model: nn.Module, images: Tensor, explanation: Explanation
) -> tuple[Tensor, Tensor]:
    """Return maps of a model, and of a copy with random weights, for the same classes."""
    with torch.no_grad():
        classes = model(images).argmax(dim=1)
    randomised = explain.randomise_(copy.deepcopy(model))
    return explanation(model, images, classes), explanation(randomised, images, classes)


class _SizedNetwork(_SmallNetwork):
    """A network that cannot be made without being told how many classes there are."""

    def __init__(self, classes: int) -> None:
        super().__init__(classes)


class _Explanation:
    """Makes maps as students do, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict] = []

    def __call__(self, model: nn.Module, images: Tensor, classes: Tensor | None = None) -> Tensor:
        pixels = images.detach().clone().requires_grad_()
        logits = model(pixels)
        predicted = logits.argmax(dim=1)
        given = classes if isinstance(classes, Tensor) else predicted
        # Other classes than the network's are told of later.
        fitting = given if _are_classes_of(logits, given) else predicted
        (gradient,) = torch.autograd.grad(_chosen(logits, fitting), pixels)
        maps = gradient.abs().amax(dim=1)
        self.asked.append(
            {
                "random": _share_of_random_weights(model),
                "training": any(module.training for module in model.modules()),
                "type": type(classes).__name__,
                "classes": array(given),
                "images": array(images).copy(),
                "maps": array(maps).copy(),
            }
        )
        return maps


def _are_classes_of(logits: Tensor, classes: Tensor) -> bool:
    return classes.shape == logits.shape[:1] and bool(
        ((classes >= 0) & (classes < logits.shape[1])).all()
    )


def _probe_sanity_check(answer: type(sanity_check), case: Case) -> Observation:
    images, _ = _tensors(case)
    model, explanation = watch(_SizedNetwork(3)), _Explanation()
    before, after = map(tensor, several(answer(model, images, explanation)))
    if not explanation.asked:
        return {"explanation is used": False}
    first, last = (end(explanation.asked, key=lambda asked: asked["random"]) for end in (min, max))
    types = {asked["type"] for asked in explanation.asked}
    return {
        "explanation is used": True,
        "type of the classes": min(types - {"Tensor"}, default="Tensor"),
        "share of random weights": last["random"],
        "random model is training": last["training"],
        "classes of the trained model": first["classes"],
        "classes of the random model": last["classes"],
        "images of the random model": last["images"],
        "before": array(before),
        "after is the random model's map": close(array(after), last["maps"], atol=1e-7),
        "after is the trained model's map": close(array(after), _trained_maps(case), atol=1e-7),
        "before is the random model's map": close(array(before), last["maps"], atol=1e-7),
    }


def _trained_maps(case: Case) -> np.ndarray:
    return array(explain.saliency(_SmallNetwork(), torch.from_numpy(case["images"])))


def _share_of_random_weights(model: nn.Module) -> float:
    """Return how much of a model's weights and biases no longer tell of the trained network."""
    pairs = zip(model.parameters(), _SmallNetwork().parameters(), strict=True)
    random = [_is_random(weights, trained) for weights, trained in pairs]
    return sum(random) / len(random)


def _is_random(weights: Tensor, trained: Tensor) -> bool:
    if torch.equal(weights, trained):
        return False
    if weights.ndim == 1:
        # Biases and batch normalisation may be renewed with constants.
        return True
    likeness = torch.corrcoef(torch.stack([weights.flatten(), trained.flatten()]))[0, 1]
    # It is NaN where all weights are equal.
    return bool(likeness.abs() < 0.9)


SANITY_CHECK = Exercise(
    id="5-5",
    points=2,
    names=("sanity_check",),
    reference=sanity_check,
    cases=_image_cases,
    probe=_probe_sanity_check,
    items={
        "explanation is used": Sentence(ja="explanation の使いかた", en="use of explanation"),
        "type of the classes": Sentence(
            ja="explanation に渡したクラスの型", en="type of the classes given to explanation"
        ),
        "random model is training": Sentence(
            ja="でたらめな重みのモデルのモード", en="mode of the random model"
        ),
        "classes of the trained model": Sentence(
            ja="学習したモデルに渡したクラス", en="classes given to the trained model"
        ),
        "share of random weights": Sentence(
            ja="でたらめになった重みの割合", en="share of the weights that are random"
        ),
        "classes of the random model": Sentence(
            ja="でたらめな重みのモデルに渡したクラス", en="classes given to the random model"
        ),
        "images of the random model": Sentence(
            ja="でたらめな重みのモデルに渡した画像", en="images given to the random model"
        ),
        "before": Sentence(ja="学習したモデルのマップ", en="map of the trained model"),
        "after is the random model's map": Sentence(
            ja="でたらめな重みのモデルのマップ", en="map of the random model"
        ),
        "after is the trained model's map": Sentence(
            ja="2 つ目のマップを作ったモデル", en="model of the second map"
        ),
        "before is the random model's map": Sentence(
            ja="1 つ目のマップを作ったモデル", en="model of the first map"
        ),
    },
    hints=(
        hint(
            "made_anew",
            says(r"__init__\(\) missing \d+ required positional argument"),
            ja="新しいモデルを、クラスから作っています。作るときの引数は、モデルによって違います。"
            "copy.deepcopy(model) なら、どのモデルの写しも作れます。",
            en="A new model is made from the class, whose arguments differ from model to model. "
            "copy.deepcopy(model) copies any model.",
        ),
        hint(
            "classes_not_unpacked",
            # max(dim=1) returns a tuple of a type called max.
            lambda got, want, case: got["type of the classes"] in ("tuple", "max"),
            ja="クラスのところに、組 (tuple) を渡しています。predict や max(dim=1) は値を 2 つ返すので、"
            "a, b = … のように分けて受け取りましょう。",
            en="A tuple is given as the classes. predict and max(dim=1) return two things: "
            "unpack them as in a, b = ….",
        ),
        hint(
            "no_classes",
            equals("type of the classes", "NoneType"),
            ja="explanation に、クラスを渡していません。3 つ目の引数に、学習したモデルが予測したクラスを渡しましょう。",
            en="explanation is given no classes. Its third argument is the classes that the "
            "trained model predicts.",
        ),
        Hint("left_training", _left_training, _TRAINING_SENTENCE),
        hint(
            "copy_training",
            equals("random model is training", True),
            ja="でたらめな重みのモデルが、学習モードのままです。評価モードで比べましょう。",
            en="The random model is in training mode. Compare both in evaluation mode.",
        ),
        hint(
            "own_explanation",
            equals("explanation is used", False),
            ja="マップは、引数の explanation で作りましょう。どんなマップも調べられるようにするためです。",
            en="Make the maps with the argument explanation, so that any kind can be checked.",
        ),
        hint(
            "original_changed",
            lambda got, want, case: got[WEIGHTS],
            ja="学習したモデルの重みが変わってしまいました。copy.deepcopy で写しを作り、写しのほうを変えましょう。",
            en="The trained model's weights were changed. "
            "Make a copy with copy.deepcopy and change that.",
        ),
        hint(
            "not_randomised",
            equals("share of random weights", 0),
            ja="2 回とも、学習したモデルのマップです。写しを randomise_ に渡し、その写しでマップを作りましょう。",
            en="Both maps come from the trained model. "
            "Give a copy to randomise_ and make the second map with that copy.",
        ),
        hint(
            "partly_randomised",
            lambda got, want, case: 0 < got["share of random weights"] < 1,
            ja="学習した重みが残っているか、重みが全部同じ値です。モデル全体を randomise_ に渡しましょう。",
            en="Some trained weights are left, or the weights are all equal. Give the whole "
            "model to randomise_.",
        ),
        hint(
            "swapped",
            lambda got, want, case: (
                got["after is the trained model's map"] and got["before is the random model's map"]
            ),
            ja="順序が違います。学習したモデルのマップを先に返しましょう。",
            en="The order is wrong: the map of the trained model comes first.",
        ),
        hint(
            "one_map_twice",
            lambda got, want, case: (
                got["after is the trained model's map"] and close(got["before"], want["before"])
            ),
            ja="2 つ目も、学習したモデルのマップです。",
            en="The second map, too, is the trained model's.",
        ),
        hint(
            "logits_as_classes",
            lambda got, want, case: any(
                np.ndim(got[f"classes of the {kind} model"]) == 2 for kind in ("trained", "random")
            ),
            ja="クラスのかわりに、ロジットを渡しています。画像ごとに、最大のロジットの番号にしましょう。",
            en="Logits are given instead of classes. Take the index of the largest, image by image.",
        ),
        hint(
            "classes_not_predicted",
            is_other("classes of the trained model"),
            ja="渡しているのは、学習したモデルが予測したクラスではありません。"
            "受け取った model と images から、予測を求めましょう。",
            en="These are not the classes that the trained model predicts. "
            "Find its predictions from the given model and images.",
        ),
        hint(
            "other_classes",
            lambda got, want, case: (
                np.shape(got["classes of the random model"]) == case["classes"].shape
                and not close(
                    got["classes of the random model"], want["classes of the random model"]
                )
            ),
            ja="でたらめな重みのモデルに、ほかのクラスを渡しています。"
            "どちらのマップも、学習したモデルが予測したクラスで作りましょう。",
            en="The random model is given different classes. Make both maps for the classes "
            "that the trained model predicts.",
        ),
        NOT_THE_ARGUMENTS,
    ),
)
