"""Exercises of notebook 04: collect logits, PCA by SVD, features of a layer by a hook."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

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
from exercises.exercise import Case, Exercise, Hint, Observation, close
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
from exercises.probing import ndarray, several
from exercises.traces import watch
from exercises.translations import AnswerError
from helpers import embed
from helpers.internal.sentences import Sentence
from helpers.training import Batch

# --- 4-1 and 4-3 --------------------------------------------------------------------------------
Collect = Callable[[Network, Iterable[Batch]], Any]


def _observe_collecting(collect: Collect, case: Case) -> Observation:
    """Collect twice from one model: a list that outlives its call shows in the second run."""
    model = Network().train(case["training"])
    watch(with_own_hook(model, _layer(case)))
    vectors, labels = several(collect(model, batches_of(case)))
    again, _ = collect(model, batches_of(case))
    if case.get("shuffle"):
        # Any order of the images will do, where a label stays with its vector.
        order, order_again = (_values(found)[:, 0].argsort() for found in (vectors, again))
        vectors, labels, again = vectors[order], labels[order], again[order_again]
    return {
        "vectors": _values(vectors),
        "true labels": _values(labels),
        "type of the vectors": type(vectors).__name__,
        "type of the labels": type(labels).__name__,
        "labels are whole numbers": _values(labels).dtype.kind in "iu",
        "gradients recorded": model.recorded_gradients,
        "vectors of a second run": _values(again),
        "logits are altered": model.was_altered(),
        # A list that outlives its call holds more from here on.
        "error reported": all(
            reports_errors(lambda: collect(Network(), batches))  # noqa: B023
            for batches in failing_batches(case)
        ),
    }


def _values(collected: Any) -> np.ndarray:
    if isinstance(collected, Tensor):
        return collected.detach().cpu().numpy()
    if isinstance(collected, np.ndarray):
        return collected
    length = len(collected) if isinstance(collected, list | tuple) else 0
    raise AnswerError("not an array", type=type(collected).__name__, length=str(length))


def _flat(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([part.reshape(len(part), -1) for part in parts])


def _layer(case: Case) -> str:
    return case.get("layer", "")


def _list_of_batches(got: Observation, want: Observation, case: Case) -> bool:
    if got["error"] == "not an array":
        batches = len(batches_of(case))
        return (got["type"], got["length"]) == ("list", str(batches))
    return "inhomogeneous" in got["error"]


def _swapped(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["vectors"], want["true labels"]) and close(got["true labels"], want["vectors"])


def _first_batch_only(got: Observation, want: Observation, case: Case) -> bool:
    return all(first_batch(item)(got, want, case) for item in ("vectors", "true labels"))


def _last_batch_only(got: Observation, want: Observation, case: Case) -> bool:
    return any(last_batch(item)(got, want, case) for item in ("vectors", "true labels"))


def _image_axis_lost(got: Observation, want: Observation, case: Case) -> bool:
    alone = len(case["images"]) % case["batch_size"] == 1
    return alone and "same number of dimensions" in got["error"]


def _predicted(want: Observation, case: Case) -> np.ndarray:
    return _flat(outputs(case)).argmax(axis=1)


def _labels_of_other_images(got: Observation, want: Observation, case: Case) -> bool:
    return (
        "shuffle" in case
        and close(got["vectors"], want["vectors"])
        and not close(got["true labels"], want["true labels"])
    )


def _tensors_returned(got: Observation, want: Observation, case: Case) -> bool:
    return "Tensor" in (got["type of the vectors"], got["type of the labels"])


_ITEMS_OF_COLLECTING = {
    "vectors": Sentence(ja="集めたベクトル", en="the collected vectors"),
    "true labels": Sentence(ja="正解のラベル", en="the true labels"),
    "type of the vectors": Sentence(ja="集めたベクトルの型", en="the type of the vectors"),
    "type of the labels": Sentence(ja="ラベルの型", en="the type of the labels"),
    "labels are whole numbers": Sentence(ja="ラベルの数の種類", en="the kind of the labels"),
    "gradients recorded": Sentence(ja="勾配の記録", en="recording of gradients"),
    "vectors of a second run": Sentence(
        ja="2 回目に集めたベクトル", en="the vectors of a second call"
    ),
    "logits are altered": Sentence(ja="集める間のモデルの結果", en="what the model computes"),
    "error reported": ERROR_REPORTED["error reported"],
}
_HINTS_OF_COLLECTING = (
    hint(
        "tensor_with_graph",
        says(r"Can't call numpy\(\) on Tensor that requires grad"),
        ja="勾配の記録が付いたままなので、NumPy の配列にできません。torch.no_grad() で記録を止めましょう。",
        en="A tensor that still records gradients cannot become a NumPy array. "
        "Stop the recording with torch.no_grad().",
    ),
    hint(
        "list_of_batches",
        _list_of_batches,
        ja="バッチごとの結果がばらばらです。ループの後で、torch.cat で 1 つにつなぎましょう。",
        en="The batches are still apart. Join them with torch.cat after the loop.",
    ),
    hint(
        "stacked",
        says("stack expects|all input arrays must have the same shape"),
        ja="最後のバッチは小さいので、重ねる stack は使えません。枚数の軸でつなぐ torch.cat を使いましょう。",
        en="The last batch is smaller, so batches cannot be stacked. "
        "torch.cat joins them along the axis of images.",
    ),
    hint(
        "image_axis_lost",
        _image_axis_lost,
        ja="画像が 1 枚だけのバッチで、枚数の軸が消えています。squeeze を使わず、枚数の軸を残しましょう。",
        en="A batch of a single image has lost its axis of images. Keep it: do not squeeze.",
    ),
    hint(
        "piled_up",
        both_runs("vectors", "vectors of a second run"),
        ja="2 回目に呼ぶと、1 回目の結果も入っています。結果を入れるリストは、関数の中で新しく作りましょう。",
        en="A second call returns what the first has collected, too. "
        "Make the list anew inside the function.",
    ),
    hint(
        "swapped",
        _swapped,
        ja="順序が違います。集めたもの（ロジットか特徴ベクトル）、ラベルの順に返しましょう。",
        en="The order is wrong: return what you collected (logits or features), then the labels.",
    ),
    hint(
        "only_first_batch",
        _first_batch_only,
        ja="最初のバッチの分しかありません。return がループの中に入っていませんか。",
        en="Only the first batch is there. Does return stand inside the loop?",
    ),
    hint(
        "only_last_batch",
        _last_batch_only,
        ja="最後のバッチの分しかないものがあります。ループの中でリストに足していきましょう。",
        en="Of something only the last batch is there. Add every batch to a list in the loop.",
    ),
    hint(
        "ragged_batch_lost",
        without_last_batch("vectors"),
        ja="最後の端数のバッチが消えています。大きさが違っても、捨てずにつなぎましょう。",
        en="The last, smaller batch is gone. Join it like the others, whatever its size.",
    ),
    hint(
        "no_eval_mode",
        like("vectors", lambda want, case: _flat(outputs(case, _layer(case), training=True))),
        ja="学習モードのまま集めています。先に評価モードにしましょう。",
        en="This was collected in training mode. Switch the model to evaluation mode first.",
    ),
)
_LAST_HINTS_OF_COLLECTING = (
    hint(
        "predictions_as_labels",
        like("true labels", _predicted),
        ja="予測ではなく、バッチに入っている正解のラベルを集めましょう。",
        en="These are predictions. Collect the true labels that each batch holds.",
    ),
    hint(
        "labels_of_other_images",
        _labels_of_other_images,
        ja="バッチの順序が混ざると、ラベルが別の画像のものになります。"
        "画像を取り出したのと同じループの中で、ラベルも集めましょう。",
        en="Where batches are shuffled, the labels belong to other images. "
        "Collect them in the loop that takes the images.",
    ),
    hint(
        "tensors_returned",
        _tensors_returned,
        ja="テンソルのままです。.cpu().numpy() で、NumPy の配列にしましょう。",
        en="A tensor is returned. Turn it into a NumPy array with .cpu().numpy().",
    ),
    hint(
        "labels_not_whole",
        equals("labels are whole numbers", False),
        ja="ラベルが整数ではなくなっています。バッチのラベルの型のまま、つなぎましょう。",
        en="The labels are no whole numbers any more. Keep the type they have in the batches.",
    ),
    hint(
        "gradients_recorded",
        equals("gradients recorded", True),
        ja="集めるだけなら勾配は使いません。torch.no_grad() の中でモデルを呼びましょう。",
        en="Collecting needs no gradients. Call the model under torch.no_grad().",
    ),
    ERROR_SWALLOWED,
)


def _part_called(recognises: Recogniser) -> Hint:
    return hint(
        "part_called",
        recognises,
        ja="部品の名前は、モデルによって違います。部品ではなく、model(images) のように、"
        "モデル全体を呼びましょう。",
        en="The names of the parts differ from model to model. Call the whole model, as in "
        "model(images).",
    )


_NO_SUCH_PART = says(r"has no attribute [`'](?:features|classifier)")


# --- 4-1 ----------------------------------------------------------------------------------------
def _collecting_cases(rng: np.random.Generator) -> list[Case]:
    """Return a model left training, one that meets a batch of one image, and shuffled batches."""
    return [
        ragged_case(rng, 23, 10, training=True),
        ragged_case(rng, 21, 10, training=False),
        ragged_case(rng, 25, 10, training=False, shuffle=True),
    ]


def _probe_collect(answer: type(embed.collect), case: Case) -> Observation:
    return _observe_collecting(answer, case)


def _softmax(want: Observation, case: Case) -> np.ndarray:
    return torch.from_numpy(want["vectors"]).softmax(dim=1).numpy()


COLLECT = Exercise(
    id="4-1",
    points=3,
    names=("collect_logits",),
    reference=embed.collect,
    cases=_collecting_cases,
    probe=_probe_collect,
    items=_ITEMS_OF_COLLECTING,
    hints=(
        _part_called(_NO_SUCH_PART),
        *_HINTS_OF_COLLECTING,
        hint(
            "classes_only",
            like("vectors", lambda want, case: want["vectors"].argmax(axis=1)),
            ja="予測したクラスだけになっています。10 個のロジットを全部集めましょう。",
            en="Only the predicted classes are there. Collect all ten logits.",
        ),
        hint(
            "softmax_applied",
            like("vectors", _softmax),
            ja="確率になっています。ここで見たいのはロジットです。softmax をかけずに集めましょう。",
            en="These are probabilities. Collect the logits, without softmax.",
        ),
        *_LAST_HINTS_OF_COLLECTING,
        NOT_THE_ARGUMENTS,
    ),
)


# --- 4-2 ----------------------------------------------------------------------------------------
def pca_by_svd(x: np.ndarray, n: int) -> np.ndarray:
    """Return the first ``n`` principal components (N, n) of the points (N, D)."""
    centred = x - x.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return centred @ directions[:n].T


def _point_cases(rng: np.random.Generator) -> list[Case]:
    sizes = ((40, 6, 2), (30, 5, 3), (5, 8, 2), (12, 4, 1))
    cases = [_points(rng, *size) for size in sizes]
    # Logits are float32.
    logits = _points(rng, 50, 10, 2)
    return [*cases, {**logits, "x": logits["x"].astype(np.float32)}]


def _points(rng: np.random.Generator, count: int, size: int, n: int) -> Case:
    """Draw points that lie away from the origin, and vary less in each further direction."""
    directions, _ = np.linalg.qr(rng.normal(size=(size, size)))
    spread = 4.0 * 0.6 ** np.arange(size)
    around, _ = np.linalg.qr(rng.normal(size=(count, min(count, size))))
    points = around * spread[: around.shape[1]] @ directions[: around.shape[1]]
    return {"x": points * count**0.5 + rng.uniform(2, 6, size), "n": n}


def _probe_pca(answer: type(pca_by_svd), case: Case) -> Observation:
    return {"components": _signed(ndarray(answer(case["x"], case["n"])))}


def _signed(components: np.ndarray) -> np.ndarray:
    """Turn each component so that its largest value is positive: either sign is right."""
    if components.ndim != 2 or components.size == 0 or components.dtype.kind not in "iuf":
        return components
    components = components.astype(float)
    largest = np.abs(components).argmax(axis=0)
    return components * np.where(components[largest, range(components.shape[1])] < 0, -1, 1)


def _is_one_of(*mistaken: Callable[[np.ndarray, int], np.ndarray]) -> Recogniser:
    """Recognise components that one of these makes from the points and ``n``."""
    return any_of(*map(_is_made_by, mistaken))


def _is_made_by(mistaken: Callable[[np.ndarray, int], np.ndarray]) -> Recogniser:
    return like("components", lambda want, case: _signed(mistaken(case["x"], case["n"])), atol=1e-3)


def _svd(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.linalg.svd(x, full_matrices=False)


def _centre(x: np.ndarray) -> np.ndarray:
    return x - x.mean(axis=0)


def _components(centred: np.ndarray, n: int | None = None) -> np.ndarray:
    return centred @ _svd(centred)[2][:n].T


def _summed_up(got: Observation, want: Observation, case: Case) -> bool:
    left, lengths, _ = _svd(_centre(case["x"]))
    n = case["n"]
    # A single component is the same, whether summed up or squeezed.
    return n > 1 and close(got["components"], left[:, :n] @ lengths[:n], atol=1e-3)


def _points_lost(x: np.ndarray, n: int) -> np.ndarray:
    left, lengths, _ = _svd(_centre(x))
    return (left * lengths)[:n]


def _standardised(x: np.ndarray, n: int) -> np.ndarray:
    return _components(_centre(x) / x.std(axis=0), n)


def _transposed(got: Observation, want: Observation, case: Case) -> bool:
    return close(abs(got["components"]), abs(want["components"]).T, atol=1e-3)


def _signs_lost(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["components"], abs(want["components"]), atol=1e-3)


def _directions_returned(got: Observation, want: Observation, case: Case) -> bool:
    directions = abs(_svd(_centre(case["x"]))[2][: case["n"]])
    return any(
        close(abs(got["components"]), part, atol=1e-3) for part in (directions, directions.T)
    )


def _means_of_rows(got: Observation, want: Observation, case: Case) -> bool:
    count, size = case["x"].shape
    return f"shapes ({count},{size}) ({count},)" in got["error"]


def _all_left_directions(got: Observation, want: Observation, case: Case) -> bool:
    count, size = case["x"].shape
    return f"shapes ({count},{count}) ({min(count, size)},)" in got["error"]


PCA_BY_SVD = Exercise(
    id="4-2",
    points=4,
    names=("pca_by_svd",),
    reference=pca_by_svd,
    cases=_point_cases,
    probe=_probe_pca,
    items={
        "components": Sentence(
            ja="主成分の座標（どの列も、絶対値が最大の値が正になる向きで比べます）",
            en="the principal components (each column turned so that its largest value is positive)",
        )
    },
    hints=(
        hint(
            "product_does_not_fit",
            says("core dimension"),
            ja="行列の積の形が合いません。両方の shape を print しましょう。主成分の向きは、vt の行です。",
            en="The shapes of a matrix product do not fit. Print both. "
            "The directions are the rows of vt.",
        ),
        hint(
            "lengths_have_one_axis",
            says("array is 1-dimensional, but 2 were indexed"),
            ja="1 次元の配列から、列を取り出そうとしています。s は 1 次元の配列で、u @ s も 1 次元になります。",
            en="You take columns of an array with one axis. s has one axis, and so has u @ s.",
        ),
        hint(
            "multiplied_as_matrix",
            _summed_up,
            ja="u @ s では、全部の主成分が 1 つの数に足されてしまいます。列ごとに掛けるのは * です。",
            en="u @ s adds all components up to one number a point. * multiplies column by column.",
        ),
        hint(
            "all_left_directions",
            _all_left_directions,
            ja="u が (N, N) の大きさなので、s を掛けられません。svd に full_matrices=False を付けましょう。",
            en="u is (N, N), so s does not fit. Give svd full_matrices=False.",
        ),
        hint(
            "points_lost",
            _is_one_of(_points_lost),
            ja="はじめの n 個の点だけが残っています。残すのは、はじめの n 列です。",
            en="Only the first n points are left. Keep the first n columns.",
        ),
        hint(
            "transposed",
            _transposed,
            ja="行と列が入れ替わっています。1 行が 1 つの点になる、(N, n) の形にしましょう。",
            en="Rows and columns have changed places. Return (N, n), a row a point.",
        ),
        hint(
            "signs_lost",
            _signs_lost,
            ja="負の座標が、正になっています。向きの正負は列ごとに選べますが、"
            "1 つの列の中では、正の点と負の点の区別を残しましょう。",
            en="Negative coordinates have become positive. A whole column may change its sign, "
            "but points on either side must stay apart within it.",
        ),
        hint(
            "directions_returned",
            _directions_returned,
            ja="主成分の向きが返っています。求めたいのは、点をその向きに射影した (N, n) の座標です。",
            en="These are the directions. Wanted are the points projected on them, (N, n).",
        ),
        hint(
            "all_kept",
            _is_one_of(lambda x, n: _components(_centre(x))),
            ja="座標の数が多すぎます。はじめの n 個の主成分だけを残しましょう。",
            en="There are too many components. Keep the first n.",
        ),
        hint(
            "not_centred",
            # The directions, the points, or both were taken without their mean being removed.
            _is_one_of(
                _components,
                lambda x, n: x @ _svd(_centre(x))[2][:n].T,
                lambda x, n: _centre(x) @ _svd(x)[2][:n].T,
            ),
            ja="平均が引かれていないところがあります。向きを求めるときも射影するときも、平均を引いた点を使いましょう。",
            en="Somewhere the mean was not subtracted. Use the centerd points both to find "
            "the directions and to project.",
        ),
        hint(
            "centred_by_row",
            any_of(
                _means_of_rows,
                _is_one_of(
                    lambda x, n: _components(x - x.mean(axis=1, keepdims=True), n),
                    lambda x, n: _components(x - x.mean(), n),
                ),
            ),
            ja="引く平均が違います。点の平均は、行の方向 (axis=0) にとります。",
            en="This is another mean. The mean of the points is taken along axis=0.",
        ),
        hint(
            "not_scaled",
            _is_one_of(lambda x, n: _svd(_centre(x))[0][:, :n]),
            ja="向きごとの広がりがそろってしまいました。U には長さの情報がありません。特異値 S も掛けましょう。",
            en="All directions spread alike now: U holds no lengths. "
            "Multiply by the singular values S.",
        ),
        hint(
            "columns_of_directions",
            _is_one_of(lambda x, n: _centre(x) @ _svd(_centre(x))[2][:, :n]),
            ja="向きの取り出し方が違います。np.linalg.svd の 3 つ目の結果では、行が主成分の向きです。",
            en="These are no directions: they are the rows of what np.linalg.svd returns third.",
        ),
        hint(
            "smallest_directions",
            _is_one_of(
                lambda x, n: _centre(x) @ _svd(_centre(x))[2][-n:].T,
                lambda x, n: _centre(x) @ _svd(_centre(x))[2][-n:][::-1].T,
            ),
            ja="広がりの小さい向きを選んでいます。特異値の大きい順に選びましょう。",
            en="You took the directions that vary least. Take those of the largest "
            "singular values.",
        ),
        hint(
            "standardised",
            _is_one_of(_standardised),
            ja="標準偏差で割ると、広がりの情報が消えます。平均を引くだけにしましょう。",
            en="Dividing by the standard deviation loses how far points spread. "
            "Only subtract the mean.",
        ),
    ),
    atol=1e-3,
)


# --- 4-3 ----------------------------------------------------------------------------------------
def _layer_cases(rng: np.random.Generator) -> list[Case]:
    return [
        ragged_case(rng, 23, 10, layer="conv", training=True),
        ragged_case(rng, 21, 10, layer="head.0", training=True),
        ragged_case(rng, 20, 10, layer="body", training=False),
        ragged_case(rng, 25, 10, layer="head.0", training=False, shuffle=True),
    ]


def _probe_features(answer: type(embed.collect), case: Case) -> Observation:
    def collect(model: Network, batches: Iterable[Batch]) -> Any:
        return answer(model, batches, case["layer"])

    observation = _observe_collecting(collect, case)
    left = sum(
        hooks_left(Network(), lambda model: collect(model, batches))  # noqa: B023
        for batches in failing_batches(case)
    )
    return observation | {"hooks left by an error": left}


def _part_called_for_the_model(got: Observation, want: Observation, case: Case) -> bool:
    called = re.search(r"\bmodel\.(?:features|classifier)\(", got["line"])
    return bool(called) and _NO_SUCH_PART(got, want, case)


def _not_flattened(got: Observation, want: Observation, case: Case) -> bool:
    vectors = got["vectors"]
    return vectors.ndim > 2 and close(vectors.reshape(len(vectors), -1), want["vectors"])


FEATURES = Exercise(
    id="4-3",
    points=4,
    names=("collect_features",),
    reference=embed.collect,
    cases=_layer_cases,
    probe=_probe_features,
    items=_ITEMS_OF_COLLECTING | ERROR_REPORTED,
    hints=(
        LAYER_IS_A_NAME,
        _part_called(_part_called_for_the_model),
        fixed_layer("has no attribute [`'](?:classifier|features)"),
        hint(
            "dotted_name",
            # A layer without a dot comes first, for which a hook that keeps nothing fails, too.
            says(r"(?:has no attribute [`']|KeyError: ')\w+\.\w+"),
            ja="点の入った名前の層が見つかりません。model.get_submodule なら、点でつないだ名前でも取り出せます。",
            en="A layer with a dot in its name was not found. model.get_submodule follows dots.",
        ),
        hooked_once_a_batch("vectors"),
        NOTHING_STORED,
        *_HINTS_OF_COLLECTING,
        HOOK_RETURNS,
        hint(
            "wholly_flattened",
            like("vectors", lambda want, case: want["vectors"].ravel()),
            ja="画像の区別まで消えています。枚数の軸を残す flatten(1) を使いましょう。",
            en="The images can no longer be told apart. flatten(1) keeps their axis.",
        ),
        hint(
            "not_flattened",
            _not_flattened,
            ja="出力が平らになっていません。flatten(1) で (N, D) にしましょう。",
            en="The outputs are not flat. Make them (N, D) with flatten(1).",
        ),
        hint(
            "logits_returned",
            like("vectors", lambda want, case: _flat(outputs(case))),
            ja="ロジットが返っています。フックの output を集めましょう。",
            en="These are logits. Collect the hook's output.",
        ),
        hint(
            "inputs_returned",
            like("vectors", lambda want, case: _flat(outputs(case, _layer(case), inputs=True))),
            ja="層の入力が返っています。集めるのは、層の出力（フックの 3 番目の引数）です。",
            en="This is what the layer is given. Collect what it gives, a hook's third argument.",
        ),
        *_LAST_HINTS_OF_COLLECTING,
        HOOK_NOT_REMOVED,
        HOOKS_OF_OTHERS_REMOVED,
        HOOK_LEFT_BY_AN_ERROR,
        NOT_THE_ARGUMENTS,
    ),
)
