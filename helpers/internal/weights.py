"""Weights on disk: written whole or not at all, and read without running any code."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor, nn

from helpers.errors import DataError
from helpers.internal.files import whole_file
from helpers.internal.fitting import check_model
from helpers.internal.sentences import Sentence
from helpers.internal.words import NONE

_MISSING = Sentence(
    ja="重みのファイル {path} がありません。先に save で保存してください。",
    en="There is no file of weights {path}. Write it with save first.",
)
_DAMAGED = Sentence(
    ja="{path} を重みとして読めません。壊れているか、重み以外のものが入っています。消して、保存し直してください。",
    en="{path} cannot be read as weights. It is damaged, or holds something else. Delete it and save again.",
)
_DO_NOT_FIT = Sentence(
    ja="{path} の重みは {model} の形に合いません。{difference}",
    en="The weights of {path} do not fit a {model}. {difference}",
)
_DIFFER = Sentence(
    ja="「{name}」の形が、ファイルでは {found}、モデルでは {wanted} です。",
    en="The shape of “{name}” is {found} in the file and {wanted} in the model.",
)
_OF_A_WRAPPER = Sentence(
    ja="名前の先頭に「{prefix}」が付いています。nn.DataParallel や torch.compile で包む前のモデルを保存してください。",
    en="Their names begin with “{prefix}”. Save the model itself, before nn.DataParallel or torch.compile wraps it.",
)
_NOT_A_STATE_DICT = Sentence(
    ja="ファイルの中身が {kind} です。model.state_dict() を保存してください。",
    en="The file holds {kind}. Save model.state_dict().",
)

_SAFETENSORS = ".safetensors"
_WRAPPERS = ("module.", "_orig_mod.")
"""What nn.DataParallel and torch.compile put before the names of the weights."""


def save(model: nn.Module, path: str | os.PathLike) -> None:
    """Write the model's weights (its ``state_dict``) to ``path``, whole or not at all.

    A path that ends in ``.safetensors`` gets a file in that format, which the explorer of the
    course's site opens; any other one a file of PyTorch's own.
    """
    path = Path(path)
    with whole_file(path) as file:
        if path.suffix == _SAFETENSORS:
            file.write(_as_safetensors(model))
        else:
            torch.save(model.state_dict(), file)


def _as_safetensors(model: nn.Module) -> bytes:
    import safetensors.torch

    from helpers.internal.layers import description

    # Copies, since the format refuses two names for the same memory.
    tensors = {
        name: tensor.detach().cpu().contiguous().clone()
        for name, tensor in model.state_dict().items()
    }
    return safetensors.torch.save(tensors, metadata=description(model))


def load(model: nn.Module, path: str | os.PathLike) -> nn.Module:
    """Read weights into ``model`` and return it. Only tensors are read: no code can run.

    Raises:
        DataError: There is no such file, it is damaged, holds more than weights, or belongs to
            another model. The model is left as it was.
        ModelError: As :func:`check_model`.
    """
    check_model(model)
    if not Path(path).exists():
        raise DataError(_MISSING.format(path=path))
    try:
        if Path(path).suffix == _SAFETENSORS:
            import safetensors.torch

            state = safetensors.torch.load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # reading damaged bytes can fail in any way
        raise DataError(_DAMAGED.format(path=path)) from error
    # load_state_dict copies what fits before it complains about the rest, so look first.
    if difference := _difference(state, model.state_dict()):
        kind = type(model).__name__
        wrong = _DO_NOT_FIT.format(path=path, model=kind, difference=difference)
        raise DataError(wrong)
    model.load_state_dict(state)
    return model


def _difference(found: object, wanted: dict[str, Tensor]) -> str:
    """Say in what weights differ from those of the model first; nothing if they fit."""
    if not isinstance(found, dict):
        return _NOT_A_STATE_DICT.format(kind=type(found).__name__)
    for prefix in _WRAPPERS:
        if found.keys() == {prefix + name for name in wanted}:
            return _OF_A_WRAPPER.format(prefix=prefix)
    for name in [*wanted, *found]:
        here, there = (_shape(weights.get(name)) for weights in (found, wanted))
        if here != there:
            return _DIFFER.format(name=name, found=here, wanted=there)
    return ""


def _shape(weight: object) -> str:
    return str(tuple(weight.shape)) if isinstance(weight, Tensor) else str(NONE)
