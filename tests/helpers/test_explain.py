import copy
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from captum.attr import LayerAttribution, LayerGradCam, Occlusion, Saliency
from torch import nn

from helpers import explain
from helpers.errors import (
    LabelError,
    LayerError,
    ModelError,
    ProbabilityError,
    RangeError,
    ShapeError,
    UnknownNameError,
)
from helpers.models import CNN, MLP, LeNet, Model


class InPlace(nn.Module):
    """A model whose layers write into their inputs: the first layer into the images themselves."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.ReLU(inplace=True),
            nn.Conv2d(2, 4, 3),
            nn.ReLU(inplace=True),
            nn.Conv2d(4, 5, 3),
            nn.BatchNorm2d(5),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Dropout(0.5, inplace=True),
        )
        self.classifier = nn.Linear(5 * 4 * 4, 3)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class Tiny(nn.Module):
    """Two channels, x and 2x, that the logits weigh: 3x − 2x for class 0, the rest for class 1."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 1, bias=False)
        self.fc = nn.Linear(8, 2, bias=False)
        with torch.no_grad():
            self.conv.weight.copy_(torch.tensor([1.0, 2.0]).view(2, 1, 1, 1))
            self.fc.weight.copy_(
                torch.tensor([[4.0, 4, 4, 0, -1, -1, -1, -1], [0, 0, 0, 0, 0, 0, -1, 0]])
            )

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))


TINY_IMAGE = torch.tensor([[[[1.0, 2.0], [0.0, -1.0]]]])


class Failing(Model):
    def forward(self, x):
        super().forward(x)
        raise KeyError("after all layers")


def seeded(make):
    torch.manual_seed(0)
    return make()


def images(count=4, channels=1, size=28):
    return torch.randn(count, channels, size, size, generator=torch.Generator().manual_seed(1))


def gap_parts(cnn):
    """Return the layers of ``CNN`` in two parts, so that its last feature maps have a name."""
    parts = nn.Sequential()
    parts.features = nn.Sequential(
        *(cnn.conv1, cnn.bn1, nn.ReLU(), nn.MaxPool2d(2)),
        *(cnn.conv2, cnn.bn2, nn.ReLU(), nn.MaxPool2d(2)),
    )
    parts.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), cnn.fc)
    return parts


CASES = {
    "Model": (lambda: Model(), images()),
    "CNN": (lambda: CNN(3, 10), images(channels=3)),
    "LeNet": (lambda: LeNet(3, 4), images(channels=3, size=32)),
    "in place": (InPlace, images(channels=2, size=12)),
}
LAYERS = [
    ("Model", "features.0"),
    ("Model", "features.2"),
    ("Model", "features.4"),
    ("Model", "features"),
    ("CNN", "conv2"),
    ("CNN", "bn2"),
    ("LeNet", "features.4"),
    ("in place", "features.1"),
    ("in place", "features.3"),
    ("in place", "features.6"),
]
CLASSES = torch.tensor([2, 0, 1, 2])

EXPLANATIONS = {
    "saliency": explain.saliency,
    "smooth_grad": lambda model, x, target=None: explain.smooth_grad(model, x, target, n=3),
    "grad_cam": lambda model, x, target=None: explain.grad_cam(model, x, "features.4", target),
    "occlusion": lambda model, x, target=None: explain.occlusion(
        model, x, target, window=8, stride=6, batch=7
    ),
}
every_explanation = pytest.mark.parametrize("name", EXPLANATIONS)


def captum_grad_cam(model, x, layer):
    maps = LayerGradCam(model, model.get_submodule(layer)).attribute(
        x, CLASSES, relu_attributions=True
    )
    return LayerAttribution.interpolate(maps, x.shape[-2:], "bilinear")[:, 0]


# --- against Captum -----------------------------------------------------------------------------
@pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients")
@pytest.mark.parametrize("case", ["Model", "CNN", "LeNet"])
def test_saliency_agrees_with_captum(case):
    make, x = CASES[case]
    model = seeded(make).eval()
    wanted = Saliency(model).attribute(x.clone(), CLASSES).amax(dim=1)
    assert wanted.max() > 1e-4
    torch.testing.assert_close(explain.saliency(model, x, CLASSES), wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("case", "layer"), LAYERS)
def test_grad_cam_agrees_with_captum(case, layer):
    make, x = CASES[case]
    model = seeded(make).eval()
    # Captum takes the output after the next layer has changed it in place; without that it agrees.
    peer = copy.deepcopy(model)
    for module in peer.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    wanted = captum_grad_cam(peer, x.clone(), layer)
    assert wanted.max() > 1e-5
    got = explain.grad_cam(model, x.clone(), layer, CLASSES)
    torch.testing.assert_close(got, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("window", "stride"), [(5, 2), (4, 4), (7, 3), (28, 1)])
@pytest.mark.parametrize(("make", "channels"), [(Model, 1), (lambda: CNN(3, 10), 3)])
def test_occlusion_agrees_with_captum(make, channels, window, stride):
    model, x = seeded(make).eval(), images(channels=channels)
    for fill in (0, -1.0):
        wanted = Occlusion(model).attribute(
            x,
            (channels, window, window),
            (channels, stride, stride),
            fill,
            target=CLASSES,
            perturbations_per_eval=32,
        )
        got = explain.occlusion(model, x, CLASSES, window=window, stride=stride, fill=fill)
        # Captum gives each channel the same fall, since they are covered together.
        for channel in wanted.unbind(dim=1):
            torch.testing.assert_close(got, channel, rtol=0, atol=1e-5)


# --- worked-out values --------------------------------------------------------------------------
def test_saliency_of_a_tiny_network():
    # Class 0: 4 − 2 at three pixels, −2 at the last. Class 1: −2 at the third.
    x = TINY_IMAGE.repeat(2, 1, 1, 1)
    maps = explain.saliency(Tiny(), x, torch.tensor([0, 1]))
    assert maps.tolist() == [[[2, 2], [2, 2]], [[0, 0], [2, 0]]]


def test_grad_cam_of_a_tiny_network():
    # Weights of class 0: mean(4, 4, 4, 0) = 3 and −1; the map is 3x − 2x = x.
    maps = explain.grad_cam(Tiny(), TINY_IMAGE, "conv", 0)
    assert maps.tolist() == [[[1, 2], [0, 0]]]
    signed = explain.grad_cam(Tiny(), TINY_IMAGE, "conv", 0, relu=False)
    assert signed.tolist() == [[[1, 2], [0, -1]]]


def test_occlusion_of_a_tiny_network():
    # The logit of class 0 is 2 (a + b + c) − 2 d: what a pixel gives is what it takes away.
    falls = explain.occlusion(Tiny(), TINY_IMAGE, 0, window=1, stride=1)
    assert falls.tolist() == [[[2, 4], [0, 2]]]
    falls = explain.occlusion(Tiny(), TINY_IMAGE, 0, window=1, stride=1, fill=1)
    assert falls.tolist() == [[[0, 2], [-2, 4]]]


def test_grad_cam_is_as_small_as_the_layer_without_upsampling():
    maps = explain.grad_cam(seeded(Model), images(), "features.4", upsample=False)
    assert maps.shape == (4, 12, 12)
    enlarged = F.interpolate(maps[:, None], (28, 28), mode="bilinear", align_corners=False)[:, 0]
    assert torch.equal(explain.grad_cam(seeded(Model), images(), "features.4"), enlarged)


def test_smooth_grad_without_noise_is_saliency():
    model, x = seeded(Model), images()
    torch.testing.assert_close(
        explain.smooth_grad(model, x, n=2, sigma=0), explain.saliency(model, x)
    )


def test_smooth_grad_averages_gradients_not_their_absolute_values():
    class Cube(nn.Module):
        def forward(self, x):
            return torch.stack([x.flatten(1).pow(2).sum(1), x.flatten(1).sum(1)], dim=1)

    # The gradient of the square is 2 (x + noise): noise cancels out, absolute values would not.
    x = torch.tensor([[[[0.0, 1.0]]]])
    maps = explain.smooth_grad(Cube(), x, 0, n=1000, sigma=1.0)
    torch.testing.assert_close(maps, torch.tensor([[[0.0, 2.0]]]), rtol=0, atol=0.15)


def test_smooth_grad_is_decided_by_its_seed():
    model, x = seeded(Model), images()
    maps = explain.smooth_grad(model, x, n=2, seed=3)
    assert torch.equal(maps, explain.smooth_grad(model, x, n=2, seed=3))
    assert not torch.equal(maps, explain.smooth_grad(model, x, n=2, seed=4))


# --- properties ---------------------------------------------------------------------------------
@every_explanation
def test_a_batch_gives_what_its_images_give_one_by_one(name):
    model, x = seeded(Model), images()
    batched = EXPLANATIONS[name](model, x, CLASSES)
    single = [EXPLANATIONS[name](model, x[i : i + 1], CLASSES[i].item())[0] for i in range(len(x))]
    torch.testing.assert_close(batched, torch.stack(single), rtol=1e-4, atol=1e-7)


@every_explanation
def test_without_a_target_the_predicted_class_is_explained(name):
    model, x = seeded(Model).eval(), images()
    predicted = model(x).argmax(dim=1)
    maps = EXPLANATIONS[name](model, x)
    assert torch.equal(maps, EXPLANATIONS[name](model, x, predicted))
    assert not torch.allclose(maps, EXPLANATIONS[name](model, x, (predicted + 1) % 10))


@every_explanation
def test_one_class_for_all_is_the_same_as_that_class_for_each(name):
    model, x = seeded(Model), images()
    for target in (torch.tensor(3), torch.full((4,), 3), torch.full((4,), 3, dtype=torch.int32)):
        maps = EXPLANATIONS[name](model, x, target)
        assert torch.equal(maps, EXPLANATIONS[name](model, x, 3))


@every_explanation
def test_a_constant_image_has_a_finite_map(name):
    maps = EXPLANATIONS[name](seeded(Model), torch.full((2, 1, 28, 28), -1.0))
    assert maps.isfinite().all()
    assert explain.normalise(maps).isfinite().all()


@every_explanation
def test_random_weights_change_the_map(name):
    model, x = seeded(Model), images()
    before = EXPLANATIONS[name](model, x, CLASSES)
    after = EXPLANATIONS[name](explain.randomise_(model, seed=1), x, CLASSES)
    assert not torch.allclose(before, after, rtol=0.1)


@every_explanation
@pytest.mark.parametrize("mode", [torch.no_grad, torch.enable_grad])
def test_maps_are_the_same_in_either_gradient_mode_and_carry_no_graph(name, mode):
    model, x = seeded(Model), images()
    wanted = EXPLANATIONS[name](model, x)
    with mode():
        maps = EXPLANATIONS[name](model, x.clone().requires_grad_())
        assert torch.is_grad_enabled() == (mode is torch.enable_grad)
    assert torch.equal(maps, wanted)
    assert not maps.requires_grad


def test_evidence_against_the_class_alone_gives_zeros_not_nan():
    x = torch.rand(2, 1, 2, 2, generator=torch.Generator().manual_seed(0)) + 0.1
    model = Tiny()
    with torch.no_grad():
        model.fc.weight.neg_().abs_().neg_()
    maps = explain.grad_cam(model, x, "conv", 0)
    assert torch.equal(maps, torch.zeros(2, 2, 2))
    assert torch.equal(explain.normalise(maps), torch.zeros(2, 2, 2))


def test_cam_is_grad_cam_up_to_scale_where_global_average_pooling_ends_the_features():
    cnn = seeded(CNN).eval()
    parts, x = gap_parts(cnn).eval(), images()
    torch.testing.assert_close(parts(x), cnn(x))
    with torch.no_grad():
        cam = torch.einsum("nk,nkhw->nhw", cnn.fc.weight[CLASSES], parts.features(x))
    maps = explain.grad_cam(parts, x, "features", CLASSES, relu=False, upsample=False)
    torch.testing.assert_close(cam, 7 * 7 * maps)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 1, bias=False)

    def forward(self, x):
        return self.conv(F.relu(self.conv(x))).flatten(1)


def test_a_layer_used_twice_counts_at_its_last_use():
    model = Twice()
    nn.init.constant_(model.conv.weight, 3)
    maps = explain.grad_cam(model, TINY_IMAGE.abs(), "conv", 1, upsample=False)
    # The gradient is 1 at one of four places: a quarter of the output, which is 9x.
    assert maps.tolist() == [[[2.25, 4.5], [0, 2.25]]]


# --- nothing is changed -------------------------------------------------------------------------
def fingerprint(values):
    # Short: pytest takes minutes to compare megabytes when a test fails.
    return hash(values.numpy().tobytes())


def state_of(model):
    return {
        "modes": [module.training for module in model.modules()],
        "hooks": [
            len(module._forward_hooks)
            + len(module._forward_pre_hooks)
            + len(module._backward_hooks)
            for module in model.modules()
        ],
        "trainable": [weight.requires_grad for weight in model.parameters()],
        "gradients": [
            None if weight.grad is None else fingerprint(weight.grad)
            for weight in model.parameters()
        ],
        "identities": [id(weight) for weight in model.parameters()],
        "values": [fingerprint(values) for values in model.state_dict().values()],
        "random state": torch.get_rng_state().tolist(),
    }


EVERYTHING = EXPLANATIONS | {
    "maximise": lambda model, x, target=None: explain.maximise(
        model, "features.2", 0, (1, 28, 28), steps=2
    )
}


@pytest.mark.parametrize("make", [Model, Failing])
@pytest.mark.parametrize("name", EVERYTHING)
def test_a_model_is_left_as_it_was_found_even_when_it_fails(make, name):
    model, x = seeded(make).train(), images()
    model.features[5].eval()
    model.features[0].weight.requires_grad_(False)
    model.classifier[0].weight.grad = torch.ones_like(model.classifier[0].weight)
    before, pixels = state_of(model), x.clone()
    if make is Failing:
        with pytest.raises(KeyError):
            EVERYTHING[name](model, x)
    else:
        EVERYTHING[name](model, x)
    assert state_of(model) == before
    assert torch.equal(x, pixels)
    assert not x.requires_grad


@pytest.mark.parametrize("target", [None, CLASSES])
@pytest.mark.parametrize("name", EVERYTHING)
def test_inference_mode_changes_no_map_while_it_is_on_or_when_it_made_the_images(name, target):
    model, x = seeded(Model), images()
    wanted = EVERYTHING[name](model, x, target)
    with torch.inference_mode():
        x, target = x.clone(), None if target is None else target.clone()
        inside = EVERYTHING[name](model, x, target)
        assert torch.is_inference_mode_enabled()
    assert torch.equal(inside, wanted)
    assert torch.equal(EVERYTHING[name](model, x, target), wanted)


def test_batch_norm_and_dropout_are_in_evaluation_mode():
    model, x = seeded(InPlace), images(channels=2, size=12)
    maps = [explain.grad_cam(mode(), x.clone(), "features.6") for mode in (model.train, model.eval)]
    assert torch.equal(*maps)


def test_images_survive_a_model_that_works_in_place_on_them():
    x = images(channels=2, size=12)
    before = x.clone()
    explain.saliency(seeded(InPlace), x)
    assert torch.equal(x, before)


# --- number types and devices -------------------------------------------------------------------
@pytest.mark.parametrize("name", EVERYTHING)
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-5), (torch.float16, 0.02), (torch.bfloat16, 0.15)]
)
def test_maps_keep_the_number_type_and_roughly_the_values(name, dtype, tolerance):
    model, x = seeded(Model), images()
    wanted = EVERYTHING[name](model, x, CLASSES)
    got = EVERYTHING[name](model.to(dtype), x.to(dtype), CLASSES)
    assert got.dtype == dtype
    # On average: rounding can switch a ReLU, and with it single pixels, on or off.
    assert (got.float() - wanted).abs().mean() <= tolerance * wanted.abs().mean()


@pytest.mark.gpu
@every_explanation
def test_maps_of_a_gpu_are_those_of_the_cpu(name):
    model, x = seeded(Model), images()
    wanted = EXPLANATIONS[name](model, x, CLASSES)
    model.cuda()
    for place in ("cuda", "cpu"):
        got = EXPLANATIONS[name](model, x.to(place), CLASSES)
        assert got.is_cuda
        torch.testing.assert_close(got.cpu(), wanted, rtol=0.01, atol=1e-4)


# --- refusals -----------------------------------------------------------------------------------
def test_an_unknown_layer_is_refused_with_a_list_of_layers():
    with pytest.raises(LayerError, match=r"「conv9」はありません.*features\.4"):
        explain.grad_cam(Model(), images(), "conv9")


def test_a_linear_layer_is_refused_with_a_list_of_layers_that_have_maps():
    message = r"classifier\.0.*\(4, 128\).*\(N, C, h, w\).*features\.0, features\.2, features\.4$"
    with pytest.raises(LayerError, match=message):
        explain.grad_cam(Model(), images(), "classifier.0")


def test_a_model_without_convolutions_is_refused():
    with pytest.raises(LayerError, match=r"（なし）"):
        explain.grad_cam(MLP(), images(), "features.1")


def test_a_layer_that_the_logits_do_not_depend_on_is_refused():
    model = Model()
    model.unused = nn.Conv2d(1, 1, 1)
    with pytest.raises(LayerError, match=r"unused.*使われていません"):
        explain.grad_cam(model, images(), "unused")


def test_a_layer_whose_last_use_does_not_reach_the_logits_is_refused():
    class Aside(Twice):
        def forward(self, x):
            x = self.conv(x)
            self.conv(x)
            return x.flatten(1)

    with pytest.raises(LayerError, match=r"conv.*使われていません"):
        explain.grad_cam(Aside(), TINY_IMAGE, "conv")


class CutAfterwards(Tiny):
    def forward(self, x):
        return self.fc(self.conv(x).detach().flatten(1))


class CutAround(Tiny):
    def forward(self, x):
        with torch.no_grad():
            x = self.conv(x)
        return self.fc(x.flatten(1))


class CutAtTheEnd(Tiny):
    def forward(self, x):
        return torch.tensor(super().forward(x).tolist())


every_cut = pytest.mark.parametrize("make", [CutAfterwards, CutAround, CutAtTheEnd])


@every_cut
def test_a_graph_that_the_model_cuts_is_told_as_that(make):
    with pytest.raises(LayerError, match=r"conv.*detach\(\) や torch\.no_grad\(\)"):
        explain.grad_cam(make(), TINY_IMAGE, "conv")
    for use in (explain.saliency, explain.smooth_grad):
        with pytest.raises(ModelError, match=r"切れて.*detach\(\)"):
            use(make(), TINY_IMAGE)
    if make is not CutAtTheEnd:
        with pytest.raises(ModelError, match=r"切れて.*detach\(\)"):
            explain.maximise(make(), "fc", 0, (1, 2, 2), steps=1)


@every_cut
def test_occlusion_needs_no_graph(make):
    wanted = explain.occlusion(Tiny(), TINY_IMAGE, 0, window=1, stride=1)
    assert torch.equal(explain.occlusion(make(), TINY_IMAGE, 0, window=1, stride=1), wanted)


class ChannelsLast(nn.Module):
    """As a Swin Transformer: channels come last inside, and first again in ``back``."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(1, 6, 2, stride=2)
        self.block = nn.Sequential(nn.LayerNorm(6), nn.Linear(6, 5), nn.GELU())
        self.back = nn.Identity()
        self.head = nn.Linear(5, 3)

    def forward(self, x):
        x = self.block(self.patches(x).permute(0, 2, 3, 1))
        x = self.back(x.permute(0, 3, 1, 2))
        return self.head(x.mean(dim=(2, 3)))


@pytest.mark.parametrize("layer", ["block", "block.0", "block.1"])
@pytest.mark.parametrize("shape", [(28, 28), (16, 32), (32, 16)])
def test_a_layer_with_its_channels_last_is_refused(layer, shape):
    with pytest.raises(LayerError, match=rf"{layer}.*チャンネルの軸が最後"):
        explain.grad_cam(ChannelsLast(), torch.rand(2, 1, *shape), layer)


@pytest.mark.parametrize("layer", ["patches", "back"])
@pytest.mark.parametrize("shape", [(28, 28), (16, 32), (32, 16)])
def test_a_layer_of_the_same_model_with_its_channels_first_is_read(layer, shape):
    model, x = seeded(ChannelsLast).eval(), torch.rand(4, 1, *shape)
    wanted = captum_grad_cam(model, x, layer)
    got = explain.grad_cam(model, x, layer, CLASSES)
    torch.testing.assert_close(got, wanted, rtol=0, atol=1e-5)


def test_maps_of_kernels_that_are_not_square_are_read():
    model = nn.Sequential(nn.Conv2d(1, 26, (1, 5)), nn.Flatten(), nn.Linear(26 * 28 * 24, 3)).eval()
    assert explain.grad_cam(model, images(), "0").shape == (4, 28, 28)


@every_explanation
@pytest.mark.parametrize(
    "target",
    [10, -1, True, torch.tensor([0, 1, 2, 10]), torch.tensor([0, 1]), torch.rand(4), np.eye(4)],
)
def test_a_target_that_names_no_class_an_image_is_refused(name, target):
    with pytest.raises(LabelError, match="target"):
        EXPLANATIONS[name](Model(), images(), target)


@every_explanation
def test_images_of_another_shape_are_refused(name):
    with pytest.raises(ShapeError):
        EXPLANATIONS[name](Model(), images()[0])
    with pytest.raises(ShapeError):
        EXPLANATIONS[name](Model(), images(size=20))
    with pytest.raises(ShapeError, match="1 枚もありません"):
        EXPLANATIONS[name](Model(), images()[:0])


@every_explanation
@pytest.mark.parametrize("convert", [torch.Tensor.numpy, torch.Tensor.tolist])
def test_images_that_are_no_tensor_are_told_as_that(name, convert):
    with pytest.raises(ShapeError, match=r"画像が (ndarray|list) です.*torch\.from_numpy"):
        EXPLANATIONS[name](Model(), convert(images()))


def lazy():
    return nn.Sequential(nn.LazyConv2d(2, 3), nn.Flatten(), nn.LazyLinear(10))


@torch.inference_mode()
def made_in_inference_mode():
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(1352, 10))


@pytest.mark.parametrize(
    ("make", "sentence"), [(lazy, "「0」の重みの形"), (made_in_inference_mode, "inference_mode")]
)
def test_a_model_whose_weights_can_have_no_gradient_is_refused_and_left_as_it_was(make, sentence):
    model = make()
    for use in (
        lambda: explain.saliency(model, images()),
        lambda: explain.smooth_grad(model, images()),
        lambda: explain.grad_cam(model, images(), "0"),
        lambda: explain.occlusion(model, images()),
        lambda: explain.maximise(model, "0", 0, (1, 28, 28), steps=1),
        lambda: explain.randomise_(model),
    ):
        with pytest.raises(ModelError, match=sentence):
            use()
    assert all(weight.requires_grad for weight in model.parameters())
    assert model.training


def test_lazy_layers_that_have_seen_an_image_are_layers_as_others():
    model = seeded(lazy)
    model(images())
    assert explain.grad_cam(model, images(), "0").shape == (4, 28, 28)


@every_explanation
def test_the_default_device_of_pytorch_changes_nothing(name):
    model, x = seeded(Model), images()
    wanted = EXPLANATIONS[name](model, x, CLASSES)
    with torch.device("meta"):  # on which no value could be computed
        assert torch.equal(EXPLANATIONS[name](model, x, CLASSES), wanted)


@every_explanation
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool, torch.float64])
def test_images_of_another_type_are_refused(name, dtype):
    with pytest.raises(ShapeError, match=rf"画像の型が {dtype} です.*torch\.float32"):
        EXPLANATIONS[name](Model(), images().to(dtype))


@every_explanation
def test_a_model_that_returns_probabilities_is_refused(name):
    class Probabilities(Model):
        def forward(self, x):
            return super().forward(x).softmax(dim=1)

    with pytest.raises(ProbabilityError):
        EXPLANATIONS[name](Probabilities(), images())


@pytest.mark.parametrize(
    "options", [{"window": 0}, {"window": 29}, {"stride": 0}, {"stride": 6}, {"batch": 0}]
)
def test_windows_that_do_not_fit_are_refused(options):
    (name,) = options
    with pytest.raises(RangeError, match=name):
        explain.occlusion(Model(), images(), **options)


def test_no_noisy_copies_and_no_deviation_below_0_are_taken():
    with pytest.raises(RangeError, match="n が 0"):
        explain.smooth_grad(Model(), images(), n=0)
    with pytest.raises(RangeError, match=r"sigma が -0\.1"):
        explain.smooth_grad(Model(), images(), sigma=-0.1)


PEAK = """
import resource, sys, torch
from torch import nn
from helpers.explain import occlusion

model = nn.Sequential(
    nn.Conv2d(3, 4, 7, stride=8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)
)
image = torch.rand(1, 3, 224, 224)
occlusion(model, image, window=224, stride=224)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
maps = occlusion(model, image, 0, window=5, stride=5, batch=int(sys.argv[1]))
assert maps.shape == (1, 224, 224)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize(("batch", "most"), [(8, 100_000), (256, 600_000)])
def test_the_batch_bounds_the_memory_of_occlusion(batch, most):
    # KiB. One image has 588 KiB; its 2,025 masks at once would have 100 MB, and 400 as numbers.
    command = [sys.executable, "-c", PEAK, str(batch)]
    root = Path(__file__).parents[2]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, capture_output=True, check=True, cwd=root, env=environment)
    assert int(run.stdout) < most


# --- maximise, randomise_, normalise ------------------------------------------------------------
@pytest.mark.parametrize("layer", ["features.0", "features.3", "classifier.3"])
def test_maximise_finds_an_image_that_a_channel_prefers(layer):
    model = seeded(Model).eval()
    image = explain.maximise(model, layer, 5, (1, 28, 28), steps=20)
    assert image.shape == (1, 28, 28)
    assert -1 <= image.min() < image.max() <= 1
    answers = {}
    module = model.get_submodule(layer)
    with torch.no_grad(), module.register_forward_hook(lambda *args: answers.update(it=args[2])):
        model(torch.stack([image, *images(20)]).clamp(-1, 1))
    means = answers["it"][:, 5].reshape(21, -1).mean(dim=1)
    assert means[0] > means[1:].max()


def test_maximise_is_decided_by_its_seed():
    model = seeded(Model)
    one, same, other = (
        explain.maximise(model, "features.2", 0, (1, 28, 28), steps=3, seed=seed)
        for seed in (0, 0, 1)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_maximise_works_before_an_in_place_layer():
    image = explain.maximise(seeded(InPlace), "features.3", 0, (2, 12, 12), steps=3)
    assert image.std() > 0.1


def test_maximise_refuses_a_channel_that_the_layer_has_not():
    with pytest.raises(RangeError, match="channel が 32"):
        explain.maximise(Model(), "features.0", 32, (1, 28, 28))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_maximise_stays_at_its_noise_where_a_channel_answers_to_nothing(dtype):
    model = seeded(Model).to(dtype)
    nn.init.zeros_(model.features[0].weight)
    one, other = (
        explain.maximise(model, "features.0", 0, (1, 28, 28), steps=steps) for steps in (1, 3)
    )
    assert one.isfinite().all()
    assert torch.equal(one, other)


@pytest.mark.parametrize("steps", [0, -1])
def test_maximise_refuses_to_make_no_step(steps):
    with pytest.raises(RangeError, match=f"steps が {steps} です"):
        explain.maximise(Model(), "features.0", 0, (1, 28, 28), steps=steps)


def test_maximise_refuses_a_layer_that_the_model_does_not_use():
    model = Model()
    model.unused = nn.Conv2d(1, 1, 1)
    with pytest.raises(LayerError, match=r"unused.*使われていません"):
        explain.maximise(model, "unused", 0, (1, 28, 28))


def test_maximise_refuses_a_layer_that_does_not_return_one_tensor():
    class Rows(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(28, 4, batch_first=True)

        def forward(self, x):
            return self.lstm(x[:, 0])[0][:, -1]

    with pytest.raises(LayerError, match=r"「lstm」.* tuple "):
        explain.maximise(Rows(), "lstm", 0, (1, 28, 28))


def test_randomise_changes_every_weight_in_place_by_its_seed():
    model = seeded(Model)
    before = [weight.clone() for weight in model.parameters()]
    state = torch.get_rng_state(), random.getstate()
    assert explain.randomise_(model, seed=5) is model
    assert torch.equal(torch.get_rng_state(), state[0])
    assert random.getstate() == state[1]
    pairs = zip(before, model.parameters(), strict=True)
    assert not any(torch.equal(*pair) for pair in pairs)
    again = explain.randomise_(Model(), seed=5)
    pairs = zip(model.parameters(), again.parameters(), strict=True)
    assert all(torch.equal(*pair) for pair in pairs)


def test_randomise_forgets_what_batch_norm_has_seen():
    model = CNN()
    model(images() + 3)
    explain.randomise_(model)
    assert torch.equal(model.bn1.running_mean, torch.zeros(16))


def test_randomise_of_a_part_leaves_the_rest():
    model = seeded(Model)
    before = model.features[0].weight.clone()
    explain.randomise_(model.classifier)
    assert torch.equal(model.features[0].weight, before)


def test_the_seed_of_randomise_decides_layers_that_draw_from_numpy_too():
    class OwnLayer(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(3))

        def reset_parameters(self):
            self.weight.data = torch.from_numpy(np.random.rand(3))  # noqa: NPY002

    one, same, other = (explain.randomise_(OwnLayer(), seed).weight for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_randomise_refuses_weights_that_it_cannot_renew_and_changes_nothing():
    model = seeded(Model)
    model.scale = nn.Parameter(torch.ones(1))
    before = state_of(model)
    with pytest.raises(LayerError, match=r"scale を.*reset_parameters"):
        explain.randomise_(model)
    assert state_of(model) == before


def test_normalise_stretches_each_map_to_the_unit_interval():
    maps = torch.tensor([[[-2.0, 0.0], [2.0, 0.0]], [[10.0, 20.0], [15.0, 20.0]]])
    wanted = [[[0, 0.5], [1, 0.5]], [[0, 1], [0.5, 1]]]
    assert explain.normalise(maps).tolist() == wanted


@pytest.mark.parametrize(
    "maps",
    [
        torch.rand(3, 3),
        torch.rand(3),
        torch.rand(0, 3, 3),
        np.zeros((1, 3, 3)),
    ],
    ids=["one map", "a row", "no maps", "array"],
)
def test_anything_but_maps_is_not_normalised(maps):
    with pytest.raises(ShapeError, match=r"normalise.*maps\[None\]"):
        explain.normalise(maps)


def test_normalise_turns_constant_maps_into_zeros():
    maps = torch.stack([torch.full((3, 3), value) for value in (0.0, 7.0, -1e-20)])
    assert torch.equal(explain.normalise(maps), torch.zeros(3, 3, 3))


def test_overlay_is_found_beside_the_explanations():
    mixed = explain.overlay(torch.zeros(1, 1, 4, 4), torch.zeros(1, 4, 4))
    assert mixed.shape == (1, 4, 4, 3)
    with pytest.raises(UnknownNameError, match="inferno"):
        explain.overlay(torch.zeros(1, 1, 4, 4), torch.zeros(1, 4, 4), cmap="rainbow")
