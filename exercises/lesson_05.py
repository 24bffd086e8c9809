"""Exercises of notebook 05: saliency, hooks, Grad-CAM, overlay, sanity check."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from exercises.exercise import Case, Exercise, Hint, Observation, close
from exercises.probing import array, fill_by_shape, ndarray, tensor
from exercises.traces import hook_count
from helpers import explain
from helpers.hooks import find_layer
from helpers.internal.sentences import Sentence

_LAYER = "features.2"
# Rounding down where the reference rounds moves a coloured pixel by up to 5 levels, half of it when
# mixed.
_PICTURE_TOLERANCE = 4
_COLOUR_TOLERANCE = 6


class _SmallNetwork(nn.Module):
    """A network of two channels and three classes, in evaluation mode."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.classifier = nn.Linear(36, 3)
        fill_by_shape(self)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).flatten(1))


def _image_cases(rng: np.random.Generator) -> list[Case]:
    return [
        {
            "images": rng.normal(size=(6, 2, 8, 8)).astype(np.float32),
            "classes": rng.permutation([0, 0, 1, 1, 2, 2]),
        }
    ]


def _tensors(case: Case) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(case["images"].copy()), torch.from_numpy(case["classes"])


Score = Callable[[Tensor, Tensor], Tensor]
"""What is differentiated: one number from logits (N, 3) and classes (N,)."""


def _chosen(logits: Tensor, classes: Tensor) -> Tensor:
    return logits.gather(1, classes[:, None])


_OTHER_SCORES: dict[str, Score] = {
    "all_classes": lambda logits, classes: logits.sum(),
    "classes_of_all_images": lambda logits, classes: logits[:, classes].sum(),
    "predicted_class": lambda logits, classes: logits.amax(dim=1).sum(),
    "softmax": lambda logits, classes: _chosen(logits.softmax(dim=1), classes).sum(),
    "sigmoid": lambda logits, classes: _chosen(logits.sigmoid(), classes).sum(),
    "mean_of_batch": lambda logits, classes: _chosen(logits, classes).mean(),
}


# --- 5-1 ----------------------------------------------------------------------------------------
def _probe_saliency(answer: type(explain.saliency), case: Case) -> Observation:
    images, classes = _tensors(case)
    model = _SmallNetwork()
    return {
        "saliency": array(tensor(answer(model, images, classes))),
        "saliency of a second call": array(tensor(answer(model, images, classes))),
    }


_OTHER_SENTENCES = {
    "all_classes": Sentence(
        ja="全部のクラスのロジットを足しています。classes が示すロジットだけを選びましょう。",
        en="TRANSLATE",
    ),
    "classes_of_all_images": Sentence(
        ja="logits[:, classes] は、どの画像からも、全部の画像のクラスを取り出します。gather で、画像ごとに 1 つ選びましょう。",
        en="TRANSLATE",
    ),
    "predicted_class": Sentence(
        ja="最大のロジットを使っています。classes が示すロジットを選びましょう。", en="TRANSLATE"
    ),
    "softmax": Sentence(
        ja="確率を微分しています。softmax をかける前のロジットを微分しましょう。", en="TRANSLATE"
    ),
    "sigmoid": Sentence(
        ja="sigmoid の値を微分しています。ロジットをそのまま微分しましょう。", en="TRANSLATE"
    ),
    "mean_of_batch": Sentence(
        ja="ロジットの平均を微分すると、勾配が枚数分の 1 になります。和を使いましょう。",
        en="TRANSLATE",
    ),
}


def _input_gradient(case: Case, score: Score) -> np.ndarray:
    images, classes = _tensors(case)
    value = score(_SmallNetwork()(images.requires_grad_()), classes)
    return array(torch.autograd.grad(value, images)[0])


def _gradients_added_up(got: Observation, want: Observation, case: Case) -> bool:
    again = got["saliency of a second call"]
    return close(got["saliency"], want["saliency"]) and close(again, 2 * want["saliency"])


def _is_no_number(got: Observation, want: Observation, case: Case) -> bool:
    return "scalar outputs" in got["error"]


def _saliency_of(name: str) -> Hint:
    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        gradient = _input_gradient(case, _OTHER_SCORES[name])
        return close(got["saliency"], np.abs(gradient).max(axis=1), atol=1e-7)

    return Hint(name, recognises, _OTHER_SENTENCES[name])


def _is_reduced_by(reduce: Callable[[np.ndarray], np.ndarray]) -> Callable[..., bool]:
    """Recognise maps that were made from the right gradient (N, C, H, W) in another way."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        gradient = _input_gradient(case, lambda logits, classes: _chosen(logits, classes).sum())
        return close(got["saliency"], reduce(gradient))

    return recognises


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
        "saliency": Sentence(ja="顕著性マップ", en="TRANSLATE"),
        "saliency of a second call": Sentence(
            ja="2 回目に呼んだときの顕著性マップ", en="TRANSLATE"
        ),
    },
    hints=(
        Hint(
            "not_one_number",
            _is_no_number,
            Sentence(
                ja="微分できるのは、1 つの数だけです。選んだロジットを .sum() で足してから微分しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "gradients_added_up",
            _gradients_added_up,
            Sentence(
                ja="2 回目に呼ぶと、1 回目の勾配に足されます。images.clone() のほうに、記録を始めましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "channels_left",
            lambda got, want, case: np.ndim(got["saliency"]) == 4,
            Sentence(
                ja="チャンネルの軸が残っています。形を (N, H, W) にしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "signed",
            _is_reduced_by(lambda gradient: gradient.max(axis=1)),
            Sentence(
                ja="負の勾配が捨てられています。最大値をとる前に、絶対値にしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "absolute_too_late",
            _is_reduced_by(lambda gradient: abs(gradient.max(axis=1))),
            Sentence(
                ja="順序が逆です。先に絶対値にしてから、チャンネルの最大値をとりましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "channels_added",
            _is_reduced_by(lambda gradient: abs(gradient).sum(axis=1)),
            Sentence(
                ja="チャンネルの和になっています。チャンネルの最大値をとりましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "channels_averaged",
            _is_reduced_by(lambda gradient: abs(gradient).mean(axis=1)),
            Sentence(
                ja="チャンネルの平均になっています。チャンネルの最大値をとりましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "stretched",
            lambda got, want, case: close(got["saliency"], _stretched(want["saliency"])),
            Sentence(
                ja="[0, 1] に引きのばすのは、後で normalise が行います。勾配の絶対値のまま返しましょう。",
                en="TRANSLATE",
            ),
        ),
        *(_saliency_of(name) for name in _OTHER_SCORES),
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
    (gradient,) = torch.autograd.grad(_chosen(logits, classes).sum(), seen["activation"])
    return seen["activation"].detach(), gradient


def _probe_hooks(answer: type(activation_and_gradient), case: Case) -> Observation:
    images, classes = _tensors(case)
    model = _SmallNetwork()
    activation, gradient = answer(model, _LAYER, images, classes)
    if gradient is None:
        return {"gradient is known": False}
    left = hook_count(model)
    return {
        "gradient is known": True,
        "activation": array(tensor(activation)),
        "gradient": array(tensor(gradient)),
        "hooks left": left,
        "hooks left by an error": _hooks_left_by_an_error(answer, classes),
    }


def _hooks_left_by_an_error(answer: type(activation_and_gradient), classes: Tensor) -> int:
    model = _SmallNetwork()
    # Images that the layer takes, but the classifier after it does not.
    with contextlib.suppress(Exception):
        answer(model, _LAYER, torch.zeros(len(classes), 2, 12, 8), classes)
    return hook_count(model)


def _layer_gradient_of(name: str) -> Hint:
    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        images, classes = _tensors(case)
        model = _SmallNetwork()
        activation = model.features[:3](images)
        logits = model.classifier(model.features[3](activation).flatten(1))
        value = _OTHER_SCORES[name](logits, classes)
        return close(got["gradient"], array(torch.autograd.grad(value, activation)[0]), atol=1e-7)

    return Hint(name, recognises, _OTHER_SENTENCES[name])


HOOKS = Exercise(
    id="5-2",
    points=3,
    names=("activation_and_gradient",),
    reference=activation_and_gradient,
    cases=_image_cases,
    probe=_probe_hooks,
    items={
        "gradient is known": Sentence(ja="勾配", en="TRANSLATE"),
        "activation": Sentence(ja="層の出力", en="TRANSLATE"),
        "gradient": Sentence(ja="勾配", en="TRANSLATE"),
        "hooks left": Sentence(ja="残ったフックの数", en="TRANSLATE"),
        "hooks left by an error": Sentence(ja="エラーの後に残ったフックの数", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "not_one_number",
            _is_no_number,
            Sentence(
                ja="微分できるのは、1 つの数だけです。選んだロジットを .sum() で足してから微分しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_gradient_kept",
            lambda got, want, case: not got["gradient is known"],
            Sentence(
                ja="勾配が None です。途中のテンソルの勾配は捨てられます。torch.autograd.grad を使うか、retain_grad() を呼んでおきましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "graph_cut",
            lambda got, want, case: (
                "not have been used" in got["error"] or "does not require grad" in got["error"]
            ),
            Sentence(
                ja="計算グラフが切れています。torch.no_grad() の中でモデルを呼んでいませんか。フックでは、detach も clone もせずに output を取っておきましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "swapped",
            lambda got, want, case: close(got["activation"], want["gradient"]),
            Sentence(
                ja="順序が違います。層の出力、勾配の順に返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "gradient_of_the_images",
            lambda got, want, case: np.shape(got["gradient"]) == case["images"].shape,
            Sentence(
                ja="画像で微分しています。層の出力で微分しましょう。",
                en="TRANSLATE",
            ),
        ),
        *(_layer_gradient_of(name) for name in _OTHER_SCORES),
        Hint(
            "hook_not_removed",
            lambda got, want, case: got["hooks left"] > 0,
            Sentence(
                ja="フックが残っています。最後に handle.remove() で外しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "hook_left_by_an_error",
            lambda got, want, case: got["hooks left by an error"] > 0,
            Sentence(
                ja="途中でエラーが出ると、フックが残ります。try と finally を使って、必ず外しましょう。",
                en="TRANSLATE",
            ),
        ),
    ),
    atol=1e-6,
)


# --- 5-3 ----------------------------------------------------------------------------------------
def grad_cam(activation: Tensor, gradient: Tensor, size: tuple[int, int]) -> Tensor:
    """Return maps (N, H, W) of ``size`` from a layer's output and gradient, (N, C, h, w)."""
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    maps = (weights * activation).sum(dim=1).relu()
    return _enlarge(maps, size)


def _enlarge(maps: Tensor, size: tuple[int, int], **options: object) -> Tensor:
    return F.interpolate(maps[:, None], size, **({"mode": "bilinear"} | options))[:, 0]


def _layer_cases(rng: np.random.Generator) -> list[Case]:
    return [
        {
            "activation": np.maximum(rng.normal(size=(3, 4, 5, 6)), 0).astype(np.float32),
            "gradient": rng.normal(loc=loc, size=(3, 4, 5, 6)).astype(np.float32),
            "size": (11, 15),
        }
        for loc in (0, -2)
    ]


def _probe_grad_cam(answer: type(grad_cam), case: Case) -> Observation:
    return {"grad_cam": array(tensor(answer(*_layer_tensors(case), case["size"])))}


def _layer_tensors(case: Case) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(case["activation"]), torch.from_numpy(case["gradient"])


def _unlike(make: Callable[[Tensor, Tensor, tuple[int, int]], Tensor]) -> Callable[..., bool]:
    """Recognise maps that were made by another formula."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        return close(got["grad_cam"], array(make(*_layer_tensors(case), case["size"])))

    return recognises


def _weighted(activation: Tensor, gradient: Tensor) -> Tensor:
    return gradient.mean(dim=(2, 3), keepdim=True) * activation


GRAD_CAM = Exercise(
    id="5-3",
    points=4,
    names=("grad_cam",),
    reference=grad_cam,
    cases=_layer_cases,
    probe=_probe_grad_cam,
    items={
        "grad_cam": Sentence(ja="Grad-CAM のマップ", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "axes_lost",
            lambda got, want, case: "must match the size" in got["error"],
            Sentence(
                ja="軸が消えて、形が合いません。平均に keepdim=True を付けましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_enlarged",
            lambda got, want, case: got["grad_cam"].shape[-2:] == case["activation"].shape[-2:],
            Sentence(
                ja="層の大きさのままです。F.interpolate で画像の大きさに広げましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "channel_axis_left",
            lambda got, want, case: np.ndim(got["grad_cam"]) == 4,
            Sentence(
                ja="チャンネルの軸が残っています。形を (N, H, W) にしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_relu",
            _unlike(lambda a, g, size: _enlarge(_weighted(a, g).sum(1), size)),
            Sentence(
                ja="負の値が残っています。足した後に ReLU をかけましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "relu_after_enlarging",
            _unlike(lambda a, g, size: _enlarge(_weighted(a, g).sum(1), size).relu()),
            Sentence(
                ja="ReLU は、広げる前にかけましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "relu_before_adding",
            _unlike(lambda a, g, size: _enlarge(_weighted(a, g).relu().sum(1), size)),
            Sentence(
                ja="チャンネルを足す前に ReLU をかけています。足してからでないと、反対の根拠が消えてしまいます。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "gradient_not_averaged",
            _unlike(lambda a, g, size: _enlarge((g * a).sum(1).relu(), size)),
            Sentence(
                ja="勾配を場所ごとに掛けています。先に、縦と横について平均しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "weights_of_the_batch",
            _unlike(lambda a, g, size: _enlarge((g.mean((0, 2, 3), True) * a).sum(1).relu(), size)),
            Sentence(
                ja="勾配をバッチ全体で平均しています。重みは画像ごとに求めましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "gradient_added",
            _unlike(lambda a, g, size: _enlarge((g.sum((2, 3), True) * a).sum(1).relu(), size)),
            Sentence(
                ja="勾配の和を重みにしています。縦と横についての平均にしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "channels_averaged",
            _unlike(lambda a, g, size: _enlarge(_weighted(a, g).mean(1).relu(), size)),
            Sentence(
                ja="チャンネルの平均になっています。重みを掛けたものを足しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "nearest",
            _unlike(
                lambda a, g, size: _enlarge(_weighted(a, g).sum(1).relu(), size, mode="nearest")
            ),
            Sentence(
                ja='となりの値をそのまま写して広げています。mode="bilinear" で、なめらかに広げましょう。',
                en="TRANSLATE",
            ),
        ),
        Hint(
            "corners_aligned",
            _unlike(
                lambda a, g, size: _enlarge(_weighted(a, g).sum(1).relu(), size, align_corners=True)
            ),
            Sentence(
                ja="align_corners は指定しません。画素の位置がずれます。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "stretched",
            lambda got, want, case: close(got["grad_cam"], _stretched(want["grad_cam"])),
            Sentence(
                ja="[0, 1] に引きのばすのは、後で normalise が行います。ここではしません。",
                en="TRANSLATE",
            ),
        ),
    ),
)


# --- 5-4 ----------------------------------------------------------------------------------------
def _picture_cases(rng: np.random.Generator) -> list[Case]:
    shape = (2, 12, 10)
    return [{"images": rng.uniform(size=shape), "maps": rng.uniform(size=shape)}]


def _probe_overlay(answer: type(explain.overlay), case: Case) -> Observation:
    values = ndarray(answer(case["images"], case["maps"]))
    return {"overlay": values, "type of the pixels": str(values.dtype)}


def _looks_like(
    make: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Callable[..., bool]:
    """Recognise pictures that were made from images and maps in another way."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        return _same_picture(got["overlay"], make(case["images"], case["maps"]))

    return recognises


def _same_picture(got: np.ndarray, want: np.ndarray) -> bool:
    return close(got.astype(float), want.astype(float), rtol=0, atol=_COLOUR_TOLERANCE)


def _too_dark(got: Observation, want: Observation, case: Case) -> bool:
    """Recognise pixels that were made integers without being brought to 0–255 before."""
    images, maps = case["images"], case["maps"]
    dark_images, dark_maps = images // 1 / 255, maps // 1 / 255
    return any(
        _same_picture(got["overlay"], explain.overlay(*pair))
        for pair in ((dark_images, maps), (images, dark_maps), (dark_images, dark_maps))
    )


def _overflows(got: Observation, want: Observation, case: Case) -> bool:
    picture = explain.overlay(case["images"], case["maps"], alpha=0)
    colours = explain.overlay(case["images"], case["maps"], alpha=1)
    # Most pixels suffice: where a sum lies near 255, rounding decides whether it overflows.
    near = np.abs(got["overlay"].astype(int) - (picture + colours) // 2) <= _PICTURE_TOLERANCE
    return near.mean() > 0.9


OVERLAY = Exercise(
    id="5-4",
    points=2,
    names=("overlay",),
    reference=explain.overlay,
    cases=_picture_cases,
    probe=_probe_overlay,
    items={
        "overlay": Sentence(ja="重ねた画像", en="TRANSLATE"),
        "type of the pixels": Sentence(ja="画素の型", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "blue_and_red_swapped",
            _looks_like(lambda images, maps: explain.overlay(images, maps)[..., ::-1]),
            Sentence(
                ja="赤と青が入れ替わっています。OpenCV の色は BGR の順です。cv2.cvtColor で RGB に直しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "jet",
            lambda got, want, case: any(
                _same_picture(
                    got["overlay"],
                    explain.overlay(case["images"], case["maps"], cmap="jet")[..., ::order],
                )
                for order in (1, -1)
            ),
            Sentence(
                ja="配色が JET です。COLORMAP_INFERNO を使いましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "map_alone",
            _looks_like(lambda images, maps: explain.overlay(images, maps, alpha=1)),
            Sentence(
                ja="マップだけです。画像と半分ずつ混ぜましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "image_alone",
            _looks_like(lambda images, maps: explain.overlay(images, maps, alpha=0)),
            Sentence(
                ja="画像だけです。色を付けたマップと半分ずつ混ぜましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "inverted",
            _looks_like(lambda images, maps: explain.overlay(images, 1 - maps)),
            Sentence(
                ja="マップの大小が逆になっています。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_brought_to_255",
            _too_dark,
            Sentence(
                ja="整数に直す前に、255 を掛けましょう。0〜1 のままでは、ほとんど 0 になります。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "overflow",
            _overflows,
            Sentence(
                ja="8 ビットの整数どうしを足すと、255 を超えた分があふれます。cv2.addWeighted を使いましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_bytes",
            lambda got, want, case: (
                got["type of the pixels"] != "uint8"
                and got["overlay"].shape == want["overlay"].shape
            ),
            Sentence(
                ja="画素の型を uint8 にしましょう。",
                en="TRANSLATE",
            ),
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


def _probe_sanity_check(answer: type(sanity_check), case: Case) -> Observation:
    images, _ = _tensors(case)
    model = _SmallNetwork()
    asked = []

    def explanation(model: nn.Module, images: Tensor, classes: Tensor | None = None) -> Tensor:
        with torch.no_grad():
            shown = model(images).argmax(dim=1) if classes is None else classes
        asked.append((_randomness(model), array(shown)))
        return explain.saliency(model, images, shown)

    before, after = map(tensor, answer(model, images, explanation))
    trained = explain.saliency(_SmallNetwork(), images)
    random = [classes for randomness, classes in asked if randomness != "trained"]
    return {
        "original model": _randomness(model),
        "models asked": "、".join(sorted({randomness for randomness, _ in asked})),
        "classes of the random model": random[-1] if random else None,
        "before": array(before),
        "after": "trained" if close(array(after), array(trained)) else "random",
    }


def _randomness(model: nn.Module) -> str:
    """Say how many of the weights are other than those of the trained network."""
    pairs = zip(model.parameters(), _SmallNetwork().parameters(), strict=True)
    changed = [not torch.equal(*pair) for pair in pairs]
    return "random" if all(changed) else "partly random" if any(changed) else "trained"


SANITY_CHECK = Exercise(
    id="5-5",
    points=2,
    names=("sanity_check",),
    reference=sanity_check,
    cases=_image_cases,
    probe=_probe_sanity_check,
    items={
        "original model": Sentence(ja="学習したモデルの重み", en="TRANSLATE"),
        "models asked": Sentence(ja="マップを作ったモデル", en="TRANSLATE"),
        "classes of the random model": Sentence(
            ja="でたらめな重みのモデルに渡したクラス", en="TRANSLATE"
        ),
        "before": Sentence(ja="学習したモデルのマップ", en="TRANSLATE"),
        "after": Sentence(ja="でたらめな重みのモデルのマップ", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "original_changed",
            lambda got, want, case: got["original model"] != "trained",
            Sentence(
                ja="学習したモデルの重みが変わってしまいました。copy.deepcopy で写しを作り、写しのほうを変えましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_randomised",
            lambda got, want, case: got["models asked"] == "trained",
            Sentence(
                ja="2 回とも学習したモデルです。写しに randomise_ を使いましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "partly_randomised",
            lambda got, want, case: "partly" in got["models asked"],
            Sentence(
                ja="一部の層しか変わっていません。モデル全体を randomise_ に渡しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "swapped",
            lambda got, want, case: (
                got["after"] == "trained" and not close(got["before"], want["before"])
            ),
            Sentence(
                ja="順序が違います。学習したモデルのマップを先に返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "other_classes",
            lambda got, want, case: (
                not close(got["classes of the random model"], want["classes of the random model"])
            ),
            Sentence(
                ja="2 つのマップのクラスが違います。どちらも、学習したモデルが予測したクラスにしましょう。",
                en="TRANSLATE",
            ),
        ),
    ),
)

EXERCISES = (SALIENCY, HOOKS, GRAD_CAM, OVERLAY, SANITY_CHECK)
