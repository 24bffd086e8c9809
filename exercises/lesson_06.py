"""Exercises of notebook 06: standardise kernels, tile pictures, feature maps by a hook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from exercises.collecting import (
    HOOK_RETURNS,
    Network,
    batches_of,
    both_runs,
    failing_batches,
    first_batch,
    hooked_once_a_batch,
    last_batch,
    outputs,
    ragged_case,
    without_last_batch,
)
from exercises.exercise import Case, Exercise, Observation, close
from exercises.hints import NOT_THE_ARGUMENTS, Recogniser, any_of, equals, hint, like, says
from exercises.hooking import (
    ERROR_REPORTED,
    ERROR_SWALLOWED,
    HOOK_LEFT_BY_AN_ERROR,
    HOOK_NOT_REMOVED,
    HOOKS_OF_OTHERS_REMOVED,
    LAYER_IS_A_NAME,
    NOTHING_STORED,
    fixed_layer,
    hooks_left,
    reports_errors,
    with_own_hook,
)
from exercises.probing import array, ndarray, tensor
from exercises.traces import watch
from helpers.hooks import capture
from helpers.internal.sentences import Sentence
from helpers.plots.filters import standardise
from helpers.plots.pictures import tile
from helpers.training import Batch, evaluation_mode

# --- 6-1 ----------------------------------------------------------------------------------------
_WEAK = 5


def _kernel_cases(rng: np.random.Generator) -> list[Case]:
    """Return kernels that differ in mean and strength; the second is constant, the third has a peak.

    The last of the first ones has weak weights: what keeps a constant kernel from a division by
    zero must be small beside them. The others are float32, as weights are, and among them is one
    that never learned.
    """
    cases = []
    for count, side, constant, dtype in ((6, 3, 0.25, float), (4, 5, 0.0, np.float32)):
        strengths = rng.uniform(0.1, 2, (count, 1, 1))
        shifts = rng.uniform(-1, 1, (count, 1, 1))
        kernels = rng.normal(size=(count, side, side)) * strengths + shifts
        kernels[1] = constant
        kernels[2, 1, 1] += 10 * strengths[2, 0, 0]
        cases.append({"kernels": kernels.astype(dtype)})
    cases[0]["kernels"][_WEAK] = 0.003 * (-1) ** np.arange(9).reshape(3, 3)
    return cases


def _probe_standardise(answer: type(standardise), case: Case) -> Observation:
    return {"kernels": ndarray(answer(case["kernels"]))}


def _centred(kernels: np.ndarray) -> np.ndarray:
    return kernels - kernels.mean(axis=(1, 2), keepdims=True)


def _deviations(kernels: np.ndarray, ddof: int = 0) -> np.ndarray:
    return kernels.std(axis=(1, 2), keepdims=True, ddof=ddof)


def _z_scores(kernels: np.ndarray) -> np.ndarray:
    return _centred(kernels) / (_deviations(kernels) + 1e-6)


def _brought_to_range(z_scores: np.ndarray) -> np.ndarray:
    return np.clip(z_scores / 4 + 0.5, 0, 1)


def _stretched(kernels: np.ndarray) -> np.ndarray:
    low, high = (extreme(kernels, axis=(1, 2), keepdims=True) for extreme in (np.min, np.max))
    return (kernels - low) / (high - low + 1e-6)


def _is_one_of(*mistaken: Callable[[np.ndarray], np.ndarray]) -> Recogniser:
    """Recognise what one of these makes of the kernels; constant ones are left aside."""
    return any_of(*map(_is_made_by, mistaken))


def _is_made_by(mistaken: Callable[[np.ndarray], np.ndarray]) -> Recogniser:
    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        varied = [0, 2, 3]
        with np.errstate(all="ignore"):
            made = mistaken(case["kernels"])
        return got["kernels"].shape == made.shape and close(
            got["kernels"][varied], made[varied], atol=1e-3
        )

    return recognises


def _axes_lost(got: Observation, want: Observation, case: Case) -> bool:
    shape = case["kernels"].shape
    return f"shapes ({','.join(map(str, shape))}) ({shape[0]},)" in got["error"]


def _constant_kernel(got: Observation, want: Observation, case: Case) -> bool:
    others = np.arange(len(want["kernels"])) != 1
    return np.isnan(got["kernels"][1]).all() and close(
        got["kernels"][others], want["kernels"][others], atol=1e-3
    )


def _weak_kernel(got: Observation, want: Observation, case: Case) -> bool:
    different = [
        place
        for place, kernels in enumerate(zip(got["kernels"], want["kernels"], strict=True))
        if not close(*kernels, atol=1e-3)
    ]
    return len(want["kernels"]) > _WEAK and different == [_WEAK]


def _not_clipped(got: Observation, want: Observation, case: Case) -> bool:
    clipped = np.clip(got["kernels"], 0, 1)
    return close(clipped, want["kernels"], atol=1e-3) and not close(clipped, got["kernels"])


STANDARDISE = Exercise(
    id="6-1",
    points=2,
    names=("standardise",),
    reference=standardise,
    cases=_kernel_cases,
    probe=_probe_standardise,
    items={"kernels": Sentence(ja="標準化したカーネル", en="the standardized kernels")},
    hints=(
        hint(
            "axes_lost",
            _axes_lost,
            ja="軸が消えて、形が合いません。平均と標準偏差に keepdims=True を付けましょう。",
            en="Axes are gone, so the shapes do not fit. "
            "Give the mean and the standard deviation keepdims=True.",
        ),
        hint(
            "over_the_layer",
            _is_one_of(
                lambda k: _brought_to_range((k - k.mean()) / k.std()),
                lambda k: _brought_to_range((k - k.mean()) / _deviations(k)),
                lambda k: _brought_to_range(_centred(k) / k.std()),
            ),
            ja="層全体の平均か標準偏差を使っています。カーネルごとに、最初の軸を除いて計算しましょう。",
            en="The mean or standard deviation is that of the whole layer. "
            "Take it for each kernel, over all axes but the first.",
        ),
        hint(
            "across_the_kernels",
            _is_one_of(lambda k: _brought_to_range((k - k.mean(axis=0)) / k.std(axis=0))),
            ja="カーネルをまたいで平均しています。1 つのカーネルの縦と横について計算しましょう。",
            en="You average across kernels. Do it over the height and width of one kernel.",
        ),
        hint(
            "between_lowest_and_highest",
            _is_one_of(_stretched),
            ja="最小値と最大値で引きのばしています。平均と標準偏差で標準化しましょう。",
            en="You stretch between the smallest and the largest value. "
            "Use the mean and the standard deviation.",
        ),
        hint(
            "constant_kernel",
            _constant_kernel,
            ja="値が全部同じカーネルは、標準偏差が 0 なので NaN になります。割る数に、小さな値を足しましょう。",
            en="A constant kernel has standard deviation 0 and becomes NaN. "
            "Add something small to what you divide by.",
        ),
        hint(
            "weak_kernel",
            _weak_kernel,
            ja="値の差が 0.003 ほどの小さなカーネルだけ、結果が違います。標準偏差に足す値を、1e-6 ほどに小さくしましょう。",
            en="Only a kernel with weights as small as 0.003 differs. "
            "What is added to the standard deviation should be as small as 1e-6.",
        ),
        hint(
            "not_clipped",
            _not_clipped,
            ja="0 より小さい値や、1 より大きい値が残っています。np.clip で、0 から 1 に収めましょう。",
            en="Some values are below 0 or above 1. Bring them to 0–1 with np.clip.",
        ),
        hint(
            "not_rescaled",
            _is_one_of(_z_scores, lambda k: np.clip(_z_scores(k), 0, 1)),
            ja="標準偏差で割った後の計算がありません。4 で割って、0.5 を足しましょう。",
            en="What follows the division by the standard deviation is missing: "
            "divide by 4 and add 0.5.",
        ),
        hint(
            "half_missing",
            _is_one_of(lambda k: _z_scores(k) / 4, lambda k: np.clip(_z_scores(k) / 4, 0, 1)),
            ja="カーネルの平均が 0 になっています。0.5 になるように、0.5 を足しましょう。",
            en="The mean of a kernel becomes 0. It should become 0.5: add 0.5.",
        ),
        hint(
            "not_divided_by_four",
            _is_one_of(lambda k: _z_scores(k) + 0.5, lambda k: np.clip(_z_scores(k) + 0.5, 0, 1)),
            ja="4 で割っていないので、μ ± 0.5σ の外が全部 0 か 1 になります。0.5 を足す前に、4 で割りましょう。",
            en="Without the division by 4 all beyond μ ± 0.5σ becomes 0 or 1. "
            "Divide by 4 before you add 0.5.",
        ),
        hint(
            "added_before_dividing",
            _is_one_of(
                lambda k: (_z_scores(k) + 0.5) / 4,
                lambda k: np.clip((_z_scores(k) + 0.5) / 4, 0, 1),
            ),
            ja="0.5 も 4 で割っています。先に 4 で割り、それから 0.5 を足しましょう。",
            en="The 0.5 is divided by 4, too. Divide first, then add 0.5.",
        ),
        hint(
            "mean_kept",
            _is_one_of(lambda k: _brought_to_range(k / _deviations(k))),
            ja="割る前に、カーネルの平均を引きましょう。",
            en="Subtract the mean of the kernel before you divide.",
        ),
        hint(
            "variance",
            _is_one_of(lambda k: _brought_to_range(_centred(k) / _deviations(k) ** 2)),
            ja="分散で割っています。標準偏差は、分散の平方根です。",
            en="You divide by the variance. The standard deviation is its square root.",
        ),
        hint(
            "one_less",
            _is_one_of(lambda k: _brought_to_range(_centred(k) / _deviations(k, ddof=1))),
            ja="標準偏差は n − 1 ではなく、n で割るものを使います（ddof=0）。",
            en="Use the standard deviation that divides by n, not n − 1 (ddof=0).",
        ),
    ),
    # Whatever small value keeps a constant kernel from a division by zero is as good.
    atol=1e-3,
)


# --- 6-2 ----------------------------------------------------------------------------------------
def _picture_cases(rng: np.random.Generator) -> list[Case]:
    """Return pictures that are not square: in full rows, alone, too few for a row, without gap."""
    layouts = [
        ((13, 3, 4), 2, 1),
        ((9, 3, 5), 3, 2),
        ((5, 4, 2), 4, 3),
        ((1, 2, 3), 1, 1),
        ((3, 2, 4), 5, 1),
        ((8, 3, 2), 3, 0),
    ]
    return [
        {
            "pictures": rng.uniform(-1, 1, shape),
            "columns": columns,
            "gap": gap,
            "fill": float(rng.uniform(2, 3)),
        }
        for shape, columns, gap in layouts
    ]


def _probe_tile(answer: type(tile), case: Case) -> Observation:
    # By name, as the notebook does.
    canvas = answer(case["pictures"], columns=case["columns"], gap=case["gap"], fill=case["fill"])
    return {"canvas": ndarray(canvas)}


def _laid_out(case: Case, **other: object) -> np.ndarray:
    given = {name: case[name] for name in ("pictures", "columns", "gap", "fill")}
    return tile(**given | other)


def _rows(case: Case) -> int:
    return -(-len(case["pictures"]) // case["columns"])


def _pictures_used_up(got: Observation, want: Observation, case: Case) -> bool:
    return f"out of bounds for axis 0 with size {len(case['pictures'])}" in got["error"]


def _height_and_width_swapped(got: Observation, want: Observation, case: Case) -> bool:
    _, height, width = case["pictures"].shape
    return f"from shape ({height},{width}) into shape ({width},{height})" in got["error"]


def _last_row_lost(want: Observation, case: Case) -> np.ndarray:
    lost = case["pictures"].shape[1] + case["gap"]
    return want["canvas"][:-lost]


def _gap_at_the_border(got: Observation, want: Observation, case: Case) -> bool:
    """Recognise the right canvas with a gap around it, or below and to the right of it."""
    canvas, gap = got["canvas"], case["gap"]
    height, width = want["canvas"].shape
    return canvas.shape != want["canvas"].shape and any(
        canvas.shape[0] - height in (0, gap, 2 * gap)
        and canvas.shape[1] - width in (0, gap, 2 * gap)
        and close(canvas[top : top + height, left : left + width], want["canvas"])
        for top in (0, gap)
        for left in (0, gap)
    )


def _fewer_columns(want: Observation, case: Case) -> np.ndarray:
    return _laid_out(case, columns=min(case["columns"], len(case["pictures"])))


def _cut_off_without_gap(got: Observation, want: Observation, case: Case) -> bool:
    return case["gap"] == 0 and got["canvas"].size == 0


def _rows_and_columns_swapped(got: Observation, want: Observation, case: Case) -> bool:
    swapped = _laid_out(case, columns=_rows(case)).shape
    return got["canvas"].shape == swapped != want["canvas"].shape


def _downwards_first(want: Observation, case: Case) -> np.ndarray:
    rows, count = _rows(case), len(case["pictures"])
    empty = np.full((rows * case["columns"], *case["pictures"].shape[1:]), case["fill"])
    for index in range(count):
        column, row = divmod(index, rows)
        empty[row * case["columns"] + column] = case["pictures"][index]
    return _laid_out(case, pictures=empty)


def _other_fill(got: Observation, want: Observation, case: Case) -> bool:
    painted = _laid_out(case, pictures=np.ones_like(case["pictures"]), fill=0) == 1
    return close(got["canvas"][painted], want["canvas"][painted])


TILE = Exercise(
    id="6-2",
    points=3,
    names=("tile",),
    reference=tile,
    cases=_picture_cases,
    probe=_probe_tile,
    items={"canvas": Sentence(ja="並べた結果", en="the canvas")},
    hints=(
        hint(
            "pictures_used_up",
            _pictures_used_up,
            ja="画像がなくなった後も取り出しています。残りの場所は、fill のままにしましょう。",
            en="You go on taking pictures when there are none left. "
            "Leave the remaining places filled with fill.",
        ),
        hint(
            "height_and_width_swapped",
            _height_and_width_swapped,
            ja="画像を書き込む範囲の、縦と横が逆です。最初の軸が高さ、次の軸が幅です。",
            en="The place for a picture has its height and width the wrong way round. "
            "The first axis is the height, the second the width.",
        ),
        hint(
            "no_room",
            says(r"could not broadcast input array from shape \(\d+,\d+\) into shape \(\d+,\d+\)"),
            ja="画像が、書き込む場所に入りません。大きな配列の形（行の数は切り上げ、すきまも数える）と、"
            "書き込む範囲の形を print して確かめましょう。",
            en="A picture does not fit into its place. Print the shape of the canvas (round the "
            "rows up, count the gaps) and that of the place.",
        ),
        hint(
            "last_row_lost",
            like("canvas", _last_row_lost),
            ja="最後の行がありません。割り切れないときは、行の数を切り上げましょう。",
            en="The last row is missing. Round the number of rows up.",
        ),
        hint(
            "gap_at_the_border",
            _gap_at_the_border,
            ja="外側にもすきまがあります。すきまは、画像と画像の間だけに入れましょう。",
            en="There is a gap at the border, too. Gaps belong between pictures only.",
        ),
        hint(
            "no_gap",
            like("canvas", lambda want, case: _laid_out(case, gap=0)),
            ja="すきまがありません。1 枚ごとに、画像の大きさ + gap だけずらしましょう。",
            en="There are no gaps. Move on by the size of a picture + gap.",
        ),
        hint(
            "fewer_columns",
            like("canvas", _fewer_columns),
            ja="画像が columns 枚より少ないと、幅が狭くなります。幅はいつも columns 枚分にし、残りは fill で埋めましょう。",
            en="With fewer pictures than columns the canvas gets narrower. Keep the width of "
            "columns pictures and fill the rest.",
        ),
        hint(
            "cut_off_without_gap",
            _cut_off_without_gap,
            ja="gap が 0 のとき、結果が空になります。[:-gap] は、gap が 0 だと [:0] と同じです。",
            en="With gap 0 the canvas is empty: [:-gap] is then the same as [:0].",
        ),
        hint(
            "rows_and_columns_swapped",
            _rows_and_columns_swapped,
            ja="行の数と列の数が入れ替わっています。columns は、1 行に並べる枚数です。",
            en="The numbers of rows and columns have changed places. "
            "columns says how many pictures are in a row.",
        ),
        hint(
            "downwards_first",
            like("canvas", _downwards_first),
            ja="上から下へ並んでいます。左から右へ並べ、いっぱいになったら次の行に進みましょう。",
            en="The pictures run downwards. Lay them from left to right, row by row.",
        ),
        hint(
            "whole_numbers",
            like("canvas", lambda want, case: np.trunc(want["canvas"])),
            ja="小数が切り捨てられています。大きな配列の型が、整数になっていませんか。",
            en="Decimals are cut off. Is the type of the canvas whole numbers?",
        ),
        hint(
            "other_fill",
            _other_fill,
            ja="画像の場所は合っています。ほかの場所（すきまと、画像のない場所）は、全部 fill で埋めましょう。",
            en="The pictures are right. Everything else, gaps and places without a picture, "
            "has the value fill.",
        ),
    ),
)


# --- 6-3 ----------------------------------------------------------------------------------------
def feature_maps(model: nn.Module, layer: str, batches: Iterable[Batch]) -> Tensor:
    """Return the output (N, C, h, w) of a named layer for the images of all batches."""
    parts = []
    with torch.no_grad(), evaluation_mode(model), capture(model, layer) as seen:
        for images, _ in batches:
            model(images)
            parts.append(seen[layer])
    return torch.cat(parts)


def _maps_cases(rng: np.random.Generator) -> list[Case]:
    return [
        ragged_case(rng, 23, 10, layer="conv", training=True),
        ragged_case(rng, 21, 10, layer="body.0", training=False),
    ]


def _probe_feature_maps(answer: type(feature_maps), case: Case) -> Observation:
    """Run on batches that count, then on a list of them; on other models with failing ones."""
    model = Network().train(case["training"])
    watch(with_own_hook(model, case["layer"]))
    batches = _CountedBatches(case)
    first = tensor(answer(model, case["layer"], batches))
    second = tensor(answer(model, case["layer"], list(batches_of(case))))
    left = sum(
        hooks_left(Network(), lambda model: answer(model, case["layer"], failing))  # noqa: B023
        for failing in failing_batches(case)
    )
    images, labels = next(iter(batches_of(case)))
    return {
        "maps": array(first),
        "maps of the second run": array(second),
        # A graph made of the model's layers does not go through its forward.
        "gradients recorded": model.recorded_gradients or first.requires_grad,
        "logits are altered": model.was_altered(),
        "passes": batches.passes,
        "error reported": reports_errors(
            lambda: answer(Network(), case["layer"], [(images, labels), (images[..., :3], labels)])
        ),
        "hooks left by an error": left,
    }


class _CountedBatches:
    """Batches as the notebook has them, which count how often one goes through them."""

    def __init__(self, case: Case) -> None:
        self.batches = batches_of(case)
        self.passes = 0

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Batch]:
        self.passes += 1
        return iter(self.batches)


def _joined(case: Case, **options: object) -> np.ndarray:
    return np.concatenate(outputs(case, **options))


FEATURE_MAPS = Exercise(
    id="6-3",
    points=4,
    names=("feature_maps",),
    reference=feature_maps,
    cases=_maps_cases,
    probe=_probe_feature_maps,
    items={
        "maps": Sentence(ja="特徴マップ", en="the feature maps"),
        "maps of the second run": Sentence(
            ja="2 回目の特徴マップ", en="the feature maps of a second call"
        ),
        "gradients recorded": Sentence(ja="勾配の記録", en="recording of gradients"),
        "logits are altered": Sentence(ja="集める間のモデルの結果", en="what the model computes"),
        "passes": Sentence(ja="batches を回した回数", en="how often batches is gone through"),
        **ERROR_REPORTED,
    },
    hints=(
        LAYER_IS_A_NAME,
        fixed_layer("has no attribute [`'](conv1|conv2|bn1|bn2|pool1|pool2)[`']"),
        hint(
            "nested_layer",
            says(r"body\.0"),
            ja="body.0 のように、点の付いた名前の層が見つかりません。model.get_submodule(layer) を使いましょう。",
            en="A layer whose name has a dot, such as body.0, is not found. "
            "Use model.get_submodule(layer).",
        ),
        # A layer without a dot comes first, for which a hook that keeps nothing fails, too.
        NOTHING_STORED,
        hint(
            "list_returned",
            lambda got, want, case: (got["error"], got["type"]) == ("not a tensor", "list"),
            ja="リストが返っています。つないで、1 つのテンソル (N, C, h, w) にしましょう。",
            en="A list is returned. Join it to one tensor (N, C, h, w).",
        ),
        hint(
            "stacked",
            says("stack expects"),
            ja="最後のバッチは小さいので、torch.stack では重ねられません。枚数の軸でつなぐ torch.cat を使いましょう。",
            en="The last batch is smaller, so batches cannot be stacked. "
            "torch.cat joins them along the axis of images.",
        ),
        hooked_once_a_batch("maps"),
        hint(
            "logits",
            like("maps", lambda want, case: _joined(case)),
            ja="モデルの最後の出力です。フックが受け取る、層の出力を集めましょう。",
            en="This is the model's last output. Collect the layer's, which the hook is given.",
        ),
        hint(
            "inputs_returned",
            like("maps", lambda want, case: _joined(case, layer=case["layer"], inputs=True)),
            ja="層の入力が返っています。集めるのは、層の出力（フックの 3 番目の引数）です。",
            en="This is what the layer is given. Collect what it gives, a hook's third argument.",
        ),
        hint(
            "flattened",
            like("maps", lambda want, case: want["maps"].reshape(len(want["maps"]), -1)),
            ja="平らになっています。形 (N, C, 高さ, 幅) のまま返しましょう。",
            en="The maps are flat. Keep their shape (N, C, height, width).",
        ),
        hint(
            "one_batch_only",
            any_of(first_batch("maps"), last_batch("maps")),
            ja="1 つのバッチの分しかありません。全部のバッチの結果をつなぎましょう。",
            en="Only one batch is there. Join what all batches gave.",
        ),
        hint(
            "ragged_batch_lost",
            without_last_batch("maps"),
            ja="最後の端数のバッチが消えています。大きさが違っても、捨てずにつなぎましょう。",
            en="The last, smaller batch is gone. Join it like the others, whatever its size.",
        ),
        hint(
            "in_training_mode",
            like("maps", lambda want, case: _joined(case, layer=case["layer"], training=True)),
            ja="学習モードのまま計算しています。model.eval() が要ります。",
            en="This was computed in training mode. model.eval() is needed.",
        ),
        HOOK_RETURNS,
        hint(
            "piled_up",
            both_runs("maps", "maps of the second run"),
            ja="2 回目の結果に、1 回目の分が混ざっています。結果を入れるリストは、関数の中で作りましょう。",
            en="A second call returns what the first has collected, too. "
            "Make the list inside the function.",
        ),
        HOOK_NOT_REMOVED,
        hint(
            "gradients_recorded",
            equals("gradients recorded", True),
            ja="勾配を記録しながら計算しています。torch.no_grad() の中でモデルを呼びましょう。",
            en="Gradients are recorded. Call the model under torch.no_grad().",
        ),
        HOOKS_OF_OTHERS_REMOVED,
        hint(
            "two_passes",
            lambda got, want, case: got["passes"] > 1,
            ja="batches を 2 回以上回しています。回すたびに順序が変わるものや、1 回しか回せないものもあるので、"
            "1 回のループで集めましょう。",
            en="You go through batches more than once. They may come in another order each time, "
            "or only once at all: collect everything in one loop.",
        ),
        ERROR_SWALLOWED,
        HOOK_LEFT_BY_AN_ERROR,
        NOT_THE_ARGUMENTS,
    ),
)
