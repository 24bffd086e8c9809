"""The few words and sentences that several rooms show."""

from collections.abc import Iterable

from helpers.internal.sentences import Sentence

NONE = Sentence(ja="（なし）", en="(none)")
CLASS = Sentence(ja="クラス", en="Class")
NO_IMAGES = Sentence(
    ja="画像が 1 枚もありません。データの読み込みを確かめてください。",
    en="There is not a single image. Check how the data are loaded.",
)
NOTHING_TO_DRAW = Sentence(
    ja="描くものがありません。1 つ以上渡してください。",
    en="There is nothing to draw. Pass at least one.",
)
NOT_FINITE = Sentence(
    ja="NaN か無限大が入っています。モデルの重みと入力を確かめてください。",
    en="There is NaN or infinity among the values. Check the model's weights and its input.",
)
LABELS_OUT_OF_RANGE = Sentence(
    ja="ラベルが {low} から {high} まであります。クラス数が {classes} のモデルでは、0 から クラス数 − 1 までにしてください。",
    en="The labels go from {low} to {high}. With {classes} classes, they must go from 0 to the number of classes − 1.",
)
_LIST_SEPARATOR = Sentence(ja="、", en=", ")


def listed(names: Iterable[object]) -> str:
    """Return names as a list within a sentence; :data:`NONE` if there are none."""
    return str(_LIST_SEPARATOR).join(map(str, names)) or str(NONE)
