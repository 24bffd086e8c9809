import pickle

import numpy as np
import torch
import torch.nn.functional as F
from checkers import CheckerTests
from torch import nn

from helpers import training


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
    model.zero_grad()
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


def nothing(*_):
    return None


def step_with_a_loss_of_its_own(model, images, labels, criterion, optimizer):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


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


# --- 3-2 ----------------------------------------------------------------------------------------
@torch.inference_mode()
def evaluate_all_at_once(model, batches):
    images, labels = (torch.cat(part) for part in zip(*batches, strict=True))
    logits = model.train(False)(images)
    return nn.CrossEntropyLoss()(logits, labels), (logits.argmax(1) == labels).float().mean()


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
    path.write_bytes(pickle.dumps(model.state_dict()))


# --- 3-5 ----------------------------------------------------------------------------------------
@torch.inference_mode()
def predict_by_exponentials(model, images):
    scores = model.train(False)(images).exp()
    probabilities = scores / scores.sum(dim=1, keepdim=True)
    return probabilities.max(dim=1).indices, probabilities


def predict_one_by_one(model, images):
    model.eval()
    rows = [torch.softmax(model(image[None]), dim=-1).detach() for image in images]
    return torch.stack([row.argmax() for row in rows]), torch.cat(rows)


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
    "3-1": [step_with_other_words, step_clearing_afterwards],
    "3-2": [evaluate_all_at_once, evaluate_weighing_the_means],
    "3-3": [overfit_written_out, overfitting(result=np.array)],
    "3-4": [(save_in_a_dictionary, load_from_a_dictionary), (training.save, load_by_default)],
    "3-5": [predict_by_exponentials, predict_one_by_one],
}
MISTAKES = {
    "3-1": [
        ("no_train_mode", step(prepare=nothing)),
        ("no_update", step(move=nothing)),
        ("no_update", step(backward=nothing)),
        ("no_update", step_clearing_before_moving),
        ("criterion_ignored", step_with_a_loss_of_its_own),
        ("softmax_before_loss", step(outputs=lambda logits: logits.softmax(dim=1))),
        ("no_zero_grad", step(clear=nothing)),
        ("tensor_returned", step(result=torch.Tensor.detach)),
        (None, step(result=nothing)),
        (None, step(result=lambda loss: str(loss.item()))),
        (None, step_with_lost_optimizer),
    ],
    "3-2": [
        ("no_eval_mode", evaluation(mode=nn.Module.train)),
        ("percent", evaluation(result=lambda loss, hits, n: (loss / n, 100 * hits / n))),
        ("count", evaluation(result=lambda loss, hits, n: (loss / n, hits))),
        ("swapped", evaluation(result=lambda loss, hits, n: (hits / n, loss / n))),
        ("first_batch_only", lambda model, batches: evaluation()(model, batches[:1])),
        ("divided_by_batches", evaluation(result=lambda loss, hits, n: (loss / n, hits / 3))),
        ("divided_by_batches", evaluation(result=lambda loss, hits, n: (loss / 3, hits / 3))),
        ("mean_of_batch_means", evaluate_by_means),
        ("batch_means_by_images", evaluate_means_by_images),
        ("gradients_recorded", evaluation(gradients=True)),
        (None, evaluation(result=lambda loss, hits, n: loss / n)),
        (None, evaluation(result=lambda loss, hits, n: (str(loss / n), str(hits / n)))),
    ],
    "3-3": [
        ("one_number", overfitting(result=lambda losses: losses[-1])),
        ("one_number", overfitting(result=iter)),
        ("one_number", overfitting(result=lambda losses: losses[:1])),
        ("number_of_losses", overfitting(result=lambda losses: losses[1:])),
        ("number_of_losses", overfitting(result=lambda losses: [])),
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
        (None, overfitting(result=nothing)),
        (None, overfit_over_a_number),
    ],
    "3-4": [
        ("nothing_saved", (nothing, training.load)),
        ("whole_model_saved", (torch.save, load_anything)),
        ("whole_model_saved", (pickle_weights, load_anything)),
        ("runs_strange_code", (training.save, load_anything)),
        ("not_loaded", (training.save, load_and_forget)),
        ("not_loaded", (training.save, load_parameters_only)),
    ],
    "3-5": [
        ("swapped", prediction(result=lambda scores: (scores, scores.argmax(dim=1)))),
        (
            "only_the_highest",
            prediction(result=lambda scores: (scores.argmax(dim=1), scores.amax(dim=1))),
        ),
        (
            "labels_as_floats",
            prediction(result=lambda scores: (scores.argmax(dim=1).float(), scores)),
        ),
        ("no_eval_mode", prediction(mode=nn.Module.train)),
        ("softmax_over_the_batch", prediction(softmax=lambda logits: logits.softmax(dim=0))),
        ("no_softmax", prediction(softmax=torch.sigmoid)),
        ("no_softmax", prediction(softmax=lambda logits: logits)),
        ("gradients_recorded", prediction(gradients=True)),
        (None, prediction(result=lambda scores: (scores.argmax(dim=0), scores))),
        (None, prediction(result=lambda scores: (scores.argmax(dim=1), scores.tolist()))),
    ],
}


class TestLesson03(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES
