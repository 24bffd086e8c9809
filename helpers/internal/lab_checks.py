"""What the figures of the lab sheet take from Keras: logs, kernels, images with channels last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from helpers.errors import LayerError, RangeError, ShapeError
from helpers.internal.sentences import Sentence
from helpers.internal.tiles import MOST_PANELS
from helpers.internal.words import listed

if TYPE_CHECKING:
    import keras

_UNKNOWN_CONVOLUTION = Sentence(
    ja="畳み込み層 {layer_id} はありません。layer_id は、畳み込み層だけを 0 から数えた番号です。このモデルの畳み込み層は {known} です。",
    en="There is no convolution {layer_id}. layer_id counts the convolutions alone, from 0. Those of this model: {known}.",
)
_LAYER_WITHOUT_WEIGHTS = Sentence(
    ja="畳み込み層 {layer_id} には、まだ重みがありません。モデルの最初に keras.Input を置いてください。",
    en="Convolution {layer_id} has no weights yet. Begin the model with keras.Input.",
)
_TOO_MANY_KERNELS = Sentence(
    ja="畳み込み層 {layer_id} のカーネルは {count:,} 個あります。描けるのは {most:,} 個までです。カーネルの少ない層を選んでください。",
    en="Convolution {layer_id} has {count:,} kernels. At most {most:,} can be drawn. Choose a layer with fewer.",
)
_BEFORE_WRONG_SHAPE = Sentence(
    ja="before の形が {shape} です。同じ層の、前の重みを渡してください。形は {wanted} になるはずです。",
    en="before has shape {shape}. Pass earlier weights of the same layer; their shape must be {wanted}.",
)
_VALIDATED_AT_UNKNOWN_EPOCHS = Sentence(
    ja="エポックは {epochs} 個、検証の値は {count} 個です。どのエポックの値なのか、記録からはわかりません。fit に渡した validation_freq を、plot_result にも渡してください。",
    en="There are {epochs} epochs and {count} validations. The log does not tell at which epochs. Pass the validation_freq of fit to plot_result, too.",
)
_NOT_KERAS_IMAGES = Sentence(
    ja="X の形が {shape} です。(N, 28, 28, 1) にしてください。",
    en="X has shape {shape}. Make it (N, 28, 28, 1).",
)


def validated_epochs(
    log: keras.callbacks.History, epochs: Sequence[int], frequency: int | Sequence[int]
) -> list[int]:
    """Return the epochs, from 1, at which a training was validated.

    Raises:
        ShapeError: The log holds more or fewer validations than that.
    """
    every_few = isinstance(frequency, int)
    validated = [
        epoch for epoch in epochs if (epoch % frequency == 0 if every_few else epoch in frequency)
    ]
    count = max((len(values) for name, values in log.history.items() if "val_" in name), default=0)
    if count not in (0, len(validated)):
        wrong = _VALIDATED_AT_UNKNOWN_EPOCHS.format(epochs=len(epochs), count=count)
        raise ShapeError(wrong)
    return validated


def name_of_accuracy(log: keras.callbacks.History) -> str:
    """Return the key of the training's accuracy in a log."""
    # Keras calls it as it was called in compile, such as "acc".
    return next((name for name in log.history if "acc" in name and "val_" not in name), "accuracy")


def channels_first(kernels: ArrayLike) -> np.ndarray:
    """Bring weights from Keras's order (h, w, in, out) to (out, in, h, w)."""
    return np.transpose(kernels, (3, 2, 0, 1))


def kernels_of(model: keras.Model, layer_id: int) -> np.ndarray:
    """Return the weights (h, w, in, out) of a convolution, counted from 0 among its kind.

    Raises:
        LayerError: The model has no such convolution, or it has no weights yet.
        RangeError: It has more kernels than can be drawn.
    """
    kernels = _find_convolution(model, layer_id).kernel.numpy()
    count = kernels.shape[2] * kernels.shape[3]
    if count > MOST_PANELS:
        wrong = _TOO_MANY_KERNELS.format(layer_id=layer_id, count=count, most=MOST_PANELS)
        raise RangeError(wrong)
    return kernels


def require_same_shape(before: ArrayLike, now: np.ndarray) -> None:
    """Raise :class:`ShapeError` if earlier weights have another shape than those of now."""
    if np.shape(before) != now.shape:
        raise ShapeError(_BEFORE_WRONG_SHAPE.format(shape=np.shape(before), wanted=now.shape))


def _find_convolution(model: keras.Model, layer_id: int) -> keras.layers.Conv2D:
    from keras import layers

    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    if layer_id not in range(len(convolutions)):
        known = listed(range(len(convolutions)))
        raise LayerError(_UNKNOWN_CONVOLUTION.format(layer_id=layer_id, known=known))
    if not convolutions[layer_id].built:
        raise LayerError(_LAYER_WITHOUT_WEIGHTS.format(layer_id=layer_id))
    return convolutions[layer_id]


def keras_pictures(X: ArrayLike) -> np.ndarray:
    """Return images with one channel, or none, as (N, H, W).

    Raises:
        ShapeError: ``X`` has another shape.
    """
    pictures = np.asarray(X)
    if pictures.ndim == 4 and pictures.shape[-1] == 1:
        pictures = pictures[..., 0]
    if pictures.ndim != 3:
        raise ShapeError(_NOT_KERAS_IMAGES.format(shape=np.shape(X)))
    return pictures
