"""Exercises of notebook 03: train step, evaluate, overfit a batch, save and load, predict."""

from __future__ import annotations

import copy
import re
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim

from exercises.exercise import Case, Exercise, Hint, Observation, close
from exercises.hints import (
    IMAGES_MARKED,
    NOT_THE_ARGUMENTS,
    Recogniser,
    any_of,
    equals,
    has_shape,
    hint,
    like,
    says,
)
from exercises.hooking import ERROR_REPORTED, ERROR_SWALLOWED, reports_errors
from exercises.probing import (
    are_rounded,
    array,
    fill_by_shape,
    number,
    several,
    tensor,
)
from exercises.traces import FROZEN, INPUTS, TRACES, WEIGHTS, watch, watch_images
from exercises.translations import AnswerError
from helpers import training
from helpers.internal.sentences import Sentence

Pairs = Iterable[tuple[Tensor, Tensor]]


class _Record:
    """What a network was shown. Its copies write into the same record."""

    def __init__(self) -> None:
        self.gradients = False
        self.images: set[bytes] = set()

    def __deepcopy__(self, memo: dict) -> _Record:
        return self

    def add(self, images: Tensor) -> None:
        self.gradients |= torch.is_grad_enabled()
        if isinstance(images, Tensor) and images.ndim:
            self.images |= _as_bytes(images)

    def compared_with(self, images: Tensor) -> str:
        """Say which of these images were shown: all, some, none; or that others were, too."""
        given = _as_bytes(images)
        if self.images - given:
            return "others"
        return "all" if self.images == given else "some" if self.images else "none"


def _as_bytes(images: Tensor) -> set[bytes]:
    return {image.tobytes() for image in array(images)}


# The names of these classes show in the errors of answers, so they are those of the notebook.
class SmallNetwork(nn.Module):
    """A network that shows whether batch norm is in the right mode, and records what it is shown."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, classes)
        )
        self.record = _Record()
        fill_by_shape(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (N, classes) for images (N, 1, 28, 28)."""
        self.record.add(x)
        return self.layers(x)


def _small_batch(
    rng: np.random.Generator, size: int, contrast: float = 1, classes: int = 10
) -> Case:
    """Return images, and labels of which most, but not all, are what the network answers."""
    images = (contrast * rng.normal(size=(size, 1, 28, 28))).astype(np.float32)
    case = {"images": images, "classes": classes}
    answers = array(_logits(case).argmax(dim=1))
    labels = np.where(rng.random(size) < 0.6, answers, rng.integers(0, classes, size))
    return case | {"labels": labels}


def _network_of(case: Case) -> SmallNetwork:
    return SmallNetwork(case["classes"])


def _logits(case: Case) -> Tensor:
    """Return what the network gives in evaluation mode for all images of a case."""
    with torch.no_grad():
        return _network_of(case).eval()(torch.from_numpy(case["images"]))


def _tensors(case: Case) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(case["images"]), torch.from_numpy(case["labels"])


def _as_if(
    probe: Callable[[Any, Case], Observation], mistaken: Callable, *items: str
) -> Recogniser:
    """Recognise that these entries are just what a mistaken answer gives, and not what is right."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        seen = probe(mistaken, copy.deepcopy(case))
        as_mistaken = all(close(got[item], seen[item], rtol=1e-3) for item in items)
        return as_mistaken and not all(close(seen[item], want[item]) for item in items)

    return recognises


_INPUTS_CHANGED = Hint("inputs_changed", equals(INPUTS, True), TRACES[INPUTS])
_FROZEN = Hint("frozen", equals(FROZEN, True), TRACES[FROZEN])
_OTHER_MODEL = hint(
    "other_model",
    equals("images in the model", "none"),
    ja="受け取った model が、使われていません。ノートブックの変数や新しいモデルではなく、引数の model を使いましょう。",
    en="The model that you are given is not used. Use the argument model, not a variable of "
    "the notebook or a new model.",
)
_OTHER_IMAGES = hint(
    "other_images",
    equals("images in the model", "others"),
    ja="受け取った画像とは違う画像が、モデルに入っています。ノートブックの変数を使ったり、値を変えたりせず、"
    "引数から取り出した画像をそのまま入れましょう。",
    en="The model is shown other images than those you are given. Give it the images from the "
    "arguments as they are, not a variable of the notebook or changed values.",
)
_PART_OF_THE_IMAGES = hint(
    "part_of_the_images",
    equals("images in the model", "some"),
    ja="受け取った画像の一部しか、モデルに入っていません。枚数を決めつけず、全部を使いましょう。",
    en="The model is shown only a part of the images. Use all of them, however many there are.",
)
_RESULTS_KEPT = Sentence(
    ja="2 回目に呼ぶと、前の結果が残っています。リストや合計は、引数の初期値や関数の外ではなく、関数の中で作りましょう。",
    en="The second call still has the results of the first. Make lists and sums inside the "
    "function, not as default arguments or outside it.",
)
_ROUNDED = hint(
    "rounded",
    equals("rounded", True),
    ja="損失が丸められています。丸めるのは表示するときだけにして、もとの値を返しましょう。",
    en="The losses are rounded. Round what you print, and return the values as they are.",
)
_IMAGES_ITEM = {
    "images in the model": Sentence(
        ja="モデルに入った、受け取った画像", en="those of the given images that the model is shown"
    ),
    "rounded": Sentence(ja="損失の丸め", en="the rounding of losses"),
}
_NO_GRAPH = hint(
    "no_graph",
    says("element 0 of tensors does not require grad"),
    ja="損失に計算の記録がないので、勾配を求められません。torch.no_grad() の中で計算したり、"
    "detach() で切り離したり、argmax で番号にしたり、重みの requires_grad を False にしたりしていませんか。",
    en="The loss has no record of its computation, so there are no gradients. Is it "
    "computed under torch.no_grad(), cut off with detach(), made of the indices of argmax, or "
    "is requires_grad of the weights False?",
)
_LOSS_NEEDS_LOGITS = hint(
    "loss_needs_logits",
    says(r"log_softmax_lastdim_kernel_impl"),
    ja="交差エントロピーの 1 つ目の引数が、ロジットではなく整数です。ロジット、ラベルの順かを確かめましょう。"
    "argmax をとる前の値を渡します。",
    en="The first argument of cross-entropy is whole numbers instead of logits. Is the order "
    "logits, labels? Pass the values from before argmax.",
)
_LOSS_OF_LIKE_SHAPES = hint(
    "loss_of_like_shapes",
    says(r"Expected floating point type for target"),
    ja="交差エントロピーに渡した 2 つが、同じ形です。ロジットは (N, クラス数)、ラベルは (N,) の整数のままで渡します。"
    "ロジットに argmax、ラベルに one_hot を使っていませんか。",
    en="The two arguments of cross-entropy have the same shape. It takes logits (N, classes) and "
    "labels (N,), whole numbers, as they are. Do you use argmax on the logits, or one_hot on "
    "the labels?",
)


_MORE_CLASSES = 12
_TEN_CLASSES = hint(
    "ten_classes",
    any_of(
        says(r"Class values must be smaller|Target \d+ is out of bounds|size of the tensor \(10\)"),
        # As of a table of ten columns; some images of ten numbers are made of others of twelve.
        says(r"Expected input batch_size \((?:156|48|15)\)|shape '\[-1, 10\]' is invalid"),
        lambda got, want, case: (
            case["classes"] != 10 and np.shape(got["probabilities"])[1:] == (10,)
        ),
    ),
    ja="クラスの数を 10 と決めています。クラスの数は、ロジットの形 (N, クラス数) に合わせましょう。",
    en="The number of classes is fixed at 10. Go by the shape of the logits, (N, classes).",
)


# --- 3-1 ----------------------------------------------------------------------------------------
class SGD(optim.SGD):
    """Notes for every step whether there were gradients to move by."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.had_gradients: list[bool] = []

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Move the weights, as usual."""
        loss = super().step(closure)
        gradients = [weight.grad for group in self.param_groups for weight in group["params"]]
        self.had_gradients.append(any(grad is not None and grad.any() for grad in gradients))
        return loss


class CrossEntropyLoss(nn.CrossEntropyLoss):
    """Notes whether it was used. A penalty of large logits makes another loss of it."""

    def __init__(self, penalty: float) -> None:
        super().__init__()
        self.penalty = penalty
        self.used = False

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the mean loss."""
        self.used = True
        return super().forward(input, target) + self.penalty * input.square().mean()


def _step_cases(rng: np.random.Generator) -> list[Case]:
    """Give two loss functions, optimisers, numbers of classes: what an answer brings fits one."""
    plain = {"penalty": 0.0, "rate": 0.1, "momentum": 0.0}
    other = {"penalty": 0.1, "rate": 0.05, "momentum": 0.9}
    return [
        {**_small_batch(rng, 26), "batch size": 10, **plain},
        {**_small_batch(rng, 300, classes=_MORE_CLASSES), "batch size": 130, **other},
    ]


def _step_batches(case: Case) -> list[tuple[Tensor, Tensor]]:
    images, labels = _tensors(case)
    size = case["batch size"]
    return list(zip(images.split(size), labels.split(size), strict=True))


def _probe_train_step(answer: type(training.train_step), case: Case) -> Observation:
    """Take three steps, from evaluation mode, with the gradients of an earlier batch left over."""
    model = _network_of(case).eval()
    for weight in model.parameters():
        weight.grad = torch.full_like(weight, 0.1)
    watch(model)
    criterion = CrossEntropyLoss(case["penalty"])
    optimizer = SGD(model.parameters(), lr=case["rate"], momentum=case["momentum"])
    batches = _step_batches(case)
    for images, _ in batches:
        watch_images(images)
    losses = [answer(model, images, labels, criterion, optimizer) for images, labels in batches]
    # In which mode an answer leaves the model is nothing to the next step.
    model.eval()
    return {
        "type of the loss": _type_of(losses[0]),
        "criterion": "used" if criterion.used else "not used",
        "steps": len(optimizer.had_gradients),
        "steps with gradients": sum(optimizer.had_gradients),
        "losses": [number(loss) for loss in losses],
        "weights": array(torch.cat([weight.flatten() for weight in model.parameters()])),
        "running mean": array(model.layers[2].running_mean),
        "rounded": are_rounded(map(number, losses)),
        "images in the model": model.record.compared_with(torch.from_numpy(case["images"])),
    }


def _type_of(value: Any) -> str:
    if isinstance(value, Tensor):
        return "Tensor with its graph" if value.requires_grad else "Tensor"
    return "float" if isinstance(value, Real) else type(value).__name__


def _weights_moved(got: Observation, case: Case) -> bool:
    start = torch.cat([weight.flatten() for weight in _network_of(case).parameters()])
    return not close(got["weights"], array(start))


def _in_evaluation_mode(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["running mean"], array(SmallNetwork().layers[2].running_mean))


def _step_on(function: Callable[[Tensor], Tensor]) -> Callable[..., float]:
    """Return a step that changes the logits before the loss."""

    def step(
        model: nn.Module, images: Tensor, labels: Tensor, criterion: nn.Module, optimizer: SGD
    ) -> float:
        def changed(logits: Tensor, labels: Tensor) -> Tensor:
            return criterion(function(logits), labels)

        return training.train_step(model, images, labels, changed, optimizer)

    return step


def _step_without_clearing(
    model: nn.Module, images: Tensor, labels: Tensor, criterion: nn.Module, optimizer: SGD
) -> float:
    model.train()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def _step_clearing_afterwards(
    model: nn.Module, images: Tensor, labels: Tensor, criterion: nn.Module, optimizer: SGD
) -> float:
    loss = _step_without_clearing(model, images, labels, criterion, optimizer)
    optimizer.zero_grad()
    return loss


def _step_in_the_mode_found(
    model: nn.Module, images: Tensor, labels: Tensor, criterion: nn.Module, optimizer: SGD
) -> float:
    optimizer.zero_grad()
    loss = criterion(model(images), labels)
    model.train()
    loss.backward()
    optimizer.step()
    return loss.item()


def _step_calling_the_model_before(
    model: nn.Module, images: Tensor, labels: Tensor, criterion: nn.Module, optimizer: SGD
) -> float:
    model.train()(images)
    return training.train_step(model, images, labels, criterion, optimizer)


def _step_with_the_loss_after_it(
    model: nn.Module, images: Tensor, labels: Tensor, criterion: nn.Module, optimizer: SGD
) -> float:
    training.train_step(model, images, labels, criterion, optimizer)
    return criterion(model(images), labels).item()


def _losses_times_images(want: Observation, case: Case) -> np.ndarray:
    sizes = [len(labels) for _, labels in _step_batches(case)]
    return np.array(want["losses"]) * sizes


TRAIN_STEP = Exercise(
    id="3-1",
    points=4,
    names=("train_step",),
    reference=training.train_step,
    cases=_step_cases,
    probe=_probe_train_step,
    items={
        "type of the loss": Sentence(ja="返した損失の型", en="the type of the loss you return"),
        "criterion": Sentence(ja="引数の criterion", en="the argument criterion"),
        "steps": Sentence(
            ja="3 つのバッチで optimizer.step() を呼んだ回数",
            en="the number of optimizer.step() over three batches",
        ),
        "steps with gradients": Sentence(
            ja="そのうち、勾配があった回数", en="the number of those with gradients"
        ),
        "losses": Sentence(ja="3 つのバッチの損失", en="the losses of three batches"),
        "weights": Sentence(ja="更新後の重み", en="the weights after the updates"),
        "running mean": Sentence(
            ja="バッチ正規化が記録した平均", en="the means that batch normalization recorded"
        ),
        **_IMAGES_ITEM,
    },
    hints=(
        _INPUTS_CHANGED,
        _LOSS_NEEDS_LOGITS,
        _LOSS_OF_LIKE_SHAPES,
        _NO_GRAPH,
        hint(
            "number_before_backward",
            says("'float' object has no attribute 'backward'"),
            ja="数値には backward() がありません。.item() で数値にするのは、backward() の後です。",
            en="A number has no backward(). Call .item() after backward(), not before it.",
        ),
        hint(
            "one_image_at_a_time",
            says("Expected more than 1 value per channel"),
            ja="モデルに画像を 1 枚だけ渡しています。バッチの画像は、まとめて 1 回で渡しましょう。",
            en="The model is given a single image. Give it all images of the batch at once.",
        ),
        hint(
            "step_given_something",
            lambda got, want, case: (
                "'Tensor' object is not callable" in got["error"] and ".step(" in got["line"]
            ),
            ja="optimizer.step() に、損失を渡す必要はありません。勾配は、重みのほうに入っています。",
            en="Do not pass the loss to optimizer.step(). The gradients are stored with the "
            "weights.",
        ),
        hint(
            "step_before_backward",
            says("modified by an inplace operation"),
            ja="モデルの計算と backward() の間に、計算に使った値が書きかえられています。"
            "optimizer.step() は、backward() の後に呼びましたか。",
            en="Between the model's computation and backward(), values that it used are "
            "overwritten. Does optimizer.step() come after backward()?",
        ),
        _TEN_CLASSES,
        IMAGES_MARKED,
        NOT_THE_ARGUMENTS,
        _OTHER_MODEL,
        _OTHER_IMAGES,
        _PART_OF_THE_IMAGES,
        hint(
            "no_train_mode",
            _in_evaluation_mode,
            ja="モデルが学習モードになっていません。最初に model.train() と、() まで書きましたか。",
            en="The model is never in training mode. Does your code begin with model.train(), "
            "including the ()?",
        ),
        hint(
            "criterion_ignored",
            equals("criterion", "not used"),
            ja="引数の criterion が使われていません。別の損失関数を渡されても動くように、criterion で計算しましょう。",
            en="The argument criterion is not used. Compute the loss with it, so that your "
            "function works with any other loss, too.",
        ),
        hint(
            "own_optimizer",
            lambda got, want, case: got["steps"] == 0 and _weights_moved(got, case),
            ja="重みは動きましたが、引数の optimizer の step() は呼ばれていません。"
            "オプティマイザを自分で作らず、受け取ったものを使いましょう。",
            en="The weights move, but not by step() of the argument optimizer. Use the "
            "optimizer that you are given; do not make your own.",
        ),
        hint(
            "no_step",
            equals("steps", 0),
            ja="optimizer.step() が一度も呼ばれていません。() を書いたか、return より前にあるかを確かめましょう。",
            en="optimizer.step() is never called. Did you write the (), and does it come "
            "before return?",
        ),
        hint(
            "no_gradients",
            equals("steps with gradients", 0),
            ja="optimizer.step() のときに、勾配がありません。loss.backward() と、() まで書いたか、"
            "zero_grad()、backward()、step() の順序が正しいかを確かめましょう。",
            en="There are no gradients when optimizer.step() is called. Did you write "
            "loss.backward(), including the ()? Check the order of zero_grad(), "
            "backward(), and step().",
        ),
        hint(
            "stepped_too_often",
            lambda got, want, case: got["steps"] > want["steps"],
            ja="optimizer.step() の回数が多すぎます。1 つのバッチにつき 1 回です。",
            en="optimizer.step() is called too often. Call it once for each batch.",
        ),
        hint(
            "softmax_before_loss",
            _as_if(_probe_train_step, _step_on(partial(torch.softmax, dim=1)), "losses"),
            ja="損失の前に softmax をかけています。交差エントロピーには、ロジットをそのまま渡します。",
            en="There is a softmax before the loss. Cross-entropy takes the logits as they are.",
        ),
        hint(
            "log_softmax_before_loss",
            _as_if(_probe_train_step, _step_on(partial(torch.log_softmax, dim=1)), "losses"),
            ja="損失の前に log_softmax をかけています。criterion には、ロジットをそのまま渡します。",
            en="There is a log_softmax before the loss. criterion takes the logits as they are.",
        ),
        hint(
            "train_mode_too_late",
            _as_if(_probe_train_step, _step_in_the_mode_found, "losses", "running mean"),
            ja="モデルを学習モードにする前に、画像を入れています。最初に model.train() を呼びましょう。",
            en="The model is shown the images before it is in training mode. Call model.train() "
            "first.",
        ),
        hint(
            "zero_grad_too_late",
            _as_if(_probe_train_step, _step_clearing_afterwards, "losses", "weights"),
            ja="呼ばれる前から残っていた勾配が、足されています。optimizer.zero_grad() は、"
            "step() の後ではなく、backward() の前に呼びましょう。",
            en="Gradients that were there before the call are added. Call optimizer.zero_grad() "
            "before backward(), not after step().",
        ),
        hint(
            "no_zero_grad",
            _as_if(_probe_train_step, _step_without_clearing, "losses", "weights"),
            ja="前のバッチの勾配が残っています。optimizer.zero_grad() と、() まで書きましたか。",
            en="Gradients of the previous batch are left over. Did you write "
            "optimizer.zero_grad(), including the ()?",
        ),
        hint(
            "loss_after_update",
            _as_if(_probe_train_step, _step_with_the_loss_after_it, "losses"),
            ja="重みを更新した後の損失を返しています。返すのは、更新前の損失です。",
            en="You return the loss after the update. Return the one from before it.",
        ),
        hint(
            "times_images",
            like("losses", _losses_times_images),
            ja="損失が、バッチの枚数倍になっています。criterion が返した値のまま返しましょう。",
            en="The loss is multiplied by the number of images. Return what criterion gave.",
        ),
        hint(
            "tensor_returned",
            equals("type of the loss", "Tensor"),
            ja="損失がテンソルのままです。loss.item() で数値にしましょう。",
            en="The loss is still a tensor. loss.item() turns it into a number.",
        ),
        hint(
            "graph_returned",
            equals("type of the loss", "Tensor with its graph"),
            ja="損失がテンソルのままで、計算の記録がメモリに残り続けます。loss.item() で数値にしましょう。",
            en="The loss is still a tensor, and keeps its whole computation in memory. "
            "loss.item() turns it into a number.",
        ),
        _ROUNDED,
        hint(
            "model_called_twice",
            any_of(
                _as_if(
                    _probe_train_step, _step_calling_the_model_before, "weights", "running mean"
                ),
                _as_if(_probe_train_step, _step_with_the_loss_after_it, "weights", "running mean"),
            ),
            ja="モデルの計算が 2 回あるので、バッチ正規化の記録も 2 回動きます。model(images) は 1 回にして、"
            "その結果を使いましょう。",
            en="The model is called twice, so batch normalization records twice. Call "
            "model(images) once and use its result.",
        ),
    ),
)


# --- 3-2 ----------------------------------------------------------------------------------------
class Batches:
    """Batches that come one after another, as those of the notebook: no list to index."""

    def __init__(self, pairs: list[tuple[Tensor, Tensor]]) -> None:
        self._pairs = pairs

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return iter(self._pairs)


def _ragged_cases(rng: np.random.Generator) -> list[Case]:
    """Give a list and a stream, a last batch of one image, and only right answers.

    The logits of the stream are so far apart that probabilities become 0.
    """
    easy = _small_batch(rng, 14)
    easy["labels"] = array(_logits(easy).argmax(dim=1))
    return [
        {**_small_batch(rng, 417), "batch size": 130, "as a list": True},
        {
            **_small_batch(rng, 53, contrast=300, classes=_MORE_CLASSES),
            **{"batch size": 13, "as a list": False},
        },
        {**easy, "batch size": 4, "as a list": True},
    ]


def _batches_of(case: Case) -> list[tuple[Tensor, Tensor]]:
    images, labels = _tensors(case)
    size = case["batch size"]
    return list(zip(images.split(size), labels.split(size), strict=True))


def _probe_evaluate(answer: type(training.evaluate), case: Case) -> Observation:
    model = watch(_network_of(case).train())
    pairs = _batches_of(case)
    loss, accuracy = several(answer(model, pairs if case["as a list"] else Batches(pairs)))
    seen = model.record.compared_with(torch.from_numpy(case["images"]))
    again, once_more = (number(answer(model, pairs[:2])[0]) for _ in range(2))
    return {
        "loss": number(loss),
        "accuracy": number(accuracy),
        "type of the loss": _type_of(loss),
        "type of the accuracy": _type_of(accuracy),
        "gradients recorded": model.record.gradients,
        "rounded": are_rounded([number(loss)]),
        "images in the model": seen,
        "second call": "as the first" if close(again, once_more, rtol=1e-6) else "goes on",
        "error reported": reports_errors(lambda: answer(_network_of(case), _refused(pairs))),
    }


def _refused(pairs: list[tuple[Tensor, Tensor]]) -> list[tuple[Tensor, Tensor]]:
    """Return batches of which the network refuses the second."""
    images, labels = pairs[0]
    return [(images, labels), (images[..., :3], labels)]


def _by_batch(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean loss, the number of hits and the number of images of each batch."""
    size, labels = case["batch size"], _tensors(case)[1]
    tried = list(zip(_logits(case).split(size), labels.split(size), strict=True))
    losses = [F.cross_entropy(logits, labels).item() for logits, labels in tried]
    hits = [(logits.argmax(1) == labels).sum().item() for logits, labels in tried]
    return np.array(losses), np.array(hits), np.array([len(labels) for _, labels in tried])


def _evaluate_in_training_mode(model: nn.Module, batches: Pairs) -> tuple[float, float]:
    loss, hits, count = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in batches:
            logits = model.train()(images)
            loss += F.cross_entropy(logits, labels, reduction="sum").item()
            hits += (logits.argmax(1) == labels).sum().item()
            count += len(labels)
    return loss / count, hits / count


def _first_batch_only(got: Observation, want: Observation, case: Case) -> bool:
    losses, hits, sizes = _by_batch(case)
    of_the_first = close(got["loss"], losses[0]) and close(got["accuracy"], hits[0] / sizes[0])
    return of_the_first and not close(got["loss"], want["loss"])


def _last_batch_only(got: Observation, want: Observation, case: Case) -> bool:
    """Say whether a sum, or both, hold no more than the last batch."""
    losses, hits, sizes = _by_batch(case)
    last, total = sizes[-1], sizes.sum()
    loss_of_last = any(close(got["loss"], losses[-1] * last / n) for n in (last, total))
    hits_of_last = any(close(got["accuracy"], hits[-1] / n) for n in (last, total))
    return (loss_of_last and (hits_of_last or close(got["accuracy"], want["accuracy"]))) or (
        hits_of_last and close(got["loss"], want["loss"])
    )


def _last_batch_missing(got: Observation, want: Observation, case: Case) -> bool:
    losses, hits, sizes = (values[:-1] for values in _by_batch(case))
    loss, accuracy = (losses * sizes).sum() / sizes.sum(), hits.sum() / sizes.sum()
    return close(got["loss"], loss) and close(got["accuracy"], accuracy)


def _mean_of_batch_means(got: Observation, want: Observation, case: Case) -> bool:
    losses, hits, sizes = _by_batch(case)
    return any(
        close(got[item], mean) and not close(mean, want[item])
        for item, mean in (("loss", losses.mean()), ("accuracy", (hits / sizes).mean()))
    )


def _batch_means_by_images(got: Observation, want: Observation, case: Case) -> bool:
    losses, hits, sizes = _by_batch(case)
    return close(got["loss"], losses.sum() / sizes.sum()) or close(
        got["accuracy"], (hits / sizes).sum() / sizes.sum()
    )


def _divided_by_batches(got: Observation, want: Observation, case: Case) -> bool:
    _, _, sizes = _by_batch(case)
    return any(close(got[item], sizes.mean() * want[item]) for item in ("loss", "accuracy"))


def _compared_as_a_table(want: Observation, case: Case) -> float:
    """Return the accuracy if predictions (N, 1) are compared with labels (N,)."""
    size, (_, labels) = case["batch size"], _tensors(case)
    pairs = zip(_logits(case).argmax(1).split(size), labels.split(size), strict=True)
    hits = sum((predicted[:, None] == labels).sum().item() for predicted, labels in pairs)
    return hits / len(labels)


def _loss_of_probabilities(want: Observation, case: Case) -> float:
    return F.cross_entropy(_logits(case).softmax(dim=1), _tensors(case)[1]).item()


def _logarithm_of_softmax(got: Observation, want: Observation, case: Case) -> bool:
    """Say whether the loss is infinite, or what a small number under the logarithm makes of it."""
    _, labels = _tensors(case)
    probabilities = _logits(case).softmax(dim=1)[range(len(labels)), labels]
    losses = [
        -torch.log(probabilities + small).mean().item()
        for small in (0, *(10.0**power for power in range(-15, -4)))
    ]
    return any(close(got["loss"], loss) and not close(loss, want["loss"]) for loss in losses)


EVALUATE = Exercise(
    id="3-2",
    points=4,
    names=("evaluate",),
    reference=training.evaluate,
    cases=_ragged_cases,
    probe=_probe_evaluate,
    items={
        "loss": Sentence(ja="損失", en="the loss"),
        "accuracy": Sentence(ja="正解率", en="the accuracy"),
        "type of the loss": Sentence(ja="損失の型", en="the type of the loss"),
        "type of the accuracy": Sentence(ja="正解率の型", en="the type of the accuracy"),
        "gradients recorded": Sentence(ja="勾配の記録", en="the recording of gradients"),
        "second call": Sentence(ja="2 回目の呼び出し", en="the second call"),
        "error reported": ERROR_REPORTED["error reported"],
        **_IMAGES_ITEM,
    },
    hints=(
        _INPUTS_CHANGED,
        _FROZEN,
        _LOSS_NEEDS_LOGITS,
        _LOSS_OF_LIKE_SHAPES,
        hint(
            "compared_as_one",
            says("'bool' object has no attribute"),
            ja="予測とラベルを比べた結果が、画像ごとではなく 1 つの True か False です。"
            "予測は、ラベルと同じ形のテンソルですか。max(dim=1) が返すのは、値と番号の組です。",
            en="Comparing predictions with labels gives a single True or False, not one for "
            "each image. Are the predictions a tensor shaped like the labels? max(dim=1) "
            "returns a pair of values and indices.",
        ),
        hint(
            "no_list",
            says("'Batches' object is not subscriptable"),
            ja="batches は、リストとは限りません。番号を付けて取り出さず、for で順に取り出しましょう。",
            en="batches is not always a list. Take its items one after another with for, not "
            "by index.",
        ),
        hint(
            "list_without_attributes",
            says(r"'(?:list|Batches)' object has no attribute '(?:dataset|labels|images)'"),
            ja="batches は、ただのリストのこともあります。画像の枚数は、ループの中で数えましょう。",
            en="batches can be a plain list. Count the images in the loop.",
        ),
        _TEN_CLASSES,
        NOT_THE_ARGUMENTS,
        _OTHER_MODEL,
        _OTHER_IMAGES,
        Hint("results_kept", equals("second call", "goes on"), _RESULTS_KEPT),
        hint(
            "logarithm_of_softmax",
            _logarithm_of_softmax,
            ja="ロジットが大きいと、確率が 0 に丸められ、その対数から正しい損失が求められません。"
            "F.cross_entropy に、ロジットをそのまま渡しましょう。",
            en="With large logits, a probability is rounded to 0, and its logarithm does not "
            "give the right loss. Give the logits to F.cross_entropy as they are.",
        ),
        hint(
            "first_batch_only",
            _first_batch_only,
            ja="最初のバッチの分しかありません。return や break がループの中に入っていませんか。",
            en="Only the first batch is counted. Is return, or a break, inside the loop?",
        ),
        hint(
            "last_batch_only",
            _last_batch_only,
            ja="最後のバッチの分しか残っていません。合計は、ループの前に 0 から始め、ループの中で足していきましょう。",
            en="Only the last batch is left. Start the sums at 0 before the loop, and add to them "
            "in it.",
        ),
        hint(
            "last_batch_missing",
            _last_batch_missing,
            ja="最後のバッチが入っていません。小さいバッチも、捨てずに数えましょう。",
            en="The last batch is missing. Count it, too, although it is smaller.",
        ),
        hint(
            "no_eval_mode",
            _as_if(_probe_evaluate, _evaluate_in_training_mode, "loss", "accuracy"),
            ja="学習モードのまま評価しています。ループの前に model.eval() と、() まで書きましたか。",
            en="The model is evaluated in training mode. Did you write model.eval() before "
            "the loop, including the ()?",
        ),
        hint(
            "percent",
            like("accuracy", lambda want, case: 100 * want["accuracy"]),
            ja="正解率は百分率ではなく、0 から 1 の数で返しましょう。",
            en="Return the accuracy as a number from 0 to 1, not in percent.",
        ),
        hint(
            "count",
            like("accuracy", lambda want, case: len(case["labels"]) * want["accuracy"]),
            ja="正解率ではなく、当たった枚数のままです。全体の枚数で割りましょう。",
            en="That is the number of hits, not the accuracy. Divide by the number of images.",
        ),
        hint(
            "sum_of_losses",
            like("loss", lambda want, case: len(case["labels"]) * want["loss"]),
            ja="損失が、平均ではなく和のままです。全体の枚数で割りましょう。",
            en="That is the sum of the losses, not their mean. Divide by the number of images.",
        ),
        hint(
            "swapped",
            lambda got, want, case: close(
                [got["loss"], got["accuracy"]], [want["accuracy"], want["loss"]]
            ),
            ja="順序が違います。損失、正解率の順に返しましょう。",
            en="The order is wrong. Return the loss first, then the accuracy.",
        ),
        hint(
            "divided_by_batches",
            _divided_by_batches,
            ja="割っている数が、バッチの数です。画像の枚数で割りましょう。",
            en="You divide by the number of batches. Divide by the number of images.",
        ),
        hint(
            "mean_of_batch_means",
            _mean_of_batch_means,
            ja="バッチごとの平均を、さらに平均しています。最後のバッチは小さいので、その画像だけ重く数えられます。"
            "画像ごとの和を全体の枚数で割りましょう。",
            en="You average the means of the batches. The last batch is smaller, so its "
            "images count more. Divide the sum over all images by their number.",
        ),
        hint(
            "batch_means_by_images",
            _batch_means_by_images,
            ja="バッチごとの値は、すでに平均です。それを足して全体の枚数で割ると、小さくなりすぎます。"
            "足すのは、画像ごとの和です。",
            en="Each batch already gives a mean. The sum of these means divided by the number "
            "of images is too small. Add up the sums over the images instead.",
        ),
        hint(
            "softmax_before_loss",
            like("loss", _loss_of_probabilities),
            ja="損失の前に softmax をかけています。交差エントロピーには、ロジットをそのまま渡します。",
            en="There is a softmax before the loss. Cross-entropy takes the logits as they are.",
        ),
        hint(
            "error_rate",
            like("accuracy", lambda want, case: 1 - want["accuracy"]),
            ja="当たった割合ではなく、外れた割合になっています。",
            en="That is the share of misses, not of hits.",
        ),
        hint(
            "compared_as_a_table",
            like("accuracy", _compared_as_a_table),
            ja="予測の形が (N, 1) なので、ラベル (N,) との比較が (N, N) の表になっています。予測も (N,) にしましょう。",
            en="Your predictions are (N, 1), so comparing them with labels (N,) makes a table "
            "(N, N). Make the predictions (N,), too.",
        ),
        hint(
            "tensors_returned",
            any_of(
                *(
                    lambda got, want, case, item=item: got[item].startswith("Tensor")
                    for item in ("type of the loss", "type of the accuracy")
                )
            ),
            ja="損失か正解率が、テンソルのままです。.item() で Python の数値にしましょう。",
            en="The loss or the accuracy is still a tensor. .item() turns it into a number.",
        ),
        _ROUNDED,
        hint(
            "gradients_recorded",
            equals("gradients recorded", True),
            ja="モデルの計算で、勾配を記録しています。評価では使わないので、torch.no_grad() で止めましょう。",
            en="The model is called while gradients are recorded. Evaluation does not use "
            "them: stop the recording with torch.no_grad().",
        ),
        ERROR_SWALLOWED,
    ),
)


# --- 3-3 ----------------------------------------------------------------------------------------
def overfit_one_batch(model: nn.Module, images: Tensor, labels: Tensor, steps: int) -> list[float]:
    """Train on one batch again and again (SGD, lr 0.1, momentum 0.9); return the losses."""
    return _overfit_with(optim.SGD, lr=0.1, momentum=0.9)(model, images, labels, steps)


def _overfit_with(
    optimizer: type[optim.Optimizer],
    step: Callable[..., float] = training.train_step,
    **settings: Any,
) -> Callable[[nn.Module, Tensor, Tensor, int], list[float]]:
    """Return an answer with some optimiser and some training step."""

    def overfit(model: nn.Module, images: Tensor, labels: Tensor, steps: int) -> list[float]:
        used = optimizer(model.parameters(), **settings)
        criterion = nn.CrossEntropyLoss()
        return [step(model, images, labels, criterion, used) for _ in range(steps)]

    return overfit


_RISE = 0.005
"""By how much a loss of the last case rises, so that rounding does not decide whether it does."""


def _overfit_cases(rng: np.random.Generator) -> list[Case]:
    """Give batches to learn, then images that come twice, with two labels: the loss rises at times.

    The first pixel is always 0, so that its weights move by weight decay alone.
    """
    sizes = {30: 12, 7: 130, 60: 4}
    return [
        *(
            {**_without_first_pixel(_small_batch(rng, size)), "steps": steps}
            for steps, size in sizes.items()
        ),
        _case_of_rising_losses(rng),
    ]


def _without_first_pixel(batch: Case) -> Case:
    batch["images"][:, :, 0, 0] = 0
    return batch


def _case_of_rising_losses(rng: np.random.Generator) -> Case:
    while True:
        batch = _without_first_pixel(_small_batch(rng, 2))
        labels = np.concatenate([batch["labels"], (batch["labels"] + 1) % 10])
        case = {"images": np.concatenate([batch["images"]] * 2), "labels": labels, "steps": 60}
        losses = overfit_one_batch(SmallNetwork(), *_tensors(case), case["steps"])
        if _rises(losses, by=_RISE):
            return case


def _rises(losses: list[float], by: float) -> bool:
    return max(np.diff(losses), default=0) > by


def _probe_overfit(answer: type(overfit_one_batch), case: Case) -> Observation:
    images, labels = _tensors(case)
    model = watch(SmallNetwork())
    losses = answer(model, images, labels, case["steps"])
    if isinstance(losses, Real) or getattr(losses, "ndim", 1) == 0:
        return {"number of losses": 1}
    if losses is not None and not hasattr(losses, "__getitem__"):
        # A generator, of which later cells could not take the last loss.
        raise AnswerError("not a number", type=type(losses).__name__)
    count = len(losses)
    types = {_type_of(loss) for loss in losses}
    numbers = [number(losses[place]) for place in range(count)]
    seen = model.record.compared_with(images)
    again = answer(SmallNetwork(), images, labels, 2)
    return {
        "number of losses": count,
        "first losses": numbers[:4],
        "losses": numbers,
        "rises": _rises(numbers, by=_RISE / 2),
        "rounded": count > 1 and are_rounded(numbers),
        "gradients kept": "Tensor with its graph" in types,
        "type of the losses": type(losses).__name__,
        "type of a loss": "Tensor" if types - {"float"} else "float",
        "second call": "goes on" if len(again) == count + 2 else "as the first",
        "weight decay": not close(_first_column(model), _first_column(SmallNetwork()), rtol=1e-6),
        "training": _training_of(model),
        "images in the model": seen,
    }


def _first_column(model: SmallNetwork) -> np.ndarray:
    """Return the weights of the first pixel."""
    return array(model.layers[1].weight[:, 0])


def _training_of(model: SmallNetwork) -> str:
    if not torch.equal(model.layers[4].weight, SmallNetwork().layers[4].weight):
        return "weights move"
    has_gradients = any(weight.grad is not None for weight in model.parameters())
    return "weights have gradients" if has_gradients else "weights stay"


def _never_changes(got: Observation, want: Observation, case: Case) -> bool:
    return len(got["first losses"]) > 1 and close(
        got["first losses"], got["first losses"][:1] * len(got["first losses"]), rtol=1e-6
    )


def _steps_as(mistaken: Callable) -> Recogniser:
    """Recognise that the losses begin as those of a mistaken answer."""

    def probe_its_beginning(answer: Callable, case: Case) -> Observation:
        return _probe_overfit(answer, case | {"steps": 4})

    return _as_if(probe_its_beginning, mistaken, "first losses")


_OTHER_OPTIMIZERS = (
    *(_overfit_with(optim.SGD, lr=rate, momentum=0.9) for rate in (1, 0.01, 0.001)),
    *(_overfit_with(optim.SGD, lr=rate) for rate in (1, 0.01, 0.001)),
    *(_overfit_with(optim.Adam, lr=rate) for rate in (0.1, 0.01, 0.001)),
    *(_overfit_with(optim.SGD, lr=0.1, momentum=momentum) for momentum in (0.5, 0.99)),
    _overfit_with(optim.SGD, lr=0.9, momentum=0.1),
    _overfit_with(optim.SGD, lr=0.1, momentum=0.9, nesterov=True),
)


OVERFIT = Exercise(
    id="3-3",
    points=2,
    names=("overfit_one_batch",),
    reference=overfit_one_batch,
    cases=_overfit_cases,
    probe=_probe_overfit,
    items={
        "number of losses": Sentence(ja="損失の個数", en="the number of losses"),
        "first losses": Sentence(ja="最初の 4 回の損失", en="the first four losses"),
        "losses": Sentence(ja="損失", en="the losses"),
        "rises": Sentence(ja="損失の順序", en="the order of the losses"),
        "type of the losses": Sentence(ja="返した値の型", en="the type of what you return"),
        "type of a loss": Sentence(ja="損失の型", en="the type of the losses"),
        "second call": Sentence(ja="2 回目の呼び出し", en="the second call"),
        "weight decay": Sentence(ja="重みの減衰", en="the decay of weights"),
        "training": Sentence(ja="model の重み", en="the weights of model"),
        **_IMAGES_ITEM,
        "gradients kept": Sentence(
            ja="損失に残った勾配の記録", en="gradients kept with the losses"
        ),
    },
    hints=(
        _INPUTS_CHANGED,
        hint(
            "arguments_missing",
            says(r"train_step\(\) missing"),
            ja="train_step に渡す引数が足りません。model、images、labels、criterion、optimizer の 5 つです。",
            en="train_step is given too few arguments. It takes model, images, labels, criterion "
            "and optimizer.",
        ),
        hint(
            "arguments_swapped",
            says("'SGD' object is not callable"),
            ja="オプティマイザが、損失関数のところに渡っています。train_step の引数の順序を確かめましょう。",
            en="The optimizer is given where the loss function should be. Check the order of "
            "the arguments of train_step.",
        ),
        _NO_GRAPH,
        NOT_THE_ARGUMENTS,
        _OTHER_MODEL,
        _OTHER_IMAGES,
        _PART_OF_THE_IMAGES,
        Hint("results_kept", equals("second call", "goes on"), _RESULTS_KEPT),
        hint(
            "one_number",
            equals("number of losses", 1),
            ja="損失が 1 個しかありません。毎回の損失をリストに入れ、ループの後で返しましょう。",
            en="There is only one loss. Put the loss of every step in a list, and return the "
            "list after the loop.",
        ),
        hint(
            "optimizer_of_another_model",
            equals("training", "weights have gradients"),
            ja="勾配は求められていますが、model の重みが動きません。オプティマイザに、別のモデルの重みが入っています。"
            "関数の中で、引数の model の parameters() から作りましょう。",
            en="There are gradients, but the weights of model do not move: the optimizer "
            "holds those of another model. Make it in your function, from parameters() of "
            "the argument model.",
        ),
        hint(
            "no_learning",
            _never_changes,
            ja="損失がまったく変わりません。重みを動かす train_step を、毎回呼んでいますか。",
            en="The loss never changes. Do you call train_step, which moves the weights, each time?",
        ),
        hint(
            "no_momentum",
            _steps_as(_overfit_with(optim.SGD, lr=0.1)),
            ja="モーメンタムが働いていません。オプティマイザに渡したか、作るのがループの外の 1 回だけかを確かめましょう。",
            en="Momentum does not work. Is it given to the optimizer, and is the optimizer "
            "made only once, outside the loop?",
        ),
        hint(
            "other_optimizer",
            any_of(*map(_steps_as, _OTHER_OPTIMIZERS)),
            ja="問題文のものと違うオプティマイザの歩みです。種類、学習率、モーメンタムを、もう一度確かめましょう。",
            en="The optimizer is not the one that the task asks for. Check its kind, its "
            "learning rate, and its momentum.",
        ),
        hint(
            "no_zero_grad",
            _steps_as(_overfit_with(optim.SGD, _step_without_clearing, lr=0.1, momentum=0.9)),
            ja="前の勾配が残っています。問 3-1 の train_step を使うか、毎回 zero_grad() を呼びましょう。",
            en="Gradients of the previous step are left over. Use train_step from Exercise "
            "3-1, or call zero_grad() every time.",
        ),
        hint(
            "weight_decay",
            equals("weight decay", True),
            ja="勾配がない重みまで、動いています。オプティマイザに、問題文にない設定（weight_decay など）を渡していませんか。",
            en="Even weights without a gradient move. Did you give the optimizer a setting "
            "that the task does not name, such as weight_decay?",
        ),
        hint(
            "gradients_kept",
            equals("gradients kept", True),
            ja="損失がテンソルのままで、1 回ごとの計算の記録がメモリに残ります。loss.item() で数値にしましょう。",
            en="The losses are tensors that keep the computation of every step in memory. "
            "loss.item() turns each into a number.",
        ),
        _ROUNDED,
        hint(
            "sorted",
            lambda got, want, case: (
                want["rises"]
                and not got["rises"]
                and close(got["losses"], sorted(got["losses"], reverse=True))
            ),
            ja="損失は、毎回下がるとは限りません。並べ替えず、起きた順のまま返しましょう。",
            en="A loss does not fall at every step. Return the losses in the order in which they "
            "came, not sorted.",
        ),
        hint(
            "no_list",
            lambda got, want, case: got["type of the losses"] in ("Tensor", "ndarray", "tuple"),
            ja="損失が、リストになっていません。数値のリストを、そのまま返しましょう。",
            en="The losses are not a list. Return the list of numbers as it is.",
        ),
        hint(
            "tensors_in_the_list",
            equals("type of a loss", "Tensor"),
            ja="リストの中の損失が、テンソルのままです。.item() で Python の数値にしましょう。",
            en="The losses in the list are still tensors. .item() turns each into a number.",
        ),
        hint(
            "another_model_trained",
            lambda got, want, case: got[WEIGHTS] is False,
            ja="受け取った model の重みが動いていません。写しや新しいモデルではなく、model そのものを学習させましょう。",
            en="The weights of model do not move. Train model itself, not a copy or a new one.",
        ),
    ),
    rtol=1e-2,
    atol=1e-3,
)


# --- 3-4 ----------------------------------------------------------------------------------------
class OtherNetwork(nn.Module):
    """A network whose weights have the shapes and the order of SmallNetwork, but other names."""

    def __init__(self) -> None:
        super().__init__()
        self.network = SmallNetwork().layers

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (N, 10) for images (N, 1, 28, 28)."""
        return self.network(x)


class _Trap:
    """Stands for a stranger's pickle: reading it runs code, which here only leaves a mark."""

    sprung = False

    def __reduce__(self) -> tuple:
        return (_spring_trap, ())


def _spring_trap() -> dict:
    _Trap.sprung = True
    return {}


def _weight_cases(rng: np.random.Generator) -> list[Case]:
    names = ("weights.pt", "trained model")
    return [{"shift": float(rng.uniform(1, 2)), "file name": name} for name in names]


def _probe_save_and_load(answer: tuple, case: Case) -> Observation:
    save_weights, load_weights = answer
    source, target = SmallNetwork(), SmallNetwork()
    for values in _states(source):
        values.add_(case["shift"])
    with tempfile.TemporaryDirectory() as folder:
        # Later cells give text.
        path, strange = f"{folder}/{case['file name']}", f"{folder}/strange.pt"
        kept = _all_weights(source)
        save_weights(source, path)
        content = _content_of(Path(path), source)
        if content != "weights":
            return {"file": content}
        load_weights(watch(target), path)
        torch.save(_Trap(), strange)
        accepted = _accepts_other_names(save_weights, load_weights, f"{folder}/other.pt")
        obeyed = _runs_strange_code(load_weights, strange)
    return {
        "file": content,
        "saved model": "unchanged" if close(_all_weights(source), kept) else "changed",
        "weights after loading": _all_weights(target),
        "weights of another model": "accepted" if accepted else "refused",
        "runs strange code": obeyed,
    }


def _accepts_other_names(save_weights: Callable, load_weights: Callable, path: str) -> bool:
    save_weights(OtherNetwork(), path)
    try:
        load_weights(SmallNetwork(), path)
    except Exception:
        return False
    return True


def _states(model: nn.Module) -> list[Tensor]:
    """Return weights and running statistics, to be read and written in place."""
    return [values for values in model.state_dict().values() if values.is_floating_point()]


def _all_weights(model: nn.Module) -> np.ndarray:
    return array(torch.cat([values.flatten() for values in _states(model)]))


def _content_of(path: Path, model: nn.Module) -> str:
    if not path.exists():
        return "nothing"
    try:
        state = torch.load(path, weights_only=True)
    except Exception:
        return _content_beyond_weights(path)
    saved = [values for values in _tensors_in(state) if values.is_floating_point()]
    if len(saved) < len(_states(model)):
        return "too few weights"
    shapes = {values.shape for values in saved}
    return "weights" if shapes >= {values.shape for values in _states(model)} else "another model"


def _content_beyond_weights(path: Path) -> str:
    if not zipfile.is_zipfile(path):
        return "not by torch.save"
    with zipfile.ZipFile(path) as archive:
        if not any(name.endswith("data.pkl") for name in archive.namelist()):
            return "not by torch.save"
    # The answer wrote this file a moment ago, in this process.
    content = torch.load(path, weights_only=False)
    if isinstance(content, nn.Module):
        return "a whole model"
    return "a method" if callable(content) else "more than weights"


def _tensors_in(state: Any) -> Iterator[Tensor]:
    if isinstance(state, Tensor):
        yield state
    elif isinstance(state, dict | list | tuple):
        for part in state.values() if isinstance(state, dict) else state:
            yield from _tensors_in(part)


def _runs_strange_code(load_weights: type(training.load), path: str) -> bool:
    _Trap.sprung = False
    try:
        load_weights(SmallNetwork(), path)
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
        "file": Sentence(ja="ファイルの中身", en="what the file holds"),
        "saved model": Sentence(ja="保存した後のモデル", en="the model that was saved"),
        "weights after loading": Sentence(ja="読み込んだ重み", en="the weights after loading"),
        "weights of another model": Sentence(
            ja="名前の違う重みの読み込み", en="the reading of weights with other names"
        ),
        "runs strange code": Sentence(
            ja="見知らぬファイルの読み込み", en="the reading of a stranger's file"
        ),
    },
    hints=(
        hint(
            "save_arguments_swapped",
            says(r"expected 'f' to be string, path, or a file-like object"),
            ja="torch.save の 2 つ目の引数が、ファイルの場所ではありません。保存するもの、場所の順に渡します。",
            en="The second argument of torch.save is not the path of a file. Pass first what "
            "to save, then where.",
        ),
        hint(
            "cannot_be_saved",
            says("cannot pickle"),
            ja="torch.save に渡したものは、保存できない種類の値です。model.state_dict() の、名前とテンソルの辞書を保存しましょう。",
            en="What you give to torch.save is of a kind that cannot be saved. Save the "
            "dictionary of names and tensors from model.state_dict().",
        ),
        hint(
            "path_loaded_as_weights",
            says("Expected state_dict to be dict-like, got"),
            ja="load_state_dict に、辞書でないものを渡しています。渡すのは、torch.load が読み込んだ重みの辞書です。",
            en="load_state_dict is given something that is not a dictionary. Pass the "
            "dictionary of weights that torch.load has read.",
        ),
        hint(
            "another_model_loaded",
            any_of(
                lambda got, want, case: (
                    "SmallNetwork"
                    not in re.search(r"loading state_dict for (\w+)", got["error"])[1]
                ),
                equals("file", "another model"),
            ),
            ja="受け取った model ではないモデルの重みを、保存するか読み込むかしています。"
            "新しいモデルやノートブックの変数ではなく、引数の model を使いましょう。",
            en="You save or load the weights of another model than the one you are given. Use "
            "the argument model, not a new model or a variable of the notebook.",
        ),
        hint(
            "nothing_saved",
            equals("file", "nothing"),
            ja="path にファイルができていません。torch.save に path を渡しましょう。",
            en="There is no file at path. Give path to torch.save.",
        ),
        hint(
            "whole_model_saved",
            equals("file", "a whole model"),
            ja="モデルがまるごと入っています。torch.save で、state_dict だけを保存しましょう。",
            en="The file holds the whole model. Save its state_dict only.",
        ),
        hint(
            "state_dict_not_called",
            equals("file", "a method"),
            ja="重みではなく、メソッドそのものが入っています。state_dict の後に () を書きましたか。",
            en="The file holds a method instead of weights. Did you write () after state_dict?",
        ),
        hint(
            "more_than_weights",
            equals("file", "more than weights"),
            ja="ファイルに、テンソルや数のほかのものも入っています。モデルそのものは入れず、state_dict() を保存しましょう。",
            en="The file holds more than tensors and numbers. Leave the model itself out and save "
            "its state_dict().",
        ),
        hint(
            "saving_changes_the_model",
            equals("saved model", "changed"),
            ja="保存しただけなのに、モデルの重みが変わっています。保存の関数では、モデルを変えません。",
            en="Saving has changed the weights of the model. It must leave the model as it is.",
        ),
        hint(
            "too_few_weights",
            equals("file", "too few weights"),
            ja="ファイルの中の重みが足りません。state_dict() には、層の重みのほか、バッチ正規化が記録した平均と分散も入っています。",
            en="The file holds too few weights. state_dict() has those of all layers, and the "
            "means and variances that batch normalization recorded.",
        ),
        hint(
            "not_by_torch_save",
            equals("file", "not by torch.save"),
            ja="torch.save で作ったファイルではありません。問題文のとおり、torch.save と torch.load を使いましょう。",
            en="The file was not made by torch.save. Use torch.save and torch.load, as the task "
            "says.",
        ),
        hint(
            "runs_strange_code",
            equals("runs strange code", True),
            ja="見知らぬ pickle の中のプログラムが動いてしまいました。weights_only=True で読みましょう。",
            en="The program in a stranger's pickle was run. Read with weights_only=True.",
        ),
        hint(
            "names_ignored",
            lambda got, want, case: (
                got["weights of another model"] == "accepted"
                and close(got["weights after loading"], want["weights after loading"])
            ),
            ja="重みの名前がモデルと合わないファイルを読んでも、エラーになりません。"
            "strict=False にする、エラーを捨てる、順に写す、のどれかをしていませんか。名前を照らし合わせる "
            "load_state_dict に、そのまま任せましょう。",
            en="A file whose names do not match those of the model is loaded without an "
            "error. Do you set strict=False, ignore the error, or copy by order? Leave it "
            "to load_state_dict, which compares the names.",
        ),
        hint(
            "not_loaded",
            lambda got, want, case: close(
                got["weights after loading"], _all_weights(SmallNetwork())
            ),
            ja="モデルの重みが、読み込む前のままです。load_state_dict を、受け取った model に対して呼びましたか。",
            en="The model's weights are as before. Did you call load_state_dict of the model that "
            "was given?",
        ),
    ),
)


# --- 3-5 ----------------------------------------------------------------------------------------
def _prediction_cases(rng: np.random.Generator) -> list[Case]:
    """Give a batch, a single image, and logits so far apart that probabilities become 0 and 1."""
    far_apart = _small_batch(rng, 5, contrast=300, classes=_MORE_CLASSES)
    return [_small_batch(rng, 130), _small_batch(rng, 1), far_apart]


def _probe_predict(answer: type(training.predict), case: Case) -> Observation:
    images, _ = _tensors(case)
    model = watch(_network_of(case).train())
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        labels, probabilities = map(tensor, several(answer(model, images)))
    guessed = any("Implicit dimension choice" in str(warning.message) for warning in noted)
    return {
        "labels": array(labels),
        "type of the labels": "float" if labels.is_floating_point() else "int",
        "probabilities": array(probabilities),
        "gradients recorded": model.record.gradients or probabilities.requires_grad,
        "axis of softmax": "guessed" if guessed else "given",
        "images in the model": model.record.compared_with(images),
    }


def _predict_in_training_mode(model: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        probabilities = model.train()(images).softmax(dim=1)
    return probabilities.argmax(dim=1), probabilities


def _in_place_of_softmax(function: Callable[[Tensor], Tensor]) -> Recogniser:
    return like("probabilities", lambda want, case: array(function(_logits(case))))


PREDICT = Exercise(
    id="3-5",
    points=2,
    names=("predict",),
    reference=training.predict,
    cases=_prediction_cases,
    probe=_probe_predict,
    items={
        "labels": Sentence(ja="予測したクラス", en="the predicted classes"),
        "type of the labels": Sentence(ja="クラスの型", en="the type of the classes"),
        "probabilities": Sentence(ja="確率", en="the probabilities"),
        "gradients recorded": Sentence(ja="勾配の記録", en="the recording of gradients"),
        "axis of softmax": Sentence(ja="softmax の軸", en="the axis of softmax"),
        **_IMAGES_ITEM,
    },
    hints=(
        _INPUTS_CHANGED,
        _FROZEN,
        _TEN_CLASSES,
        NOT_THE_ARGUMENTS,
        _OTHER_MODEL,
        _OTHER_IMAGES,
        hint(
            "softmax_not_made",
            says("dim must be an int or None"),
            ja="nn.Softmax には、先に軸 dim を渡して層を作り、もう 1 組の () でロジットを渡します。",
            en="First make the layer with an axis, nn.Softmax(dim=…); then pass the logits in "
            "a second pair of ().",
        ),
        hint(
            "softmax_without_axis",
            any_of(
                says(r"softmax\(\) missing 1 required positional"),
                equals("axis of softmax", "guessed"),
            ),
            ja="softmax に、どの軸で計算するかを dim= で渡しましょう。",
            en="Tell softmax with dim= along which axis to compute.",
        ),
        hint(
            "swapped",
            like("labels", lambda want, case: want["probabilities"]),
            ja="順序が違います。予測したクラス、確率の順に返しましょう。",
            en="The order is wrong. Return the predicted classes first, then the probabilities.",
        ),
        hint(
            "pair_of_max",
            lambda got, want, case: (
                (got.get("error"), got.get("name")) == ("a pair", "max")
                or close(got["labels"], want["probabilities"].max(axis=1))
            ),
            ja="max(dim=1) が返すのは、最大の値と、その番号の組です。要るほうだけを取り出しましょう。",
            en="max(dim=1) returns a pair: the highest values and their indices. Take the "
            "part that you need.",
        ),
        hint(
            "only_the_highest",
            like("probabilities", lambda want, case: want["probabilities"].max(axis=1)),
            ja="最大の確率だけでなく、全クラスの確率 (N, クラス数) を返しましょう。",
            en="Return the probabilities of all classes, (N, classes), not only the highest.",
        ),
        hint(
            "single_image_squeezed",
            lambda got, want, case: (
                len(case["images"]) == 1
                and (has_shape("labels", lambda want: ())(got, want, case))
                and (close(got["labels"], want["labels"][0]))
            ),
            ja="画像が 1 枚だけのときに、N の軸まで消えています。1 枚でも、クラスの形は (1,)、確率の形は (1, クラス数) です。",
            en="With a single image, the axis N is lost, too. Even then, the classes have "
            "shape (1,) and the probabilities (1, classes).",
        ),
        hint(
            "exponentials_overflow",
            lambda got, want, case: np.isnan(got["probabilities"]).any(),
            ja="確率に nan（数でない値）があります。大きなロジットの exp は、無限大になります。"
            "計算の順を工夫してある softmax を使いましょう。",
            en="There is nan, not a number, among the probabilities: exp of a large logit is "
            "infinite. Use softmax, which avoids that.",
        ),
        hint(
            "no_eval_mode",
            _as_if(_probe_predict, _predict_in_training_mode, "probabilities"),
            ja="学習モードのまま予測しています。先に model.eval() と、() まで書きましたか。",
            en="The model predicts in training mode. Did you write model.eval(), including the ()?",
        ),
        hint(
            "softmax_over_the_batch",
            _in_place_of_softmax(lambda logits: logits.softmax(dim=0)),
            ja="バッチの方向に softmax をかけています。クラスの軸は dim=1 です。",
            en="The softmax runs over the batch. The classes are along dim=1.",
        ),
        hint(
            "no_softmax",
            _in_place_of_softmax(lambda logits: logits),
            ja="確率ではなく、ロジットのままです。ロジットに softmax をかけましょう。",
            en="Those are logits, not probabilities. Apply softmax to the logits.",
        ),
        hint(
            "sigmoid",
            _in_place_of_softmax(torch.sigmoid),
            ja="sigmoid はクラスごとに別々の計算なので、和が 1 になりません。クラスどうしを比べる softmax を使いましょう。",
            en="sigmoid treats each class separately, so the sum is not 1. Use softmax, which "
            "compares the classes with each other.",
        ),
        hint(
            "log_softmax",
            _in_place_of_softmax(lambda logits: logits.log_softmax(dim=1)),
            ja="確率ではなく、確率の対数です。log のない softmax を使いましょう。",
            en="Those are logarithms of probabilities. Use softmax without the log.",
        ),
        hint(
            "softmax_twice",
            _in_place_of_softmax(lambda logits: logits.softmax(dim=1).softmax(dim=1)),
            ja="softmax を 2 回かけています。1 回で確率になります。",
            en="softmax is applied twice. Once is enough to get probabilities.",
        ),
        hint(
            "percent",
            like("probabilities", lambda want, case: 100 * want["probabilities"]),
            ja="確率は百分率ではなく、0 から 1 の数で返しましょう。",
            en="Return the probabilities as numbers from 0 to 1, not in percent.",
        ),
        hint(
            "labels_as_floats",
            lambda got, want, case: (
                got["type of the labels"] == "float" and close(got["labels"], want["labels"])
            ),
            ja="クラスが小数です。argmax の結果は整数なので、そのまま返しましょう。",
            en="The classes are floats. argmax gives whole numbers: return them as they are.",
        ),
        hint(
            "gradients_recorded",
            equals("gradients recorded", True),
            ja="モデルの計算で、勾配を記録しています。予測では使わないので、torch.no_grad() で止めましょう。",
            en="The model is called while gradients are recorded. Prediction does not use "
            "them: stop the recording with torch.no_grad().",
        ),
    ),
)
