"""Drawing a digit by hand: making an MNIST image of it, and a pad that a model answers."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from helpers.errors import DataError, LabelError, LayerError, RangeError, ShapeError
from helpers.explain import grad_cam, normalise, overlay
from helpers.hooks import capture, find_layer
from helpers.internal.devices import device_of
from helpers.internal.figure import new_figure
from helpers.internal.fitting import checked_logits
from helpers.internal.modes import evaluation_mode
from helpers.internal.sentences import Sentence
from helpers.training import predict

if TYPE_CHECKING:
    from helpers.internal.pad_widget import PadWidget

# site/explorer/drawing.js does the same in the browser; a test holds one to the other.
_SIDE = 28
_BOX = 20
_MIDDLE = 14
"""The pixel on which MNIST's digits have their centre of mass."""
_HALF = 0.5 + 1e-6  # halves are rounded up, whatever the last bits of a sum may be
_FAINT = 0.1
"""Less ink than this is taken for paper."""

_NOTHING_DRAWN = Sentence(
    ja="何も描かれていません。数字を描いてから、もう一度試してください。",
    en="Nothing is drawn. Draw a digit, then try again.",
)
_NOT_A_PICTURE = Sentence(
    ja="絵の形が {shape} です。白い線を黒い地に描いた、(高さ, 幅) の配列にしてください。",
    en="The picture has the shape {shape}. Pass white strokes on black, as (height, width).",
)
_NOT_INK = Sentence(
    ja="画素の値が {low:g} から {high:g} です。0〜255 の整数か、0〜1 の小数にしてください。",
    en="The pixels go from {low:g} to {high:g}. Use integers from 0 to 255, or floats from 0 to 1.",
)
_NO_MAPS = Sentence(
    ja="層「{name}」の出力は特徴マップではありません。選べるのは {known} です。",
    en='The layer "{name}" gives no feature maps. Those that do: {known}.',
)
_CLASSES_DO_NOT_FIT = Sentence(
    ja="クラスの名前が {names} 個ですが、モデルのロジットは {logits} 個です。",
    en="There are {names} names of classes, but the model gives {logits} logits.",
)
_ANSWER = Sentence(
    ja="予測: {label}（確率 {percent:.0f} %）", en="Prediction: {label} ({percent:.0f} %)"
)
_WITHOUT_WIDGETS = Sentence(
    ja="ここでは絵を描くパッドを表示できません（JupyterLab、VS Code、Colab なら描けます。"
    "要るもの: pip install anywidget）。下の図は、見本の数字への答えです。",
    en="A pad to draw on cannot be shown here (it can in JupyterLab, VS Code and Colab, with "
    "pip install anywidget). The picture shows the answer to a sample.",
)
_PROBABILITY = Sentence(ja="確率", en="Probability")
_WORDS = {
    "pad": Sentence(ja="数字を描くところ", en="Drawing pad"),
    "empty": Sentence(ja="数字を描いてください。", en="Draw a digit."),
    "clear": Sentence(ja="消す", en="Clear"),
    "image": Sentence(ja="モデルが見る画像", en="What the model sees"),
    "map": Sentence(ja="Grad-CAM", en="Grad-CAM"),
    "layer": Sentence(ja="層", en="Layer"),
}


def prepare_drawing(pixels: np.ndarray | Tensor) -> Tensor:
    """Make an MNIST image of a drawing, as MNIST's makers did of scanned digits.

    What is drawn is cut out, shrunk until its longer side measures 20 pixels, and put on 28×28
    pixels with its centre of mass in the middle.

    Args:
        pixels: (height, width), white strokes on black: integers from 0 to 255 or floats from 0 to
            1.

    Returns:
        (1, 1, 28, 28), float32 in [-1, 1], as the course's models expect.

    Raises:
        ShapeError: ``pixels`` is not (height, width).
        RangeError: The values are neither 0 to 255 nor 0 to 1.
        DataError: Nothing is drawn.
    """
    box = _shrunk(_inked_part(_ink(pixels)))
    mass = box.sum()
    image = np.zeros((_SIDE, _SIDE))
    top, left = (
        _start(box.sum(axis=1 - axis) @ np.arange(box.shape[axis]) / mass, box.shape[axis])
        for axis in (0, 1)
    )
    image[top : top + box.shape[0], left : left + box.shape[1]] = box
    return torch.from_numpy(2 * image - 1).float()[None, None]


def _ink(pixels: np.ndarray | Tensor) -> np.ndarray:
    """Return the drawing as floats from 0 (paper) to 1 (ink)."""
    values = pixels.detach().cpu().numpy() if isinstance(pixels, Tensor) else np.asarray(pixels)
    if values.ndim != 2 or values.size == 0 or values.dtype.kind not in "buif":
        raise ShapeError(_NOT_A_PICTURE.format(shape=values.shape))
    highest = 255 if values.dtype.kind in "ui" else 1
    low, high = values.min(), values.max()
    if not 0 <= low <= high <= highest:
        raise RangeError(_NOT_INK.format(low=low, high=high))
    return values / highest


def _inked_part(ink: np.ndarray) -> np.ndarray:
    inked = ink >= _FAINT
    if not inked.any():
        raise DataError(str(_NOTHING_DRAWN))
    rows, columns = (np.flatnonzero(inked.any(axis=axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _shrunk(ink: np.ndarray) -> np.ndarray:
    """Return the drawing with its longer side at 20 pixels, each the mean of what it covers."""
    height, width = (max(1, int(_BOX * side / max(ink.shape) + 0.5)) for side in ink.shape)
    return _overlaps(ink.shape[0], height) @ ink @ _overlaps(ink.shape[1], width).T


def _overlaps(many: int, few: int) -> np.ndarray:
    """Return (few, many): the share of each of the few pixels that each of the many covers."""
    length = many / few
    start = np.arange(few)[:, None] * length
    place = np.arange(many)
    overlap = np.minimum(place + 1, start + length) - np.maximum(place, start)
    return overlap.clip(min=0) / length


def _start(centre: float, size: int) -> int:
    """Return where a box begins whose centre of mass is to lie in the middle of the image."""
    return min(max(_MIDDLE - int(centre + _HALF), 0), _SIDE - size)


def pad(
    model: nn.Module, layer: str | None = None, classes: Sequence[str] | None = None
) -> PadWidget | StillPicture:
    """Return a pad to draw digits on, which the model answers at every stroke.

    It shows the image that is made of the drawing, every class's probability, and Grad-CAM. Where
    no widgets can be shown, a sentence and a picture of the model's answer to a sample stand in.

    Args:
        model: Takes (N, 1, 28, 28), returns logits. It is left as found.
        layer: Dotted path of the layer whose Grad-CAM is shown first; the last one with feature
            maps if None.
        classes: A name for each logit; their numbers if None.

    Raises:
        LayerError: The model has no such layer, or it gives no feature maps.
        LabelError: There are not as many names as logits.
        ShapeError, ModelError, ProbabilityError: As :func:`helpers.training.predict`.
    """
    answers = _Answers(model, layer, classes)
    try:
        from helpers.internal.pad_widget import PadWidget
    except ModuleNotFoundError as error:
        if error.name not in ("anywidget", "traitlets"):
            raise
        return StillPicture(answers)
    return PadWidget(
        answers.to_drawing,
        answers.still,
        layer=answers.layer,
        layers=answers.layers,
        classes=answers.classes,
        words={name: str(sentence) for name, sentence in _WORDS.items()},
    )


class StillPicture:
    """What stands in for the pad where widgets are not installed."""

    def __init__(self, answers: _Answers) -> None:
        self._answers = answers

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return self._answers.still()


class _Answers:
    """What a model says to drawings."""

    def __init__(self, model: nn.Module, layer: str | None, classes: Sequence[str] | None) -> None:
        self._model = model
        blank = torch.full((1, 1, _SIDE, _SIDE), -1.0)
        with torch.no_grad(), evaluation_mode(model):
            count = checked_logits(model, blank.to(device_of(model))).shape[1]
        self.classes = [str(name) for name in classes or range(count)]
        if len(self.classes) != count:
            wrong = _CLASSES_DO_NOT_FIT.format(names=len(self.classes), logits=count)
            raise LabelError(wrong)
        self.layers = _layers_with_maps(model, blank)
        if layer is not None:
            find_layer(model, layer)
        if not self.layers or layer not in (None, *self.layers):
            raise LayerError(_NO_MAPS.format(name=layer or "–", known=", ".join(self.layers)))
        self.layer = layer or self.layers[-1]

    def to_drawing(self, drawing: bytes, layer: str) -> dict[str, Any]:
        """Return what the widget shows for a square drawing of bytes."""
        side = math.isqrt(len(drawing))
        try:
            image = prepare_drawing(np.frombuffer(drawing, np.uint8).reshape(side, side))
        except DataError as error:
            return {"sentence": str(error)}
        return self._to_image(image, layer)

    def _to_image(self, image: Tensor, layer: str) -> dict[str, Any]:
        labels, probabilities = predict(self._model, image)
        evidence = grad_cam(self._model, image, layer)[0]
        label = self.classes[labels[0]]
        percent = 100 * probabilities.max().item()
        return {
            "sentence": _ANSWER.format(label=label, percent=percent),
            "probabilities": probabilities[0].tolist(),
            "pixels": image.numpy().tobytes(),
            "evidence": evidence.cpu().float().numpy().tobytes(),
        }

    def still(self) -> dict[str, Any]:
        """Return a sentence and a PNG of the answer to a sample, by MIME type."""
        image = prepare_drawing(_sample())
        answer = self._to_image(image, self.layer)
        evidence = np.frombuffer(answer["evidence"], np.float32).reshape(_SIDE, _SIDE)
        return {
            "text/plain": str(_WITHOUT_WIDGETS),
            "image/png": _picture(image, evidence, answer, self.classes, self.layer),
        }


def _layers_with_maps(model: nn.Module, image: Tensor) -> list[str]:
    """Return the paths of the layers with outputs (N, C, h, w) larger than one pixel."""
    leaves = [path for path, module in model.named_modules() if path and not [*module.children()]]
    with torch.no_grad(), evaluation_mode(model), capture(model, *leaves) as seen:
        model(image.to(device_of(model)))
    return [
        path
        for path in leaves
        if path in seen and seen[path].ndim == 4 and max(seen[path].shape[2:]) > 1
    ]


def _sample() -> np.ndarray:
    """Return a drawing (280, 280) of a four, in bytes."""
    rows, columns = np.mgrid[:280, :280]
    ink = np.zeros((280, 280), bool)
    for (y0, x0), (y1, x1) in (
        ((40, 110), (150, 70)),
        ((150, 70), (150, 210)),
        ((80, 165), (245, 165)),
    ):
        along = ((rows - y0) * (y1 - y0) + (columns - x0) * (x1 - x0)) / (
            (y1 - y0) ** 2 + (x1 - x0) ** 2
        )
        along = along.clip(0, 1)
        ink |= np.hypot(rows - y0 - along * (y1 - y0), columns - x0 - along * (x1 - x0)) < 11
    return (255 * ink).astype(np.uint8)


def _picture(
    image: Tensor, evidence: np.ndarray, answer: dict[str, Any], classes: list[str], layer: str
) -> bytes:
    figure = new_figure(9, 2.6, answer["sentence"])
    digit, heat, bars = figure.subplots(1, 3)
    digit.imshow(image[0, 0].numpy(), cmap="gray")
    maps = normalise(torch.from_numpy(evidence.copy())[None])
    heat.imshow(overlay((image + 1).numpy() / 2, maps.numpy())[0])
    heat.set_title(f"Grad-CAM: {layer}")
    bars.bar(classes, answer["probabilities"], color="#2171b5")
    bars.set_ylim(0, 1)
    bars.set_ylabel(str(_PROBABILITY))
    for axes in (digit, heat):
        axes.set_axis_off()
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=80)
    return content.getvalue()
