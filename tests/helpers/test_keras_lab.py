import functools
import importlib
import os
import subprocess
import sys

import numpy as np
import pytest

from helpers.errors import LabelError, LayerError, RangeError, ShapeError, UnknownNameError

pytest.importorskip("keras", reason="Keras is not installed")
keras_lab = importlib.import_module("helpers.keras_lab")
keras_backend = importlib.import_module("helpers.internal.keras_backend")
keras = keras_lab.keras

IMAGES = np.random.default_rng(0).random((30, 28, 28, 1), dtype=np.float32)
LABELS = np.arange(30) % 10


def small_network():
    layers = [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    return keras.Sequential([keras.Input((28, 28, 1)), *layers])


def texts(figure):
    return [drawn.get_text() for drawn in figure.axes[0].texts]


def column(figure, label):
    """The part of a gallery that shows one class, titles and gaps included."""
    return np.asarray(figure.axes[0].images[0].get_array())[:, label * 37 : label * 37 + 28]


def test_importing_it_writes_nothing():
    result = subprocess.run(
        [sys.executable, "-c", "import helpers.keras_lab"],
        env={name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (result.stdout, result.stderr) == ("", "")


def start_that_fails():
    with keras_backend.startup_notes_hidden():
        os.write(2, b"no such library")
        raise ImportError


def test_notes_of_a_start_that_fails_are_told(capfd):
    with pytest.raises(ImportError):
        start_that_fails()
    assert capfd.readouterr().err == "no such library"


def test_images_have_a_channel_axis_and_values_between_0_and_1():
    (X_train, y_train), (X_test, y_test) = keras_lab.get_data_mnist()
    assert (X_train.shape, X_test.shape) == ((5000, 28, 28, 1), (500, 28, 28, 1))
    assert (y_train.shape, y_test.shape) == ((5000,), (500,))
    assert X_train.dtype == X_test.dtype == np.float32
    assert (X_train.min(), X_train.max()) == (0, 1)


def test_data_size_keeps_the_first_training_images_and_all_test_images():
    (X_all, y_all), _ = keras_lab.get_data_mnist()
    (X_train, y_train), (X_test, _) = keras_lab.get_data_mnist(data_size=600)
    assert np.array_equal(X_train, X_all[:600])
    assert np.array_equal(y_train, y_all[:600])
    assert len(X_test) == 500


@pytest.mark.parametrize("size", [0, -1, 5001])
def test_impossible_data_size_is_refused(size):
    with pytest.raises(RangeError, match=f"{size}.*5000"):
        keras_lab.get_data_mnist(data_size=size)


def test_cnn_has_the_layers_of_the_lab_sheet():
    model = keras_lab.cnn()
    assert [tuple(layer.output.shape[1:]) for layer in model.layers] == [
        (24, 24, 32),
        (12, 12, 32),
        (4608,),
        (20,),
        (10,),
    ]
    assert model.count_params() == 93_222


def test_width_of_the_hidden_layer_can_be_chosen():
    assert keras_lab.cnn(dense=128).layers[3].units == 128
    assert keras_lab.bpnn(hidden=30).layers[1].units == 30


def test_bpnn_has_three_layers():
    assert keras_lab.bpnn(hidden=128).count_params() == 784 * 128 + 128 + 128 * 10 + 10


@pytest.mark.parametrize("make_model", [keras_lab.cnn, keras_lab.bpnn])
def test_networks_give_probabilities(make_model):
    probabilities = np.asarray(make_model()(IMAGES[:3]))
    assert probabilities.shape == (3, 10)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)


@pytest.mark.parametrize(("name", "kind"), [("adam", "Adam"), ("sgd", "SGD")])
def test_model_setup_chooses_optimizer_and_learning_rate(name, kind):
    model = keras_lab.model_setup(small_network(), optimizer=name, lr=0.03)
    assert type(model.optimizer).__name__ == kind
    assert float(model.optimizer.learning_rate) == pytest.approx(0.03)


def test_model_setup_measures_cross_entropy_and_accuracy():
    model = keras_lab.model_setup(small_network())
    loss, accuracy = model.evaluate(IMAGES, LABELS, verbose=0)
    probabilities = model.predict(IMAGES, verbose=0)
    assert loss == pytest.approx(-np.log(probabilities[range(30), LABELS]).mean(), rel=1e-4)
    assert accuracy == pytest.approx((probabilities.argmax(axis=1) == LABELS).mean())


def test_unknown_optimizer_is_refused_by_name():
    with pytest.raises(UnknownNameError, match=r"adamu.*adam、sgd"):
        keras_lab.model_setup(small_network(), optimizer="adamu")


def test_filters_are_drawn_in_order_on_a_zero_centred_scale():
    model = keras_lab.cnn()
    image = keras_lab.plot_conv_filter(model, 0).axes[0].images[0]
    kernels = model.layers[0].get_weights()[0]
    assert np.array_equal(image.get_array()[:5, :5], kernels[:, :, 0, 0])
    assert np.array_equal(image.get_array()[:5, 7:12], kernels[:, :, 0, 1])
    assert image.get_clim() == pytest.approx((-abs(kernels).max(), abs(kernels).max()))


def test_filters_before_and_after_share_their_scale():
    model = keras_lab.cnn()
    before = 10 * model.layers[0].get_weights()[0]
    figure = keras_lab.plot_conv_filter(model, 0, before=before)
    left, right = (ax.images[0] for ax in figure.axes[:2])
    assert (
        left.get_clim()
        == right.get_clim()
        == pytest.approx((-abs(before).max(), abs(before).max()))
    )
    assert [ax.get_title() for ax in figure.axes[:2]] == ["学習前", "学習後"]


def two_convolutions(filters=(2, 3)):
    first, second = (keras.layers.Conv2D(count, 3) for count in filters)
    return keras.Sequential([keras.Input((28, 28, 1)), first, keras.layers.MaxPooling2D(), second])


def test_layers_are_counted_among_the_convolutions_alone():
    model = two_convolutions()
    image = keras_lab.plot_conv_filter(model, 1).axes[0].images[0]
    assert np.array_equal(image.get_array()[:3, :3], model.layers[2].get_weights()[0][:, :, 0, 0])


@pytest.mark.parametrize("layer_id", [2, -1, "conv2d"])
def test_unknown_layer_is_refused_with_those_that_exist(layer_id):
    with pytest.raises(LayerError, match=rf"{layer_id} はありません.*畳み込み層は 0、1 です"):
        keras_lab.plot_conv_filter(two_convolutions(), layer_id)


def test_more_kernels_than_can_be_drawn_are_refused_without_a_word_on_pytorch():
    with pytest.raises(RangeError, match=r"4,160 個あります。描けるのは 4,096") as refusal:
        keras_lab.plot_conv_filter(two_convolutions((64, 65)), 1)
    assert "plot_weights" not in str(refusal.value)


def test_layer_without_weights_is_refused():
    with pytest.raises(LayerError, match=r"keras\.Input"):
        keras_lab.plot_conv_filter(keras.Sequential([keras.layers.Conv2D(2, 3)]), 0)


def test_earlier_weights_of_another_layer_are_refused():
    with pytest.raises(ShapeError, match=r"\(3, 3, 1, 32\).*\(5, 5, 1, 32\)"):
        keras_lab.plot_conv_filter(keras_lab.cnn(), 0, before=np.zeros((3, 3, 1, 32)))


def training_log(**history):
    log = keras.callbacks.History()
    log.history, log.epoch = history, list(range(len(history["loss"])))
    return log


def test_training_is_drawn_as_accuracy_and_loss():
    log = training_log(
        accuracy=[0.5, 0.7], val_accuracy=[0.6, 0.8], loss=[2.0, 1.0], val_loss=[1.5, 1.2]
    )
    accuracy, loss = keras_lab.plot_result(log).axes
    assert [list(line.get_ydata()) for line in accuracy.lines] == [[0.5, 0.7], [0.6, 0.8]]
    assert [list(line.get_ydata()) for line in loss.lines] == [[2.0, 1.0], [1.5, 1.2]]
    assert (accuracy.get_title(), loss.get_title()) == ("正解率", "損失")


@pytest.mark.parametrize("name", ["acc", "sparse_categorical_accuracy"])
def test_accuracy_is_drawn_whatever_compile_called_it(name):
    log = training_log(**{name: [0.5], f"val_{name}": [0.6], "loss": [2.0]})
    accuracy, _ = keras_lab.plot_result(log).axes
    assert [list(line.get_ydata()) for line in accuracy.lines] == [[0.5], [0.6]]


@pytest.mark.parametrize(("frequency", "epochs"), [(4, [4, 8]), ([1, 6], [1, 6])])
def test_scores_of_few_validations_are_drawn_at_their_epochs(frequency, epochs):
    model = keras_lab.model_setup(small_network())
    data = {"validation_data": (IMAGES, LABELS), "validation_freq": frequency}
    log = model.fit(IMAGES, LABELS, epochs=10, verbose=0, **data)
    accuracy, _ = keras_lab.plot_result(log, validation_freq=frequency).axes
    assert list(accuracy.lines[1].get_xdata()) == epochs
    with pytest.raises(ShapeError, match="エポックは 10 個、検証の値は 2 個"):
        keras_lab.plot_result(log)


def test_epochs_of_a_training_that_goes_on_are_counted_from_the_first():
    model = keras_lab.model_setup(small_network())
    log = model.fit(IMAGES, LABELS, initial_epoch=2, epochs=4, verbose=0)
    accuracy, loss = keras_lab.plot_result(log).axes
    assert list(accuracy.lines[0].get_xdata()) == [3, 4]
    assert loss.get_xlim()[1] > 4


def test_a_small_training_shows_its_one_validation_at_the_last_epoch():
    model = keras_lab.model_setup(small_network())
    log = keras_lab.fit_small(model, IMAGES, LABELS, epochs=3)
    accuracy, _ = keras_lab.plot_result(log).axes
    assert [list(line.get_xdata()) for line in accuracy.lines] == [[1, 2, 3], [3]]


def test_training_without_validation_is_drawn_too():
    accuracy, loss = keras_lab.plot_result(training_log(accuracy=[0.5], loss=[2.0])).axes
    assert len(accuracy.lines) == len(loss.lines) == 1


def test_gallery_has_a_column_a_class():
    X = np.repeat(LABELS / 10, 28 * 28).reshape(30, 28, 28, 1)
    figure = keras_lab.random_plot(X, LABELS)
    for label in range(10):
        assert set(np.unique(column(figure, label))) == {label / 10, 1.0}
    assert texts(figure)[:10] == [str(label) for label in range(10)]


def test_gallery_chooses_five_images_of_a_class_at_random():
    X = np.arange(100).repeat(28 * 28).reshape(100, 28, 28) / 200
    zeros = np.zeros(100, dtype=int)
    first, again, other = (
        set(np.unique(column(keras_lab.random_plot(X, zeros, seed=seed), 0))) for seed in (0, 0, 1)
    )
    assert len(first - {1.0}) == 5
    assert first == again != other


def test_gallery_copes_with_classes_without_images():
    figure = keras_lab.random_plot(IMAGES[:1], [7], [2])
    assert texts(figure)[6:9] == ["6 はなし", "7 -> 2", "8 はなし"]
    assert (column(figure, 6) == 1).all()


def test_gallery_copes_with_no_images_at_all():
    figure = keras_lab.random_plot(IMAGES[:0], LABELS[:0], LABELS[:0])
    assert texts(figure)[:10] == [f"{label} はなし" for label in range(10)]


def test_gallery_is_titled_with_true_and_predicted_class():
    figure = keras_lab.random_plot(IMAGES[:10], LABELS[:10], LABELS[9::-1])
    assert texts(figure)[:10] == [f"{label} -> {9 - label}" for label in range(10)]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((IMAGES, LABELS[:-1]), ShapeError),
        ((IMAGES, LABELS, LABELS[:-1]), ShapeError),
        ((IMAGES, LABELS, np.zeros((30, 10))), ShapeError),
        ((IMAGES[0, 0], LABELS), ShapeError),
        ((IMAGES, LABELS + 1), LabelError),
    ],
)
def test_gallery_refuses_what_does_not_fit(arguments, error):
    with pytest.raises(error):
        keras_lab.random_plot(*arguments)


def test_misclassified_images_come_with_their_true_and_predicted_classes():
    probabilities = np.array([[0.1, 0.9], [0.6, 0.4], [0.3, 0.7]])
    X, y, predict = keras_lab.misclassified(
        np.array([10, 11, 12]), np.array([1, 1, 0]), probabilities
    )
    assert (X.tolist(), y.tolist(), predict.tolist()) == ([11, 12], [1, 0], [0, 1])


def test_fit_small_trains_in_batches_and_only_validates_on_the_last_images():
    X = IMAGES.copy()
    X[-3:] = np.nan
    model = keras_lab.model_setup(small_network())
    log = keras_lab.fit_small(model, X, LABELS, epochs=2, batch_size=10)
    assert int(model.optimizer.iterations) == 2 * 3
    assert all(np.isfinite(weights).all() for weights in model.get_weights())
    assert np.isnan(log.history["val_loss"]).all()


def test_a_seed_gives_the_same_score_wherever_it_stands():
    data = (IMAGES, LABELS)
    both, alone = (
        keras_lab.run_seeds(small_network, data, data, seeds, epochs=3) for seeds in ((5, 6), (6,))
    )
    assert both.shape == (2,)
    assert both[1] == pytest.approx(alone[0], abs=1e-6)


def test_progress_is_quiet_where_nobody_watches(monkeypatch, capfd):
    monkeypatch.setenv("CI", "1")
    model = keras_lab.model_setup(small_network())
    model.fit(IMAGES, LABELS, verbose=0, callbacks=[keras_lab.ProgressBar()])
    assert capfd.readouterr() == ("", "")


def test_progress_counts_epochs_and_shows_the_last_scores(monkeypatch, capfd):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    every_step = functools.partial(keras_lab.progress_bar, mininterval=0)
    monkeypatch.setattr(keras_lab, "progress_bar", every_step)
    model = keras_lab.model_setup(small_network())
    model.fit(IMAGES, LABELS, epochs=2, verbose=0, callbacks=[keras_lab.ProgressBar()])
    shown = capfd.readouterr().err
    assert "エポック" in shown
    assert "2/2" in shown
    assert "accuracy=" in shown
