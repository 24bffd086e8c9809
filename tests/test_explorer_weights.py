"""Weights as safetensors, with the layers that the explorer needs, and the network it ships."""

import json

import pytest
import torch
from safetensors import safe_open
from torch import nn

from course import explorer_weights
from helpers import data, models, training
from helpers.errors import DataError
from helpers.internal.layers import description


@pytest.mark.parametrize("make", [models.CNN, models.Model, models.LeNet, models.MLP])
def test_weights_come_back_as_they_were(make, tmp_path):
    model, other = make(), make()
    training.save(model, tmp_path / "weights.safetensors")
    training.load(other, tmp_path / "weights.safetensors")
    for name, weight in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], weight)


def test_a_damaged_file_and_one_of_another_model_are_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    training.save(models.CNN(), path)
    with pytest.raises(DataError, match="LeNet"):
        training.load(models.LeNet(), path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError):
        training.load(models.CNN(), path)


def test_the_file_lists_the_layers_with_the_names_of_the_modules(tmp_path):
    training.save(models.CNN(), tmp_path / "weights.safetensors")
    with safe_open(tmp_path / "weights.safetensors", "pt") as file:
        metadata = file.metadata()
    assert json.loads(metadata["input"]) == [1, 28, 28]
    names = [layer["name"] for layer in json.loads(metadata["layers"])]
    first = ["conv1", "bn1", "relu_1", "pool1"]
    assert names == [*first, "conv2", "bn2", "relu_2", "pool2", "gap", "flatten", "fc"]


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, x):
        return (x + self.conv(x)).flatten(1)


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3)

    def forward(self, x):
        return torch.cat([self.left(x), self.right(x)], dim=1).flatten(1)


@pytest.mark.parametrize(
    ("model", "what"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.LeakyReLU()), "leaky_relu"),
        (nn.Sequential(nn.Conv2d(1, 4, 3, dilation=2), nn.Flatten()), "dilation"),
        (Residual(), "add"),
        (Branches(), "branches"),
    ],
)
def test_what_the_explorer_cannot_do_is_named(model, what):
    found = description(model)
    assert list(found) == ["unsupported"]
    assert what in found["unsupported"]


def test_tracing_leaves_the_model_as_it_was():
    model = models.Model().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    description(model)
    assert model.training
    assert all(not module._forward_hooks for module in model.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_distorted_images_stay_images():
    images = torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
    torch.manual_seed(0)
    for _ in range(10):
        distorted = explorer_weights.distort(images)
        assert distorted.shape == images.shape
        assert distorted.min() >= -1.001
        assert distorted.max() <= 1.001


def test_the_shipped_network_knows_writers_that_it_has_never_seen():
    model = training.load(models.CompactCNN(), explorer_weights.WEIGHTS)
    test = data.batches("MNIST", train=False, batch_size=500, device="cpu")
    assert training.evaluate(model, test)[1] >= 0.945
