import contextlib
import copy
import dataclasses
import errno
import os
import pickle
import random
import resource
import stat
import types

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, Sampler, TensorDataset

from helpers import embed
from helpers.data import Batches, batches
from helpers.errors import (
    DataError,
    LabelError,
    ModelError,
    ProbabilityError,
    RangeError,
    ShapeError,
)
from helpers.internal.devices import is_fast_in_bfloat16
from helpers.models import CNN, MLP, LeNet, Model, Net
from helpers.training import (
    FAST,
    ORIGINAL,
    device,
    device_of,
    evaluate,
    evaluation_mode,
    fit,
    load,
    predict,
    random_flip,
    save,
    train_step,
)


def images_and_labels(count=50, size=12):
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (count, 1, size, size), dtype=torch.uint8, generator=generator)
    return images, torch.randint(0, 10, (count,), generator=generator)


def small_batches(count=50, batch_size=16, shuffle=True):
    return Batches(*images_and_labels(count), batch_size=batch_size, shuffle=shuffle)


def new_cnn(seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return CNN()


def weights(model):
    return torch.cat([value.flatten().float().cpu() for value in model.state_dict().values()])


def softmax_at_the_end():
    return nn.Sequential(new_cnn(), nn.Softmax(dim=1))


# --- train_step -----------------------------------------------------------------------------------


class OneWeight(nn.Module):
    """Predicts w·x."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(2.0))

    def forward(self, x):
        return self.weight * x


def test_a_train_step_is_the_update_worked_out_by_hand():
    model = OneWeight()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    inputs, targets = torch.tensor([1.0, 3.0]), torch.tensor([1.0, 0.0])
    # Loss ((2-1)² + (6-0)²)/2 = 18.5; its derivative (2·1·1 + 2·6·3)/2 = 19; weight 2 - 0.1·19.
    assert train_step(model, inputs, targets, nn.MSELoss(), optimizer) == 18.5
    assert model.weight.item() == pytest.approx(0.1)
    # Loss ((0.1-1)² + 0.3²)/2 = 0.45; derivative (-1.8 + 1.8)/2 = 0: nothing is left of before.
    assert train_step(model, inputs, targets, nn.MSELoss(), optimizer) == pytest.approx(0.45)
    assert model.weight.item() == pytest.approx(0.1)


def test_a_train_step_switches_to_training_mode_and_returns_a_plain_number():
    model = new_cnn().eval()
    images, labels = next(iter(small_batches()))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = train_step(model, images, labels, nn.CrossEntropyLoss(), optimizer)
    assert type(loss) is float
    assert model.training


def test_training_needs_no_gradients_to_be_switched_on():
    model, (images, labels) = new_cnn(), next(iter(small_batches()))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = weights(model)
    with torch.no_grad():
        train_step(model, images, labels, nn.CrossEntropyLoss(), optimizer)
        after_a_step = weights(model)
        fit(model, small_batches(), epochs=1, progress=False)
        assert not torch.is_grad_enabled()
    assert not torch.equal(after_a_step, before)
    assert not torch.equal(weights(model), after_a_step)


def in_inference_mode(use):
    with torch.inference_mode():
        return use()


def test_training_is_the_same_in_inference_mode_and_leaves_weights_that_can_be_trained():
    models, (images, labels) = [new_cnn(), new_cnn()], next(iter(small_batches()))

    def train(model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        train_step(model, images, labels, nn.CrossEntropyLoss(), optimizer)
        return fit(model, small_batches(), small_batches(), epochs=1, progress=False)

    assert train(models[0]).train_loss == in_inference_mode(lambda: train(models[1])).train_loss
    assert torch.equal(weights(models[0]), weights(models[1]))
    assert not any(weight.is_inference() for weight in models[1].state_dict().values())
    models[1].train()(images).sum().backward()


@pytest.mark.parametrize("recipe", [ORIGINAL, FAST])
def test_batches_that_were_made_in_inference_mode_train_as_others_do(recipe):
    models, data = [new_cnn(), new_cnn()], list(small_batches(shuffle=False))
    frozen = in_inference_mode(lambda: [(images + 0, labels + 0) for images, labels in data])
    assert frozen[0][0].is_inference()
    for model, train in zip(models, (data, frozen), strict=True):
        fit(model, train, train, recipe=recipe, epochs=1, progress=False)
    assert torch.equal(weights(models[0]), weights(models[1]))


# --- evaluate -------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 16, 50, 1000])
def test_evaluate_agrees_with_scikit_learn_on_ragged_batches(batch_size):
    model, data = new_cnn(), small_batches(batch_size=batch_size, shuffle=False)
    with torch.no_grad():
        (images, labels), *_ = small_batches(batch_size=50, shuffle=False)
        probabilities = model.eval()(images).double().softmax(dim=1).numpy()
    loss, accuracy = evaluate(model, data)
    assert loss == pytest.approx(log_loss(labels, probabilities, labels=range(10)), rel=1e-5)
    assert accuracy == accuracy_score(labels, probabilities.argmax(axis=1))


def test_evaluate_leaves_flags_gradients_and_statistics_as_they_were():
    model = new_cnn().train()
    model.bn1.eval()
    flags, before = [module.training for module in model.modules()], weights(model)
    evaluate(model, small_batches())
    assert [module.training for module in model.modules()] == flags
    assert torch.equal(weights(model), before)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_flags_are_put_back_when_the_model_raises():
    model = nn.Sequential(nn.Dropout(), nn.Linear(3, 2)).train()
    model[0].eval()
    with pytest.raises(ShapeError):
        evaluate(model, [(torch.zeros(2, 1, 5, 5), torch.zeros(2, dtype=torch.int64))])
    assert [module.training for module in model.modules()] == [True, False, True]


def test_evaluation_mode_puts_every_flag_back():
    model = Net().train()
    model.dropout1.eval()
    with evaluation_mode(model):
        assert not any(module.training for module in model.modules())
    assert model.training
    assert not model.dropout1.training


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_evaluated_and_predicted(dtype):
    images, labels = next(iter(small_batches(batch_size=50)))
    wanted = evaluate(new_cnn(), [(images, labels)])
    model = new_cnn().to(dtype)
    loss, accuracy = evaluate(model, [(images.to(dtype), labels)])
    assert loss == pytest.approx(wanted[0], rel=0.02)
    assert accuracy == pytest.approx(wanted[1], abs=0.1)
    _, probabilities = predict(model, images.to(dtype))
    assert probabilities.dtype == torch.float32
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(50))


# --- bad input ------------------------------------------------------------------------------------


def good_labels(count=4):
    return torch.zeros(count, dtype=torch.int64)


def by_evaluate(model, images, labels):
    evaluate(model, [(images, labels)])


def by_fit(model, images, labels):
    fit(model, [(images, labels)], recipe=FAST, epochs=1, progress=False)


def by_fit_in_bfloat16(model, images, labels):
    with pytest.MonkeyPatch.context() as monkeypatch:
        take_for_quick_in_bfloat16(monkeypatch)
        by_fit(model, images, labels)


def take_for_quick_in_bfloat16(monkeypatch):
    """Take this machine for one that is; the values are the same."""
    monkeypatch.setattr("helpers.internal.modes.is_fast_in_bfloat16", lambda place: True)


def by_predict(model, images, _):
    predict(model, images)


every_use = pytest.mark.parametrize("use", [by_evaluate, by_fit, by_fit_in_bfloat16, by_predict])


@every_use
@pytest.mark.parametrize(
    ("make", "images", "error", "sentence"),
    [
        (Model, torch.zeros(4, 1, 32, 32), ShapeError, r"\(1, 32, 32\) の画像.*層で形が.*9216x128"),
        (CNN, torch.zeros(4, 3, 28, 28), ShapeError, "チャンネル数と縦横の画素数.*1 channels"),
        (CNN, torch.zeros(4, 1, 2, 2), ShapeError, "チャンネル数と縦横の画素数.*Output size"),
        (CNN, torch.zeros(4, 28, 28), ShapeError, r"\(N, C, H, W\) の 4 次元.*images\[None\]"),
        (CNN, torch.zeros(4, 1, 9, 9, dtype=torch.uint8), ShapeError, "uint8 .*float32 にして"),
        (CNN, torch.zeros(4, 1, 9, 9).double(), ShapeError, "float64 .*float32 にして"),
        (softmax_at_the_end, torch.zeros(4, 1, 9, 9), ProbabilityError, "softmax を外し"),
        (lambda: nn.Conv2d(1, 2, 3), torch.zeros(4, 1, 9, 9), ShapeError, r"\(N, クラス数\)"),
    ],
)
def test_images_or_models_that_do_not_fit_are_told(use, make, images, error, sentence):
    with pytest.raises(error, match=sentence):
        use(make(), images, good_labels())


@pytest.mark.parametrize("use", [by_evaluate, by_fit, by_fit_in_bfloat16])
@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (torch.tensor([0, 1, 2, 10]), "0 から 10 まで.*クラス数が 10"),
        (torch.tensor([-1, 0, 1, 2]), "-1 から 2 まで"),
        (torch.zeros(4), r"torch.float32 です。形 \(N,\)、型 torch.int64"),
        (torch.zeros(4, 10, dtype=torch.int64), r"\(4, 10\).*形 \(N,\)"),
        (good_labels(3), "画像が 4 枚、ラベルが 3 個"),
    ],
)
def test_labels_that_do_not_fit_are_told(use, labels, sentence):
    with pytest.raises(LabelError, match=sentence):
        use(new_cnn(), torch.zeros(4, 1, 9, 9), labels)


def test_fit_tells_a_wrong_label_in_a_later_batch_too():
    images = torch.zeros(4, 1, 9, 9)
    with pytest.raises(LabelError, match="0 から 99 まで"):
        fit(new_cnn(), [(images, good_labels()), (images, torch.tensor([0, 0, 0, 99]))])


@pytest.mark.parametrize(
    "later", [torch.zeros(4, 3, 9, 9), torch.zeros(4, 1, 9, 9, dtype=torch.uint8)]
)
def test_fit_tells_images_that_do_not_fit_in_a_later_batch_too(later):
    train = [(torch.zeros(4, 1, 9, 9), good_labels()), (later, good_labels())]
    with pytest.raises(ShapeError):
        fit(new_cnn(), train, progress=False)


def test_fit_takes_images_of_another_size_in_a_later_batch_if_the_model_does():
    train = [(torch.zeros(4, 1, size, size), good_labels()) for size in (9, 12)]
    assert len(fit(new_cnn(), train, epochs=1, progress=False).train_loss) == 1


def test_a_model_that_forgets_to_return_is_told():
    class Forgetful(nn.Module):
        def forward(self, x):
            x.mean()

    with pytest.raises(ShapeError, match=r"NoneType を返しました.*return"):
        predict(Forgetful(), torch.zeros(1, 1, 9, 9))


@every_use
def test_a_model_that_returns_more_than_logits_is_told(use):
    class Twofold(CNN):
        def forward(self, x):
            return super().forward(x), x

    with pytest.raises(ShapeError, match=r"tuple を返しました.*ロジットのテンソル"):
        use(Twofold(), torch.zeros(4, 1, 9, 9), good_labels())


@pytest.mark.parametrize("use", [evaluate, fit])
def test_no_images_are_told(use):
    for train in ([], [(torch.zeros(0, 1, 9, 9), good_labels(0))]):
        with pytest.raises(ShapeError, match="1 枚もありません"):
            use(new_cnn(), train)


def test_a_last_batch_of_one_image_is_told_where_batch_normalisation_needs_more():
    model = nn.Sequential(nn.Flatten(), nn.Linear(144, 10), nn.BatchNorm1d(10))
    with pytest.raises(ShapeError, match=r"1 枚だけのバッチ.*batch_size を変えて"):
        fit(model, small_batches(count=9, batch_size=4), progress=False)
    fit(model, small_batches(count=10, batch_size=4), epochs=1, progress=False)
    # Batch normalisation of maps has many pixels of a single image.
    fit(new_cnn(), small_batches(count=9, batch_size=4), epochs=1, progress=False)


def test_other_errors_while_training_come_through_unchanged():
    def augment(images):
        raise ValueError("out of cheese")

    recipe = dataclasses.replace(ORIGINAL, augment=augment)
    with pytest.raises(ValueError, match=r"^out of cheese$"):
        fit(new_cnn(), small_batches(), recipe=recipe, progress=False)


def test_a_batch_without_images_changes_nothing():
    batch, models = (torch.zeros(4, 1, 9, 9), good_labels()), [new_cnn(), new_cnn()]
    empty = (torch.zeros(0, 1, 9, 9), good_labels(0))
    for model, train in zip(models, ([batch], [empty, batch, empty]), strict=True):
        fit(model, train, epochs=1, progress=False)
    assert torch.equal(weights(models[0]), weights(models[1]))


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(81, 32), nn.Linear(99, 10)), "99x10"),
        (nn.Sequential(nn.Flatten(0), nn.Unflatten(0, (-1, 7))), r"\[-1, 7\]"),
    ],
)
def test_a_layer_that_does_not_fit_is_told_in_the_words_of_pytorch_too(model, sentence):
    with pytest.raises(ShapeError, match=rf"どこかの層で.*PyTorch の説明: .*{sentence}"):
        predict(model, torch.zeros(4, 1, 9, 9))


class Raising(nn.Module):
    def __init__(self, sentence):
        super().__init__()
        self.sentence = sentence

    def forward(self, x):
        raise RuntimeError(self.sentence)


def test_a_long_explanation_of_pytorch_is_shortened():
    with pytest.raises(ShapeError, match=r"mismatch .*…$") as caught:
        predict(Raising("input size mismatch " + "x " * 1000), torch.zeros(1, 1, 9, 9))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("sentence", ["out of cheese", "cuDNN error: batch size of the input"])
def test_other_errors_of_a_model_come_through_unchanged(sentence):
    with pytest.raises(RuntimeError, match=rf"^{sentence}$"):
        predict(Raising(sentence), torch.zeros(1, 1, 9, 9))


class Constant(nn.Module):
    """Returns the same logits for every image."""

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def forward(self, x):
        return self.logits.expand(len(x), -1)


@pytest.mark.parametrize(
    ("logits", "label"),
    [
        (torch.tensor([0.4995, 0.5]), 1),
        (torch.tensor([0.97, 0.0, 0.0], dtype=torch.bfloat16), 0),
    ],
)
def test_logits_that_are_positive_are_not_taken_for_probabilities(logits, label):
    labels, _ = predict(Constant(logits), torch.zeros(3, 1, 9, 9))
    assert labels.tolist() == [label] * 3


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_probabilities_are_told_in_other_precisions_too(dtype):
    images, _ = next(iter(small_batches(batch_size=50)))
    with pytest.raises(ProbabilityError):
        predict(softmax_at_the_end().to(dtype), images.to(dtype))


# --- fit ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", [ORIGINAL, FAST])
def test_fit_learns_and_records_every_epoch(recipe):
    recipe = dataclasses.replace(recipe, learning_rate=0.02)
    model, data = new_cnn(), small_batches(count=40, batch_size=10)
    before, _ = evaluate(model, data)
    history = fit(model, data, data, recipe=recipe, epochs=6, progress=False)
    assert history.recipe == recipe.name
    assert [len(values) for values in (history.train_loss, history.seconds)] == [6, 6]
    loss, accuracy = evaluate(model, data)
    assert history.valid_loss[-1] == pytest.approx(loss, rel=1e-5)
    assert history.valid_accuracy[-1] == accuracy
    assert history.valid_loss[-1] < before
    assert not history.interrupted


def test_fit_records_the_mean_loss_of_the_batches():
    frozen = dataclasses.replace(ORIGINAL, learning_rate=0.0)
    model, data = LeNet(1, 10), small_batches(batch_size=20)
    data.images = nn.functional.pad(data.images, (10, 10, 10, 10))
    history = fit(model, data, recipe=frozen, epochs=1, progress=False)
    data.generator.manual_seed(0)
    losses = [nn.functional.cross_entropy(model(images), labels) for images, labels in data]
    assert history.train_loss == [pytest.approx(torch.stack(losses).mean().item())]
    assert history.valid_loss == history.valid_accuracy == []


def test_the_recipes_are_those_of_the_course():
    assert (ORIGINAL.learning_rate, ORIGINAL.batch_size, ORIGINAL.epochs) == (0.001, 100, 10)
    optimizer = ORIGINAL.optimizer(CNN().parameters(), lr=ORIGINAL.learning_rate)
    assert type(optimizer) is torch.optim.SGD
    assert optimizer.defaults["momentum"] == 0.9
    assert type(FAST.optimizer(CNN().parameters(), lr=0.1)) is torch.optim.Adam
    assert FAST.one_cycle
    assert not ORIGINAL.one_cycle


def rates_of(recipe):
    """The learning rate of every step of three epochs of four batches."""
    rates = []

    class Spy(torch.optim.SGD):
        def step(self, closure=None):
            rates.append(self.param_groups[0]["lr"])
            return super().step(closure)

    recipe = dataclasses.replace(recipe, optimizer=Spy)
    fit(new_cnn(), small_batches(), recipe=recipe, epochs=3, progress=False)
    return rates


def test_original_keeps_its_learning_rate():
    assert rates_of(ORIGINAL) == [0.001] * 12


def test_fast_warms_up_to_its_learning_rate_and_anneals_to_almost_nothing():
    rates = rates_of(FAST)
    peak = rates.index(max(rates))
    assert max(rates) == pytest.approx(FAST.learning_rate, rel=0.1)
    assert 0 < peak < 6
    assert rates == sorted(rates[: peak + 1]) + sorted(rates[peak + 1 :], reverse=True)
    assert rates[-1] < FAST.learning_rate / 1000


def loader():
    images, labels = images_and_labels()
    return DataLoader(TensorDataset(images / 127.5 - 1, labels), batch_size=16, shuffle=True)


class Dropping(nn.Sequential):
    def __init__(self):
        super().__init__(new_cnn(), nn.Dropout(0.3))


@pytest.mark.parametrize("make_data", [small_batches, loader])
@pytest.mark.parametrize("recipe", [ORIGINAL, FAST])
def test_the_seed_decides_the_weights_to_the_last_bit(make_data, recipe):
    def trained(seed):
        model = Dropping()
        fit(model, make_data(), recipe=recipe, epochs=2, seed=seed, progress=False)
        return weights(model)

    first = trained(seed=3)
    torch.rand(7)  # the global state has no say
    assert torch.equal(trained(seed=3), first)
    assert not torch.equal(trained(seed=4), first)


def test_a_data_loader_that_is_not_shuffled_trains_as_batches_do():
    plain = DataLoader(loader().dataset, batch_size=16)
    models = [new_cnn(), new_cnn()]
    for model, data in zip(models, (plain, small_batches(shuffle=False)), strict=True):
        fit(model, data, recipe=ORIGINAL, epochs=2, progress=False)
    torch.testing.assert_close(weights(models[0]), weights(models[1]))


RANDOM_NUMBERS = {
    "torch": lambda: torch.rand(()).item(),
    "np.random": lambda: np.random.rand(),  # noqa: NPY002
    "random": random.random,
}


@pytest.mark.parametrize("source", RANDOM_NUMBERS)
@pytest.mark.parametrize("seed", [0, -1, 2**32 + 5])
def test_the_seed_decides_the_augmentation_whatever_draws_its_numbers(source, seed):
    draw = RANDOM_NUMBERS[source]
    recipe = dataclasses.replace(ORIGINAL, augment=lambda images: images * draw())

    def trained(seed):
        model = new_cnn()
        fit(model, small_batches(), recipe=recipe, epochs=1, seed=seed, progress=False)
        return weights(model)

    first = trained(seed)
    draw()  # the global state has no say
    assert torch.equal(trained(seed), first)
    assert not torch.equal(trained(seed + 1), first)


@pytest.mark.parametrize("source", RANDOM_NUMBERS)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("disk")])
def test_fit_leaves_the_random_state_alone_when_it_fails_too(source, error):
    draw = RANDOM_NUMBERS[source]
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    expected = [draw(), draw()]
    random.setstate(states[0]), np.random.set_state(states[1])  # noqa: NPY002
    torch.set_rng_state(states[2])
    recipe = dataclasses.replace(ORIGINAL, augment=lambda images: images * draw())
    fit(Dropping(), small_batches(), recipe=recipe, epochs=1, progress=False)
    found = [draw()]
    with contextlib.suppress(OSError):
        fit(Dropping(), Interrupted(small_batches(), error), recipe=recipe, progress=False)
    assert [*found, draw()] == expected


def shuffled(own):
    return DataLoader(loader().dataset, batch_size=16, shuffle=True, generator=own)


def sampled(own):
    dataset = loader().dataset
    return DataLoader(dataset, batch_size=16, sampler=RandomSampler(dataset, generator=own))


def batched(own):
    data = small_batches()
    data.generator = own
    return data


def sampled_by_batches(own):
    dataset = loader().dataset
    sampler = BatchSampler(RandomSampler(dataset, generator=own), batch_size=16, drop_last=False)
    return DataLoader(dataset, batch_sampler=sampler)


class OwnBatches(Sampler):
    """A batch sampler with a generator of its own."""

    def __init__(self, count, generator):
        self.count, self.generator = count, generator

    def __len__(self):
        return self.count // 16

    def __iter__(self):
        order = torch.randperm(self.count, generator=self.generator)
        return iter(order[: len(self) * 16].view(-1, 16).tolist())


def sampled_by_own_batches(own):
    dataset = loader().dataset
    return DataLoader(dataset, batch_sampler=OwnBatches(len(dataset), own))


@pytest.mark.parametrize(
    "make_data", [shuffled, sampled, batched, sampled_by_batches, sampled_by_own_batches]
)
def test_fit_decides_the_order_of_batches_that_have_a_generator_and_leaves_it_alone(make_data):
    def fitted(seed):
        own, others = (torch.Generator().manual_seed(seed) for _ in range(2))
        before = own.get_state()
        model = new_cnn()
        history = fit(model, make_data(own), make_data(others), epochs=2, progress=False)
        for generator in (own, others):
            assert torch.equal(generator.get_state(), before)
            assert generator.initial_seed() == seed
        return history.train_loss, history.valid_loss, weights(model).tolist()

    assert fitted(3) == fitted(4)


def test_the_random_state_of_apples_gpu_is_left_alone_too(monkeypatch):
    state = [1]
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: state[0])
    monkeypatch.setattr(torch.mps, "set_rng_state", lambda value: state.append(value))
    fit(new_cnn(), small_batches(), epochs=1, progress=False)
    assert state == [1, 1]


def test_every_training_batch_is_augmented_and_no_validation_batch():
    seen = []
    recipe = dataclasses.replace(ORIGINAL, augment=lambda images: seen.append(images) or images)
    train, valid = small_batches(count=50, batch_size=16), small_batches(count=20)
    fit(new_cnn(), train, valid, recipe=recipe, epochs=2, progress=False)
    assert [len(images) for images in seen] == [16, 16, 16, 2] * 2


def test_what_augmentation_returns_is_what_the_model_learns_from():
    data = small_batches(shuffle=False)
    blank, changed = (new_cnn() for _ in range(2))
    recipe = dataclasses.replace(ORIGINAL, augment=torch.zeros_like)
    fit(changed, data, recipe=recipe, epochs=1, progress=False)
    zeros = [(torch.zeros_like(images), labels) for images, labels in data]
    fit(blank, zeros, epochs=1, progress=False)
    assert torch.equal(weights(changed), weights(blank))


def test_random_flip_mirrors_about_half_of_the_images_and_changes_no_other():
    torch.manual_seed(0)
    images = torch.rand(1000, 1, 2, 3)
    results = random_flip(images)
    mirrored = [torch.equal(*pair) for pair in zip(results, images.flip(-1), strict=True)]
    kept = [torch.equal(*pair) for pair in zip(results, images, strict=True)]
    assert all(one != other for one, other in zip(mirrored, kept, strict=True))
    assert 400 < sum(mirrored) < 600


def test_fewer_than_no_epochs_are_refused():
    with pytest.raises(RangeError, match="epochs が -1"):
        fit(new_cnn(), small_batches(), epochs=-1, progress=False)


def lazy():
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(10))


@torch.inference_mode()
def made_in_inference_mode():
    return nn.Sequential(nn.Flatten(), nn.Linear(144, 10))


@pytest.mark.parametrize(
    ("make", "sentence"), [(lazy, "「1」の重みの形"), (made_in_inference_mode, "inference_mode")]
)
def test_models_whose_weights_cannot_be_trained_are_told(make, sentence, tmp_path):
    save(nn.Sequential(nn.Flatten(), nn.Linear(144, 10)), tmp_path / "weights.pt")
    for use in (
        lambda model: fit(model, small_batches(), epochs=1, progress=False),
        lambda model: evaluate(model, small_batches()),
        lambda model: predict(model, torch.zeros(1, 1, 12, 12)),
        lambda model: load(model, tmp_path / "weights.pt"),
    ):
        with pytest.raises(ModelError, match=sentence):
            use(make())


def test_lazy_layers_that_have_seen_an_image_are_trained():
    model = lazy()
    model(torch.zeros(2, 1, 12, 12))
    assert len(fit(model, small_batches(), epochs=1, progress=False).train_loss) == 1


class Cut(nn.Sequential):
    def forward(self, x):
        return super().forward(x).detach()


def test_a_model_that_cuts_its_graph_cannot_be_trained():
    for model in (Cut(*new_cnn().children()), new_cnn().requires_grad_(False)):
        with pytest.raises(ModelError, match="計算グラフが切れて"):
            fit(model, small_batches(), epochs=1, progress=False)


@pytest.mark.parametrize("use", [evaluate, fit, embed.collect])
@pytest.mark.parametrize(
    ("batches", "kinds"),
    [
        ((torch.zeros(4, 1, 12, 12), torch.zeros(4).long()), "Tensor"),
        ([(torch.zeros(1, 12, 12), 3)], "Tensor, int"),
        ([(np.zeros((4, 1, 12, 12), np.float32), np.zeros(4, int))], "ndarray, ndarray"),
        ([{"images": torch.zeros(4, 1, 12, 12)}], "dict"),
        ([(torch.zeros(4, 1, 12, 12),)], "Tensor"),
    ],
    ids=["one batch", "data set", "arrays", "names", "no labels"],
)
def test_what_is_no_batches_is_told_with_what_it_holds(use, batches, kinds):
    with pytest.raises(ShapeError, match=rf"中身が {kinds} です.*DataLoader"):
        use(new_cnn(), batches)


def test_an_array_of_images_is_told_as_that():
    with pytest.raises(ShapeError, match=r"ndarray です.*torch\.from_numpy"):
        predict(new_cnn(), np.zeros((2, 1, 12, 12), np.float32))


def test_no_epochs_change_nothing():
    model = new_cnn()
    before = weights(model)
    assert fit(model, small_batches(), recipe=FAST, epochs=0, progress=False).train_loss == []
    assert torch.equal(weights(model), before)


def flags_and_layout(model):
    flags = [module.training for module in model.modules()]
    return flags, [parameter.stride() for parameter in model.parameters()]


class Interrupted:
    """Batches that raise in the second epoch, after one step of it."""

    def __init__(self, data, error):
        self.data, self.error, self.epoch = data, error, 0

    def __len__(self):
        return len(self.data)

    def __iter__(self):
        self.epoch += 1
        for batch in self.data:
            yield batch
            if self.epoch == 2:
                raise self.error


def test_an_interrupt_returns_the_history_so_far(capsys):
    model = new_cnn().eval()
    model.bn1.train()
    before = flags_and_layout(model)
    data = Interrupted(small_batches(), KeyboardInterrupt())
    history = fit(model, data, small_batches(), recipe=FAST, epochs=5, progress=False)
    assert history.interrupted
    assert [len(history.train_loss), len(history.valid_loss), len(history.seconds)] == [1, 1, 1]
    assert "1 エポック分" in capsys.readouterr().out
    assert flags_and_layout(model) == before


def test_an_interrupt_while_validating_keeps_the_lists_of_one_length():
    valid = Interrupted(small_batches(), KeyboardInterrupt())
    history = fit(new_cnn(), small_batches(), valid, epochs=5, progress=False)
    assert [len(history.train_loss), len(history.valid_loss), len(history.seconds)] == [1, 1, 1]


def test_an_error_leaves_flags_and_memory_layout_as_they_were():
    model = new_cnn().eval()
    before = flags_and_layout(model)
    with pytest.raises(OSError, match="disk"):
        fit(model, Interrupted(small_batches(), OSError("disk")), recipe=FAST, progress=False)
    assert flags_and_layout(model) == before


def test_a_model_that_is_channels_last_stays_so():
    model = Net().to(memory_format=torch.channels_last)
    model.register_buffer("edges", torch.zeros(2, 3, 4, 5))
    before, edges = flags_and_layout(model), model.edges.stride()
    fit(model, [(torch.zeros(4, 1, 28, 28), good_labels())], recipe=FAST, progress=False)
    assert flags_and_layout(model) == before
    assert model.edges.stride() == edges


@pytest.fixture
def quick_in_bfloat16(monkeypatch):
    take_for_quick_in_bfloat16(monkeypatch)


def precisions_while_training(recipe, monkeypatch):
    """Return the types of a convolution's output, of the logits, and of what the loss is taken."""
    model, seen = new_cnn(), {"convolution": set(), "logits": set(), "loss": set()}
    for name, layer in (("convolution", model.conv1), ("logits", model)):
        layer.register_forward_hook(
            lambda module, inputs, output, name=name: seen[name].add(output.dtype)
        )
    cross_entropy = nn.functional.cross_entropy

    def watched(logits, labels):
        seen["loss"].add(logits.dtype)
        return cross_entropy(logits, labels)

    monkeypatch.setattr(nn.functional, "cross_entropy", watched)
    fit(model, small_batches(), recipe=recipe, epochs=1, progress=False)
    assert {weights.dtype for weights in model.parameters()} == {torch.float32}
    assert "forward" not in vars(model)
    return seen


ALL_FLOAT32 = {name: {torch.float32} for name in ("convolution", "logits", "loss")}


def test_mixed_precision_computes_all_but_the_loss_in_bfloat16_where_that_is_quick(
    quick_in_bfloat16, monkeypatch
):
    half = {"convolution": {torch.bfloat16}, "logits": {torch.bfloat16}, "loss": {torch.float32}}
    assert precisions_while_training(FAST, monkeypatch) == half
    assert precisions_while_training(ORIGINAL, monkeypatch) == ALL_FLOAT32


def test_mixed_precision_changes_nothing_where_bfloat16_is_slow(monkeypatch):
    monkeypatch.setattr("helpers.internal.modes.is_fast_in_bfloat16", lambda place: False)
    assert precisions_while_training(FAST, monkeypatch) == ALL_FLOAT32


def test_mixed_precision_learns_and_is_evaluated_in_full(quick_in_bfloat16):
    model, data = new_cnn(), small_batches(count=40, batch_size=10)
    before, _ = evaluate(model, data)
    history = fit(model, data, data, recipe=FAST, epochs=6, progress=False)
    loss, _ = evaluate(model, data)
    assert history.valid_loss[-1] == pytest.approx(loss, rel=1e-5)
    assert loss < before


def test_mixed_precision_is_undone_after_an_error(quick_in_bfloat16):
    model = new_cnn()
    with pytest.raises(OSError, match="disk"):
        fit(model, Interrupted(small_batches(), OSError("disk")), recipe=FAST, progress=False)
    assert "forward" not in vars(model)


def test_mixed_precision_keeps_the_forward_of_a_patched_model(quick_in_bfloat16):
    model = new_cnn()
    patch = types.MethodType(lambda self, x: type(self).forward(self, x) / 2, model)
    model.forward = patch
    fit(model, small_batches(), recipe=FAST, epochs=2, progress=False)
    assert vars(model)["forward"] is patch


@pytest.mark.parametrize(
    ("capabilities", "quick"),
    [({"amx_bf16": True}, True), ({"avx512_bf16": True}, True), ({"avx512_bf16": False}, False)],
)
def test_a_processor_with_circuits_for_bfloat16_is_known(monkeypatch, capabilities, quick):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert is_fast_in_bfloat16(torch.device("cpu")) is quick


def test_other_devices_and_old_versions_of_pytorch_compute_in_float32(monkeypatch):
    assert not is_fast_in_bfloat16(torch.device("mps"))
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not is_fast_in_bfloat16(torch.device("cpu"))


def test_training_flags_are_left_as_they_were():
    model = new_cnn().eval()
    fit(model, small_batches(), recipe=FAST, epochs=1, progress=False)
    assert not any(module.training for module in model.modules())


def test_progress_is_shown_unless_it_is_not_wanted(capsys, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    fit(new_cnn(), small_batches(), epochs=1)
    assert "ORIGINAL 1/1" in capsys.readouterr().err
    fit(new_cnn(), small_batches(), epochs=1, progress=False)
    monkeypatch.setenv("CI", "1")
    fit(new_cnn(), small_batches(), epochs=1)
    assert capsys.readouterr().err == ""


# --- predict --------------------------------------------------------------------------------------


def test_a_batch_is_predicted_as_one_by_one_in_ragged_parts_too():
    model = new_cnn().train()
    images, _ = next(iter(small_batches(count=503, batch_size=503)))
    labels, probabilities = predict(model, images)
    assert (labels.shape, probabilities.shape) == ((503,), (503, 10))
    for index in (0, 1, 499, 500, 502):
        label, probability = predict(model, images[index : index + 1])
        assert label.item() == labels[index].item()
        torch.testing.assert_close(probability[0], probabilities[index])
    assert model.training


def test_probabilities_are_the_softmax_of_the_logits():
    model = new_cnn()
    images, _ = next(iter(small_batches()))
    labels, probabilities = predict(model, images)
    with torch.no_grad():
        logits = model.eval()(images)
    torch.testing.assert_close(probabilities, logits.softmax(dim=1))
    assert torch.equal(labels, logits.argmax(dim=1))
    assert not probabilities.requires_grad


def test_the_label_is_that_of_the_highest_logit_even_if_the_probabilities_are_equal():
    model, images = Constant(torch.tensor([0.0, 1e-8])), torch.zeros(3, 1, 9, 9)
    labels, probabilities = predict(model, images)
    assert torch.equal(probabilities[:, 0], probabilities[:, 1])
    assert labels.tolist() == [1, 1, 1]
    assert evaluate(model, [(images, labels)])[1] == 1


def test_no_images_give_no_predictions():
    labels, probabilities = predict(new_cnn(), torch.zeros(0, 1, 12, 12))
    assert (labels.shape, probabilities.shape) == ((0,), (0, 10))


# --- save and load --------------------------------------------------------------------------------


def test_saved_weights_come_back_bit_for_bit(tmp_path):
    model, other = new_cnn(1), new_cnn(2)
    save(model, tmp_path / "new" / "folder" / "weights.pt")
    assert load(other, str(tmp_path / "new" / "folder" / "weights.pt")) is other
    assert torch.equal(weights(model), weights(other))


def test_others_may_read_what_is_saved(tmp_path):
    save(new_cnn(), tmp_path / "weights.pt")
    (tmp_path / "plain").touch()
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("weights.pt", "plain")}
    assert len(modes) == 1


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "weights.pt"
    save(new_cnn(1), path)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises((OSError, RuntimeError)):
            save(new_cnn(2), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["weights.pt"]


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_pickle_is_refused_without_running_it(tmp_path):
    trap, path = tmp_path / "sprung", tmp_path / "weights.pt"
    for write in (torch.save, lambda value, to: to.write_bytes(pickle.dumps(value, protocol=2))):
        write(Trap(trap), path)
        with pytest.raises(DataError, match="重みとして読めません"):
            load(new_cnn(), path)
    assert not trap.exists()


@pytest.mark.parametrize(
    "content",
    [
        LeNet().state_dict(),
        CNN(3, 10).state_dict(),
        {**CNN().state_dict(), "extra": torch.zeros(1)},
        {"conv1.weight": 5},
        {**CNN().state_dict(), "fc.bias": "text"},
        [torch.zeros(3)],
        torch.zeros(3),
    ],
    ids=["lenet", "rgb", "more", "number", "text", "list", "tensor"],
)
def test_foreign_weights_leave_the_model_unchanged(tmp_path, content):
    torch.save(content, tmp_path / "weights.pt")
    model = new_cnn()
    before = weights(model)
    with pytest.raises(DataError, match="CNN の形に合いません"):
        load(model, tmp_path / "weights.pt")
    assert torch.equal(weights(model), before)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            CNN(1, 5).state_dict(),
            r"「fc\.weight」の形が、ファイルでは \(5, 32\)、モデルでは \(10, 32\)",
        ),
        ({"model": CNN().state_dict()}, r"「conv1\.weight」の形が、ファイルでは （なし）"),
        ({**CNN().state_dict(), "more": torch.zeros(2)}, r"「more」.*\(2,\)、モデルでは （なし）"),
        (nn.DataParallel(CNN()).state_dict(), r"「module\.」が付いて.*nn\.DataParallel"),
        (torch.compile(CNN()).state_dict(), r"「_orig_mod\.」が付いて.*torch\.compile"),
        (torch.zeros(3), r"Tensor です。model\.state_dict\(\)"),
    ],
    ids=["classes", "checkpoint", "more", "parallel", "compiled", "tensor"],
)
def test_how_foreign_weights_differ_is_told(tmp_path, content, sentence):
    torch.save(content, tmp_path / "weights.pt")
    with pytest.raises(DataError, match=sentence):
        load(new_cnn(), tmp_path / "weights.pt")


def test_a_damaged_file_is_told_and_leaves_the_model_unchanged(tmp_path):
    path = tmp_path / "weights.pt"
    save(new_cnn(1), path)
    content = path.read_bytes()
    model = new_cnn(2)
    before = weights(model)
    rng = np.random.default_rng(0)
    damaged = [content[:length] for length in (0, 1, 10, 100, len(content) // 2)]
    damaged += [rng.bytes(200) for _ in range(20)]
    damaged += [b"\x80\x02" + rng.bytes(200) for _ in range(20)]
    for bad in damaged:
        path.write_bytes(bad)
        with pytest.raises(DataError, match=r"weights\.pt"):
            load(model, path)
    assert torch.equal(weights(model), before)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(DataError, match="先に save"):
        load(new_cnn(), tmp_path / "weights.pt")


def test_save_passes_on_why_it_cannot_write(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the number says which
        save(new_cnn(), tmp_path / "file" / "weights.pt")
    assert caught.value.errno in (errno.ENOTDIR, errno.EEXIST)


# --- devices --------------------------------------------------------------------------------------


def test_the_device_is_a_gpu_where_there_is_one():
    if torch.cuda.is_available():
        assert device().type == "cuda"
    elif torch.backends.mps.is_available():
        assert device().type == "mps"
    else:
        assert device().type == "cpu"
    torch.zeros(1, device=device())


def test_the_device_of_a_model_is_that_of_its_parameters():
    assert device_of(CNN()) == torch.device("cpu")
    assert device_of(nn.ReLU()) == torch.device("cpu")
    assert device_of(CNN().to("meta")) == torch.device("meta")


@pytest.mark.gpu
@pytest.mark.parametrize("recipe", [ORIGINAL, FAST])
def test_a_gpu_trains_and_predicts_as_the_cpu_does(recipe):
    images, _ = next(iter(small_batches(shuffle=False)))
    recipe = dataclasses.replace(recipe, mixed_precision=False)
    results = []
    for place in ("cpu", "cuda"):
        model = new_cnn().to(place)
        # The batches stay on the CPU: fit and evaluate take them to the model.
        history = fit(model, small_batches(), small_batches(), recipe=recipe, epochs=2)
        labels, probabilities = predict(model, images)
        assert probabilities.device == images.device
        results.append((probabilities, torch.tensor(history.valid_loss), labels))
    (cpu, cpu_loss, _), (cuda, cuda_loss, _) = results
    torch.testing.assert_close(cpu, cuda, rtol=0.02, atol=0.01)
    torch.testing.assert_close(cpu_loss, cuda_loss, rtol=0.02, atol=0.01)


@pytest.mark.gpu
def test_weights_move_between_gpu_and_cpu_by_file(tmp_path):
    model = new_cnn(1).cuda()
    save(model, tmp_path / "weights.pt")
    assert torch.equal(weights(load(new_cnn(2), tmp_path / "weights.pt")), weights(model))


@pytest.mark.gpu
def test_a_wrong_label_on_a_gpu_does_not_break_the_gpu():
    model = copy.deepcopy(new_cnn()).cuda()
    with pytest.raises(LabelError):
        fit(model, [(torch.zeros(2, 1, 9, 9), torch.tensor([0, 99]))], progress=False)
    assert torch.zeros(1, device="cuda").item() == 0


# --- real data ------------------------------------------------------------------------------------


def test_two_fast_epochs_bring_cnn_to_93_percent_on_mnist(real_data_dir, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(real_data_dir))
    monkeypatch.setenv("COURSE_DATA", "full")
    model = new_cnn().to(device())
    fit(model, batches("MNIST", batch_size=FAST.batch_size), recipe=FAST, epochs=2, progress=False)
    _, accuracy = evaluate(model, batches("MNIST", train=False))
    assert accuracy >= 0.93


def test_a_fast_epoch_brings_a_small_network_to_95_percent_on_mnist(real_data_dir, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(real_data_dir))
    monkeypatch.setenv("COURSE_DATA", "full")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = MLP(feature_dim=32).to(device())
    fit(model, batches("MNIST", batch_size=FAST.batch_size), recipe=FAST, epochs=1, progress=False)
    _, accuracy = evaluate(model, batches("MNIST", train=False))
    assert accuracy >= 0.95
