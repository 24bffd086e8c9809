import pytest
import torch
from torch import nn

from helpers.errors import LayerError
from helpers.hooks import capture, find_layer
from helpers.models import CNN, Model


def hooks_of(model):
    return [hook for module in model.modules() for hook in module._forward_hooks.values()]


def test_captured_values_are_those_of_the_layer():
    model, images = CNN().eval(), torch.randn(3, 1, 28, 28)
    with capture(model, "conv1", "fc") as seen:
        logits = model(images)
    assert torch.equal(seen["conv1"], model.conv1(images))
    assert torch.equal(seen["fc"], logits)
    assert list(seen) == ["conv1", "fc"]


def test_layers_inside_a_sequential_are_found_by_their_path():
    model, images = Model().eval(), torch.randn(2, 1, 28, 28)
    with capture(model, "features.2", "classifier") as seen:
        model(images)
    assert torch.equal(seen["features.2"], model.features[:3](images))
    assert torch.equal(seen["classifier"], model(images))


def test_hooks_are_gone_after_the_block():
    model = CNN()
    with capture(model, "conv1", "conv2"):
        assert len(hooks_of(model)) == 2
    assert hooks_of(model) == []


def test_hooks_are_gone_after_an_exception():
    model = CNN()
    with pytest.raises(RuntimeError), capture(model, "conv1"):
        model(torch.randn(2, 5, 28, 28))
    assert hooks_of(model) == []


def test_hooks_of_others_stay():
    model, calls = CNN(), []
    model.conv1.register_forward_hook(lambda *_: calls.append(1))
    with capture(model, "conv1"):
        pass
    model(torch.randn(1, 1, 8, 8))
    assert calls == [1]


def test_a_second_ragged_pass_replaces_the_first():
    model = CNN().eval()
    last = torch.randn(3, 1, 28, 28)
    with capture(model, "conv1") as seen:
        model(torch.randn(8, 1, 28, 28))
        model(last)
    assert torch.equal(seen["conv1"], model.conv1(last))


def test_a_later_layer_in_place_does_not_change_what_was_captured():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True))
    images = torch.randn(2, 1, 8, 8)
    with capture(model, "0") as seen:
        model(images)
    assert (seen["0"] < 0).any()
    assert torch.equal(seen["0"], model[0](images))


def test_captured_tensors_hold_no_graph_and_gradients_flow_as_before():
    model, images = CNN().eval(), torch.randn(2, 1, 28, 28)
    model(images).sum().backward()
    plain = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    with capture(model, "conv1", "bn2") as seen:
        model(images).sum().backward()
    assert not any(tensor.requires_grad for tensor in seen.values())
    for parameter, gradient in zip(model.parameters(), plain, strict=True):
        assert torch.equal(parameter.grad, gradient)


@pytest.mark.parametrize("name", ["conv9", "", "features.0"])
def test_an_unknown_layer_is_told_with_the_layers_there_are(name):
    model = CNN()
    with (
        pytest.raises(LayerError, match=rf"「{name}」.* conv1, bn1, pool1, .*, fc "),
        capture(model, "conv1", name),
    ):
        pass
    assert hooks_of(model) == []


@pytest.mark.parametrize(("layer", "name"), [("conv2", "conv2"), ("", None)])
def test_a_layer_itself_is_told_by_its_name(layer, name):
    model = CNN()
    module = model.get_submodule(layer) if layer else nn.Conv2d(1, 1, 3)
    with pytest.raises(LayerError, match=r"層が Conv2d です.*名前で") as told:
        find_layer(model, module)
    assert ("「conv2」です" in str(told.value)) == bool(name)


@pytest.mark.parametrize("layer", [0, ["conv1"], None])
def test_what_is_no_name_of_a_layer_is_told(layer):
    with pytest.raises(LayerError, match=f"層が {type(layer).__name__} です"):
        find_layer(CNN(), layer)


@pytest.mark.parametrize("name", ["lstm", "attention"])
def test_a_layer_that_does_not_return_one_tensor_is_refused_with_what_it_returns(name):
    model = nn.ModuleDict({"lstm": nn.LSTM(4, 4), "attention": nn.MultiheadAttention(4, 2)})
    x = torch.zeros(3, 1, 4)
    inputs = {"lstm": (x,), "attention": (x, x, x)}[name]
    with pytest.raises(LayerError, match=f"「{name}」.* tuple "), capture(model, name):
        model[name](*inputs)
    assert hooks_of(model) == []


def compiled_whole(model):
    return torch.compile(model, backend="eager")


def compiled_in_place(model):
    model.compile(backend="eager")
    return model


def compiled_in_part(model):
    model[0] = torch.compile(model[0], backend="eager")
    return model


@pytest.mark.parametrize("compiled", [compiled_whole, compiled_in_place, compiled_in_part])
def test_a_compiled_model_is_refused_as_it_would_run_without_the_hook(compiled):
    model = compiled(nn.Sequential(nn.Sequential(nn.Linear(3, 2)), nn.ReLU()))
    for name in ("0", "0.0", "_orig_mod.0"):
        with pytest.raises(LayerError, match=r"torch\.compile を使う前"), capture(model, name):
            pass
    assert hooks_of(model) == []


def test_a_layer_that_stands_in_two_places_is_found_at_both_and_gives_its_last_use():
    relu = nn.ReLU()
    model = nn.Sequential(nn.Conv2d(1, 2, 3), relu, nn.Conv2d(2, 4, 3), relu)
    images = torch.randn(2, 1, 8, 8)
    assert find_layer(model, "3") is find_layer(model, "1") is relu
    with capture(model, "1", "3") as seen:
        output = model(images)
    assert torch.equal(seen["3"], output)
    assert torch.equal(seen["1"], output)
    assert hooks_of(model) == []


def test_a_pass_that_skips_the_layer_leaves_what_it_gave_before():
    model, images = CNN().eval(), torch.randn(2, 1, 28, 28)
    with capture(model, "fc") as seen:
        logits = model(images)
        model.conv1(images)
    assert torch.equal(seen["fc"], logits)


def test_find_layer_returns_the_layer_itself():
    model = Model()
    assert find_layer(model, "features.0") is model.features[0]
