"""What helpers compute on a GPU is what they compute on the CPU: ``pytest -m gpu``.

Tests of the same kind that belong to one module stand with its others, under the same mark.
"""

import pytest
import torch

from helpers import embed, explain, models
from helpers.data import batches
from helpers.hooks import capture
from helpers.training import evaluate, predict, train_step

pytestmark = pytest.mark.gpu

NETWORKS = {
    "Net": models.Net,
    "Model": models.Model,
    "CNN": models.CNN,
    "LeNet": lambda: models.LeNet(1, 10),
    "MLP": models.MLP,
    "CompactCNN": models.CompactCNN,
}


def network(name, place):
    """The same weights on every device."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return NETWORKS[name]().eval().to(place)


def first_batches(place, count=3):
    data = batches("MNIST", batch_size=20, device=place, seed=1)
    return [batch for batch, _ in zip(data, range(count), strict=False)]


def logits(name):
    def answer(place):
        with torch.no_grad():
            return network(name, place)(first_batches(place)[0][0])

    return answer


def captured(place):
    model = network("CNN", place)
    with torch.no_grad(), capture(model, "bn2") as seen:
        model(first_batches(place)[0][0])
    return seen["bn2"]


def maximised(place):
    return explain.maximise(network("CNN", place), "bn2", 3, shape=(1, 28, 28), steps=4)


def one_step(place):
    model = network("CNN", place)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    images, labels = first_batches(place)[0]
    loss = train_step(model, images, labels, torch.nn.CrossEntropyLoss(), optimizer)
    return torch.cat([torch.tensor([loss]), model.fc.weight.detach().flatten().cpu()])


ANSWERS = {
    **{f"logits of {name}": logits(name) for name in NETWORKS},
    "images": lambda place: first_batches(place)[0][0],
    "labels in the order of a seed": lambda place: first_batches(place)[0][1],
    "captured": captured,
    "collected": lambda place: torch.from_numpy(
        embed.collect(network("Model", place), first_batches(place), "classifier.1")[0]
    ),
    "loss and accuracy": lambda place: torch.tensor(
        evaluate(network("CNN", place), first_batches(place))
    ),
    "probabilities": lambda place: predict(network("CNN", place), first_batches(place)[0][0])[1],
    "maximised": maximised,
    "normalised": lambda place: explain.normalise(first_batches(place)[0][0]),
    "a training step": one_step,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_gpu_answers_as_the_cpu_does(answer):
    torch.testing.assert_close(answer("cuda").cpu(), answer("cpu"), rtol=1e-3, atol=1e-4)
