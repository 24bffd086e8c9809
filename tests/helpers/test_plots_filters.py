import io
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from helpers.errors import LayerError, ModelError, RangeError, ShapeError, UnknownNameError
from helpers.models import CNN, MLP, Model
from helpers.plots import plot_exciting_images, plot_feature_maps, plot_filters, plot_weights
from helpers.plots.filters import standardise


def convolution(weights):
    """Return a model whose layer "0" has these weights (out, in, h, w)."""
    weights = torch.as_tensor(weights, dtype=torch.float32)
    layer = nn.Conv2d(weights.shape[1], weights.shape[0], weights.shape[2:])
    layer.weight.data = weights
    return nn.Sequential(layer)


def canvas(figure, network=0):
    return np.ma.filled(figure.axes[network].images[0].get_array(), np.nan)


def names(figure, network=0):
    return [drawn.get_text() for drawn in figure.axes[network].texts]


def numbered(outputs, inputs):
    """Return 1×1 kernels, each holding 10 × output + input."""
    numbers = 10 * torch.arange(outputs)[:, None] + torch.arange(inputs)
    return numbers.float()[:, :, None, None]


def test_standardised_kernel_has_its_mean_at_a_half_and_a_deviation_at_a_quarter():
    kernels = np.array([[[-1.0, 1.0]], [[10.0, 30.0]]])
    assert standardise(kernels) == pytest.approx(np.array([[[0.25, 0.75]], [[0.25, 0.75]]]))


def test_standardised_values_beyond_two_deviations_are_clipped():
    kernel = np.zeros((1, 5, 5))
    kernel[0, 2, 2] = 1
    assert standardise(kernel).max() == 1
    assert standardise(-kernel).min() == 0


@pytest.mark.parametrize("value", [0.0, 0.1, -3.7])
def test_constant_kernel_becomes_grey(value):
    constant = np.full((2, 3, 3), value, dtype=np.float32)
    assert standardise(constant) == pytest.approx(np.full((2, 3, 3), 0.5), abs=0.01)


def test_colour_kernel_is_standardised_over_its_three_channels_together():
    kernel = np.stack([np.full((3, 3), level) for level in (-1.0, 0.0, 1.0)])[None]
    colours = standardise(kernel)[0, :, 0, 0]
    assert colours == pytest.approx([0.1938, 0.5, 0.8062], abs=1e-4)


def test_panels_are_named_by_output_and_input_channel():
    figure = plot_weights(convolution(numbered(2, 3)), "0")
    assert names(figure) == ["0,0", "0,1", "0,2", "1,0", "1,1", "1,2"]


@pytest.mark.parametrize(("model", "layer"), [(CNN(), "conv1"), (Model(), 0)])
def test_panels_stand_twelve_in_a_row(model, layer):
    assert canvas(plot_weights(model, layer)).shape[1] == 12 * 3 + 11


def test_panels_of_a_layer_are_standardised_one_by_one():
    edge = torch.tensor([[-1.0, 0, 1]] * 3)
    shown = canvas(plot_weights(convolution(torch.stack([edge, 100 * edge])[:, None]), "0"))
    assert shown[:, :3] == pytest.approx(shown[:, 4:], abs=1e-4)


def test_index_means_a_layer_of_features():
    model = Model()
    by_index, by_name = plot_weights(model, 0), plot_weights(model, "features.0")
    assert np.array_equal(canvas(by_index), canvas(by_name), equal_nan=True)


def test_shared_scale_is_centred_on_zero_and_fits_all_networks():
    weak, strong = torch.full((2, 1, 3, 3), 0.5), torch.full((2, 1, 3, 3), -2.0)
    figure = plot_filters(weak, strong, titles=("before", "after"))
    assert [ax.images[0].get_clim() for ax in figure.axes[:2]] == [(-2, 2), (-2, 2)]
    assert [ax.get_title() for ax in figure.axes[:2]] == ["before", "after"]


def test_shared_scale_keeps_the_weights_as_they_are():
    weights = torch.arange(-9.0, 9).reshape(2, 1, 3, 3)
    shown = canvas(plot_filters(weights))
    assert np.array_equal(shown[:, :3], weights[0, 0])
    assert np.array_equal(shown[:, 4:], weights[1, 0])
    assert np.isnan(shown[:, 3]).all()


def test_kernel_scale_shows_a_weak_kernel_as_clearly_as_a_strong_one():
    edge = torch.tensor([[-1.0, 0, 1]] * 3)
    shown = canvas(plot_filters(torch.stack([edge, 0.01 * edge])[:, None], scale="kernel"))
    assert shown[:, :3] == pytest.approx(shown[:, 4:], abs=1e-3)


def test_kernels_of_one_number_have_no_pattern_and_keep_their_sign_and_strength():
    weights = torch.tensor([[-2.0, 0.0], [1.0, 2.0]])[..., None, None]
    figures = plot_weights(convolution(weights), "0"), plot_filters(weights, scale="kernel")
    for figure in figures:
        assert canvas(figure)[0, ::2].tolist() == [-2, 0, 1, 2]
        assert figure.axes[0].images[0].get_clim() == (-2, 2)


def test_layers_without_weights_and_layers_instead_of_weights_are_told():
    with pytest.raises(ModelError, match="「0」の重みの形"):
        plot_weights(nn.Sequential(nn.LazyConv2d(2, 3)), "0")
    with pytest.raises(LayerError, match="「conv1」です"):
        plot_weights(model := CNN(), model.conv1)
    with pytest.raises(ShapeError, match="カーネルとして描けません"):
        plot_filters(CNN().conv1)


def test_columns_count_over_all_networks():
    weights = torch.rand(6, 1, 3, 3)
    figure = plot_filters(weights, weights, columns=6)
    assert canvas(figure).shape == (2 * 3 + 1, 3 * 3 + 2)


@pytest.mark.parametrize("titles", [(), ("before", "after"), np.array(["a", "b", "c"])])
def test_one_title_for_each_network_is_needed(titles):
    with pytest.raises(ShapeError, match=f"題が {len(titles)} 個"):
        plot_filters(torch.rand(1, 1, 3, 3), titles=titles)


def test_titles_can_be_an_array():
    weights = torch.rand(1, 1, 3, 3)
    figure = plot_filters(weights, weights, titles=np.array(["before", "after"]))
    assert [ax.get_title() for ax in figure.axes[:2]] == ["before", "after"]


def test_mosaic_has_a_row_an_input_channel_and_a_column_an_output_channel():
    figure = plot_weights(convolution(numbered(3, 2)), "0", collated=True)
    (mesh,) = figure.axes[0].collections
    shown = np.ma.filled(mesh.get_array(), np.nan).reshape(3, 5)
    assert np.array_equal(shown[::2, ::2], [[0, 10, 20], [1, 11, 21]])
    assert np.isnan(shown[1]).all()
    assert np.isnan(shown[:, 1::2]).all()
    assert mesh.get_clim() == (-21, 21)


def test_mosaic_of_2048_kernels_is_one_drawing():
    figure = plot_weights(Model(), "features.2", collated=True)
    panel, _colour_bar = figure.axes
    assert len(panel.collections) == 1
    assert panel.collections[0].get_array().size == (32 * 4 - 1) * (64 * 4 - 1)


def test_panels_of_64_channels_are_drawn():
    figure = plot_weights(Model(), "features.2")
    assert names(figure)[-1] == "63,31"


def test_colour_kernels_show_their_three_channels_as_red_green_and_blue():
    red = torch.zeros(3, 2, 2)
    red[0] = 1
    shown = canvas(plot_weights(convolution(red[None]), "0", single_channel=False))
    assert shown.shape == (2, 2, 3)
    assert (shown[..., 0] > 0.8).all()
    assert (shown[..., 1:] < 0.5).all()


def test_colour_needs_three_input_channels():
    with pytest.raises(LayerError, match=r"conv1.*1 チャンネル"):
        plot_weights(CNN(), "conv1", single_channel=False)


def test_layer_that_is_no_convolution_is_refused_with_those_that_are():
    with pytest.raises(LayerError, match=r"Linear.*conv1, conv2"):
        plot_weights(CNN(), "fc")


def test_model_without_convolution_is_refused():
    with pytest.raises(LayerError, match="（なし）"):
        plot_weights(MLP(), "classifier")


@pytest.mark.parametrize(
    ("model", "layer"), [(CNN(), "conv3"), (CNN(), 0), (Model(), 6), (Model(), "")]
)
def test_unknown_layer_is_refused_with_those_there_are(model, layer):
    with pytest.raises(LayerError, match=r"conv1, bn1|features\.0, features\.1"):
        plot_weights(model, layer)


def test_more_panels_than_can_be_read_are_refused():
    with pytest.raises(RangeError, match="collated=True"):
        plot_filters(torch.zeros(65, 64, 1, 1))


def test_unknown_scale_is_refused_with_those_there_are():
    with pytest.raises(UnknownNameError, match="shared, kernel"):
        plot_filters(torch.zeros(1, 1, 3, 3), scale="layer")


@pytest.mark.parametrize("shape", [(3, 3), (4, 3, 3), (0, 1, 3, 3)])
def test_weights_of_another_shape_are_refused(shape):
    with pytest.raises(ShapeError, match="出力, 入力"):
        plot_filters(torch.zeros(shape))


def test_weights_that_a_failed_training_left_are_drawn():
    weights = torch.tensor([[[[float("nan"), 1.0], [float("inf"), -2.0]]]])
    assert plot_filters(weights).axes[0].images[0].get_clim() == (-2, 2)


def test_weights_of_zero_are_drawn_white():
    image = plot_filters(torch.zeros(2, 1, 3, 3)).axes[0].images[0]
    assert image.norm(0.0) == 0.5


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_every_precision_are_drawn(dtype):
    assert canvas(plot_filters(torch.ones(1, 1, 3, 3, dtype=dtype))).max() == 1


@pytest.mark.gpu
def test_weights_on_a_gpu_are_drawn():
    assert names(plot_weights(CNN().cuda(), "conv1"))[0] == "0,0"


def test_drawing_leaves_the_model_as_it_was():
    model = CNN().train()
    before = model.conv1.weight.detach().clone()
    plot_weights(model, "conv1")
    assert torch.equal(model.conv1.weight, before)
    assert model.training
    assert model.conv1.weight.requires_grad


def test_feature_maps_are_numbered_and_share_one_scale():
    maps = torch.stack([torch.zeros(5, 5), torch.full((5, 5), 3.0), torch.full((5, 5), -1.0)])
    figure = plot_feature_maps(maps, columns=2)
    assert names(figure) == ["0", "1", "2"]
    assert figure.axes[0].images[0].get_clim() == (-1, 3)


def test_feature_maps_of_a_batch_are_refused():
    with pytest.raises(ShapeError, match="1 枚の画像"):
        plot_feature_maps(torch.zeros(2, 16, 28, 28))


@pytest.mark.parametrize("draw", [plot_filters, plot_feature_maps])
def test_columns_that_leave_no_place_are_refused(draw):
    shape = (2, 1, 3, 3) if draw is plot_filters else (2, 3, 3)
    with pytest.raises(RangeError, match="columns が 0"):
        draw(torch.zeros(shape), columns=0)


def test_patches_are_marked_where_they_lie_and_cut_at_the_border():
    images = torch.zeros(1, 2, 1, 10, 10)
    corners = torch.tensor([[[1, 2], [-3, 6]]])
    figure = plot_exciting_images(images, corners, size=8, channels=[5])
    first, second = (path.get_extents() for path in figure.axes[0].collections[0].get_paths())
    assert first.bounds == pytest.approx((1.5, 0.5, 8, 8))
    # The second image starts at pixel 12; its patch reaches three pixels over the upper border
    # and four over the right one.
    assert second.bounds == pytest.approx((17.5, -0.5, 4, 5))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["ch 5"]


@pytest.mark.parametrize("shape", [(9,), (2, 3, 9, 9), (2, 3, 4, 9, 9), (0, 3, 1, 9, 9)])
def test_what_is_no_images_of_channels_is_refused(shape):
    with pytest.raises(ShapeError, match="画像"):
        plot_exciting_images(torch.zeros(shape), torch.zeros(*shape[:2], 2), 4, range(shape[0]))


@pytest.mark.parametrize(
    ("corners", "channels", "name"),
    [((2, 2, 2), [0, 1], "corners"), ((2, 3), [0, 1], "corners"), ((2, 3, 2), [0], "channels")],
)
def test_a_patch_an_image_and_a_number_a_channel_are_needed(corners, channels, name):
    with pytest.raises(ShapeError, match=f"{name} の形"):
        plot_exciting_images(torch.zeros(2, 3, 1, 9, 9), torch.zeros(corners), 4, channels)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plot_weights(CNN(), "conv1"),
        lambda: plot_weights(CNN(), "conv2", collated=True),
        lambda: plot_weights(CNN(3), "conv1", single_channel=False),
        lambda: plot_filters(CNN().conv1.weight, CNN().conv1.weight, titles=("学習前", "学習後")),
        lambda: plot_feature_maps(torch.rand(4, 6, 6)),
        lambda: plot_exciting_images(torch.rand(2, 3, 1, 9, 9), torch.zeros(2, 3, 2), 4, [0, 1]),
    ],
    ids=["panels", "mosaic", "colour", "networks", "feature maps", "exciting images"],
)
def test_figure_is_described_and_its_letters_can_be_drawn(draw):
    figure = draw()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # of glyphs; libraries deprecate at will
        figure.savefig(io.BytesIO(), format="png")
    assert "図" in figure.description or "画像" in figure.description
