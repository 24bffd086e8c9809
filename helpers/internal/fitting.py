"""Do model, images and labels fit each other? If not, a sentence says what to change."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from helpers.errors import LabelError, ModelError, ProbabilityError, ShapeError
from helpers.internal.modes import evaluation_mode
from helpers.internal.sentences import Sentence
from helpers.internal.words import LABELS_OUT_OF_RANGE

Batch = tuple[Tensor, Tensor]
"""Images (n, C, H, W) and labels (n,)."""

NO_GRADIENT = Sentence(
    ja="モデルの中で計算グラフが切れていて、勾配が届きません。forward の中の detach() や torch.no_grad()、requires_grad=False の重みを確かめてください。",
    en="The graph is cut inside the model, so no gradient gets through. Look for detach() or torch.no_grad() in forward, and for weights with requires_grad=False.",
)
_NOT_A_BATCH = Sentence(
    ja="バッチの中身が {kinds} です。画像とラベルのテンソルの組 (images, labels) にしてください。データセットなら、DataLoader に入れてから渡します。",
    en="A batch holds {kinds}. It must be a pair of tensors (images, labels). Put a data set into a DataLoader first.",
)
_LAZY_LAYER = Sentence(
    ja="層「{name}」の重みの形が、まだ決まっていません。先に 1 度、画像をモデルに通してください（model(images[:2])）。",
    en="The weights of layer “{name}” have no shape yet. Pass images through the model once first (model(images[:2])).",
)
_MADE_IN_INFERENCE_MODE = Sentence(
    ja="torch.inference_mode の中で作ったモデルは、勾配を計算できません。with の外で、モデルを作り直してください。",
    en="A model made inside torch.inference_mode can have no gradients. Make it again outside the with block.",
)
_IMAGES_NOT_A_TENSOR = Sentence(
    ja="画像が {kind} です。PyTorch のテンソルにしてください。NumPy の配列なら、torch.from_numpy(images) で直せます。",
    en="The images are {kind}. Make them a PyTorch tensor; torch.from_numpy(images) does it for a NumPy array.",
)
_IMAGES_NOT_4D = Sentence(
    ja="画像の形が {shape} です。(N, C, H, W) の 4 次元にしてください。1 枚だけなら images[None] で N の軸を足せます。",
    en="The images have shape {shape}. They need four axes, (N, C, H, W). For one image, images[None] adds the axis N.",
)
_IMAGES_WRONG_TYPE = Sentence(
    ja="画像の型が {dtype} です。モデルの重みと同じ {wanted} にしてください。0〜255 の整数なら、先に正規化します。",
    en="The images are {dtype}. They need the type of the model's weights, {wanted}. "
    "Normalize integers 0 to 255 first.",
)
_LAYER_DOES_NOT_FIT = Sentence(
    ja="1 枚の形 (C, H, W) が {shape} の画像を入れると、モデルのどこかの層で形が合わなくなります。画像のチャンネル数と縦横の画素数、または層の引数を確かめてください。PyTorch の説明: {error}",
    en="With images of shape (C, H, W) = {shape}, the shapes do not match in some layer of the model. Check the images' channels, height and width, or the arguments of the layers. PyTorch says: {error}",
)
_NOT_A_TENSOR = Sentence(
    ja="モデルが {kind} を返しました。forward の最後で、ロジットのテンソルを return してください。",
    en="The model returned {kind}. Return the tensor of logits at the end of forward.",
)
_NOT_LOGITS = Sentence(
    ja="モデルの出力の形が {shape} です。(N, クラス数) になるようにしてください。",
    en="The model's output has shape {shape}. It must be (N, number of classes).",
)
_PROBABILITIES = Sentence(
    ja="モデルが確率を返しています。交差エントロピーは softmax を中に含むので、モデルの最後の softmax を外し、ロジットを返してください。",
    en="The model returns probabilities. Cross-entropy has the softmax inside it: take the softmax off the end of the model and return logits.",
)
_LABELS_NOT_A_TENSOR = Sentence(
    ja="ラベルが {kind} です。形 (N,)、型 torch.int64 のテンソルにしてください。",
    en="The labels are {kind}. Make them a tensor of shape (N,) and type torch.int64.",
)
_LABELS_WRONG_TYPE = Sentence(
    ja="ラベルの形が {shape}、型が {dtype} です。形 (N,)、型 torch.int64 にしてください。",
    en="The labels have shape {shape} and type {dtype}. Make them (N,) and torch.int64.",
)
_LABELS_WRONG_NUMBER = Sentence(
    ja="画像が {images} 枚、ラベルが {labels} 個です。画像 1 枚に、ラベルを 1 個ずつ付けてください。",
    en="There are {images} images and {labels} labels. Give each image one label.",
)
_SINGLE_IMAGE = Sentence(
    ja="画像が 1 枚だけのバッチでは、バッチ正規化の平均と分散を計算できません。batch_size を変えて、最後のバッチを 2 枚以上にしてください。",
    en="Batch normalization has no mean and variance in a batch of one image. Change "
    "batch_size so that the last batch holds two or more.",
)

_LONGEST_EXPLANATION = 200


def batches_on(place: torch.device, batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the batches on a device; those that lie there already are not copied.

    Raises:
        ShapeError: ``batches`` yields something else than pairs of tensors, as a data set does.
    """
    for batch in batches:
        parts = batch if isinstance(batch, (tuple, list)) else (batch,)
        if len(parts) != 2 or not all(isinstance(part, Tensor) for part in parts):
            kinds = ", ".join(type(part).__name__ for part in parts)
            raise ShapeError(_NOT_A_BATCH.format(kinds=kinds))
        images, labels = parts
        yield _usable(images.to(place)), _usable(labels.to(place))


def _usable(tensor: Tensor) -> Tensor:
    # No gradient can be computed with tensors made in inference mode, but with copies of them.
    return tensor.clone() if tensor.is_inference() else tensor


def fitting_batches(model: nn.Module, batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the batches that hold images, each after making sure that it fits the model."""
    classes = {}
    for images, labels in batches:
        # Two images of every shape and type are tried: all of them would be a second forward pass.
        kind = images.shape[1:], images.dtype
        if kind not in classes:
            with torch.no_grad(), evaluation_mode(model):
                classes[kind] = checked_logits(model, images[:2]).shape[1]
        check_labels(labels, images=len(images), classes=classes[kind])
        if len(images) > 0:
            yield images, labels


def checked_logits(model: nn.Module, images: Tensor) -> Tensor:
    """Return ``model(images)``, (N, classes), after making sure that everything fits.

    Raises:
        ShapeError: ``images`` is not (N, C, H, W), a layer of the model cannot take their size or
            type, or what the model returns is not (N, classes).
        ModelError: As :func:`check_model`.
        ProbabilityError: The model returns probabilities instead of logits.
    """
    check_images(model, images)
    try:
        logits = model(images)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        if not _is_about_a_shape(str(error)):
            raise
        explanation = textwrap.shorten(str(error), _LONGEST_EXPLANATION, placeholder="…")
        wrong = _LAYER_DOES_NOT_FIT.format(shape=tuple(images.shape[1:]), error=explanation)
        raise ShapeError(wrong) from error
    if not isinstance(logits, Tensor):
        raise ShapeError(_NOT_A_TENSOR.format(kind=type(logits).__name__))
    if logits.ndim != 2 or len(logits) != len(images):
        raise ShapeError(_NOT_LOGITS.format(shape=tuple(logits.shape)))
    if _are_probabilities(logits):
        raise ProbabilityError(_PROBABILITIES)
    return logits


def _is_about_a_shape(explanation: str) -> bool:
    # PyTorch has no type of its own for these errors; its sentences name a size and a tensor. Those
    # of the libraries below it, "cuDNN error: batch size …", are about something else.
    size = re.search("shape|channel|size", explanation, re.IGNORECASE)
    tensor = re.search("tensor|input|weight|mat1", explanation, re.IGNORECASE)
    return bool(size and tensor) and " error: " not in explanation


def check_images(model: nn.Module, images: Tensor) -> None:
    """Make sure that images are a tensor (N, C, H, W), of the type of the model's weights.

    Raises:
        ShapeError: They are not.
        ModelError: As :func:`check_model`.
    """
    check_model(model)
    if not isinstance(images, Tensor):
        raise ShapeError(_IMAGES_NOT_A_TENSOR.format(kind=type(images).__name__))
    if images.ndim != 4:
        raise ShapeError(_IMAGES_NOT_4D.format(shape=tuple(images.shape)))
    weights = next(model.parameters(), images)
    if images.dtype != weights.dtype:
        wrong = _IMAGES_WRONG_TYPE.format(dtype=images.dtype, wanted=weights.dtype)
        raise ShapeError(wrong)


def check_model(model: nn.Module) -> None:
    """Make sure that a model has weights that can be used and trained.

    Raises:
        ModelError: It has lazy layers, whose weights have no shape before they see an image, or was
            made in ``torch.inference_mode``, so that its weights can never have a gradient.
    """
    for name, weight in model.named_parameters():
        if is_lazy(weight):
            raise ModelError(_LAZY_LAYER.format(name=name.rpartition(".")[0]))
        if weight.is_inference():
            raise ModelError(_MADE_IN_INFERENCE_MODE)


def _are_probabilities(outputs: Tensor) -> bool:
    if len(outputs) == 0 or outputs.shape[1] < 2 or (outputs < 0).any():
        return False
    # As exact as rounding allows, since the logits of a single image could be near it by chance:
    # two roundings, of the sum that softmax divides by and of what it returns, are at most one eps.
    tolerance = max(1e-5, torch.finfo(outputs.dtype).eps)
    return bool(((outputs.float().sum(dim=1) - 1).abs() < tolerance).all())


def check_labels(labels: Tensor, images: int, classes: int | None = None) -> None:
    """Make sure that labels are int64 (N,), one an image, and each one of the classes if given.

    Raises:
        LabelError: They are not.
    """
    if not isinstance(labels, Tensor):
        raise LabelError(_LABELS_NOT_A_TENSOR.format(kind=type(labels).__name__))
    if labels.dtype != torch.int64 or labels.ndim != 1:
        found = _LABELS_WRONG_TYPE.format(shape=tuple(labels.shape), dtype=labels.dtype)
        raise LabelError(found)
    if len(labels) != images:
        raise LabelError(_LABELS_WRONG_NUMBER.format(labels=len(labels), images=images))
    if images == 0 or classes is None:
        return
    lowest, highest = labels.min().item(), labels.max().item()
    if lowest < 0 or highest >= classes:
        raise LabelError(LABELS_OUT_OF_RANGE.format(low=lowest, high=highest, classes=classes))


@contextmanager
def single_images_told() -> Iterator[None]:
    """Tell of a batch of one image that batch normalisation cannot work with."""
    try:
        yield
    except ValueError as error:
        # PyTorch has no type of its own for this error.
        if "more than 1 value per channel" not in str(error):
            raise
        raise ShapeError(_SINGLE_IMAGE) from error
