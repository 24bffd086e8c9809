"""Exercises of notebook 06: standardise kernels, tile pictures, feature maps by a hook."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from exercises.exercise import Case, Exercise, Hint, Observation, close
from exercises.probing import array, fill_by_shape, ndarray, tensor
from exercises.traces import hook_count
from helpers.hooks import capture
from helpers.internal.sentences import Sentence
from helpers.plots.filters import standardise
from helpers.plots.pictures import tile
from helpers.training import Batch, evaluation_mode


# --- 6-1 ----------------------------------------------------------------------------------------
def _kernel_cases(rng: np.random.Generator) -> list[Case]:
    """Return kernels that differ in mean and strength; one is constant, one has a peak."""
    cases = []
    for count, side in ((6, 3), (4, 5)):
        strengths = rng.uniform(0.1, 2, (count, 1, 1))
        shifts = rng.uniform(-1, 1, (count, 1, 1))
        kernels = rng.normal(size=(count, side, side)) * strengths + shifts
        kernels[1] = 0.25
        kernels[2, 1, 1] += 10 * strengths[2, 0, 0]
        cases.append({"kernels": kernels})
    return cases


def _probe_standardise(answer: type(standardise), case: Case) -> Observation:
    kernels = case["kernels"]
    return {"kernels": ndarray(answer(kernels)), "kernels afterwards": kernels}


def _like(got: Observation, z_scores: np.ndarray) -> bool:
    """Say whether an answer brought these z-scores to [0, 1]; constant kernels are left aside."""
    wanted = np.clip(0.5 + z_scores / 4, 0, 1)
    return close(got["kernels"][[0, 2, 3]], wanted[[0, 2, 3]], atol=1e-3)


def _centred(case: Case) -> np.ndarray:
    return case["kernels"] - case["kernels"].mean(axis=(1, 2), keepdims=True)


def _deviations(case: Case, ddof: int = 0) -> np.ndarray:
    return case["kernels"].std(axis=(1, 2), keepdims=True, ddof=ddof) + 1e-6


def _over_the_layer(got: Observation, want: Observation, case: Case) -> bool:
    kernels = case["kernels"]
    centres, deviations = (kernels.mean(), _centred(case)), (kernels.std(), _deviations(case))
    return (
        _like(got, (kernels - centres[0]) / deviations[0])
        or _like(got, (kernels - centres[0]) / deviations[1])
        or _like(got, centres[1] / deviations[0])
    )


def _between_lowest_and_highest(got: Observation, want: Observation, case: Case) -> bool:
    kernel = case["kernels"][0]
    return close(got["kernels"][0], (kernel - kernel.min()) / np.ptp(kernel), atol=1e-3)


def _z_scores(got: Observation, want: Observation, case: Case) -> bool:
    z_score = (_centred(case) / _deviations(case))[0]
    tried = (z_score, z_score / 4, np.clip(z_score, 0, 1))
    return any(close(got["kernels"][0], part, atol=1e-3) for part in tried)


def _across_the_kernels(got: Observation, want: Observation, case: Case) -> bool:
    kernels = case["kernels"]
    return _like(got, (kernels - kernels.mean(axis=0)) / (kernels.std(axis=0) + 1e-6))


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
    items={
        "kernels": Sentence(ja="標準化したカーネル", en="TRANSLATE"),
        "kernels afterwards": Sentence(ja="受け取ったカーネル", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "axes_lost",
            lambda got, want, case: "broadcast" in got["error"],
            Sentence(
                ja="軸が消えて、形が合いません。平均と標準偏差に keepdims=True を付けましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "in_place",
            lambda got, want, case: not close(got["kernels afterwards"], case["kernels"]),
            Sentence(
                ja="受け取ったカーネルそのものを書きかえています。新しい配列を作って返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "over_the_layer",
            _over_the_layer,
            Sentence(
                ja="層全体の平均か標準偏差を使っています。カーネルごとに、最初の軸を除いて計算しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "across_the_kernels",
            _across_the_kernels,
            Sentence(
                ja="カーネルをまたいで平均しています。1 つのカーネルの縦と横について計算しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "between_lowest_and_highest",
            _between_lowest_and_highest,
            Sentence(
                ja="最小値と最大値で引きのばしています。平均と標準偏差で標準化しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "constant_kernel",
            lambda got, want, case: np.isnan(got["kernels"][1]).any(),
            Sentence(
                ja="値が全部同じカーネルは、標準偏差が 0 なので NaN になります。割る数に、小さな値を足しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_clipped",
            _not_clipped,
            Sentence(
                ja="0 より小さい値や、1 より大きい値が残っています。np.clip を使いましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "z_scores",
            _z_scores,
            Sentence(
                ja="平均が 0 のままです。4 で割ってから 0.5 を足しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "mean_kept",
            lambda got, want, case: _like(got, case["kernels"] / _deviations(case)),
            Sentence(
                ja="割る前に、カーネルの平均を引きましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "variance",
            lambda got, want, case: _like(got, _centred(case) / _deviations(case) ** 2),
            Sentence(
                ja="それは分散です。標準偏差は、その平方根です。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "one_less",
            lambda got, want, case: _like(got, _centred(case) / _deviations(case, ddof=1)),
            Sentence(
                ja="標準偏差は n − 1 ではなく、n で割るものを使います（ddof=0）。",
                en="TRANSLATE",
            ),
        ),
    ),
    atol=1e-4,
)


# --- 6-2 ----------------------------------------------------------------------------------------
def _picture_cases(rng: np.random.Generator) -> list[Case]:
    """Return pictures that are not square; the last row of the first and last case is not full."""
    layouts = [((10, 3, 4), 3, 1), ((6, 2, 5), 2, 2), ((5, 4, 2), 4, 3)]
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
    canvas = answer(case["pictures"], case["columns"], case["gap"], case["fill"])
    return {"canvas": ndarray(canvas)}


def _pictures_used_up(got: Observation, want: Observation, case: Case) -> bool:
    return f"out of bounds for axis 0 with size {len(case['pictures'])}" in got["error"]


def _no_room_for_the_last_row(got: Observation, want: Observation, case: Case) -> bool:
    if "error" in got:
        return "into shape (0," in got["error"] or "out of bounds" in got["error"]
    lost = case["pictures"].shape[1] + case["gap"]
    return close(got["canvas"].shape, (want["canvas"].shape[0] - lost, want["canvas"].shape[1]))


def _gap_at_the_border(got: Observation, want: Observation, case: Case) -> bool:
    surplus = np.subtract(got["canvas"].shape, want["canvas"].shape)
    return any(close(surplus, [gap, gap]) for gap in (case["gap"], 2 * case["gap"]))


def _no_gap(got: Observation, want: Observation, case: Case) -> bool:
    without = tile(case["pictures"], case["columns"], 0, case["fill"])
    return got["canvas"].shape == without.shape


def _rows(case: Case) -> int:
    return -(-len(case["pictures"]) // case["columns"])


def _rows_and_columns_swapped(got: Observation, want: Observation, case: Case) -> bool:
    return got["canvas"].shape == tile(case["pictures"], _rows(case), case["gap"]).shape


def _downwards_first(got: Observation, want: Observation, case: Case) -> bool:
    """Say whether the second picture lies below the first, not to the right of it."""
    _, height, width = case["pictures"].shape
    top = height + case["gap"]
    return close(got["canvas"][top : top + height, :width], case["pictures"][1])


def _other_fill(got: Observation, want: Observation, case: Case) -> bool:
    painted = tile(np.ones_like(case["pictures"]), case["columns"], case["gap"], fill=0) == 1
    return close(got["canvas"][painted], want["canvas"][painted])


TILE = Exercise(
    id="6-2",
    points=3,
    names=("tile",),
    reference=tile,
    cases=_picture_cases,
    probe=_probe_tile,
    items={
        "canvas": Sentence(ja="並べた結果", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "pictures_used_up",
            _pictures_used_up,
            Sentence(
                ja="画像がなくなった後も取り出しています。残りの場所は、fill のままにしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "last_row_lost",
            _no_room_for_the_last_row,
            Sentence(
                ja="最後の行に場所がありません。割り切れないときは、行の数を切り上げましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "gap_at_the_border",
            _gap_at_the_border,
            Sentence(
                ja="外側にもすきまがあります。すきまは、画像と画像の間だけに入れましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_gap",
            _no_gap,
            Sentence(
                ja="すきまがありません。1 枚ごとに、画像の大きさ + gap だけずらしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "rows_and_columns_swapped",
            _rows_and_columns_swapped,
            Sentence(
                ja="行の数と列の数が入れ替わっています。columns は、1 行に並べる枚数です。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "downwards_first",
            _downwards_first,
            Sentence(
                ja="上から下へ並んでいます。左から右へ並べ、いっぱいになったら次の行に進みましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "other_fill",
            _other_fill,
            Sentence(
                ja="画像の場所は合っています。すきまを fill で埋めましょう。",
                en="TRANSLATE",
            ),
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


class _ConvolutionAfterBatchNorm(nn.Module):
    """A network whose feature maps show which mode it was in. It takes (N, 1, 6, 6)."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(1)
        self.conv = nn.Conv2d(1, 4, kernel_size=3)
        self.fc = nn.Linear(64, 3)
        fill_by_shape(self)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.flatten(torch.relu(self.conv(self.norm(x))), 1))


def _ragged_cases(rng: np.random.Generator) -> list[Case]:
    images = rng.normal(0.5, 1, size=(23, 1, 6, 6)).astype(np.float32)
    return [{"images": images, "batch_size": 10}]


def _batches_of(case: Case) -> list[Batch]:
    images = torch.from_numpy(case["images"])
    return [(part, torch.zeros(len(part))) for part in images.split(case["batch_size"])]


def _probe_feature_maps(answer: type(feature_maps), case: Case) -> Observation:
    """Run twice, then once with a batch that the model refuses."""
    model = _ConvolutionAfterBatchNorm()
    first, second = (tensor(answer(model.train(), "conv", _batches_of(case))) for _ in range(2))
    hooks_left = hook_count(model)
    images, labels = _batches_of(case)[0]
    with contextlib.suppress(Exception):
        answer(model, "conv", [(images, labels), (images[..., :4], labels)])
    return {
        "maps": array(first),
        "maps of the second run": array(second),
        "hooks left": hooks_left,
        "hooks left by an error": hook_count(model) - hooks_left,
        "gradients recorded": first.requires_grad,
    }


def _in_training_mode(got: Observation, want: Observation, case: Case) -> bool:
    model = _ConvolutionAfterBatchNorm().train()
    with torch.no_grad():
        parts = [model.conv(model.norm(images)) for images, _ in _batches_of(case)]
    return close(got["maps"], array(torch.cat(parts)))


FEATURE_MAPS = Exercise(
    id="6-3",
    points=4,
    names=("feature_maps",),
    reference=feature_maps,
    cases=_ragged_cases,
    probe=_probe_feature_maps,
    items={
        "maps": Sentence(ja="特徴マップ", en="TRANSLATE"),
        "maps of the second run": Sentence(ja="2 回目の特徴マップ", en="TRANSLATE"),
        "hooks left": Sentence(ja="残ったフックの数", en="TRANSLATE"),
        "hooks left by an error": Sentence(ja="エラーの後に残ったフックの数", en="TRANSLATE"),
        "gradients recorded": Sentence(ja="勾配の記録", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "stacked",
            lambda got, want, case: "stack expects" in got["error"],
            Sentence(
                ja="最後のバッチは小さいので、torch.stack では重ねられません。枚数の軸でつなぐ torch.cat を使いましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "logits",
            lambda got, want, case: got["maps"].shape == (len(case["images"]), 3),
            Sentence(
                ja="モデルの最後の出力です。フックが受け取る、層の出力を集めましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "flattened",
            lambda got, want, case: got["maps"].shape == (len(case["images"]), 64),
            Sentence(
                ja="平らになっています。形 (N, C, 高さ, 幅) のまま返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "one_batch_only",
            lambda got, want, case: len(got["maps"]) in (3, case["batch_size"]),
            Sentence(
                ja="1 つのバッチの分しかありません。全部のバッチの結果をつなぎましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "in_training_mode",
            _in_training_mode,
            Sentence(
                ja="学習モードのまま計算しています。model.eval() が要ります。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "piled_up",
            lambda got, want, case: len(got["maps of the second run"]) > len(want["maps"]),
            Sentence(
                ja="2 回目の結果に、1 回目の分が混ざっています。結果を入れるリストは、関数の中で作りましょう。",
                en="TRANSLATE",
            ),
        ),
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
        Hint(
            "gradients_recorded",
            lambda got, want, case: got["gradients recorded"],
            Sentence(
                ja="勾配の記録が残っています。torch.no_grad() の中で計算しましょう。",
                en="TRANSLATE",
            ),
        ),
    ),
)

EXERCISES = (STANDARDISE, TILE, FEATURE_MAPS)
