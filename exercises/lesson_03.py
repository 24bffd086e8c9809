"""Exercises of notebook 03: train step, evaluate, overfit a batch, save and load, predict."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from exercises.exercise import Case, Exercise, Hint, Observation, close
from exercises.probing import array, fill_by_shape, number, tensor
from helpers import training
from helpers.internal.sentences import Sentence


class _SmallNetwork(nn.Module):
    """A network that shows whether batch norm and dropout are in the right mode.

    It notes whether gradients were being recorded when it was last called.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(16, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 3)
        )
        self.recorded_gradients = True
        fill_by_shape(self)

    def forward(self, x: Tensor) -> Tensor:
        self.recorded_gradients = torch.is_grad_enabled()
        return self.layers(x)


def _small_batch(rng: np.random.Generator, size: int) -> Case:
    return {
        "images": rng.normal(size=(size, 1, 4, 4)).astype(np.float32),
        "labels": rng.integers(0, 3, size),
    }


def _tensors(case: Case) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(case["images"]), torch.from_numpy(case["labels"])


def _batch_cases(rng: np.random.Generator) -> list[Case]:
    return [_small_batch(rng, 24)]


# --- 3-1 ----------------------------------------------------------------------------------------
def _step_cases(rng: np.random.Generator) -> list[Case]:
    """Give two loss functions: an answer that brings its own is right for one of them only."""
    return [{**_small_batch(rng, 24), "label smoothing": amount} for amount in (0.0, 0.2)]


def _probe_train_step(answer: type(training.train_step), case: Case) -> Observation:
    """Take three steps, from evaluation mode: one alone would not show gradients left over."""
    images, labels = _tensors(case)
    model = _SmallNetwork().eval()
    criterion = nn.CrossEntropyLoss(label_smoothing=case["label smoothing"])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = [
        answer(model, part, targets, criterion, optimizer)
        for part, targets in zip(images.split(8), labels.split(8), strict=True)
    ]
    return {
        "losses": [number(loss) for loss in losses],
        "weights": array(torch.cat([weight.flatten() for weight in model.parameters()])),
        "running mean": array(model.layers[2].running_mean),
        "type of the loss": "float" if isinstance(losses[0], float) else type(losses[0]).__name__,
    }


def _start_weights() -> np.ndarray:
    return array(torch.cat([weight.flatten() for weight in _SmallNetwork().parameters()]))


def _did_not_move(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["weights"], _start_weights())


def _in_evaluation_mode(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["running mean"], array(_SmallNetwork().layers[2].running_mean))


def _gradients_left_over(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["losses"][:2], want["losses"][:2], rtol=1e-3) and not close(
        got["losses"][2], want["losses"][2]
    )


def _softmax_before_loss(got: Observation, want: Observation, case: Case) -> bool:
    images, labels = _tensors(case)
    with torch.no_grad():
        probabilities = _SmallNetwork()(images[:8]).softmax(dim=1)
    return close(got["losses"][0], F.cross_entropy(probabilities, labels[:8]).item())


def _criterion_ignored(got: Observation, want: Observation, case: Case) -> bool:
    images, labels = _tensors(case)
    with torch.no_grad():
        logits = _SmallNetwork()(images[:8])
    own_loss = F.cross_entropy(logits, labels[:8]).item()
    return case["label smoothing"] > 0 and close(got["losses"][0], own_loss)


TRAIN_STEP = Exercise(
    id="3-1",
    points=4,
    names=("train_step",),
    reference=training.train_step,
    cases=_step_cases,
    probe=_probe_train_step,
    items={
        "losses": Sentence(ja="損失", en="TRANSLATE"),
        "weights": Sentence(ja="更新後の重み", en="TRANSLATE"),
        "running mean": Sentence(ja="バッチ正規化が記録した平均", en="TRANSLATE"),
        "type of the loss": Sentence(ja="損失の型", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "no_train_mode",
            _in_evaluation_mode,
            Sentence(
                ja="最初に model.train() で学習モードにしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "criterion_ignored",
            _criterion_ignored,
            Sentence(
                ja="損失は、引数の criterion で計算しましょう。別の損失関数を渡されても動くようにします。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_update",
            _did_not_move,
            Sentence(
                ja="重みが変わっていません。backward() と step() の両方が要ります。zero_grad() との順序も確かめましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "softmax_before_loss",
            _softmax_before_loss,
            Sentence(
                ja="損失の前に softmax をかけています。交差エントロピーには、ロジットをそのまま渡します。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_zero_grad",
            _gradients_left_over,
            Sentence(
                ja="前のバッチの勾配が残っています。optimizer.zero_grad() と、() まで書きましたか。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "tensor_returned",
            lambda got, want, case: got["type of the loss"] == "Tensor",
            Sentence(
                ja="テンソルを返すと、計算グラフがメモリに残ります。loss.item() で数値にしましょう。",
                en="TRANSLATE",
            ),
        ),
    ),
)


# --- 3-2 ----------------------------------------------------------------------------------------
def _ragged_cases(rng: np.random.Generator) -> list[Case]:
    return [{**_small_batch(rng, 27), "batch_size": 10}]


def _batches_of(case: Case) -> list[tuple[Tensor, Tensor]]:
    images, labels = _tensors(case)
    size = case["batch_size"]
    return list(zip(images.split(size), labels.split(size), strict=True))


def _probe_evaluate(answer: type(training.evaluate), case: Case) -> Observation:
    model = _SmallNetwork().train()
    loss, accuracy = answer(model, _batches_of(case))
    return {
        "loss": number(loss),
        "accuracy": number(accuracy),
        "gradients recorded": model.recorded_gradients,
    }


def _batch_means(case: Case, training_mode: bool = False) -> tuple[np.ndarray, np.ndarray]:
    model = _SmallNetwork().train(training_mode)
    with torch.no_grad():
        tried = [(model(images), labels) for images, labels in _batches_of(case)]
    losses = [F.cross_entropy(logits, labels).item() for logits, labels in tried]
    hits = [(logits.argmax(1) == labels).float().mean().item() for logits, labels in tried]
    return np.array(losses), np.array(hits)


def _mean_of_batch_means(got: Observation, want: Observation, case: Case) -> bool:
    losses, hits = _batch_means(case)
    accuracy_is_off = not close(got["accuracy"], want["accuracy"])
    return close(got["loss"], losses.mean()) or (
        accuracy_is_off and close(got["accuracy"], hits.mean())
    )


def _evaluated_in_training_mode(got: Observation, want: Observation, case: Case) -> bool:
    losses, _ = _batch_means(case, training_mode=True)
    sizes = np.array([len(labels) for _, labels in _batches_of(case)])
    candidates = (losses.mean(), (losses * sizes).sum() / sizes.sum())
    return any(close(got["loss"], loss) for loss in candidates)


def _number_of_hits(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["accuracy"], len(case["labels"]) * want["accuracy"])


def _batch_means_by_images(got: Observation, want: Observation, case: Case) -> bool:
    losses, _ = _batch_means(case)
    return close(got["loss"], losses.sum() / len(case["labels"]))


def _first_batch_only(got: Observation, want: Observation, case: Case) -> bool:
    losses, hits = _batch_means(case)
    return close(got["loss"], losses[0]) and close(got["accuracy"], hits[0])


def _divided_by_batches(got: Observation, want: Observation, case: Case) -> bool:
    images_per_batch = len(case["labels"]) / len(_batches_of(case))
    return any(close(got[item], images_per_batch * want[item]) for item in ("loss", "accuracy"))


EVALUATE = Exercise(
    id="3-2",
    points=4,
    names=("evaluate",),
    reference=training.evaluate,
    cases=_ragged_cases,
    probe=_probe_evaluate,
    items={
        "loss": Sentence(ja="損失", en="TRANSLATE"),
        "accuracy": Sentence(ja="正解率", en="TRANSLATE"),
        "gradients recorded": Sentence(ja="勾配の記録", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "first_batch_only",
            _first_batch_only,
            Sentence(
                ja="最初のバッチの分しかありません。return がループの中に入っていませんか。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_eval_mode",
            _evaluated_in_training_mode,
            Sentence(
                ja="学習モードのまま評価しています。先に model.eval() で評価モードにしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "percent",
            lambda got, want, case: close(got["accuracy"], 100 * want["accuracy"]),
            Sentence(
                ja="正解率は百分率ではなく、0 から 1 の数で返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "count",
            _number_of_hits,
            Sentence(
                ja="正解した枚数のままです。全体の枚数で割りましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "swapped",
            lambda got, want, case: close(got["accuracy"], want["loss"]),
            Sentence(
                ja="順序が違います。損失、正解率の順に返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "divided_by_batches",
            _divided_by_batches,
            Sentence(
                ja="len(batches) はバッチの数です。画像の枚数で割りましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "mean_of_batch_means",
            _mean_of_batch_means,
            Sentence(
                ja="バッチごとの平均を、さらに平均しています。最後のバッチは小さいので、その画像だけ重く数えられます。画像ごとの和を全体の枚数で割りましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "batch_means_by_images",
            _batch_means_by_images,
            Sentence(
                ja="バッチごとの損失は、すでに平均です。それを足して全体の枚数で割ると、小さくなりすぎます。足すのは、画像ごとの損失の和です。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "gradients_recorded",
            lambda got, want, case: got["gradients recorded"],
            Sentence(
                ja="評価では勾配を使いません。torch.no_grad() で計算の記録を止めましょう。",
                en="TRANSLATE",
            ),
        ),
    ),
)


# --- 3-3 ----------------------------------------------------------------------------------------
def overfit_one_batch(model: nn.Module, images: Tensor, labels: Tensor, steps: int) -> list[float]:
    """Train on one batch again and again (SGD, lr 0.1, momentum 0.9); return the losses."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    criterion = nn.CrossEntropyLoss()
    return [training.train_step(model, images, labels, criterion, optimizer) for _ in range(steps)]


def _overfit_cases(rng: np.random.Generator) -> list[Case]:
    return [{**_small_batch(rng, 12), "steps": 30}]


def _probe_overfit(answer: type(overfit_one_batch), case: Case) -> Observation:
    images, labels = _tensors(case)
    losses = answer(_SmallNetwork(), images, labels, case["steps"])
    if losses is not None and not hasattr(losses, "__getitem__"):
        return {"number of losses": 1}
    losses = [number(loss) for loss in losses]
    return {
        "number of losses": len(losses),
        "first losses": losses[:4],
        "last loss": losses[-1:],
    }


OVERFIT = Exercise(
    id="3-3",
    points=2,
    names=("overfit_one_batch",),
    reference=overfit_one_batch,
    cases=_overfit_cases,
    probe=_probe_overfit,
    items={
        "number of losses": Sentence(ja="損失の個数", en="TRANSLATE"),
        "first losses": Sentence(ja="最初の 4 回の損失", en="TRANSLATE"),
        "last loss": Sentence(ja="最後の損失", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "one_number",
            lambda got, want, case: got["number of losses"] == 1,
            Sentence(
                ja="損失が 1 個しかありません。毎回の損失をリストに入れ、ループの後で返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "number_of_losses",
            lambda got, want, case: got["number of losses"] != want["number of losses"],
            Sentence(
                ja="損失の個数が steps と違います。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_learning",
            lambda got, want, case: close(got["last loss"], got["first losses"][:1], rtol=1e-3),
            Sentence(
                ja="損失が減っていません。train_step を呼んでいますか。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_momentum",
            lambda got, want, case: close(got["first losses"][:2], want["first losses"][:2]),
            Sentence(
                ja="3 回目から損失がずれます。モーメンタムが効いていません。値を 0.9 にし、オプティマイザはループの外で 1 回だけ作りましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "other_optimizer",
            lambda got, want, case: close(got["first losses"][0], want["first losses"][0]),
            Sentence(
                ja="オプティマイザは、SGD、学習率 0.1、モーメンタム 0.9 にしましょう。",
                en="TRANSLATE",
            ),
        ),
    ),
    rtol=1e-2,
    atol=1e-3,
)


# --- 3-4 ----------------------------------------------------------------------------------------
class _Trap:
    """Stands for a stranger's pickle: reading it runs code, which here only leaves a mark."""

    sprung = False

    def __reduce__(self) -> tuple:
        return (_spring_trap, ())


def _spring_trap() -> dict:
    _Trap.sprung = True
    return {}


def _weight_cases(rng: np.random.Generator) -> list[Case]:
    return [{"shift": float(rng.uniform(1, 2))}]


def _probe_save_and_load(answer: tuple, case: Case) -> Observation:
    save_weights, load_weights = answer
    source, target = _SmallNetwork(), _SmallNetwork()
    for values in _states(source):
        values.add_(case["shift"])
    with tempfile.TemporaryDirectory() as folder:
        path, strange = Path(folder) / "weights.pt", Path(folder) / "strange.pt"
        save_weights(source, path)
        content = _content_of(path)
        if content != "weights":
            return {"file": content}
        load_weights(target, path)
        torch.save(_Trap(), strange)
        obeyed = _runs_strange_code(load_weights, strange)
    return {
        "file": content,
        "weights after loading": array(torch.cat([values.flatten() for values in _states(target)])),
        "runs strange code": obeyed,
    }


def _states(model: nn.Module) -> list[Tensor]:
    """Return weights and running statistics, to be read and written in place."""
    return [values for values in model.state_dict().values() if values.is_floating_point()]


def _content_of(path: Path) -> str:
    if not path.exists():
        return "nothing"
    try:
        state = torch.load(path, weights_only=True)
    except Exception:
        # Whatever else it is: a model, a pickle, a NumPy file, half a file.
        return "more than weights"
    return "weights" if isinstance(state, dict) else "more than weights"


def _runs_strange_code(load_weights: type(training.load), path: Path) -> bool:
    _Trap.sprung = False
    try:
        load_weights(_SmallNetwork(), path)
    except Exception:
        # Refusing the file is right, in whatever words; the mark alone tells what happened.
        return _Trap.sprung
    return _Trap.sprung


SAVE_AND_LOAD = Exercise(
    id="3-4",
    points=2,
    names=("save_weights", "load_weights"),
    reference=(training.save, training.load),
    cases=_weight_cases,
    probe=_probe_save_and_load,
    items={
        "file": Sentence(ja="ファイルの中身", en="TRANSLATE"),
        "weights after loading": Sentence(ja="読み込んだ重み", en="TRANSLATE"),
        "runs strange code": Sentence(ja="見知らぬファイルの読み込み", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "nothing_saved",
            lambda got, want, case: got["file"] == "nothing",
            Sentence(
                ja="path にファイルができていません。torch.save に path を渡しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "whole_model_saved",
            lambda got, want, case: got["file"] == "more than weights",
            Sentence(
                ja="ファイルの中身が重みだけではありません。torch.save で、state_dict だけを保存しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "runs_strange_code",
            lambda got, want, case: got["runs strange code"],
            Sentence(
                ja="見知らぬ pickle の中のプログラムが動いてしまいました。weights_only=True で読みましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_loaded",
            lambda got, want, case: (
                not close(got["weights after loading"], want["weights after loading"])
            ),
            Sentence(
                ja="重みがモデルに入っていません。load_state_dict を使いましょう。",
                en="TRANSLATE",
            ),
        ),
    ),
)


# --- 3-5 ----------------------------------------------------------------------------------------
def _probe_predict(answer: type(training.predict), case: Case) -> Observation:
    images, _ = _tensors(case)
    model = _SmallNetwork().train()
    labels, probabilities = map(tensor, answer(model, images))
    return {
        "labels": array(labels),
        "type of the labels": "float" if labels.is_floating_point() else "int",
        "probabilities": array(probabilities),
        "gradients recorded": probabilities.requires_grad,
    }


def _predicted_in_training_mode(got: Observation, want: Observation, case: Case) -> bool:
    with torch.no_grad():
        logits = _SmallNetwork().train()(_tensors(case)[0])
    return close(got["probabilities"], array(logits.softmax(dim=1)))


def _sums_to_one(probabilities: np.ndarray, axis: int) -> bool:
    return close(probabilities.sum(axis=axis), np.ones(probabilities.shape[1 - axis]))


PREDICT = Exercise(
    id="3-5",
    points=2,
    names=("predict",),
    reference=training.predict,
    cases=_batch_cases,
    probe=_probe_predict,
    items={
        "labels": Sentence(ja="予測したクラス", en="TRANSLATE"),
        "type of the labels": Sentence(ja="ラベルの型", en="TRANSLATE"),
        "probabilities": Sentence(ja="確率", en="TRANSLATE"),
        "gradients recorded": Sentence(ja="勾配の記録", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "swapped",
            lambda got, want, case: np.ndim(got["labels"]) == 2,
            Sentence(
                ja="順序が違います。ラベル、確率の順に返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "labels_as_floats",
            lambda got, want, case: got["type of the labels"] == "float",
            Sentence(
                ja="ラベルが小数です。argmax の結果は整数なので、そのまま返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "only_the_highest",
            lambda got, want, case: np.ndim(got["probabilities"]) == 1,
            Sentence(
                ja="最大の確率だけでなく、全クラスの確率 (N, クラス数) を返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_eval_mode",
            _predicted_in_training_mode,
            Sentence(
                ja="学習モードのまま予測しています。先に model.eval() で評価モードにしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "softmax_over_the_batch",
            lambda got, want, case: _sums_to_one(got["probabilities"], axis=0),
            Sentence(
                ja="バッチの方向に softmax をかけています。クラスの軸は dim=1 です。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "no_softmax",
            lambda got, want, case: not _sums_to_one(got["probabilities"], axis=1),
            Sentence(
                ja="確率の和が 1 になりません。ロジットに softmax をかけましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "gradients_recorded",
            lambda got, want, case: got["gradients recorded"],
            Sentence(
                ja="予測では勾配を使いません。torch.no_grad() で計算の記録を止めましょう。",
                en="TRANSLATE",
            ),
        ),
    ),
)

EXERCISES = (TRAIN_STEP, EVALUATE, OVERFIT, SAVE_AND_LOAD, PREDICT)
