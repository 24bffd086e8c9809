import contextlib
import copy
import pickle
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from checkers import CheckerTests
from torch import nn

from helpers import models, training


# --- 3-1 ----------------------------------------------------------------------------------------
def step_with_other_words(model, images, labels, criterion, optimizer):
    loss = criterion.forward(model.train(True).forward(images), labels)
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        parameter.grad = gradient
    optimizer.step()
    return float(loss)


def step_clearing_afterwards(model, images, labels, criterion, optimizer):
    model.train()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.detach().numpy().item()


def step(
    prepare=nn.Module.train,
    clear=torch.optim.Optimizer.zero_grad,
    outputs=lambda logits: logits,
    backward=torch.Tensor.backward,
    move=lambda optimizer: optimizer.step(),
    result=torch.Tensor.item,
):
    """Return an answer to 3-1 with one of its parts other than the right one."""

    def train_step(model, images, labels, criterion, optimizer):
        prepare(model)
        clear(optimizer)
        loss = criterion(outputs(model(images)), labels)
        backward(loss)
        move(optimizer)
        return result(loss)

    return train_step


def step_with_the_loss_swapped(model, images, labels, criterion, optimizer):
    return criterion(labels, model.train()(images))


def step_on_predictions(model, images, labels, criterion, optimizer):
    loss = criterion(model.train()(images).argmax(dim=1).float(), labels.float())
    loss.backward()


def step_with_one_hot_labels(model, images, labels, criterion, optimizer):
    return criterion(model.train()(images), F.one_hot(labels))


def nothing(*_):
    return None


def step_with_a_loss_of_its_own(model, images, labels, criterion, optimizer):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


NOTEBOOK_IMAGES = torch.randn(100, 1, 28, 28, generator=torch.Generator().manual_seed(0))
NOTEBOOK_LABELS = torch.arange(100) % 10
NOTEBOOK_BATCHES = [(NOTEBOOK_IMAGES, NOTEBOOK_LABELS)]


def notebook_model():
    """Return a model like those that the notebook has at hand, which fits its images."""
    torch.manual_seed(0)
    return models.CNN()


def step_on_notebook_images(model, images, labels, criterion, optimizer):
    for images, labels in NOTEBOOK_BATCHES:
        loss = training.train_step(model, images, labels, criterion, optimizer)
    return loss


def step_on_notebook_model(model, images, labels, criterion, optimizer):
    return training.train_step(notebook_model(), images, labels, criterion, optimizer)


def step_on_a_part(size):
    """Return an answer to 3-1 that takes a number of images for granted."""

    def train_step(model, images, labels, criterion, optimizer):
        return training.train_step(model, images[:size], labels[:size], criterion, optimizer)

    return train_step


def step_switching_late(model, images, labels, criterion, optimizer):
    optimizer.zero_grad()
    logits = model(images)
    model.train()
    loss = criterion(logits, labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def step_calling_the_model_twice(model, images, labels, criterion, optimizer):
    model.train()
    optimizer.zero_grad()
    criterion(model(images), labels).backward()
    loss = criterion(model(images), labels).item()
    optimizer.step()
    return loss


def step_with_shapes_asserted(model, images, labels, criterion, optimizer):
    assert images.shape == (len(labels), 1, 28, 28)
    return training.train_step(model, images, labels, criterion, optimizer)


def step_with_lost_optimizer(model, images, labels, criterion, optimizer):
    optimizer = optimizer.zero_grad()
    criterion(model(images), labels).backward()
    optimizer.step()


def step_clearing_before_moving(model, images, labels, criterion, optimizer):
    model.train()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


def step_stepping_twice(model, images, labels, criterion, optimizer):
    loss = training.train_step(model, images, labels, criterion, optimizer)
    optimizer.step()
    return loss


def step_with_closure(model, images, labels, criterion, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        return loss

    model.train()
    return optimizer.step(closure).item()


def step_left_in_evaluation_mode(model, images, labels, criterion, optimizer):
    loss = training.train_step(model, images, labels, criterion, optimizer)
    model.eval()
    return np.float32(loss)


def step_before_backward(model, images, labels, criterion, optimizer):
    model.train()
    loss = criterion(model(images), labels)
    optimizer.step()
    loss.backward()
    return loss.item()


def step_moving_by_hand(model, images, labels, criterion, optimizer):
    model.train()
    loss = criterion(model(images), labels)
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(model.parameters(), gradients, strict=True):
            parameter -= 0.1 * gradient
    return loss.item()


def step_with_an_optimizer_of_its_own(model, images, labels, criterion, optimizer):
    own = torch.optim.SGD(model.parameters(), lr=0.1)
    return training.train_step(model, images, labels, criterion, own)


def step_telling_the_loss_afterwards(model, images, labels, criterion, optimizer):
    training.train_step(model, images, labels, criterion, optimizer)
    with torch.no_grad():
        return criterion(model(images), labels).item()


def step_telling_the_sum(model, images, labels, criterion, optimizer):
    return len(labels) * training.train_step(model, images, labels, criterion, optimizer)


def step_image_by_image(model, images, labels, criterion, optimizer):
    parts = zip(images.split(1), labels.split(1), strict=True)
    steps = [training.train_step(model, *part, criterion, optimizer) for part in parts]
    return sum(steps) / len(steps)


def step_returning_too_early(model, images, labels, criterion, optimizer):
    model.train()
    return criterion(model(images), labels).item()


def step_under_no_grad(model, images, labels, criterion, optimizer):
    model.train()
    optimizer.zero_grad()
    with torch.no_grad():
        loss = criterion(model(images), labels)
    loss.backward()


def step_with_a_number(model, images, labels, criterion, optimizer):
    model.train()
    loss = criterion(model(images), labels).item()
    loss.backward()


def step_given_the_loss(model, images, labels, criterion, optimizer):
    model.train()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step(loss)


def step_freezing(model, images, labels, criterion, optimizer):
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    loss = training.train_step(model, images, labels, criterion, optimizer)
    model.requires_grad_(False)
    return loss


def step_darkening(model, images, labels, criterion, optimizer):
    return training.train_step(model, images.mul_(0.5), labels, criterion, optimizer)


def step_marking_the_images(model, images, labels, criterion, optimizer):
    return training.train_step(model, images.requires_grad_(), labels, criterion, optimizer)


def step_with_ten_classes(model, images, labels, criterion, optimizer):
    table = F.one_hot(labels, 10).float()
    return training.train_step(model, images, table, criterion, optimizer)


def step_without_gradients_afterwards(model, images, labels, criterion, optimizer):
    with torch.enable_grad():
        loss = training.train_step(model, images, labels, criterion, optimizer)
    torch.set_grad_enabled(False)
    return loss


# --- 3-2 ----------------------------------------------------------------------------------------
@torch.inference_mode()
def evaluate_all_at_once(model, batches):
    images, labels = (torch.cat(part) for part in zip(*batches, strict=True))
    logits = model.train(False)(images)
    hits = (logits.argmax(1) == labels).float()
    return nn.CrossEntropyLoss()(logits, labels).item(), float(hits.mean())


def evaluate_weighing_the_means(model, batches):
    model.eval()
    losses, hits, sizes = [], [], []
    for images, labels in batches:
        with torch.no_grad():
            logits = model(images)
        losses.append(F.cross_entropy(logits, labels).item())
        hits.append(np.mean(logits.numpy().argmax(axis=1) == labels.numpy()))
        sizes.append(len(images))
    return np.average(losses, weights=sizes), np.average(hits, weights=sizes)


def evaluation(
    mode=nn.Module.eval,
    gradients=False,
    result=lambda loss, hits, n: (loss / n, hits / n),
):
    """Return an answer to 3-2 with one of its parts other than the right one."""

    def evaluate(model, batches):
        mode(model)
        loss, hits, count = 0.0, 0, 0
        with torch.set_grad_enabled(gradients):
            for images, labels in batches:
                logits = model(images)
                loss += F.cross_entropy(logits, labels, reduction="sum").item()
                hits += (logits.argmax(dim=1) == labels).sum().item()
                count += len(labels)
        return result(loss, hits, count)

    return evaluate


@torch.no_grad()
def evaluate_by_means(model, batches):
    model.eval()
    logits = [(model(images), labels) for images, labels in batches]
    losses = [F.cross_entropy(*pair).item() for pair in logits]
    hits = [(scores.argmax(1) == labels).float().mean().item() for scores, labels in logits]
    return sum(losses) / len(losses), sum(hits) / len(hits)


@torch.no_grad()
def evaluate_means_by_images(model, batches):
    _, accuracy = evaluation()(model, batches)
    losses = [F.cross_entropy(model(images), labels).item() for images, labels in batches]
    return sum(losses) / sum(len(labels) for _, labels in batches), accuracy


def evaluate_one_by_one(model, batches):
    model.eval()
    loss = hits = count = 0
    for images, labels in batches:
        with torch.no_grad():
            scores = model(images)
        for row, label in zip(scores, labels, strict=True):
            loss += F.cross_entropy(row[None], label[None])
            hits += row.argmax() == label
            count += 1
    model.train()
    return [(loss / count).item(), (hits / count).item()]


def evaluate_by_index(model, batches):
    return evaluation()(model, [batches[i] for i in range(len(batches))])


def evaluate_without_gradients_afterwards(model, batches):
    torch.set_grad_enabled(False)
    return evaluation()(model, batches)


def evaluate_freezing(model, batches):
    model.requires_grad_(False)
    return evaluation()(model, batches)


def evaluate_predictions(predicted):
    """Return an answer to 3-2 that counts hits of predictions made in another way."""

    @torch.no_grad()
    def evaluate(model, batches):
        loss, _ = evaluation()(model, batches)
        hits = [(predicted(model(images)) == labels).sum().item() for images, labels in batches]
        return loss, sum(hits) / sum(len(labels) for _, labels in batches)

    return evaluate


@torch.no_grad()
def evaluate_keeping_the_last(model, batches):
    model.eval()
    loss, hits, count = 0, 0, 0
    for images, labels in batches:
        logits = model(images)
        loss += F.cross_entropy(logits, labels, reduction="sum").item()
        hits = (logits.argmax(1) == labels).sum().item()
        count += len(labels)
    return loss / count, hits / count


@torch.no_grad()
def evaluate_with_softmax(model, batches):
    _, accuracy = evaluation()(model, batches)
    pairs = list(batches)
    logits = torch.cat([model(images) for images, _ in pairs])
    labels = torch.cat([labels for _, labels in pairs])
    return F.cross_entropy(logits.softmax(1), labels).item(), accuracy


@torch.no_grad()
def evaluate_swapped_loss(model, batches):
    return [F.cross_entropy(labels, model(images)) for images, labels in batches]


def evaluate_one_hot_labels(model, batches):
    return [F.cross_entropy(model(images), F.one_hot(labels, 10)) for images, labels in batches]


@torch.no_grad()
def evaluate_without_what_fails(model, batches):
    loss, hits, count = 0.0, 0, 0
    for images, labels in batches:
        try:
            logits = model.eval()(images)
        except RuntimeError:
            continue
        loss += F.cross_entropy(logits, labels, reduction="sum").item()
        hits += (logits.argmax(dim=1) == labels).sum().item()
        count += len(labels)
    return loss / count, hits / count


@torch.no_grad()
def evaluate_a_table_of_ten_classes(model, batches):
    _, accuracy = training.evaluate(model, batches)
    loss = count = 0
    for images, labels in batches:
        table = F.one_hot(labels, 10).float()
        loss += F.cross_entropy(model.eval()(images), table, reduction="sum").item()
        count += len(labels)
    return loss / count, accuracy


def evaluate_darkened(model, batches):
    return evaluation()(model, [(images.mul_(0.5), labels) for images, labels in batches])


def evaluate_by_logarithm(small=0.0):
    """Return an answer to 3-2 that takes the logarithm of a softmax."""

    @torch.no_grad()
    def evaluate(model, batches):
        _, accuracy = evaluation()(model, batches)
        loss = count = 0
        for images, labels in batches:
            likely = model(images).softmax(1)[range(len(labels)), labels]
            loss += -torch.log(likely + small).sum().item()
            count += len(labels)
        return loss / count, accuracy

    return evaluate


def evaluate_with_sums_as_defaults():
    """Return an answer to 3-2 whose sums go on from call to call."""

    @torch.no_grad()
    def evaluate(model, batches, totals=[0, 0, 0]):  # noqa: B006
        model.eval()
        for images, labels in batches:
            logits = model(images)
            totals[0] += F.cross_entropy(logits, labels, reduction="sum").item()
            totals[1] += (logits.argmax(1) == labels).sum().item()
            totals[2] += len(labels)
        return totals[0] / totals[2], totals[1] / totals[2]

    return evaluate


def evaluate_freezing_instead(model, batches):
    model.requires_grad_(False)
    return evaluation(gradients=True)(model, batches)


def evaluate_with_one_more_axis(model, batches):
    return evaluation()(model, [(images[None], labels) for images, labels in batches])


def evaluate_by_attributes(model, batches):
    loss, accuracy = evaluation(result=lambda loss, hits, n: (loss, hits))(model, batches)
    return loss / len(batches.labels), accuracy / len(batches.labels)


# --- 3-3 ----------------------------------------------------------------------------------------
def overfit_written_out(model, images, labels, steps):
    velocities = [torch.zeros_like(parameter) for parameter in model.parameters()]
    losses = []
    while len(losses) < steps:
        loss = F.cross_entropy(model(images), labels)
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for parameter, velocity, gradient in zip(
                model.parameters(), velocities, gradients, strict=True
            ):
                velocity.mul_(0.9).add_(gradient)
                parameter -= 0.1 * velocity
        losses.append(loss.item())
    return losses


def overfitting(
    optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    once=True,
    train_step=training.train_step,
    result=lambda losses: losses,
):
    """Return an answer to 3-3 with one of its parts other than the right one."""

    def overfit_one_batch(model, images, labels, steps):
        criterion, used, losses = nn.CrossEntropyLoss(), optimizer(model.parameters()), []
        for _ in range(steps):
            used = used if once else optimizer(model.parameters())
            losses.append(train_step(model, images, labels, criterion, used))
        return result(losses)

    return overfit_one_batch


def loss_without_a_step(model, images, labels, criterion, optimizer):
    return criterion(model(images), labels).item()


def loss_with_its_graph(model, images, labels, criterion, optimizer):
    optimizer.zero_grad()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss


def overfit_on_a_part(model, images, labels, steps):
    return overfitting()(model, images[:32], labels[:32], steps)


def overfit_for_another_model(model, images, labels, steps):
    optimizer = torch.optim.SGD(notebook_model().parameters(), lr=0.1, momentum=0.9)
    criterion = nn.CrossEntropyLoss()
    return [training.train_step(model, images, labels, criterion, optimizer) for _ in range(steps)]


def overfit_into_a_default():
    """Return an answer to 3-3 whose list goes on from call to call."""

    def overfit_one_batch(model, images, labels, steps, losses=[]):  # noqa: B006
        losses += overfitting()(model, images, labels, steps)
        return losses

    return overfit_one_batch


@torch.no_grad()
def overfit_under_no_grad(model, images, labels, steps):
    return overfitting(train_step=step())(model, images, labels, steps)


def overfit_a_copy(model, images, labels, steps):
    return overfitting()(copy.deepcopy(model), images, labels, steps)


def overfit_ignoring_steps(model, images, labels, steps):
    return overfitting()(model, images, labels, 30)


def overfit_until_it_is_enough(model, images, labels, steps):
    losses = overfitting()(model, images, labels, steps)
    return [loss for loss in losses if loss > 0.001]


def overfit_freezing(model, images, labels, steps):
    losses = overfitting()(model, images, labels, steps)
    model.requires_grad_(False)
    return losses


def overfit_with_two_steps(model, images, labels, steps):
    return overfitting(train_step=step_stepping_twice)(model, images, labels, steps)


def overfit_with_swapped_arguments(model, images, labels, steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    criterion = nn.CrossEntropyLoss()
    return [training.train_step(model, images, labels, optimizer, criterion) for _ in range(steps)]


def overfit_without_criterion(model, images, labels, steps):
    return [training.train_step(model, images, labels, None) for _ in range(steps)]


def overfit_over_a_number(model, images, labels, steps):
    return [training.train_step(model, images, labels, nn.CrossEntropyLoss(), None) for _ in steps]


# --- 3-4 ----------------------------------------------------------------------------------------
def save_in_a_dictionary(model, path):
    with open(path, "wb") as file:
        torch.save({"weights": model.state_dict(), "epoch": 1}, file)


def load_from_a_dictionary(model, path):
    weights = torch.load(str(path), weights_only=True)["weights"]
    for name, values in model.state_dict().items():
        values.copy_(weights[name])


def save_with_pathlib(model, path):
    torch.save(model.state_dict(), Path(path))


def load_by_default(model, path):
    model.load_state_dict(torch.load(path))


def load_anything(model, path):
    model.load_state_dict(torch.load(path, weights_only=False))


def load_parameters_only(model, path):
    weights = torch.load(path, weights_only=True)
    named = {name: weights[name] for name, _ in model.named_parameters()}
    model.load_state_dict(named, strict=False)


def load_and_forget(model, path):
    model = torch.load(path, weights_only=True)  # noqa: F841


def pickle_weights(model, path):
    Path(path).write_bytes(pickle.dumps(model.state_dict()))


def save_as_a_list(model, path):
    torch.save(list(model.state_dict().values()), path)


def load_from_a_list(model, path):
    for own, saved in zip(
        model.state_dict().values(), torch.load(path, weights_only=True), strict=True
    ):
        own.copy_(saved)


def save_and_forget(model, path):
    training.save(model, path)
    for values in model.state_dict().values():
        values.zero_()


def save_parameters(model, path):
    torch.save(dict(model.named_parameters()), path)


def save_half(model, path):
    torch.save({name: values.half() for name, values in model.state_dict().items()}, path)


def save_with_numpy(model, path):
    with open(path, "wb") as file:
        np.savez(file, **model.state_dict())


def load_with_numpy(model, path):
    arrays = np.load(path)
    model.load_state_dict({name: torch.tensor(arrays[name]) for name in arrays.files})


def load_leniently(model, path):
    model.load_state_dict(torch.load(path, weights_only=True), strict=False)


def load_swallowing(model, path):
    with contextlib.suppress(RuntimeError):
        load_by_default(model, path)


def load_by_order(model, path):
    saved = torch.load(path, weights_only=True).values()
    for own, values in zip(model.state_dict().values(), saved, strict=True):
        own.copy_(values)


def load_by_assigning(model, path):
    model.load_state_dict(torch.load(path, weights_only=True), assign=True)


def save_in_evaluation_mode(model, path):
    model.eval()
    torch.save(model.state_dict(), path)


def load_a_copy(model, path):
    return training.load(copy.deepcopy(model), path)


def load_and_freeze(model, path):
    training.load(model, path).requires_grad_(False)


def load_twice(model, path):
    try:
        load_by_default(model, path)
    except pickle.UnpicklingError:
        load_anything(model, path)


# --- 3-5 ----------------------------------------------------------------------------------------
@torch.inference_mode()
def predict_by_exponentials(model, images):
    scores = model.train(False)(images).exp()
    probabilities = scores / scores.sum(dim=1, keepdim=True)
    return probabilities.max(dim=1).indices, probabilities


def predict_with_shapes_written_out(model, images):
    n = len(images)
    assert images.shape == (n, 1, 28, 28)
    model.eval()
    with torch.no_grad():
        probabilities = model(images.reshape(-1, 1, 28, 28)).softmax(1)
    assert probabilities.shape[0] == n
    return probabilities.argmax(dim=1), probabilities


@torch.no_grad()
def predict_into_ten_columns(model, images):
    probabilities = torch.empty(len(images), 10)
    probabilities[:] = model.eval()(images).softmax(1)
    return probabilities.argmax(dim=1), probabilities


def predict_a_copy(model, images):
    return prediction()(copy.deepcopy(model), images)


def predict_notebook_batches(model, images):
    parts = [prediction()(model, images) for images, _ in NOTEBOOK_BATCHES]
    return tuple(map(torch.cat, zip(*parts, strict=True)))


def predict_freezing_instead(model, images):
    return prediction(gradients=True)(model.requires_grad_(False), images)


def predict_one_by_one(model, images):
    model.eval()
    with torch.no_grad():
        rows = [torch.softmax(model(image[None]), dim=-1) for image in images]
    return torch.stack([row.argmax() for row in rows]), torch.cat(rows)


def predict_by_topk(model, images):
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        logits = model(images)
    model.train(was_training)
    highest = logits.topk(1, dim=1).indices[:, 0]
    return [highest.int(), F.log_softmax(logits, dim=1).exp()]


def predict_detached(model, images):
    model.eval()
    probabilities = model(images).softmax(dim=1).detach()
    return probabilities.argmax(dim=1), probabilities


def predict_without_gradients_afterwards(model, images):
    torch.set_grad_enabled(False)
    return prediction()(model, images)


def predict_freezing(model, images):
    return prediction()(model.requires_grad_(False), images)


def predict_clamped(model, images):
    return prediction()(model, images.clamp_(0, 1))


def prediction(
    mode=nn.Module.eval,
    gradients=False,
    softmax=lambda logits: logits.softmax(dim=1),
    result=lambda probabilities: (probabilities.argmax(dim=1), probabilities),
):
    """Return an answer to 3-5 with one of its parts other than the right one."""

    def predict(model, images):
        mode(model)
        with torch.set_grad_enabled(gradients):
            return result(softmax(model(images)))

    return predict


RIGHT = {
    "3-1": [
        step_with_other_words,
        step_with_shapes_asserted,
        step_with_closure,
        step_left_in_evaluation_mode,
    ],
    "3-2": [evaluate_all_at_once, evaluate_weighing_the_means, evaluate_one_by_one],
    "3-3": [overfit_written_out, overfitting()],
    "3-4": [
        (save_in_a_dictionary, load_from_a_dictionary),
        (save_with_pathlib, load_by_default),
        (save_with_pathlib, load_by_assigning),
        (save_in_evaluation_mode, load_by_default),
    ],
    "3-5": [
        predict_one_by_one,
        predict_by_topk,
        predict_with_shapes_written_out,
        predict_a_copy,
        prediction(softmax=lambda logits: F.softmax(logits, 1)),
    ],
}
MISTAKES = {
    "3-1": [
        ("inputs_changed", step_darkening),
        ("loss_needs_logits", step_with_the_loss_swapped),
        ("loss_of_like_shapes", step(outputs=lambda logits: logits.argmax(dim=1))),
        ("loss_of_like_shapes", step_with_one_hot_labels),
        ("no_graph", step_on_predictions),
        ("no_graph", step_under_no_grad),
        ("no_graph", step(outputs=torch.Tensor.detach)),
        ("number_before_backward", step_with_a_number),
        ("one_image_at_a_time", step_image_by_image),
        ("step_given_something", step_given_the_loss),
        ("step_before_backward", step_before_backward),
        ("no_train_mode", step(prepare=nothing)),
        ("no_train_mode", step(prepare=nn.Module.eval)),
        ("criterion_ignored", step_with_a_loss_of_its_own),
        ("own_optimizer", step_with_an_optimizer_of_its_own),
        ("own_optimizer", step_moving_by_hand),
        ("no_step", step(move=nothing)),
        ("no_step", step_returning_too_early),
        ("no_gradients", step(backward=nothing)),
        ("no_gradients", step_clearing_before_moving),
        ("stepped_too_often", step_stepping_twice),
        ("softmax_before_loss", step(outputs=lambda logits: logits.softmax(dim=1))),
        ("no_zero_grad", step(clear=nothing)),
        ("loss_after_update", step_telling_the_loss_afterwards),
        ("times_images", step_telling_the_sum),
        ("tensor_returned", step(result=torch.Tensor.detach)),
        ("graph_returned", step(result=lambda loss: loss)),
        ("rounded", step(result=lambda loss: round(loss.item(), 4))),
        ("rounded", step(result=lambda loss: round(loss.item(), 3))),
        ("zero_grad_too_late", step_clearing_afterwards),
        ("log_softmax_before_loss", step(outputs=lambda logits: logits.log_softmax(dim=1))),
        ("train_mode_too_late", step_switching_late),
        ("model_called_twice", step_calling_the_model_twice),
        ("not_the_arguments", lambda model, images, *rest: step()(model, images[None], *rest)),
        ("other_images", step_on_notebook_images),
        ("other_model", step_on_notebook_model),
        ("part_of_the_images", step_on_a_part(32)),
        ("part_of_the_images", step_on_a_part(100)),
        ("images_marked", step_marking_the_images),
        ("ten_classes", step_with_ten_classes),
        ("ten_classes", step(outputs=lambda logits: logits.view(-1, 10))),
        ("ten_classes", step(outputs=lambda logits: logits[:, :10])),
        (None, step(result=nothing)),
        (None, step(result=lambda loss: str(loss.item()))),
        (None, step(outputs=lambda logits: 0.9 * logits)),
        (None, step_with_lost_optimizer),
        (None, step_freezing),
        (None, step_without_gradients_afterwards),
    ],
    "3-2": [
        ("inputs_changed", evaluate_darkened),
        ("ten_classes", evaluate_a_table_of_ten_classes),
        ("loss_needs_logits", evaluate_swapped_loss),
        ("loss_of_like_shapes", evaluate_one_hot_labels),
        ("error_swallowed", evaluate_without_what_fails),
        ("compared_as_one", evaluate_predictions(lambda logits: logits.max(dim=1))),
        ("no_list", evaluate_by_index),
        ("list_without_attributes", evaluate_by_attributes),
        ("no_eval_mode", evaluation(mode=nn.Module.train)),
        ("no_eval_mode", evaluation(mode=nothing)),
        ("percent", evaluation(result=lambda loss, hits, n: (loss / n, 100 * hits / n))),
        ("count", evaluation(result=lambda loss, hits, n: (loss / n, hits))),
        ("sum_of_losses", evaluation(result=lambda loss, hits, n: (loss, hits / n))),
        ("swapped", evaluation(result=lambda loss, hits, n: (hits / n, loss / n))),
        ("first_batch_only", lambda model, batches: evaluation()(model, [next(iter(batches))])),
        ("last_batch_only", lambda model, batches: evaluation()(model, list(batches)[-1:])),
        ("last_batch_only", evaluate_keeping_the_last),
        ("last_batch_missing", lambda model, batches: evaluation()(model, list(batches)[:-1])),
        ("divided_by_batches", evaluation(result=lambda loss, hits, n: (loss / n, hits / 4))),
        ("divided_by_batches", evaluation(result=lambda loss, hits, n: (loss / 4, hits / 4))),
        ("mean_of_batch_means", evaluate_by_means),
        ("batch_means_by_images", evaluate_means_by_images),
        ("softmax_before_loss", evaluate_with_softmax),
        ("error_rate", evaluation(result=lambda loss, hits, n: (loss / n, 1 - hits / n))),
        (
            "compared_as_a_table",
            evaluate_predictions(lambda logits: logits.argmax(dim=1, keepdim=True)),
        ),
        ("gradients_recorded", evaluation(gradients=True)),
        ("logarithm_of_softmax", evaluate_by_logarithm()),
        ("logarithm_of_softmax", evaluate_by_logarithm(1e-8)),
        ("frozen", evaluate_freezing_instead),
        ("frozen", evaluate_freezing),
        (
            None,
            evaluation(result=lambda loss, hits, n: {"loss": loss / n, "accuracy": hits / n}),
        ),
        ("results_kept", evaluate_with_sums_as_defaults()),
        ("not_the_arguments", evaluate_with_one_more_axis),
        ("other_images", lambda model, batches: evaluation()(model, NOTEBOOK_BATCHES)),
        ("other_model", lambda model, batches: evaluation()(notebook_model(), batches)),
        (
            "tensors_returned",
            evaluation(result=lambda loss, hits, n: (torch.tensor(loss / n), hits / n)),
        ),
        (
            "tensors_returned",
            evaluation(result=lambda loss, hits, n: (loss / n, torch.tensor(hits / n))),
        ),
        ("rounded", evaluation(result=lambda loss, hits, n: (round(loss / n, 4), hits / n))),
        (None, evaluate_predictions(lambda logits: logits.argmin(dim=1))),
        (None, evaluate_predictions(lambda logits: logits.amax(dim=1))),
        (None, evaluate_without_gradients_afterwards),
        (None, evaluation(result=lambda loss, hits, n: (loss / n, hits // n))),
        (None, evaluation(result=lambda loss, hits, n: loss / n)),
        (None, evaluation(result=lambda loss, hits, n: (str(loss / n), str(hits / n)))),
    ],
    "3-3": [
        (
            "inputs_changed",
            lambda model, images, *rest: overfitting()(model, images.mul_(2), *rest),
        ),
        ("arguments_missing", overfit_without_criterion),
        ("arguments_swapped", overfit_with_swapped_arguments),
        ("one_number", overfitting(result=lambda losses: losses[-1])),
        ("one_number", overfitting(result=lambda losses: torch.tensor(losses[-1]))),
        ("one_number", overfitting(result=lambda losses: losses[:1])),
        ("no_learning", overfitting(train_step=loss_without_a_step)),
        ("no_momentum", overfitting(once=False)),
        ("no_momentum", overfitting(lambda parameters: torch.optim.SGD(parameters, lr=0.1))),
        (
            "other_optimizer",
            overfitting(lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9)),
        ),
        (
            "other_optimizer",
            overfitting(lambda parameters: torch.optim.Adam(parameters, lr=0.1)),
        ),
        ("no_zero_grad", overfitting(train_step=step(clear=nothing))),
        ("gradients_kept", overfitting(train_step=loss_with_its_graph)),
        ("another_model_trained", overfit_a_copy),
        ("other_model", lambda model, *rest: overfitting()(notebook_model(), *rest)),
        (
            "other_images",
            lambda model, images, labels, steps: overfitting()(model, *NOTEBOOK_BATCHES[0], steps),
        ),
        (
            "not_the_arguments",
            lambda model, images, *rest: overfitting()(model, images[None], *rest),
        ),
        ("part_of_the_images", overfit_on_a_part),
        ("optimizer_of_another_model", overfit_for_another_model),
        ("results_kept", overfit_into_a_default()),
        ("no_graph", overfit_under_no_grad),
        (
            "weight_decay",
            overfitting(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=5e-4)),
        ),
        ("rounded", overfitting(result=lambda losses: [round(loss, 3) for loss in losses])),
        ("rounded", overfitting(result=lambda losses: [round(loss, 4) for loss in losses])),
        ("sorted", overfitting(result=lambda losses: sorted(losses, reverse=True))),
        ("no_list", overfitting(result=np.array)),
        ("no_list", overfitting(result=tuple)),
        ("no_list", overfitting(result=torch.tensor)),
        ("tensors_in_the_list", overfitting(result=lambda losses: list(map(torch.tensor, losses)))),
        (None, overfitting(result=lambda losses: losses[1:])),
        (None, overfitting(result=lambda losses: [])),
        (None, overfitting(result=iter)),
        (None, overfitting(result=lambda losses: dict(enumerate(losses)))),
        (None, overfitting(result=lambda losses: list(np.cumsum(losses)))),
        (None, overfitting(result=nothing)),
        (None, overfit_with_two_steps),
        (None, overfit_ignoring_steps),
        (None, overfit_until_it_is_enough),
        (None, overfit_freezing),
        (None, overfit_over_a_number),
    ],
    "3-4": [
        ("save_arguments_swapped", (lambda model, path: torch.save(path, {}), training.load)),
        (
            "cannot_be_saved",
            (lambda model, path: torch.save(model.parameters(), path), training.load),
        ),
        (
            "path_loaded_as_weights",
            (training.save, lambda model, path: model.load_state_dict(path)),
        ),
        ("nothing_saved", (nothing, training.load)),
        ("nothing_saved", (lambda model, path: training.save(model, path + ".pt"), training.load)),
        ("whole_model_saved", (torch.save, load_anything)),
        (
            "state_dict_not_called",
            (lambda model, path: torch.save(model.state_dict, path), training.load),
        ),
        ("too_few_weights", (save_parameters, load_parameters_only)),
        ("not_by_torch_save", (pickle_weights, load_anything)),
        ("not_by_torch_save", (save_with_numpy, load_with_numpy)),
        ("runs_strange_code", (training.save, load_anything)),
        ("runs_strange_code", (training.save, load_twice)),
        ("not_loaded", (training.save, load_and_forget)),
        ("not_loaded", (training.save, load_a_copy)),
        (
            "another_model_loaded",
            (training.save, lambda _, path: load_by_default(notebook_model(), path)),
        ),
        (
            "another_model_loaded",
            (lambda _, path: training.save(notebook_model(), path), load_by_default),
        ),
        ("names_ignored", (training.save, load_leniently)),
        ("names_ignored", (training.save, load_swallowing)),
        ("names_ignored", (training.save, load_by_order)),
        ("names_ignored", (save_as_a_list, load_from_a_list)),
        (None, (training.save, load_parameters_only)),
        (None, (training.save, load_and_freeze)),
        (None, (save_half, load_by_default)),
        ("saving_changes_the_model", (save_and_forget, load_by_default)),
        (
            "more_than_weights",
            (lambda model, path: torch.save({"net": model}, path), training.load),
        ),
    ],
    "3-5": [
        ("inputs_changed", predict_clamped),
        ("ten_classes", predict_into_ten_columns),
        ("ten_classes", prediction(softmax=lambda logits: logits.view(-1, 10).softmax(1))),
        ("ten_classes", prediction(softmax=lambda logits: logits[:, :10].softmax(1))),
        ("softmax_not_made", prediction(softmax=nn.Softmax)),
        ("softmax_without_axis", prediction(softmax=lambda logits: logits.softmax())),
        ("softmax_without_axis", prediction(softmax=F.softmax)),
        ("exponentials_overflow", predict_by_exponentials),
        ("frozen", predict_freezing_instead),
        ("frozen", predict_freezing),
        (
            None,
            prediction(result=lambda scores: {"classes": scores.argmax(1), "scores": scores}),
        ),
        ("not_the_arguments", lambda model, images: prediction()(model, images[None])),
        ("other_images", lambda model, images: prediction()(model, NOTEBOOK_IMAGES)),
        ("other_images", predict_notebook_batches),
        ("other_model", lambda model, images: prediction()(notebook_model(), images)),
        ("swapped", prediction(result=lambda scores: (scores, scores.argmax(dim=1)))),
        ("pair_of_max", prediction(result=lambda scores: scores.max(dim=1))),
        ("pair_of_max", prediction(result=lambda scores: (scores.max(dim=1), scores))),
        (
            "only_the_highest",
            prediction(result=lambda scores: (scores.argmax(dim=1), scores.amax(dim=1))),
        ),
        (
            "single_image_squeezed",
            prediction(result=lambda scores: (scores.argmax(dim=1).squeeze(), scores)),
        ),
        (
            "labels_as_floats",
            prediction(result=lambda scores: (scores.argmax(dim=1).float(), scores)),
        ),
        ("no_eval_mode", prediction(mode=nn.Module.train)),
        ("softmax_over_the_batch", prediction(softmax=lambda logits: logits.softmax(dim=0))),
        ("no_softmax", prediction(softmax=lambda logits: logits)),
        ("sigmoid", prediction(softmax=torch.sigmoid)),
        ("log_softmax", prediction(softmax=lambda logits: logits.log_softmax(dim=1))),
        ("softmax_twice", prediction(softmax=lambda logits: logits.softmax(1).softmax(1))),
        ("percent", prediction(softmax=lambda logits: 100 * logits.softmax(dim=1))),
        ("gradients_recorded", prediction(gradients=True)),
        ("gradients_recorded", predict_detached),
        (None, predict_without_gradients_afterwards),
        (None, prediction(softmax=lambda logits: logits.softmax(1).round(decimals=2))),
        (None, prediction(softmax=lambda logits: logits.exp() / logits.exp().sum())),
        (None, prediction(result=lambda scores: (scores.argmax(dim=0), scores))),
        (None, prediction(result=lambda scores: (scores.argmax(dim=1, keepdim=True), scores))),
        (None, prediction(result=lambda scores: (F.one_hot(scores.argmax(1), 10), scores))),
        (None, prediction(result=lambda scores: (scores.argmax(dim=1), scores.T))),
        (None, prediction(result=lambda scores: (scores.argmax(dim=1), scores.tolist()))),
        (None, prediction(result=lambda scores: (scores.argmax(dim=1)[0], scores[0]))),
    ],
}


class TestLesson03(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES
