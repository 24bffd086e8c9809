"""What the exercises share that ask for a forward hook: 4-3, 5-2 and 6-3."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any, TypeVar

from torch import nn

from exercises.exercise import Case, Hint, Observation
from exercises.hints import any_of, equals, hint, says
from exercises.traces import HOOKS, hook_count
from helpers.internal.sentences import Sentence

Model = TypeVar("Model", bound=nn.Module)

_LAYERS_OF_THE_NOTEBOOKS = r"KeyError: '((?:features|classifier|conv|bn|pool)[\w.]*)'"


def with_own_hook(model: Model, layer: str) -> Model:
    """Return a model with a hook on a layer that does nothing, and that no answer may take off."""
    model.get_submodule(layer).register_forward_hook(lambda *call: None)
    return model


def hooks_left(model: nn.Module, run: Callable[[nn.Module], Any]) -> int:
    """Return how many hooks are on a model after something was run that may fail."""
    with contextlib.suppress(Exception):
        run(model)
    return hook_count(model)


def reports_errors(run: Callable[[], Any]) -> bool:
    """Say whether an error within something that is run reaches the caller."""
    try:
        run()
    except Exception:
        return True
    return False


def fixed_layer(*errors: str) -> Hint:
    """Return the hint on a layer that is named in the answer's own code.

    Args:
        errors: Regular expressions of what is said of a layer that the given model does not have.
    """
    return hint(
        "fixed_layer",
        any_of(*map(says, errors), fixed_key),
        ja="層の名前が決め打ちになっています。引数の layer を使いましょう。",
        en="The name of the layer is fixed in your code. Use the argument layer.",
    )


def fixed_key(got: Observation, want: Observation, case: Case) -> bool:
    """Recognise that a layer of the notebook's model was looked up by name, not the given one."""
    key = re.match(_LAYERS_OF_THE_NOTEBOOKS, got["error"])
    return bool(key) and key[1] != case["layer"]


def _nothing_stored(got: Observation, want: Observation, case: Case) -> bool:
    error, line = got["error"], got["line"]
    missing = re.match("KeyError: |IndexError: list index", error)
    # torch.autograd.grad is to differentiate by nothing.
    by_nothing = re.search(r"`inputs` argument to `grad|'NoneType' object is not iterable", error)
    return bool(missing or (by_nothing and "grad(" in line)) and not fixed_key(got, want, case)


LAYER_IS_A_NAME = hint(
    "layer_is_a_name",
    any_of(
        says("'str' object has no attribute 'register_"),
        says(r"'\w*Network' object (?:is not subscriptable|has no attribute 'layer')"),
        says("'str' object cannot be interpreted as an integer"),
    ),
    ja="layer は層そのものではなく、層の名前（文字列）です。model.get_submodule(layer) で層を取り出しましょう。",
    en="layer is not a layer but the name of one, a string. model.get_submodule(layer) gives "
    "you the layer.",
)
NOTHING_STORED = hint(
    "nothing_stored",
    _nothing_stored,
    ja="フックが取っておいたはずの出力がありません。フックは、モデルを呼んだときに動きます。"
    "呼ぶ前に外していないか、フックの中で辞書やリストに入れているか"
    "（kept = output では、フックの外に残りません）、鍵のつづりが同じかを確かめましょう。",
    en="What the hook should have kept is not there. A hook runs when the model is called. "
    "Is it taken off before that? Does it put the output into a dictionary or list "
    "(kept = output does not last outside the hook)? Is the key spelled alike?",
)
HOOK_NOT_REMOVED = hint(
    "hook_not_removed",
    lambda got, want, case: got[HOOKS] > want[HOOKS],
    ja="フックが残っています。最後に handle.remove() で外しましょう。",
    en="A hook is left on the model. Remove it with handle.remove().at the end.",
)
HOOKS_OF_OTHERS_REMOVED = hint(
    "hooks_of_others_removed",
    lambda got, want, case: got[HOOKS] < want[HOOKS],
    ja="はじめから付いていた、ほかのフックまで外しています。handle.remove() なら、自分のフックだけが外れます。",
    en="A hook that was there before is gone, too. handle.remove() removes only your own.",
)
ERROR_SWALLOWED = hint(
    "error_swallowed",
    equals("error reported", False),
    ja="途中でエラーが出ても、呼んだ側に届きません。except でエラーを消さず、finally の中で return もしないようにしましょう。",
    en="An error on the way does not reach the caller. "
    "Do not swallow it with except, and do not return within finally.",
)
ERROR_REPORTED = {
    "error reported": Sentence(ja="途中で出たエラー", en="an error on the way"),
    "hooks left by an error": Sentence(
        ja="エラーの後に残ったフックの数", en="the number of hooks left by an error"
    ),
}
HOOK_LEFT_BY_AN_ERROR = hint(
    "hook_left_by_an_error",
    lambda got, want, case: got["hooks left by an error"] > want["hooks left by an error"],
    ja="途中でエラーが出ると、フックが残ります。フックを付けた後の全部を try に入れ、finally で外しましょう。",
    en="After an error, the hook is left on the model. Put everything that follows its "
    "registration into try, and remove it in finally.",
)


def hook_returns(*errors: str) -> Hint:
    """Return the hint on a hook's return value.

    Args:
        errors: Regular expressions of what a layer says that is given such a value.
    """
    refused = says("|".join(errors))

    def refused_within_the_model(got: Observation, want: Observation, case: Case) -> bool:
        return refused(got, want, case) and "flatten" not in got["line"]

    return hint(
        "hook_returns",
        any_of(refused_within_the_model, equals("logits are altered", True)),
        ja="フックが、モデルの結果を変えています。フックの戻り値は、層の出力と置きかわります。"
        "フックでは、取っておくだけにして、return は書きません。mul_ や relu_ のように output を書きかえることもしません。",
        en="The hook changes what the model computes. What a hook returns replaces the layer's "
        "output. Only keep the output: without return, and without changing it in place, as "
        "mul_ or relu_ do.",
    )
