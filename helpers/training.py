"""Training a network: the loop of notebook 03, evaluation and prediction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm.auto import tqdm

from helpers.errors import ModelError, ShapeError, require_range
from helpers.internal.devices import device, device_of
from helpers.internal.fitting import (
    NO_GRADIENT,
    Batch,
    batches_on,
    check_images,
    check_labels,
    check_model,
    checked_logits,
    fitting_batches,
    single_images_told,
)
from helpers.internal.memory import keep_freed_memory
from helpers.internal.modes import (
    evaluation_mode,
    forward_in_bfloat16,
    memory_format,
    training_flags_kept,
)
from helpers.internal.randomness import seeded
from helpers.internal.sentences import Sentence
from helpers.internal.weights import load, save
from helpers.internal.words import NO_IMAGES
from helpers.progress import progress_bar
from helpers.recipes import (
    FAST,
    ORIGINAL,
    Recipe,
    make_scheduler,
    random_flip,
    sgd_with_momentum,
)

__all__ = [
    "FAST",
    "ORIGINAL",
    "Batch",
    "History",
    "Recipe",
    "device",
    "evaluate",
    "evaluation_mode",
    "fit",
    "load",
    "predict",
    "random_flip",
    "save",
    "sgd_with_momentum",
    "train_step",
]

_INTERRUPTED = Sentence(
    ja="学習を中断しました。{epochs} エポック分の記録を返します。",
    en="Training was interrupted. The history of {epochs} epochs is returned.",
)
_PREDICTION_BATCH = 500


@dataclass
class History:
    """What a training run recorded.

    Attributes:
        recipe: Name of the recipe.
        train_loss: Mean loss of the training batches, a value an epoch, taken while training.
        valid_loss: Mean loss on the validation data after each epoch; empty without them.
        valid_accuracy: Accuracy in [0, 1] on the validation data after each epoch.
        seconds: Time each epoch took, validation included.
        interrupted: Whether the run was stopped by hand.
    """

    recipe: str
    train_loss: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    valid_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    interrupted: bool = False

    def add_epoch(
        self, train_loss: float, validation: tuple[float, float] | None, seconds: float
    ) -> None:
        """Note one finished epoch; ``validation`` is what :func:`evaluate` returned, if it ran."""
        self.train_loss.append(train_loss)
        if validation is not None:
            self.valid_loss.append(validation[0])
            self.valid_accuracy.append(validation[1])
        self.seconds.append(seconds)


@torch.inference_mode(False)
@torch.enable_grad()
def train_step(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: Optimizer,
) -> float:
    """Update the weights with one mini-batch and return its loss before the update.

    Args:
        model: Returns logits (N, classes). It is switched to training mode.
        images: (N, C, H, W).
        labels: (N,), int64.
        criterion: ``(logits, labels) -> loss``, such as ``nn.CrossEntropyLoss()``.
        optimizer: Holds the model's parameters.

    Raises:
        ModelError: No gradient gets from the loss to any weight.
    """
    model.train()
    optimizer.zero_grad()
    loss = criterion(model(images), labels)
    if not loss.requires_grad:
        raise ModelError(NO_GRADIENT)
    loss.backward()
    optimizer.step()
    return loss.item()


def evaluate(model: nn.Module, batches: Iterable[Batch]) -> tuple[float, float]:
    """Return mean cross-entropy and accuracy in [0, 1] over all images of ``batches``.

    Every image counts the same, in a ragged last batch too. Training flags are left as found.

    Args:
        model: Returns logits.
        batches: Pairs of images (N, C, H, W) and labels (N,), on any device.

    Raises:
        ShapeError: The images do not fit the model, or there are none; or ``batches`` are none.
        LabelError: The labels do not fit the images or the model's classes.
        ModelError, ProbabilityError: As :func:`predict`.
    """
    total_loss, correct, count = 0.0, 0, 0
    with torch.no_grad(), evaluation_mode(model):
        for images, labels in batches_on(device_of(model), batches):
            logits = checked_logits(model, images)
            check_labels(labels, images=len(images), classes=logits.shape[1])
            # In half precision a sum over a batch would be too coarse.
            total_loss += F.cross_entropy(logits.float(), labels, reduction="sum").item()
            correct += (logits.argmax(dim=1) == labels).sum().item()
            count += len(labels)
    if count == 0:
        raise ShapeError(NO_IMAGES)
    return total_loss / count, correct / count


@torch.inference_mode(False)
@torch.enable_grad()
def fit(
    model: nn.Module,
    train: Iterable[Batch],
    valid: Iterable[Batch] | None = None,
    *,
    recipe: Recipe = ORIGINAL,
    epochs: int | None = None,
    seed: int = 0,
    progress: bool = True,
) -> History:
    """Train a model in place and return what happened.

    The same seed gives the same weights on a CPU: it decides the order of the batches, the dropout
    and the augmentation, whether that draws from PyTorch, ``np.random`` or Python's ``random``. The
    caller's random state is left alone, that of ``train`` and ``valid`` too. An interrupt (the stop
    button) ends the training at once; the history of the finished epochs is returned.

    Args:
        model: Returns logits. It stays on its device, and its training flags as they are.
        train: Training batches, on any device: ``batches("MNIST")``, a DataLoader or any other
            iterable with a length.
        valid: Validation batches, looked at after every epoch.
        recipe: ``ORIGINAL`` or ``FAST``, or one of your own.
        epochs: Number of epochs; the recipe's if None.
        seed: Any integer.
        progress: Show a progress bar.

    Raises:
        ShapeError: As :func:`evaluate`; or a batch is a single image where batch normalisation
            needs more.
        LabelError: The labels do not fit the images or the model's classes.
        RangeError: ``epochs`` is below 0.
        ModelError: As :func:`predict`; or no gradient gets from the loss to any weight.
        ProbabilityError: As :func:`predict`.
    """
    check_model(model)
    epochs = recipe.epochs if epochs is None else epochs
    require_range("epochs", epochs, 0)
    keep_freed_memory()
    history = History(recipe.name)
    optimizer = recipe.optimizer(model.parameters(), lr=recipe.learning_rate)
    scheduler = make_scheduler(recipe, optimizer, total_steps=epochs * len(train))
    with (
        seeded(seed, train, valid),
        training_flags_kept(model),
        memory_format(model, recipe.channels_last),
    ):
        try:
            for epoch in range(1, epochs + 1):
                started = time.perf_counter()
                bar = progress_bar(train, show=progress, desc=f"{recipe.name} {epoch}/{epochs}")
                with forward_in_bfloat16(model, recipe.mixed_precision):
                    train_loss = train_epoch(model, bar, optimizer, scheduler, recipe.augment)
                validation = None if valid is None else evaluate(model, valid)
                history.add_epoch(train_loss, validation, time.perf_counter() - started)
        except KeyboardInterrupt:
            history.interrupted = True
            print(_INTERRUPTED.format(epochs=len(history.seconds)))
    return history


def train_epoch(
    model: nn.Module,
    bar: tqdm,
    optimizer: Optimizer,
    scheduler: torch.optim.lr_scheduler.LRScheduler,
    augment: Callable[[Tensor], Tensor],
) -> float:
    """Go once through the batches that the progress bar holds, a :func:`train_step` each.

    The images of every batch go through ``augment`` first.

    Returns:
        The mean of the batches' losses.

    Raises:
        ShapeError, LabelError, ModelError, ProbabilityError: As :func:`fit`.
    """
    running_loss, steps = 0.0, 0
    for images, labels in fitting_batches(model, batches_on(device_of(model), bar)):
        with single_images_told():
            running_loss += train_step(model, augment(images), labels, _loss, optimizer)
        scheduler.step()
        steps += 1
        bar.set_postfix(loss=f"{running_loss / steps:.3f}", refresh=False)
    if steps == 0:
        raise ShapeError(NO_IMAGES)
    return running_loss / steps


def _loss(logits: Tensor, labels: Tensor) -> Tensor:
    # In half precision the loss of many images would be too coarse.
    return F.cross_entropy(logits.float(), labels)


def predict(model: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """Return predicted labels (N,) and probabilities (N, classes) for images (N, C, H, W).

    The softmax that training leaves out is applied here. Results are on the images' device; the
    probabilities are float32.

    Raises:
        ShapeError: The images do not fit the model.
        ModelError: The model has lazy layers that have seen no image yet, or was made in
            ``torch.inference_mode``.
        ProbabilityError: The model returns probabilities already.
    """
    check_images(model, images)
    with torch.no_grad(), evaluation_mode(model):
        logits = torch.cat(
            [
                checked_logits(model, part.to(device_of(model)))
                for part in images.split(_PREDICTION_BATCH)
            ]
        )
    # The logits decide, as in evaluate: softmax can round two of them to the same probability.
    labels, probabilities = logits.argmax(dim=1), logits.float().softmax(dim=1)
    return labels.to(images.device), probabilities.to(images.device)
