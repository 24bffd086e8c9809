import functools
import importlib

import numpy as np
import pytest
from checkers import NOTEBOOK_NAMES, CheckerTests

from exercises import check
from helpers.data import arrays

# Torch is there already (conftest.py), as it must be before TensorFlow.
keras = pytest.importorskip("keras", reason="Keras is not installed")
tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
keras_lab = importlib.import_module("helpers.keras_lab")
layers, fit_small = keras.layers, keras_lab.fit_small

NOTEBOOK_NAMES.update(
    keras=keras,
    layers=layers,
    arrays=arrays,
    fit_small=fit_small,
    model_setup=keras_lab.model_setup,
)


def loaded(
    scale=lambda images: images[..., None] / 255,
    scale_test=None,
    train=lambda X, y, size: (X[:size], y[:size]),
    test=lambda X, y, size: (X, y),
    result=lambda train, test: (train, test),
):
    """Return an answer to 7-1 that differs from the right one in one part."""

    def get_data_mnist(data_size=None):
        (X_train, y_train), (X_test, y_test) = arrays("MNIST"), arrays("MNIST", train=False)
        X_train, X_test = scale(X_train), (scale_test or scale)(X_test)
        return result(train(X_train, y_train, data_size), test(X_test, y_test, data_size))

    return get_data_mnist


def load_with_limit(data_size=None):
    X_train, y_train = arrays("MNIST", limit=data_size)
    X_test, y_test = arrays("MNIST", train=False)
    X_train, X_test = (np.expand_dims(X.astype("float32") / 255, -1) for X in (X_train, X_test))
    return [X_train, y_train], [X_test, y_test]


def convolution(filters=32, kernel=5, **options):
    return layers.Conv2D(filters, kernel, activation="relu", **options)


def network(
    inputs=lambda: [keras.Input((28, 28, 1))],
    convolve=lambda: [convolution()],
    pooling=lambda: [layers.MaxPooling2D()],
    flatten=lambda: [layers.Flatten()],
    hidden=lambda dense: [layers.Dense(dense, activation="relu")],
    output=lambda: [layers.Dense(10, activation="softmax")],
):
    """Return an answer to 7-2 that differs from the right one in one part."""
    return lambda dense=20: keras.Sequential(
        [*inputs(), *convolve(), *pooling(), *flatten(), *hidden(dense), *output()]
    )


def functional_network(dense=20):
    image = keras.Input((28, 28, 1), name="image")
    x = layers.ReLU()(layers.Conv2D(32, kernel_size=5)(image))
    x = layers.Reshape((4608,))(layers.MaxPool2D(strides=2)(x))
    x = keras.activations.relu(layers.Dense(dense)(x))
    return keras.Model(image, layers.Softmax()(layers.Dense(10)(x)))


def compiled(
    adam=keras.optimizers.Adam,
    sgd=keras.optimizers.SGD,
    rate=lambda lr: {"learning_rate": lr},
    loss="sparse_categorical_crossentropy",
    metrics=("accuracy",),
):
    """Return an answer to 7-3 that differs from the right one in one part."""

    def model_setup(model, optimizer="adam", lr=0.001):
        chosen = (adam if optimizer == "adam" else sgd)(**rate(lr))
        model.compile(chosen, loss, metrics=list(metrics))

    return model_setup


def compile_by_name(model, optimizer="adam", lr=1e-3):
    model.compile(
        optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(), metrics=["acc"]
    )
    model.optimizer.learning_rate = lr
    return model


def compile_adam_alone(model, optimizer="adam", lr=0.001):
    if optimizer == "adam":
        compiled()(model, optimizer, lr)


def selected(
    predict=lambda probabilities: probabilities.argmax(axis=1),
    wrong=lambda predict, y: predict != y,
    result=lambda X, y, predict: (X, y, predict),
):
    """Return an answer to 7-4 that differs from the right one in one part."""

    def misclassified(X, y, probabilities):
        guess = predict(probabilities)
        chosen = wrong(guess, y)
        return result(X[chosen], y[chosen], guess[chosen])

    return misclassified


def select_one_by_one(X, y, probabilities):
    places = [i for i, row in enumerate(probabilities) if np.argmax(row) != y[i]]
    guesses = np.array([np.argmax(probabilities[i]) for i in places], dtype=int)
    return X[places], y[places], guesses


def select_into_lists(X, y, probabilities):
    images, classes, guesses = [], [], []
    for image, label, row in zip(X, y, probabilities, strict=True):
        if row.argmax() != label:
            images.append(image)
            classes.append(label)
            guesses.append(row.argmax())
    return np.array(images), np.array(classes), np.array(guesses)


def select_half_sure(X, y, probabilities):
    predict = (probabilities > 0.5).argmax(axis=1)
    wrong = predict != y
    return X[wrong], y[wrong], predict[wrong]


def select_images_alone(X, y, probabilities):
    predict = probabilities.argmax(axis=1)
    return X[predict != y], y, predict


def select_with_probabilities(X, y, probabilities):
    wrong = probabilities.argmax(axis=1) != y
    return X[wrong], y[wrong], probabilities[wrong]


def select_places(X, y, probabilities):
    predict = probabilities.argmax(axis=1)
    places = np.flatnonzero(predict != y)
    return places, y[places], predict[places]


def plain_fit(model, X, y, epochs, **options):
    settings = {"batch_size": 128, "validation_split": 0.1, **options}
    model.fit(X, y, epochs=epochs, verbose=0, **settings)


def fit_small_for(model, X, y, epochs):
    fit_small(model, X, y, epochs=epochs)


def experiment(
    seed=lambda seed: keras.utils.set_random_seed(seed),
    reseed=lambda seed: None,
    setup=keras_lab.model_setup,
    train=fit_small_for,
    score=lambda model, train, test: evaluated("test", 1)(model, train, test),
    result=np.array,
):
    """Return an answer to 7-6 that differs from the right one in one part."""

    def run_seeds(make_model, train_data, test_data, seeds, epochs):
        scores = []
        for number in seeds:
            seed(number)
            model = make_model()
            reseed(number)
            setup(model)
            train(model, *train_data, epochs)
            scores.append(score(model, train_data, test_data))
        return result(scores)

    return run_seeds


def score_of_the_first_seed(make_model, train, test, seeds, epochs):
    return experiment(result=list)(make_model, train, test, seeds[:1], epochs)


def make_model_not_called(make_model, train, test, seeds, epochs):
    return experiment()(lambda: make_model, train, test, seeds, epochs)


def model_lost(make_model, train, test, seeds, epochs):
    model = make_model()
    model = compiled()(model)
    fit_small(model, *train, epochs=epochs)


def scores_of_validation(make_model, train, test, seeds, epochs):
    history = {}

    def fit(model, X, y, epochs):
        history[model] = fit_small(model, X, y, epochs=epochs).history

    def score(model, train, test):
        return history[model]["val_accuracy"][-1]

    return experiment(train=fit, score=score)(make_model, train, test, seeds, epochs)


def one_model_for_all(make_model, train, test, seeds, epochs):
    model = make_model()

    def make_the_same():
        return model

    return experiment()(make_the_same, train, test, seeds, epochs)


def validated_on_the_test_data(make_model, train, test, seeds, epochs):
    def fit(model, X, y, epochs):
        learnt = len(X) * 9 // 10
        model.fit(X[:learnt], y[:learnt], 128, epochs=epochs, validation_data=test, verbose=0)

    return experiment(train=fit)(make_model, train, test, seeds, epochs)


def evaluated(data, which):
    """Return how a model is scored: on the training data or the test data, and what is kept."""

    def score(model, train, test):
        return np.take(model.evaluate(*{"train": train, "test": test}[data], verbose=0), which)

    return score


def accuracy_by_hand(model, train, test):
    X, y = test
    return (np.asarray(model(X)).argmax(axis=1) == y).mean()


RIGHT = {
    "7-1": [load_with_limit, loaded()],
    "7-2": [functional_network, network()],
    "7-3": [compile_by_name, compiled()],
    "7-4": [
        select_one_by_one,
        select_into_lists,
        selected(wrong=lambda predict, y: np.flatnonzero(predict - y)),
    ],
    "7-6": [experiment(train=plain_fit, score=accuracy_by_hand, result=list)],
}
MISTAKES = {
    "7-1": [
        (None, loaded(result=lambda train, test: (*train, *test))),
        ("one_hot", loaded(train=lambda X, y, size: (X[:size], np.eye(10)[y[:size]]))),
        ("no_channel_axis", loaded(scale=lambda images: images / 255)),
        ("no_channel_axis", loaded(scale_test=lambda images: images / 255)),
        ("channels_first", loaded(scale=lambda images: images[:, None] / 255)),
        ("test_cut", loaded(test=lambda X, y, size: (X[:size], y[:size]))),
        ("size_ignored", loaded(train=lambda X, y, size: (X, y))),
        ("labels_not_cut", loaded(train=lambda X, y, size: (X[:size], y))),
        ("not_scaled", loaded(scale=lambda images: images[..., None])),
        ("not_scaled", loaded(scale_test=lambda images: images[..., None])),
        ("negative_pixels", loaded(scale=lambda images: images[..., None] / 127.5 - 1)),
        ("other_images", loaded(train=lambda X, y, size: (X[-(size or 0) :], y[-(size or 0) :]))),
        ("other_images", loaded(scale=lambda images: images[..., None] / 256)),
        (None, loaded(test=lambda X, y, size: (X, y[::-1]))),
    ],
    "7-2": [
        ("no_input", network(inputs=list)),
        ("dense_fixed", network(hidden=lambda dense: [layers.Dense(20, activation="relu")])),
        ("padded", network(convolve=lambda: [convolution(padding="same")])),
        ("no_pooling", network(pooling=list)),
        ("kernel", network(convolve=lambda: [convolution(kernel=3)])),
        ("not_flattened", network(flatten=list)),
        ("number_of_classes", network(output=lambda: [layers.Dense(20, activation="softmax")])),
        ("parameters", network(convolve=lambda: [convolution(filters=16)])),
        ("no_softmax", network(output=lambda: [layers.Dense(10)])),
        ("no_softmax", network(output=lambda: [layers.Dense(10, activation="sigmoid")])),
        ("activation", network(hidden=lambda dense: [layers.Dense(dense)])),
        ("activation", network(pooling=lambda: [layers.AveragePooling2D(2)])),
        ("layer_added", network(flatten=lambda: [layers.Flatten(), layers.Dropout(0.5)])),
    ],
    "7-3": [
        ("not_compiled", lambda model, optimizer="adam", lr=0.001: None),
        ("not_compiled", compile_adam_alone),
        ("one_hot_loss", compiled(loss="categorical_crossentropy")),
        ("optimizer_ignored", compiled(sgd=keras.optimizers.Adam)),
        ("lr_ignored", compiled(rate=lambda lr: {})),
        ("lr_ignored", compiled(adam=lambda learning_rate: keras.optimizers.Adam(0.001))),
        ("no_accuracy", compiled(metrics=())),
        (
            "other_loss",
            compiled(loss=lambda y, probabilities: keras.ops.max(probabilities, axis=-1)),
        ),
        ("other_options", compiled(sgd=functools.partial(keras.optimizers.SGD, momentum=0.9))),
        ("other_options", compiled(adam=functools.partial(keras.optimizers.Adam, beta_1=0.5))),
        (None, compiled(metrics=("mse",))),
    ],
    "7-4": [
        (None, selected(result=lambda X, y, predict: X)),
        ("over_the_images", selected(predict=lambda probabilities: probabilities.argmax(axis=0))),
        ("probabilities", select_with_probabilities),
        ("probabilities", selected(predict=lambda probabilities: probabilities.max(axis=1))),
        ("places", select_places),
        ("kept_right_ones", selected(wrong=lambda predict, y: predict == y)),
        ("not_selected", select_images_alone),
        ("swapped", selected(result=lambda X, y, predict: (X, predict, y))),
        (None, select_half_sure),
    ],
    "7-6": [
        ("not_called", make_model_not_called),
        (None, model_lost),
        ("not_compiled", experiment(setup=lambda model: None)),
        ("one_model", one_model_for_all),
        ("one_score", experiment(result=lambda scores: scores[-1])),
        ("one_score", score_of_the_first_seed),
        (None, experiment(result=lambda scores: None)),
        ("both_scores", experiment(score=evaluated("test", [0, 1]))),
        ("same_seed", experiment(seed=lambda seed: keras.utils.set_random_seed(0))),
        ("not_seeded", experiment(seed=lambda seed: None, reseed=keras.utils.set_random_seed)),
        ("other_setup", experiment(setup=compiled(adam=keras.optimizers.SGD))),
        ("not_validated", experiment(train=lambda *data: plain_fit(*data, validation_split=0.0))),
        ("other_training", experiment(train=lambda *data: plain_fit(*data, batch_size=32))),
        ("other_training", experiment(train=lambda *data: plain_fit(*data, batch_size=512))),
        ("other_training", experiment(train=lambda *data: plain_fit(*data, validation_split=0.2))),
        ("other_training", experiment(train=lambda model, X, y, epochs: plain_fit(model, X, y, 1))),
        ("other_validation", validated_on_the_test_data),
        ("training_accuracy", experiment(score=evaluated("train", 1))),
        ("test_loss", experiment(score=evaluated("test", 0))),
        (None, scores_of_validation),
        (None, experiment(result=lambda scores: np.sort(scores)[::-1] / 2)),
    ],
}


def only(answers, *exercises):
    return {exercise: answers[exercise] for exercise in exercises}


class TestLesson07(CheckerTests):
    right = only(RIGHT, "7-1", "7-2", "7-3", "7-4")
    mistakes = only(MISTAKES, "7-1", "7-2", "7-3", "7-4")
    seeds = (2020, 1)


class TestExperimentOfLesson07(CheckerTests):
    """Trains networks, so one seed must do."""

    right = only(RIGHT, "7-6")
    mistakes = only(MISTAKES, "7-6")
    seeds = (1,)


def test_check_leaves_the_seeds_of_tensorflow_and_keras_as_they_were(capsys):
    def numbers():
        return tf.random.uniform((3,)).numpy().tolist(), keras.random.uniform((3,)).numpy().tolist()

    keras.utils.set_random_seed(7)
    expected = numbers(), numbers()
    keras.utils.set_random_seed(7)
    before = numbers()
    check("7-6", experiment())
    assert "✅" in capsys.readouterr().out
    assert (before, numbers()) == expected
