"""Exercises of notebook 04: collect logits, PCA by SVD, features of a layer by a hook."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from exercises.exercise import Case, Exercise, Hint, Observation, close
from exercises.probing import fill_by_shape, ndarray
from exercises.traces import hook_count
from helpers import embed
from helpers.internal.sentences import Sentence


class _SmallNetwork(nn.Module):
    """A network that shows the mode it runs in; it notes whether gradients were recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU())
        self.hidden = nn.Linear(8, 5)
        self.output = nn.Linear(5, 10)
        self.recorded_gradients = False
        fill_by_shape(self)

    def forward(self, x: Tensor) -> Tensor:
        self.recorded_gradients |= torch.is_grad_enabled()
        x = torch.flatten(self.features(x), 1)
        return self.output(torch.tanh(self.hidden(x)))


def _ragged_case(rng: np.random.Generator) -> Case:
    return {
        "images": rng.normal(size=(23, 1, 4, 4)).astype(np.float32),
        "labels": rng.integers(0, 10, 23),
        "batch_size": 10,
    }


def _batches_of(case: Case) -> list[tuple[Tensor, Tensor]]:
    images, labels = torch.from_numpy(case["images"]), torch.from_numpy(case["labels"])
    size = case["batch_size"]
    return list(zip(images.split(size), labels.split(size), strict=True))


def _observe_collected(collected: tuple[Any, Any], model: _SmallNetwork) -> Observation:
    vectors, labels = collected
    return {
        "vectors": _plain(vectors),
        "true labels": _plain(labels),
        "type of the vectors": type(vectors).__name__,
        "type of the labels": type(labels).__name__,
        "gradients recorded": model.recorded_gradients,
    }


def _plain(vectors: Any) -> np.ndarray:
    return vectors.detach().numpy() if isinstance(vectors, Tensor) else np.asarray(vectors)


def _collected(case: Case, training_mode: bool) -> np.ndarray:
    """Return what the reference collects if the model is left in one mode throughout."""
    model = _SmallNetwork().train(training_mode)
    layer = model.get_submodule(case["layer"]) if "layer" in case else model
    parts = []
    handle = layer.register_forward_hook(lambda module, inputs, output: parts.append(output))
    with torch.no_grad():
        for images, _ in _batches_of(case):
            model(images)
    handle.remove()
    return torch.cat(parts).flatten(1).numpy()


def _in_training_mode(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["vectors"], _collected(case, training_mode=True))


def _only_first_batch(got: Observation, want: Observation, case: Case) -> bool:
    return len(got["vectors"]) == case["batch_size"]


def _only_last_batch(got: Observation, want: Observation, case: Case) -> bool:
    return len(got["vectors"]) == len(case["images"]) % case["batch_size"]


def _ragged_batch_lost(got: Observation, want: Observation, case: Case) -> bool:
    size = case["batch_size"]
    return len(got["vectors"]) == len(case["images"]) // size * size


def _list_of_batches(got: Observation, want: Observation, case: Case) -> bool:
    return "inhomogeneous" in got["error"]


def _stacked(got: Observation, want: Observation, case: Case) -> bool:
    return "stack expects" in got["error"]


def _tensor_with_graph(got: Observation, want: Observation, case: Case) -> bool:
    return "requires grad" in got["error"]


def _tensors_returned(got: Observation, want: Observation, case: Case) -> bool:
    return "Tensor" in (got["type of the vectors"], got["type of the labels"])


def _predictions_as_labels(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["true labels"], _collected(_logits_of(case), False).argmax(axis=1))


def _logits_of(case: Case) -> Case:
    return {name: value for name, value in case.items() if name != "layer"}


_HINTS_OF_COLLECTING = (
    Hint(
        "tensor_with_graph",
        _tensor_with_graph,
        Sentence(
            ja="勾配の記録が付いたままなので、NumPy の配列にできません。torch.no_grad() で記録を止めましょう。",
            en="TRANSLATE",
        ),
    ),
    Hint(
        "list_of_batches",
        _list_of_batches,
        Sentence(
            ja="バッチごとの結果がばらばらです。ループの後で、torch.cat で 1 つにつなぎましょう。",
            en="TRANSLATE",
        ),
    ),
    Hint(
        "stacked",
        _stacked,
        Sentence(
            ja="最後のバッチは小さいので、torch.stack では重ねられません。枚数の軸でつなぐ torch.cat を使いましょう。",
            en="TRANSLATE",
        ),
    ),
    Hint(
        "swapped",
        lambda got, want, case: np.ndim(got["true labels"]) >= 2,
        Sentence(
            ja="順序が違います。集めたもの（ロジットか特徴ベクトル）、ラベルの順に返しましょう。",
            en="TRANSLATE",
        ),
    ),
    Hint(
        "only_first_batch",
        _only_first_batch,
        Sentence(
            ja="最初のバッチの分しかありません。return がループの中に入っていませんか。",
            en="TRANSLATE",
        ),
    ),
    Hint(
        "only_last_batch",
        _only_last_batch,
        Sentence(
            ja="最後のバッチの分しかありません。ループの中でリストに足していきましょう。",
            en="TRANSLATE",
        ),
    ),
    Hint(
        "ragged_batch_lost",
        _ragged_batch_lost,
        Sentence(
            ja="最後の端数のバッチが消えています。大きさが違っても、捨てずにつなぎましょう。",
            en="TRANSLATE",
        ),
    ),
    Hint(
        "no_eval_mode",
        _in_training_mode,
        Sentence(
            ja="学習モードのまま集めています。先に評価モードにしましょう。",
            en="TRANSLATE",
        ),
    ),
)
_LAST_HINTS_OF_COLLECTING = (
    Hint(
        "predictions_as_labels",
        _predictions_as_labels,
        Sentence(
            ja="予測ではなく、バッチに入っている正解のラベルを集めましょう。",
            en="TRANSLATE",
        ),
    ),
    Hint(
        "tensors_returned",
        _tensors_returned,
        Sentence(
            ja="テンソルのままです。.cpu().numpy() で、NumPy の配列にしましょう。",
            en="TRANSLATE",
        ),
    ),
    Hint(
        "gradients_recorded",
        lambda got, want, case: got["gradients recorded"],
        Sentence(
            ja="集めるだけなら勾配は使いません。torch.no_grad() で計算の記録を止めましょう。",
            en="TRANSLATE",
        ),
    ),
)


# --- 4-1 ----------------------------------------------------------------------------------------
def _probe_collect(answer: type(embed.collect), case: Case) -> Observation:
    model = _SmallNetwork().train()
    return _observe_collected(answer(model, _batches_of(case)), model)


def _softmax_applied(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["vectors"], torch.from_numpy(want["vectors"]).softmax(dim=1).numpy())


COLLECT = Exercise(
    id="4-1",
    points=3,
    names=("collect_logits",),
    reference=embed.collect,
    cases=lambda rng: [_ragged_case(rng)],
    probe=_probe_collect,
    items={
        "vectors": Sentence(ja="集めたベクトル", en="TRANSLATE"),
        "true labels": Sentence(ja="正解のラベル", en="TRANSLATE"),
        "type of the vectors": Sentence(ja="集めたベクトルの型", en="TRANSLATE"),
        "type of the labels": Sentence(ja="ラベルの型", en="TRANSLATE"),
        "gradients recorded": Sentence(ja="勾配の記録", en="TRANSLATE"),
    },
    hints=(
        *_HINTS_OF_COLLECTING,
        Hint(
            "classes_only",
            lambda got, want, case: np.ndim(got["vectors"]) == 1,
            Sentence(
                ja="予測したクラスだけになっています。10 個のロジットを全部集めましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "softmax_applied",
            _softmax_applied,
            Sentence(
                ja="確率になっています。ここで見たいのはロジットです。softmax をかけずに集めましょう。",
                en="TRANSLATE",
            ),
        ),
        *_LAST_HINTS_OF_COLLECTING,
    ),
)


# --- 4-2 ----------------------------------------------------------------------------------------
def pca_by_svd(x: np.ndarray, n: int) -> np.ndarray:
    """Return the first ``n`` principal components (N, n) of the points (N, D)."""
    centred = x - x.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return centred @ directions[:n].T


def _point_cases(rng: np.random.Generator) -> list[Case]:
    return [_points(rng, count, size, n) for count, size, n in ((40, 6, 2), (30, 5, 3), (5, 8, 2))]


def _points(rng: np.random.Generator, count: int, size: int, n: int) -> Case:
    """Draw points that lie away from the origin, and vary less in each further direction."""
    directions, _ = np.linalg.qr(rng.normal(size=(size, size)))
    spread = 4.0 * 0.6 ** np.arange(size)
    around, _ = np.linalg.qr(rng.normal(size=(count, min(count, size))))
    points = around * spread[: around.shape[1]] @ directions[: around.shape[1]]
    return {"x": points * count**0.5 + rng.uniform(2, 6, size), "n": n}


def _probe_pca(answer: type(pca_by_svd), case: Case) -> Observation:
    components = answer(case["x"], case["n"])
    return {"components": _signed(ndarray(components)), "points afterwards": case["x"]}


def _signed(components: np.ndarray) -> np.ndarray:
    """Turn each component so that its largest value is positive: either sign is right."""
    components = components.astype(float)
    if components.ndim != 2 or components.size == 0:
        return components
    largest = np.abs(components).argmax(axis=0)
    return components * np.where(components[largest, range(components.shape[1])] < 0, -1, 1)


def _parts(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.linalg.svd(x, full_matrices=False)


def _centred(case: Case) -> np.ndarray:
    return case["x"] - case["x"].mean(axis=0)


def _is(components: np.ndarray, got: Observation) -> bool:
    return close(got["components"], _signed(components))


def _shapes_do_not_fit(got: Observation, want: Observation, case: Case) -> bool:
    return "core dimension" in got["error"] or "too many indices" in got["error"]


def _points_lost(got: Observation, want: Observation, case: Case) -> bool:
    along, lengths, _ = _parts(_centred(case))
    return _is((along * lengths)[: case["n"]], got)


def _transposed(got: Observation, want: Observation, case: Case) -> bool:
    return close(abs(got["components"]), abs(want["components"]).T)


def _directions_returned(got: Observation, want: Observation, case: Case) -> bool:
    directions = abs(_parts(_centred(case))[2][: case["n"]])
    return any(close(abs(got["components"]), each) for each in (directions, directions.T))


def _not_centred(got: Observation, want: Observation, case: Case) -> bool:
    x, n = case["x"], case["n"]
    # The directions, the points, or both were taken without their mean being removed.
    around_origin, around_mean = _parts(x)[2][:n].T, _parts(_centred(case))[2][:n].T
    tried = (x @ around_origin, x @ around_mean, _centred(case) @ around_origin)
    return any(_is(components, got) for components in tried)


def _centred_by_row(got: Observation, want: Observation, case: Case) -> bool:
    tried = (case["x"] - case["x"].mean(axis=1, keepdims=True), case["x"] - case["x"].mean())
    return any(_is(pca @ _parts(pca)[2][: case["n"]].T, got) for pca in tried)


def _not_scaled(got: Observation, want: Observation, case: Case) -> bool:
    return _is(_parts(_centred(case))[0][:, : case["n"]], got)


def _columns_of_directions(got: Observation, want: Observation, case: Case) -> bool:
    directions = _parts(_centred(case))[2]
    return _is(_centred(case) @ directions[:, : case["n"]], got)


def _smallest_directions(got: Observation, want: Observation, case: Case) -> bool:
    kept = _centred(case) @ _parts(_centred(case))[2][-case["n"] :].T
    return _is(kept, got) or _is(kept[:, ::-1], got)


def _standardised(got: Observation, want: Observation, case: Case) -> bool:
    scaled = _centred(case) / case["x"].std(axis=0)
    return _is(scaled @ _parts(scaled)[2][: case["n"]].T, got)


PCA_BY_SVD = Exercise(
    id="4-2",
    points=4,
    names=("pca_by_svd",),
    reference=pca_by_svd,
    cases=_point_cases,
    probe=_probe_pca,
    items={
        "components": Sentence(ja="主成分の座標", en="TRANSLATE"),
        "points afterwards": Sentence(ja="受け取った点", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "in_place",
            lambda got, want, case: not close(got["points afterwards"], case["x"]),
            Sentence(
                ja="受け取った配列そのものを書きかえています。x -= … ではなく、新しい配列を作りましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "shapes_do_not_fit",
            _shapes_do_not_fit,
            Sentence(
                ja="行列の積の形が合いません。向きは vt の行なので、vt.T を使います。s は 1 次元なので、@ ではなく * で u に掛けましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "points_lost",
            _points_lost,
            Sentence(
                ja="はじめの n 個の点だけが残っています。残すのは、はじめの n 列です。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "transposed",
            _transposed,
            Sentence(
                ja="行と列が入れ替わっています。1 行が 1 つの点になる、(N, n) の形にしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "directions_returned",
            _directions_returned,
            Sentence(
                ja="主成分の向きが返っています。求めたいのは、点をその向きに射影した (N, n) の座標です。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "all_kept",
            lambda got, want, case: got["components"].shape[1] > case["n"],
            Sentence(
                ja="座標の数が多すぎます。はじめの n 個の主成分だけを残しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_centred",
            _not_centred,
            Sentence(
                ja="平均が引かれていないところがあります。向きを求めるときも射影するときも、平均を引いた点を使いましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "centred_by_row",
            _centred_by_row,
            Sentence(
                ja="引く平均が違います。点の平均は、行の方向 (axis=0) にとります。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_scaled",
            _not_scaled,
            Sentence(
                ja="向きごとの広がりがそろってしまいました。U には長さの情報がありません。特異値 S も掛けましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "columns_of_directions",
            _columns_of_directions,
            Sentence(
                ja="向きの取り出し方が違います。np.linalg.svd の 3 つ目の結果では、行が主成分の向きです。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "smallest_directions",
            _smallest_directions,
            Sentence(
                ja="広がりの小さい向きを選んでいます。特異値の大きい順に選びましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "standardised",
            _standardised,
            Sentence(
                ja="標準偏差で割ると、広がりの情報が消えます。平均を引くだけにしましょう。",
                en="TRANSLATE",
            ),
        ),
    ),
)


# --- 4-3 ----------------------------------------------------------------------------------------
def _layer_cases(rng: np.random.Generator) -> list[Case]:
    return [{**_ragged_case(rng), "layer": layer} for layer in ("hidden", "features")]


def _probe_features(answer: type(embed.collect), case: Case) -> Observation:
    """Collect twice: a hook that was left behind shows in the model, a list in the second run."""
    model = _SmallNetwork().train()
    batches = _batches_of(case)
    collected = answer(model, batches, case["layer"])
    hooks = hook_count(model)
    again, _ = answer(model, batches, case["layer"])
    return {
        **_observe_collected(collected, model),
        "hooks left": hooks,
        "vectors of a second run": len(again),
    }


def _other_layer(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["vectors"], _collected(_logits_of(case), False))


def _piled_up(got: Observation, want: Observation, case: Case) -> bool:
    if "Sizes of tensors must match" in got.get("error", ""):
        # What another layer left in the list cannot be joined to this layer's outputs.
        return True
    return got["vectors of a second run"] > len(got["vectors"])


FEATURES = Exercise(
    id="4-3",
    points=4,
    names=("collect_features",),
    reference=embed.collect,
    cases=_layer_cases,
    probe=_probe_features,
    items={
        "vectors": Sentence(ja="集めたベクトル", en="TRANSLATE"),
        "true labels": Sentence(ja="正解のラベル", en="TRANSLATE"),
        "type of the vectors": Sentence(ja="集めたベクトルの型", en="TRANSLATE"),
        "type of the labels": Sentence(ja="ラベルの型", en="TRANSLATE"),
        "gradients recorded": Sentence(ja="勾配の記録", en="TRANSLATE"),
        "hooks left": Sentence(ja="残ったフックの数", en="TRANSLATE"),
        "vectors of a second run": Sentence(ja="2 回目に集めたベクトルの個数", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "piled_up",
            _piled_up,
            Sentence(
                ja="2 回目に呼ぶと、前の結果も混ざります。リストを関数の中で作り、フックを最後に外しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "hook_left",
            lambda got, want, case: got["hooks left"] > 0,
            Sentence(
                ja="フックが残っています。最後に handle.remove() で外しましょう。",
                en="TRANSLATE",
            ),
        ),
        *_HINTS_OF_COLLECTING,
        Hint(
            "wholly_flattened",
            lambda got, want, case: np.ndim(got["vectors"]) == 1,
            Sentence(
                ja="画像の区別まで消えています。枚数の軸を残す flatten(1) を使いましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_flattened",
            lambda got, want, case: np.ndim(got["vectors"]) == 4,
            Sentence(
                ja="出力が 4 次元のままです。flatten(1) で (N, D) にしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "logits_returned",
            _other_layer,
            Sentence(
                ja="ロジットが返っています。フックの output を集めましょう。",
                en="TRANSLATE",
            ),
        ),
        *_LAST_HINTS_OF_COLLECTING,
    ),
)

EXERCISES = (COLLECT, PCA_BY_SVD, FEATURES)
