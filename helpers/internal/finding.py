"""Finding a layer by its dotted path, and the sentences for what cannot be found or used."""

from __future__ import annotations

from torch import Tensor, nn

from helpers.errors import LayerError
from helpers.internal.fitting import check_model
from helpers.internal.sentences import Sentence

LAYER_NOT_USED = Sentence(
    ja="層「{name}」は、ロジットの計算に使われていません。",
    en="Layer “{name}” is not used to compute the logits.",
)
_UNKNOWN_LAYER = Sentence(
    ja="層「{name}」はありません。このモデルの層は {known} です。",
    en="There is no layer “{name}”. The layers of this model are {known}.",
)
_NOT_A_NAME = Sentence(
    ja='層が {kind} です。"conv1" のような名前で渡してください。',
    en='The layer is {kind}. Pass its name, such as "conv1".',
)
_HAS_A_NAME = Sentence(ja="この層の名前は「{name}」です。", en=" This layer is called “{name}”.")
_COMPILED_MODEL = Sentence(
    ja="コンパイルしたモデルの層は調べられません。torch.compile を使う前のモデルを渡してください。",
    en="The layers of a compiled model cannot be looked into. Pass the model from before torch.compile.",
)
_OUTPUT_NOT_A_TENSOR = Sentence(
    ja="層「{name}」の出力は {kind} です。1 つのテンソルを出力する層を選んでください。",
    en="The output of layer “{name}” is {kind}. Choose a layer whose output is one tensor.",
)
_WEIGHTS_WITHOUT_RESET = Sentence(
    ja="{names} を新しい重みにする方法がありません。これらを持つ層に、reset_parameters というメソッドを書いてください。",
    en="There is no way to make {names} anew. Write a method reset_parameters for the layers that hold them.",
)


def find_layer(model: nn.Module, name: str) -> nn.Module:
    """Return the layer at a dotted path such as ``"features.0"``.

    Raises:
        LayerError: The model has no such layer (the message lists those it has), or is compiled; or
            ``name`` is no text, such as the layer itself.
    """
    if not isinstance(name, str):
        names = [path for path, module in model.named_modules() if module is name]
        own = _HAS_A_NAME.format(name=names[0]) if names else ""
        raise LayerError(_NOT_A_NAME.format(kind=type(name).__name__) + own)
    if any(map(_is_compiled, model.modules())):
        raise LayerError(_COMPILED_MODEL)
    # A layer that stands in several places is found at each of them.
    layers = dict(model.named_modules(remove_duplicate=False))
    if not name or name not in layers:
        known = ", ".join(layer for layer in layers if layer)
        raise LayerError(_UNKNOWN_LAYER.format(name=name, known=known))
    return layers[name]


def _is_compiled(module: nn.Module) -> bool:
    """Return whether ``torch.compile`` was used: what it has compiled runs no hooks added later.

    A compiled model is told by what it holds, since to import its class would take seconds.
    """
    return hasattr(module, "_orig_mod") or module._compiled_call_impl is not None


def require_tensor(name: str, output: object) -> None:
    """Make sure that the output of a layer is one tensor.

    Raises:
        LayerError: It is something else, such as the tuple of ``nn.LSTM``.
    """
    if not isinstance(output, Tensor):
        kind = type(output).__name__
        raise LayerError(_OUTPUT_NOT_A_TENSOR.format(name=name, kind=kind))


def renewable_layers(model: nn.Module) -> list[nn.Module]:
    """Return the layers that hold all weights of a model and can make them anew.

    Raises:
        LayerError: Some weights belong to no layer that can renew them.
        ModelError: As :func:`helpers.internal.fitting.check_model`.
    """
    check_model(model)
    layers = [module for module in model.modules() if hasattr(module, "reset_parameters")]
    renewed = {weight for layer in layers for weight in layer.parameters(recurse=False)}
    kept = [name for name, weight in model.named_parameters() if weight not in renewed]
    if kept:
        raise LayerError(_WEIGHTS_WITHOUT_RESET.format(names=", ".join(kept)))
    return layers
