"""Exercises of notebook 06: standardise kernels, tile pictures, feature maps by a hook."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from helpers.check import Case, Exercise, Hint, Observation, close
from helpers.checks.probing import array, fill_by_shape, hook_count, ndarray, tensor
from helpers.hooks import capture
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
    hints=(
        Hint("axes_lost", lambda got, want, case: "broadcast" in got["error"]),
        Hint(
            "in_place",
            lambda got, want, case: not close(got["kernels afterwards"], case["kernels"]),
        ),
        Hint("over_the_layer", _over_the_layer),
        Hint("across_the_kernels", _across_the_kernels),
        Hint("between_lowest_and_highest", _between_lowest_and_highest),
        Hint("constant_kernel", lambda got, want, case: np.isnan(got["kernels"][1]).any()),
        Hint("not_clipped", _not_clipped),
        Hint("z_scores", _z_scores),
        Hint(
            "mean_kept",
            lambda got, want, case: _like(got, case["kernels"] / _deviations(case)),
        ),
        Hint(
            "variance",
            lambda got, want, case: _like(got, _centred(case) / _deviations(case) ** 2),
        ),
        Hint(
            "one_less",
            lambda got, want, case: _like(got, _centred(case) / _deviations(case, ddof=1)),
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
    hints=(
        Hint("pictures_used_up", _pictures_used_up),
        Hint("last_row_lost", _no_room_for_the_last_row),
        Hint("gap_at_the_border", _gap_at_the_border),
        Hint("no_gap", _no_gap),
        Hint("rows_and_columns_swapped", _rows_and_columns_swapped),
        Hint("downwards_first", _downwards_first),
        Hint("other_fill", _other_fill),
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
    hints=(
        Hint("stacked", lambda got, want, case: "stack expects" in got["error"]),
        Hint("logits", lambda got, want, case: got["maps"].shape == (len(case["images"]), 3)),
        Hint("flattened", lambda got, want, case: got["maps"].shape == (len(case["images"]), 64)),
        Hint(
            "one_batch_only",
            lambda got, want, case: len(got["maps"]) in (3, case["batch_size"]),
        ),
        Hint("in_training_mode", _in_training_mode),
        Hint(
            "piled_up",
            lambda got, want, case: len(got["maps of the second run"]) > len(want["maps"]),
        ),
        Hint("hook_not_removed", lambda got, want, case: got["hooks left"] > 0),
        Hint("hook_left_by_an_error", lambda got, want, case: got["hooks left by an error"] > 0),
        Hint("gradients_recorded", lambda got, want, case: got["gradients recorded"]),
    ),
)

EXERCISES = (STANDARDISE, TILE, FEATURE_MAPS)
