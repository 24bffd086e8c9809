import re

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_info, threadpool_limits
from torch import nn

from helpers import embed
from helpers.errors import LabelError, LayerError, ProbabilityError, RangeError, ShapeError
from helpers.hooks import capture
from helpers.models import Model


class Network(nn.Module):
    """Batch norm and dropout, so that the mode shows; every image's output is its own."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(inplace=True), nn.Dropout(0.5)
        )
        self.output = nn.Linear(12, 4)

    def forward(self, x):
        return self.output(self.features(x).flatten(1))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Network()


@pytest.fixture
def images():
    return torch.randn(23, 1, 4, 4, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def ragged(images):
    labels = torch.arange(23) % 4
    return list(zip(images.split(10), labels.split(10), strict=True))


def points(count=60, size=6, seed=0):
    return np.random.default_rng(seed).normal(size=(count, size)) * np.arange(1, size + 1)


# --- collect ------------------------------------------------------------------------------------
def test_collect_gives_what_a_loop_by_hand_gives(model, ragged):
    logits, labels = embed.collect(model, ragged)
    model.eval()
    with torch.no_grad():
        expected = np.concatenate([model(images).numpy() for images, _ in ragged])
    assert np.array_equal(logits, expected)
    assert labels.tolist() == [i % 4 for i in range(23)]


def test_collect_gives_float32_logits_and_whole_number_labels(model, ragged):
    logits, labels = embed.collect(model, ragged)
    assert (logits.shape, logits.dtype) == ((23, 4), np.float32)
    assert (labels.shape, labels.dtype) == ((23,), np.int64)


def test_ragged_batches_give_what_one_batch_gives(model, images, ragged):
    whole = [(images, torch.arange(23) % 4)]
    assert np.allclose(embed.collect(model, ragged)[0], embed.collect(model, whole)[0], atol=1e-6)


def test_collect_of_a_layer_gives_its_flattened_output(model, images, ragged):
    features, _ = embed.collect(model, ragged, "features")
    with torch.no_grad(), capture(model.eval(), "features") as seen:
        model(images)
    assert features.shape == (23, 12)
    assert np.allclose(features, seen["features"].flatten(1).numpy(), atol=1e-6)


def test_collect_of_a_layer_sees_it_before_a_later_layer_writes_into_it(model, images, ragged):
    before_relu, _ = embed.collect(model, ragged, "features.1")
    with torch.no_grad():
        expected = model.eval().features[:2](images).flatten(1).numpy()
    assert expected.min() < 0
    assert np.allclose(before_relu, expected, atol=1e-6)


def test_penultimate_layer_of_the_course_model_has_128_features():
    batch = (torch.zeros(2, 1, 28, 28), torch.tensor([0, 1]))
    assert embed.collect(Model(), [batch], "classifier.1")[0].shape == (2, 128)


def state_of(model):
    return (
        [module.training for module in model.modules()],
        [len(module._forward_hooks) for module in model.modules()],
        [parameter.grad for parameter in model.parameters()],
        [parameter.requires_grad for parameter in model.parameters()],
        [value.tolist() for value in model.state_dict().values()],
    )


@pytest.mark.parametrize("layer", [None, "features"])
def test_collect_leaves_the_model_as_it_found_it(model, ragged, layer):
    model.train()
    model.features.eval()
    before = state_of(model)
    embed.collect(model, ragged, layer)
    assert state_of(model) == before


def test_collect_leaves_the_model_as_it_found_it_when_images_do_not_fit(model, ragged):
    before = state_of(model)
    with pytest.raises(ShapeError):
        embed.collect(model, [*ragged, (torch.zeros(2, 1, 9, 9), torch.zeros(2))], "features")
    assert state_of(model) == before


def test_bfloat16_outputs_become_float32(model, ragged):
    halved = [(images.bfloat16(), labels) for images, labels in ragged]
    assert embed.collect(model.bfloat16(), halved)[0].dtype == np.float32


@pytest.mark.gpu
def test_collect_brings_images_to_the_model(model, ragged):
    expected, _ = embed.collect(model, ragged)
    assert np.allclose(embed.collect(model.cuda(), ragged)[0], expected, atol=1e-4)


def test_unknown_layer_is_refused_with_those_there_are(model, ragged):
    with pytest.raises(LayerError, match=r"features\.0.*output"):
        embed.collect(model, ragged, "conv9")


def test_a_layer_that_the_model_does_not_use_is_refused(model, ragged):
    model.unused = nn.Linear(1, 1)
    with pytest.raises(LayerError, match=r"unused.*使われていません"):
        embed.collect(model, ragged, "unused")


def test_no_images_are_refused(model, images):
    empty = images[:0], torch.zeros(0, dtype=torch.int64)
    for layer in (None, "features"):
        for batches in ([], [empty], [empty, empty]):
            with pytest.raises(ShapeError, match="1 枚もありません"):
                embed.collect(model, batches, layer)


@pytest.mark.parametrize("layer", [None, "features"])
def test_a_batch_without_images_changes_nothing(model, images, ragged, layer):
    empty = images[:0], torch.zeros(0, dtype=torch.int64)
    pairs = zip(
        embed.collect(model, [empty, *ragged, empty], layer),
        embed.collect(model, ragged, layer),
        strict=True,
    )
    assert all(np.array_equal(*pair) for pair in pairs)


@pytest.mark.parametrize("count", [0, 3, 7])
def test_another_number_of_labels_than_images_is_refused(model, images, count):
    with pytest.raises(LabelError, match=f"画像が 6 枚、ラベルが {count} 個"):
        embed.collect(model, [(images[:6], torch.zeros(count, dtype=torch.int64))])


class Inner(nn.Module):
    """Passes the features on, by way of a layer that gives another shape."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.inner = nn.Identity()

    def forward(self, x):
        self.inner(x.reshape(self.shape))
        return x


def test_a_layer_that_gives_one_number_an_image_is_collected_as_a_column(model, images, ragged):
    model.output = nn.Sequential(nn.Linear(12, 1), Inner(-1), nn.Linear(1, 4))
    vectors, _ = embed.collect(model, ragged, "output.1.inner")
    assert np.array_equal(vectors, embed.collect(model, ragged, "output.0")[0])
    assert vectors.shape == (23, 1)


@pytest.mark.parametrize("shape", [(-1, 6), (1, -1), (-1,)])
def test_a_layer_that_does_not_give_a_row_an_image_is_refused(model, ragged, shape):
    model.output = nn.Sequential(Inner(shape), model.output)
    with pytest.raises(LayerError, match=r"output\.0\.inner.*最初の軸が画像の枚数と違います"):
        embed.collect(model, ragged, "output.0.inner")


def test_a_layer_used_under_two_names_is_collected_at_its_last_use(model, ragged):
    model.again = model.output = nn.Sequential(model.output, nn.Linear(4, 12), model.output)
    (once, _), (last, _) = (embed.collect(model, ragged, name) for name in ("again.0", None))
    assert np.array_equal(once, last)


def test_probabilities_are_refused(model, ragged):
    model.output = nn.Sequential(model.output, nn.Softmax(dim=1))
    with pytest.raises(ProbabilityError):
        embed.collect(model, ragged)


# --- pca ----------------------------------------------------------------------------------------
def test_pca_of_points_on_a_line_gives_their_places_on_it():
    line = np.array([[0, 0], [3, 4], [6, 8]])
    assert np.allclose(np.abs(embed.pca(line, 1)[:, 0]), [5, 0, 5], atol=1e-5)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_pca_agrees_with_the_singular_value_decomposition_up_to_sign(n):
    x = points()
    u, s, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    assert np.allclose(np.abs(embed.pca(x, n)), np.abs(u * s)[:, :n], atol=1e-3)


def test_pca_agrees_with_scikit_learn_up_to_sign():
    x = points()
    expected = PCA(n_components=2).fit_transform(x)
    assert np.allclose(np.abs(embed.pca(x)), np.abs(expected), atol=1e-3)


def test_pca_of_wide_data_is_the_same_every_time():
    wide = points(600, 600)
    assert np.array_equal(embed.pca(wide), embed.pca(wide))


# --- all methods --------------------------------------------------------------------------------
METHODS = [embed.pca, embed.tsne, embed.umap]


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_map_has_n_dimensions(method, n):
    embedding = method(points(), n)
    assert embedding.shape == (60, n)
    assert embedding.dtype == np.float32
    assert np.isfinite(embedding).all()


@pytest.mark.parametrize("method", [embed.tsne, embed.umap])
def test_seed_decides_the_map(method):
    x = points()
    assert np.array_equal(method(x, seed=3), method(x, seed=3))


def test_another_seed_gives_another_umap():
    assert not np.allclose(embed.umap(points(), seed=0), embed.umap(points(), seed=1))


@pytest.mark.parametrize("method", [embed.tsne, embed.umap])
def test_global_random_state_is_left_alone(method):
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    method(points())
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize("method", [embed.tsne, embed.umap])
def test_separate_groups_stay_separate(method):
    groups = np.repeat([0, 1], 40)
    x = points(80) + 100 * groups[:, None]
    embedding = method(x)
    middles = np.array([embedding[groups == group].mean(axis=0) for group in (0, 1)])
    nearest = np.linalg.norm(embedding[:, None] - middles, axis=2).argmin(axis=1)
    assert np.array_equal(nearest, groups)


@pytest.mark.parametrize("method", METHODS)
def test_input_is_left_alone(method):
    x = points().astype(np.float32)
    before = x.copy()
    method(x)
    assert np.array_equal(x, before)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(method, value):
    x = points()
    x[3, 2] = value
    with pytest.raises(RangeError, match="NaN"):
        method(x)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_values_whose_squares_leave_float32_are_refused(method, factor):
    with pytest.raises(RangeError, match="大きすぎるか、小さすぎます"):
        method(points() * factor)


def test_a_tensor_with_a_graph_in_bfloat16_gives_the_map_of_its_values():
    x = torch.from_numpy(points()).bfloat16().requires_grad_()
    assert np.array_equal(embed.pca(x), embed.pca(x.detach().float().numpy()))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(60,), (60, 2, 2), (0, 4), (60, 0)])
def test_other_shapes_than_rows_of_points_are_refused(method, shape):
    with pytest.raises(ShapeError, match=r"\(N, D\)"):
        method(np.zeros(shape))


@pytest.mark.parametrize("method", METHODS)
def test_equal_points_are_refused(method):
    with pytest.raises(RangeError, match="同じ"):
        method(np.ones((60, 4)))


@pytest.mark.parametrize(("method", "n"), [(m, n) for m in METHODS for n in (0, 7)])
def test_dimensions_that_cannot_be_had_are_refused(method, n):
    with pytest.raises(RangeError, match=f"n が {n}"):
        method(points(size=6), n)


def test_tsne_makes_three_dimensions_at_most():
    with pytest.raises(RangeError, match="3 以下"):
        embed.tsne(points(), 4)


@pytest.mark.parametrize(("count", "neighbors"), [(3, 2), (10, 5)])
def test_umap_makes_two_dimensions_fewer_than_there_are_points_at_most(count, neighbors):
    x = points(count, size=12)
    assert embed.umap(x, count - 2, neighbors=neighbors).shape == (count, count - 2)
    with pytest.raises(RangeError, match=f"{count - 2} 以下"):
        embed.umap(x, count - 1, neighbors=neighbors)


@pytest.mark.parametrize("perplexity", [0, 60, 100])
def test_tsne_refuses_no_fewer_neighbours_than_points(perplexity):
    with pytest.raises(RangeError, match=f"perplexity が {perplexity} です.*60"):
        embed.tsne(points(), perplexity=perplexity)


@pytest.mark.parametrize("neighbors", [1, 60])
def test_umap_refuses_no_fewer_neighbours_than_points(neighbors):
    with pytest.raises(RangeError, match=f"neighbors が {neighbors} です.*60"):
        embed.umap(points(), neighbors=neighbors)


@pytest.mark.parametrize("method", [embed.tsne, embed.umap])
def test_nothing_is_printed_or_shown_in_continuous_integration(method, monkeypatch, capfd):
    monkeypatch.setenv("CI", "1")
    method(points())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("method", "moving_bar"),
    [(embed.tsne, r"t-SNE.* [1-9]\d*/1000"), (embed.umap, r"UMAP.* [1-9]\d*/500")],
    ids=["tsne", "umap"],
)
def test_progress_is_shown_to_a_student(method, moving_bar, monkeypatch, capfd):
    monkeypatch.delenv("CI", raising=False)
    method(points(400))
    printed, progress = capfd.readouterr()
    assert printed == ""
    assert re.search(moving_bar, progress)


@pytest.mark.parametrize("count", [100, 2500])
def test_tsne_keeps_to_one_thread_however_many_points_there_are(count, monkeypatch):
    threads = []

    def compute(method, x):
        libraries = threadpool_info()
        threads.extend(pool["num_threads"] for pool in libraries if pool["user_api"] == "openmp")
        return x[:, :2]

    monkeypatch.setattr(TSNE, "fit_transform", compute)
    with threadpool_limits(2, user_api="openmp"):
        embed.tsne(np.random.default_rng(0).random((count, 3)))
    assert set(threads) == {1}


def test_methods_give_no_warnings(recwarn):
    for method in METHODS:
        method(points())
    assert [str(warning.message) for warning in recwarn] == []
