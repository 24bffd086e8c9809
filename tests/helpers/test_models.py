import pickle
import random

import pytest
import torch
from torch import nn

from helpers import models, training
from helpers.errors import UnknownNameError
from helpers.models import CNN, MLP, CompactCNN, LeNet, Model, Net, load_or_train


def parameter_count(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("model", "shape", "classes", "parameters"),
    [
        (Net(), (1, 28, 28), 10, 1_199_882),
        (Model(), (1, 28, 28), 10, 1_199_882),
        (CNN(), (1, 28, 28), 10, 5_226),
        (CNN(3, 2), (3, 32, 32), 2, 5_250),
        (LeNet(), (3, 32, 32), 2, 58_866),
        (LeNet(1, 10), (1, 28, 28), 10, 59_086),
        (CompactCNN(), (1, 28, 28), 10, 66_170),
        (MLP(), (1, 28, 28), 10, 234_144),
        (MLP(feature_dim=3), (1, 28, 28), 10, 234_283),
    ],
)
def test_sizes(model, shape, classes, parameters):
    assert parameter_count(model) == parameters
    for batch in (1, 7):
        assert model.eval()(torch.randn(batch, *shape)).shape == (batch, classes)


@pytest.mark.parametrize("make", [Net, Model, CNN, LeNet, CompactCNN, MLP])
def test_outputs_are_logits_not_probabilities(make):
    model = make(1, 10) if make is LeNet else make()
    logits = model.eval()(torch.randn(20, 1, 28, 28))
    assert (logits < 0).any()
    assert not torch.allclose(logits.sum(1), torch.ones(20), atol=0.01)
    assert not torch.allclose(logits.exp().sum(1), torch.ones(20), atol=0.01)


def test_net_and_model_are_the_same_network():
    net, model = Net().eval(), Model().eval()
    model.load_state_dict(
        dict(zip(model.state_dict(), net.state_dict().values(), strict=True)), strict=True
    )
    images = torch.randn(5, 1, 28, 28)
    torch.testing.assert_close(model(images), net(images))


def test_the_parts_of_model_can_be_called_alone():
    model, images = Model().eval(), torch.randn(3, 1, 28, 28)
    features = model.features(images)
    assert features.shape == (3, 64, 12, 12)
    assert torch.equal(model.classifier(features.flatten(1)), model(images))


def test_dropout_acts_in_training_mode_alone():
    for model in (Net(), Model()):
        images = torch.randn(2, 1, 28, 28)
        assert not torch.equal(model.train()(images), model(images))
        assert torch.equal(model.eval()(images), model(images))


def test_cnn_takes_images_of_any_size_from_4_up():
    for size in (4, 5, 33):
        assert CNN().eval()(torch.randn(2, 1, size, size)).shape == (2, 10)


def test_lenet_pads_28_pixels_to_32():
    model, images = LeNet(1, 10).eval(), torch.randn(4, 1, 28, 28)
    framed = torch.zeros(4, 1, 32, 32)
    framed[:, :, 2:30, 2:30] = images
    assert torch.equal(model(images), model(framed))


def test_lenet_has_the_layers_of_its_table():
    block = [nn.Conv2d, nn.MaxPool2d, nn.Sigmoid]
    assert layers_of(LeNet()) == [*block, *block, nn.Linear, nn.Linear, nn.Linear]


def test_lenet_takes_other_layers_between_its_linear_layers():
    assert layers_of(LeNet(between=nn.ReLU))[6:] == [
        *(nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear)
    ]


def test_lenets_of_one_seed_begin_alike_whatever_stands_between_their_layers():
    weights = []
    for between in (None, nn.ReLU):
        torch.manual_seed(0)
        weights.append(LeNet(between=between).parameters())
    assert all(map(torch.equal, *weights))


def layers_of(model):
    layers = [type(layer) for part in model.children() for layer in part]
    return [layer for layer in layers if layer is not nn.Identity]


def test_the_features_of_mlp_can_be_drawn():
    model, images = MLP().eval(), torch.randn(3, 1, 28, 28)
    assert model.features(images).shape == (3, 2)
    assert torch.equal(model.classifier(model.features(images)), model(images))


# --- load_or_train --------------------------------------------------------------------------------


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """An empty working folder, where a training is one epoch long."""
    monkeypatch.chdir(tmp_path)
    short = models._Training(CNN, {"full": 1, "mini": 1})
    monkeypatch.setitem(models._TRAININGS, "CNN", short)
    return tmp_path


@pytest.fixture
def trainings(monkeypatch):
    """How many epochs were trained since the test began, as a list that grows."""
    begun = []
    train_epoch = training.train_epoch
    monkeypatch.setattr(
        training, "train_epoch", lambda *given: begun.append(1) or train_epoch(*given)
    )
    return begun


def same_weights(one, other):
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(name == key and torch.equal(a, b) for (name, a), (key, b) in pairs)


def test_a_model_is_trained_once_and_then_loaded(workplace, trainings):
    first = load_or_train("CNN")
    assert [path.name for path in (workplace / "output").iterdir()] == ["CNN-MNIST-mini.pt"]
    assert len(trainings) == 1
    second = load_or_train("CNN")
    assert len(trainings) == 1
    assert same_weights(first, second)
    assert not first.training
    assert not second.training
    assert not same_weights(first, CNN().to(training.device()))


def write_truncated(path):
    training.save(CNN(), path)
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.parametrize(
    "write",
    [
        write_truncated,
        lambda path: path.write_bytes(pickle.dumps(print, protocol=2)),
        lambda path: training.save(LeNet(), path),
    ],
    ids=["truncated", "pickle", "foreign"],
)
def test_a_file_that_does_not_serve_is_replaced(workplace, trainings, write):
    path = workplace / "output" / "CNN-MNIST-mini.pt"
    path.parent.mkdir()
    write(path)
    model = load_or_train("CNN")
    assert len(trainings) == 1
    assert same_weights(training.load(CNN(), path), model.cpu())


def test_an_interrupted_training_is_not_kept(workplace, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train_epoch", stop)
    assert not load_or_train("CNN").training
    assert not (workplace / "output").exists()
    assert "中断" in capsys.readouterr().out


def test_a_model_that_cannot_be_kept_is_returned_with_a_warning(workplace, trainings):
    (workplace / "output").write_text("a file, so that not even root can create files below it")
    with pytest.warns(UserWarning, match=r"CNN-MNIST-mini\.pt に保存できません.*学習し直し"):
        model = load_or_train("CNN")
    assert len(trainings) == 1
    assert not model.training


def test_load_or_train_leaves_the_random_state_alone(workplace):
    for _ in ("trained", "loaded"):
        torch.manual_seed(5)
        before, python_state = torch.get_rng_state(), random.getstate()
        load_or_train("CNN")
        assert torch.equal(torch.get_rng_state(), before)
        assert random.getstate() == python_state


def test_a_model_made_in_inference_mode_can_be_trained_on(workplace):
    for _ in ("trained", "loaded"):
        with torch.inference_mode():
            model = load_or_train("CNN")
        assert not any(weight.is_inference() for weight in model.state_dict().values())


def test_unknown_names_are_told_with_the_known_ones(workplace):
    with pytest.raises(UnknownNameError, match=r"VGG .*Net, Model, CNN, LeNet, MLP"):
        load_or_train("VGG")
    with pytest.raises(UnknownNameError, match="CIFAR"):
        load_or_train("CNN", "CIFAR")
    assert list(workplace.iterdir()) == []
