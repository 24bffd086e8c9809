"""Training a network: the loop of notebook 03, evaluation, prediction, saving and loading."""

from __future__ import annotations

import os
import re
import textwrap
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer
from tqdm.auto import tqdm

from helpers import text
from helpers.errors import (
    DataError,
    LabelError,
    ModelError,
    ProbabilityError,
    ShapeError,
    require_range,
)
from helpers.memory import keep_freed_memory
from helpers.progress import progress_bar
from helpers.randomness import seeded

Batch = tuple[Tensor, Tensor]

_PREDICTION_BATCH = 500
_LONGEST_EXPLANATION = 200
_SAFETENSORS = ".safetensors"
_WRAPPERS = ("module.", "_orig_mod.")
"""What nn.DataParallel and torch.compile put before the names of the weights."""


def unchanged(images: Tensor) -> Tensor:
    """Return the images as they are: no augmentation."""
    return images


def random_flip(images: Tensor) -> Tensor:
    """Return images (N, C, H, W), each of them mirrored left to right with probability 1/2."""
    mirrored = torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5
    return torch.where(mirrored, images.flip(-1), images)


@dataclass(frozen=True)
class Recipe:
    """How to train: an optimiser, its learning rate, and how the rate moves.

    Attributes:
        name: For legends and tables.
        optimizer: Makes the optimiser from ``(parameters, lr=…)``.
        learning_rate: The rate, or its peak if ``one_cycle``.
        batch_size: The batch size that the rate was chosen for.
        epochs: Epochs if :func:`fit` is not told otherwise.
        one_cycle: Warm up to the peak and anneal to almost zero (Smith and Topin, "Super-
            Convergence", 2017) instead of keeping the rate constant.
        channels_last: Keep the channels of a pixel side by side in memory while training, which
            CPU and GPU convolutions prefer.
        mixed_precision: Compute in bfloat16 where the device is faster at it
            (:func:`is_fast_in_bfloat16`); the weights stay float32 (Micikevicius et al., "Mixed
            Precision Training", 2017).
        augment: Changes the images (N, C, H, W) of every training batch, such as
            :func:`random_flip`; by default not at all.
    """

    name: str
    optimizer: Callable[..., Optimizer]
    learning_rate: float
    batch_size: int
    epochs: int
    one_cycle: bool = False
    channels_last: bool = False
    mixed_precision: bool = False
    augment: Callable[[Tensor], Tensor] = unchanged


def sgd_with_momentum(parameters: Iterable[nn.Parameter], lr: float) -> Optimizer:
    """Return plain stochastic gradient descent with momentum 0.9."""
    return torch.optim.SGD(parameters, lr=lr, momentum=0.9)


ORIGINAL = Recipe("ORIGINAL", sgd_with_momentum, learning_rate=0.001, batch_size=100, epochs=10)
FAST = Recipe(
    "FAST",
    torch.optim.Adam,
    learning_rate=0.01,
    batch_size=128,
    epochs=3,
    one_cycle=True,
    channels_last=True,
    mixed_precision=True,
)


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


def device() -> torch.device:
    """Return the fastest device of this machine: CUDA, else Apple's GPU, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def is_fast_in_bfloat16(place: torch.device) -> bool:
    """Return whether a device has circuits for bfloat16, rather than imitating it with float32."""
    if place.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if place.type == "cpu":
        # Older versions of PyTorch cannot tell.
        capabilities = getattr(torch.cpu, "get_capabilities", dict)()
        return any(capabilities.get(circuit) for circuit in ("amx_bf16", "avx512_bf16"))
    return False


def device_of(model: nn.Module) -> torch.device:
    """Return the device that the model's parameters are on; the CPU if it has none."""
    parameter = next(model.parameters(), None)
    return parameter.device if parameter is not None else torch.device("cpu")


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Switch dropout off and batch norm to its running statistics; put every flag back after."""
    with _flags_kept(model):
        model.eval()
        yield


@contextmanager
def _flags_kept(model: nn.Module) -> Iterator[None]:
    flags = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in flags:
            module.training = training


@contextmanager
def _memory_format(model: nn.Module, channels_last: bool) -> Iterator[None]:
    if not channels_last:
        yield
        return
    strides = {name: tensor.stride() for name, tensor in _named_tensors(model)}
    model.to(memory_format=torch.channels_last)
    try:
        yield
    finally:
        for name, tensor in _named_tensors(model):
            stride = strides.get(name, tensor.stride())
            if tensor.stride() != stride:
                as_before = tensor.data.new_empty_strided(tensor.shape, stride)
                tensor.data = as_before.copy_(tensor.data)


def _named_tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    return chain(model.named_parameters(), model.named_buffers())


@contextmanager
def _forward_in_bfloat16(model: nn.Module, wanted: bool) -> Iterator[None]:
    place = device_of(model)
    if not (wanted and is_fast_in_bfloat16(place)):
        yield
        return
    forward = model.forward
    # A compiled or patched model has one that is not its class's.
    own_forward = vars(model).get("forward")

    def forward_in_bfloat16(*inputs: Tensor) -> Tensor:
        with torch.autocast(place.type, torch.bfloat16):
            return forward(*inputs)

    model.forward = forward_in_bfloat16
    try:
        yield
    finally:
        if own_forward is None:
            del model.forward
        else:
            model.forward = own_forward


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
        raise ModelError(text.NO_GRADIENT)
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
        raise ShapeError(text.NO_IMAGES)
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
        _flags_kept(model),
        _memory_format(model, recipe.channels_last),
    ):
        try:
            for epoch in range(1, epochs + 1):
                started = time.perf_counter()
                bar = progress_bar(train, show=progress, desc=f"{recipe.name} {epoch}/{epochs}")
                with _forward_in_bfloat16(model, recipe.mixed_precision):
                    train_loss = train_epoch(model, bar, optimizer, scheduler, recipe.augment)
                validation = None if valid is None else evaluate(model, valid)
                history.add_epoch(train_loss, validation, time.perf_counter() - started)
        except KeyboardInterrupt:
            history.interrupted = True
            print(text.INTERRUPTED.format(epochs=len(history.seconds)))
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
    for images, labels in _checked(model, batches_on(device_of(model), bar)):
        with _single_images_told():
            running_loss += train_step(model, augment(images), labels, _loss, optimizer)
        scheduler.step()
        steps += 1
        bar.set_postfix(loss=f"{running_loss / steps:.3f}", refresh=False)
    if steps == 0:
        raise ShapeError(text.NO_IMAGES)
    return running_loss / steps


def _loss(logits: Tensor, labels: Tensor) -> Tensor:
    # In half precision the loss of many images would be too coarse.
    return F.cross_entropy(logits.float(), labels)


@contextmanager
def _single_images_told() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        # PyTorch has no type of its own for this error.
        if "more than 1 value per channel" not in str(error):
            raise
        raise ShapeError(text.SINGLE_IMAGE) from error


def batches_on(place: torch.device, batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the batches on a device; those that lie there already are not copied.

    Raises:
        ShapeError: ``batches`` yields something else than pairs of tensors, as a data set does.
    """
    for batch in batches:
        parts = batch if isinstance(batch, (tuple, list)) else (batch,)
        if len(parts) != 2 or not all(isinstance(part, Tensor) for part in parts):
            kinds = ", ".join(type(part).__name__ for part in parts)
            raise ShapeError(text.NOT_A_BATCH.format(kinds=kinds))
        images, labels = parts
        yield _usable(images.to(place)), _usable(labels.to(place))


def _usable(tensor: Tensor) -> Tensor:
    # No gradient can be computed with tensors made in inference mode, but with copies of them.
    return tensor.clone() if tensor.is_inference() else tensor


def _checked(model: nn.Module, batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the batches that hold images, each after making sure that it fits the model."""
    classes = {}
    for images, labels in batches:
        # Two images of every shape and type are tried: all of them would be a second forward pass.
        kind = images.shape[1:], images.dtype
        if kind not in classes:
            classes[kind] = _number_of_classes(model, images[:2])
        check_labels(labels, images=len(images), classes=classes[kind])
        if len(images) > 0:
            yield images, labels


def _number_of_classes(model: nn.Module, images: Tensor) -> int:
    with torch.no_grad(), evaluation_mode(model):
        return checked_logits(model, images).shape[1]


def make_scheduler(
    recipe: Recipe, optimizer: Optimizer, total_steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """Return what moves the learning rate after every step: one cycle, or a constant."""
    if recipe.one_cycle and total_steps > 0:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=recipe.learning_rate, total_steps=total_steps
        )
    return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)


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


def checked_logits(model: nn.Module, images: Tensor) -> Tensor:
    """Return ``model(images)``, (N, classes), after making sure that everything fits.

    Raises:
        ShapeError: ``images`` is not (N, C, H, W), a layer of the model cannot take their size or
            type, or what the model returns is not (N, classes).
        ModelError: As :func:`check_model`.
        ProbabilityError: The model returns probabilities instead of logits.
    """
    check_images(model, images)
    try:
        logits = model(images)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        if not _is_about_a_shape(str(error)):
            raise
        explanation = textwrap.shorten(str(error), _LONGEST_EXPLANATION, placeholder="…")
        wrong = text.LAYER_DOES_NOT_FIT.format(shape=tuple(images.shape[1:]), error=explanation)
        raise ShapeError(wrong) from error
    if not isinstance(logits, Tensor):
        raise ShapeError(text.NOT_A_TENSOR.format(kind=type(logits).__name__))
    if logits.ndim != 2 or len(logits) != len(images):
        raise ShapeError(text.NOT_LOGITS.format(shape=tuple(logits.shape)))
    if _are_probabilities(logits):
        raise ProbabilityError(text.PROBABILITIES)
    return logits


def _is_about_a_shape(explanation: str) -> bool:
    # PyTorch has no type of its own for these errors; its sentences name a size and a tensor. Those
    # of the libraries below it, "cuDNN error: batch size …", are about something else.
    size = re.search("shape|channel|size", explanation, re.IGNORECASE)
    tensor = re.search("tensor|input|weight|mat1", explanation, re.IGNORECASE)
    return bool(size and tensor) and " error: " not in explanation


def check_images(model: nn.Module, images: Tensor) -> None:
    """Make sure that images are a tensor (N, C, H, W), of the type of the model's weights.

    Raises:
        ShapeError: They are not.
        ModelError: As :func:`check_model`.
    """
    check_model(model)
    if not isinstance(images, Tensor):
        raise ShapeError(text.IMAGES_NOT_A_TENSOR.format(kind=type(images).__name__))
    if images.ndim != 4:
        raise ShapeError(text.IMAGES_NOT_4D.format(shape=tuple(images.shape)))
    weights = next(model.parameters(), images)
    if images.dtype != weights.dtype:
        wrong = text.IMAGES_WRONG_TYPE.format(dtype=images.dtype, wanted=weights.dtype)
        raise ShapeError(wrong)


def check_model(model: nn.Module) -> None:
    """Make sure that a model has weights that can be used and trained.

    Raises:
        ModelError: It has lazy layers, whose weights have no shape before they see an image, or was
            made in ``torch.inference_mode``, so that its weights can never have a gradient.
    """
    for name, weight in model.named_parameters():
        if is_lazy(weight):
            raise ModelError(text.LAZY_LAYER.format(name=name.rpartition(".")[0]))
        if weight.is_inference():
            raise ModelError(text.MADE_IN_INFERENCE_MODE)


def _are_probabilities(outputs: Tensor) -> bool:
    if len(outputs) == 0 or outputs.shape[1] < 2 or (outputs < 0).any():
        return False
    # As exact as rounding allows, since the logits of a single image could be near it by chance:
    # two roundings, of the sum that softmax divides by and of what it returns, are at most one eps.
    tolerance = max(1e-5, torch.finfo(outputs.dtype).eps)
    return bool(((outputs.float().sum(dim=1) - 1).abs() < tolerance).all())


def check_labels(labels: Tensor, images: int, classes: int | None = None) -> None:
    """Make sure that labels are int64 (N,), one an image, and each one of the classes if given.

    Raises:
        LabelError: They are not.
    """
    if not isinstance(labels, Tensor):
        raise LabelError(text.LABELS_NOT_A_TENSOR.format(kind=type(labels).__name__))
    if labels.dtype != torch.int64 or labels.ndim != 1:
        found = text.LABELS_WRONG_TYPE.format(shape=tuple(labels.shape), dtype=labels.dtype)
        raise LabelError(found)
    if len(labels) != images:
        raise LabelError(text.LABELS_WRONG_NUMBER.format(labels=len(labels), images=images))
    if images == 0 or classes is None:
        return
    lowest, highest = labels.min().item(), labels.max().item()
    if lowest < 0 or highest >= classes:
        raise LabelError(text.LABELS_OUT_OF_RANGE.format(low=lowest, high=highest, classes=classes))


def save(model: nn.Module, path: str | os.PathLike) -> None:
    """Write the model's weights (its ``state_dict``) to ``path``, whole or not at all.

    A path that ends in ``.safetensors`` gets a file in that format, which the explorer of the
    course's site opens; any other one a file of PyTorch's own.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A full disk or a stopped kernel must not leave half a file under the real name.
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("wb") as file:
            if path.suffix == _SAFETENSORS:
                file.write(_as_safetensors(model))
            else:
                torch.save(model.state_dict(), file)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _as_safetensors(model: nn.Module) -> bytes:
    import safetensors.torch

    from helpers.internal.layers import description

    # Copies, since the format refuses two names for the same memory.
    tensors = {
        name: tensor.detach().cpu().contiguous().clone()
        for name, tensor in model.state_dict().items()
    }
    return safetensors.torch.save(tensors, metadata=description(model))


def load(model: nn.Module, path: str | os.PathLike) -> nn.Module:
    """Read weights into ``model`` and return it. Only tensors are read: no code can run.

    Raises:
        DataError: There is no such file, it is damaged, holds more than weights, or belongs to
            another model. The model is left as it was.
        ModelError: As :func:`check_model`.
    """
    check_model(model)
    if not Path(path).exists():
        raise DataError(text.WEIGHTS_MISSING.format(path=path))
    try:
        if Path(path).suffix == _SAFETENSORS:
            import safetensors.torch

            state = safetensors.torch.load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # reading damaged bytes can fail in any way
        raise DataError(text.WEIGHTS_DAMAGED.format(path=path)) from error
    # load_state_dict copies what fits before it complains about the rest, so look first.
    if difference := _difference(state, model.state_dict()):
        kind = type(model).__name__
        wrong = text.WEIGHTS_DO_NOT_FIT.format(path=path, model=kind, difference=difference)
        raise DataError(wrong)
    model.load_state_dict(state)
    return model


def _difference(found: object, wanted: dict[str, Tensor]) -> str:
    """Say in what weights differ from those of the model first; nothing if they fit."""
    if not isinstance(found, dict):
        return text.NOT_A_STATE_DICT.format(kind=type(found).__name__)
    for prefix in _WRAPPERS:
        if found.keys() == {prefix + name for name in wanted}:
            return text.WEIGHTS_OF_A_WRAPPER.format(prefix=prefix)
    for name in [*wanted, *found]:
        here, there = (_shape(weights.get(name)) for weights in (found, wanted))
        if here != there:
            return text.WEIGHTS_DIFFER.format(name=name, found=here, wanted=there)
    return ""


def _shape(weight: object) -> str:
    return str(tuple(weight.shape)) if isinstance(weight, Tensor) else text.NONE
