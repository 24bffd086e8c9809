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

X_test, y_test = arrays("MNIST", train=False)
"""What the notebook has defined before 7-4, where an answer may take it for its arguments."""

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


def load_without_default(data_size):
    return loaded()(data_size)


def load_600_by_default(data_size=600):
    return loaded()(data_size)


def as_tensors(train, test):
    return tuple((tf.constant(X), y) for X, y in (train, test))


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


class Subclass(keras.Model):
    """Learns its input when it sees the first image."""

    def __init__(self, dense=20):
        super().__init__()
        self.convolution, self.pooling = convolution(), layers.MaxPooling2D()
        self.flatten, self.hidden = layers.Flatten(), layers.Dense(dense, activation="relu")
        self.classes = layers.Dense(10, activation="softmax")

    def call(self, image):
        return self.classes(self.hidden(self.flatten(self.pooling(self.convolution(image)))))


def subclass_that_saw_an_image(dense=20):
    model = Subclass(dense)
    model(np.zeros((1, 28, 28, 1), dtype=np.float32))
    return model


def network_with_128_units_by_default(dense=128):
    return network()(dense)


def network_without_default(dense):
    return network()(dense)


@functools.cache
def network_made_once(dense=20):
    return network()(dense)


def network_with_a_seed(dense=20):
    keras.utils.set_random_seed(0)
    return network()(dense)


def network_in_a_network(dense=20):
    return keras.Sequential([keras.Input((28, 28, 1)), network()(dense)])


def network_with_a_fixed_initializer(dense=20):
    first = keras.initializers.GlorotUniform(seed=0)
    return network(convolve=lambda: [convolution(kernel_initializer=first)])(dense)


@functools.cache
def convolution_made_once():
    return convolution()


def network_with_a_layer_made_once(dense=20):
    return network(convolve=lambda: [convolution_made_once()])(dense)


def network_of_ones(dense=20):
    model = network()(dense)
    model.set_weights([np.ones_like(weights) for weights in model.get_weights()])
    return model


def dense(units, activation="relu", **options):
    return [layers.Dense(units, activation=activation, **options)]


def compiled(
    adam=keras.optimizers.Adam,
    sgd=keras.optimizers.SGD,
    rate=lambda lr: {"learning_rate": lr},
    loss="sparse_categorical_crossentropy",
    metrics=("accuracy",),
    otherwise=ValueError,
    **options,
):
    """Return an answer to 7-3 that differs from the right one in one part."""

    def model_setup(model, optimizer="adam", lr=0.001):
        makers = {"adam": adam, "sgd": sgd}
        if optimizer not in makers and otherwise is not None:
            raise otherwise(optimizer)
        chosen = makers.get(optimizer, sgd)(**rate(lr))
        model.compile(chosen, loss, metrics=metrics and list(metrics), **options)

    return model_setup


def compile_by_name(model, optimizer="adam", lr=1e-3):
    if optimizer not in ("adam", "sgd"):
        raise ValueError
    model.compile(
        optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(), metrics=["acc"]
    )
    model.optimizer.learning_rate = lr
    return model


def compile_adam_alone(model, optimizer="adam", lr=0.001):
    if optimizer == "adam":
        compiled()(model, optimizer, lr)


def compile_with_an_else_too_many(model, optimizer="adam", lr=0.001):
    if optimizer == "adam":
        chosen = keras.optimizers.Adam(lr)
    if optimizer == "sgd":
        chosen = keras.optimizers.SGD(lr)
    else:
        raise ValueError("adam か sgd です")
    model.compile(chosen, "sparse_categorical_crossentropy", ["accuracy"])


def compile_a_copy(model, optimizer="adam", lr=0.001):
    copy = keras.models.clone_model(model)
    compiled()(copy, optimizer, lr)
    return copy


def compile_sgd_by_default(model, optimizer="sgd", lr=0.001):
    compiled()(model, optimizer, lr)


def compile_the_class(model, optimizer="adam", lr=0.001):
    model.compile(keras.optimizers.Adam, "sparse_categorical_crossentropy", ["accuracy"])


def compile_one_metric(model, optimizer="adam", lr=0.001):
    model.compile("adam", "sparse_categorical_crossentropy", metrics="accuracy")


def compile_without_defaults(model, optimizer, lr):
    compiled()(model, optimizer, lr)


@functools.cache
def optimizers_made_once():
    return {"adam": keras.optimizers.Adam(), "sgd": keras.optimizers.SGD()}


def compile_with_a_shared_optimizer(model, optimizer="adam", lr=0.001):
    if optimizer not in ("adam", "sgd"):
        raise ValueError(optimizer)
    chosen = optimizers_made_once()[optimizer]
    chosen.learning_rate = lr
    model.compile(chosen, "sparse_categorical_crossentropy", ["accuracy"])


def compile_in_small_letters(model, optimizer="adam", lr=0.001):
    compiled()(model, optimizer.lower(), lr)


def compile_by_a_part_of_the_name(model, optimizer="adam", lr=0.001):
    names = [name for name in ("adam", "sgd") if optimizer in name]
    compiled()(model, names[0] if names else optimizer, lr)


def compile_and_shake(model, optimizer="adam", lr=0.001):
    compiled()(model, optimizer, lr)
    model.set_weights([1.01 * weights for weights in model.get_weights()])


def from_logits():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def optimizer_with(kind, **settings):
    return functools.partial(getattr(keras.optimizers, kind), **settings)


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


def select_by_places_without_type(X, y, probabilities):
    predict = probabilities.argmax(axis=1)
    places = np.array([place for place in range(len(y)) if predict[place] != y[place]])
    return X[places], y[places], predict[places]


def select_with_a_model(X, y, probabilities):
    model = network()()
    predict = model.predict(X, verbose=0).argmax(axis=1)
    wrong = predict != y
    return X[wrong], y[wrong], predict[wrong]


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


def select_with_the_mask(X, y, probabilities):
    wrong = probabilities.argmax(axis=1) != y
    return wrong, y[wrong], probabilities.argmax(axis=1)[wrong]


def select_from_the_whole_argmax(X, y, probabilities):
    predict = np.argmax(probabilities)
    wrong = predict != y
    return X[wrong], y[wrong], np.full(wrong.sum(), predict)


def select_with_labels_whole(X, y, probabilities):
    predict = probabilities.argmax(axis=1)
    return X[predict != y], y, predict[predict != y]


def select_by_other_labels(X, y, probabilities):
    predict = probabilities.argmax(axis=1)
    wrong = predict != y_test
    return X_test[wrong], y_test[wrong], predict[wrong]


def select_from_other_images(X, y, probabilities):
    predict = probabilities.argmax(axis=1)
    places = np.flatnonzero(predict != y)
    return X_test[places][..., None], y[places], predict[places]


def select_and_mend(X, y, probabilities):
    predict = probabilities.argmax(axis=1)
    wrong = predict != y
    result = X[wrong], y[wrong], predict[wrong]
    y[wrong] = predict[wrong]
    return result


def plain_fit(model, X, y, epochs, **options):
    settings = {"batch_size": 128, "validation_split": 0.1, **options}
    model.fit(X, y, epochs=epochs, verbose=0, **settings)


def fit_small_for(model, X, y, epochs):
    fit_small(model, X, y, epochs=epochs)


def experiment(
    seed=lambda seed: keras.utils.set_random_seed(seed),
    reseed=lambda seed: None,
    setup=lambda model: compiled()(model),
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
    return experiment()(make_model, train, test, seeds[:1], epochs)


def make_model_not_called(make_model, train, test, seeds, epochs):
    return experiment()(lambda: make_model, train, test, seeds, epochs)


def model_lost(make_model, train, test, seeds, epochs):
    model = make_model()
    model = compiled()(model)
    fit_small(model, *train, epochs=epochs)


def pair_passed_whole(make_model, train, test, seeds, epochs):
    model = make_model()
    compiled()(model)
    model.fit(train, epochs=epochs, verbose=0)


def one_model_too_many(make_model, train, test, seeds, epochs):
    make_model()
    return experiment()(make_model, train, test, seeds, epochs)


def other_model(make_model, train, test, seeds, epochs):
    return experiment()(lambda: keras_lab.bpnn(8), train, test, seeds, epochs)


def scores_before_training(make_model, train, test, seeds, epochs):
    before = {}

    def fit(model, X, y, epochs):
        before[model] = model.evaluate(*test, verbose=0)[1]
        fit_small(model, X, y, epochs=epochs)

    def score(model, train, test):
        return before[model]

    return experiment(train=fit, score=score)(make_model, train, test, seeds, epochs)


def scores_of_validation(make_model, train, test, seeds, epochs):
    history = {}

    def fit(model, X, y, epochs):
        history[model] = fit_small(model, X, y, epochs=epochs).history

    def score(model, train, test):
        return history[model]["val_accuracy"][-1]

    return experiment(train=fit, score=score)(make_model, train, test, seeds, epochs)


def scores_noted_while_training(make_model, train, test, seeds, epochs):
    scores = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        model = make_model()
        compiled()(model)
        log = model.fit(*train, batch_size=128, epochs=epochs, validation_split=0.1, verbose=0)
        scores.append(log.history["accuracy"][-1])
    return np.array(scores)


def experiment_that_reads_its_record(make_model, train, test, seeds, epochs):
    scores = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        model = make_model()
        compiled()(model)
        log = model.fit(*train, batch_size=128, epochs=epochs, validation_split=0.1, verbose=0)
        for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
            assert len(log.history[name]) == epochs
        print(f"{seed}: {log.history['accuracy'][-1]:.3f} {log.history['val_accuracy'][-1]:.3f}")
        scores.append(model.evaluate(*test, verbose=0)[1])
    return np.array(scores)


def experiment_with_a_network_of_its_own(make_model, train, test, seeds, epochs):
    return experiment()(lambda: network()(dense=8), train, test, seeds, epochs)


def on_the_first_hundred(model, train, test):
    X, y = test
    return model.evaluate(X[:100], y[:100], verbose=0)[1]


def on_images_of_an_earlier_cell(model, train, test):
    return model.evaluate(X_test[..., None] / 255, y_test, verbose=0)[1]


def fit_until_it_stops(*data):
    plain_fit(*data, callbacks=[keras.callbacks.EarlyStopping(patience=3)])


def batches_as_epochs(model, X, y, epochs):
    model.fit(X, y, epochs, 128, validation_split=0.1, verbose=0)


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


def trained_on_the_test_data(make_model, train, test, seeds, epochs):
    return experiment()(make_model, test, test, seeds, epochs)


def trained_on_other_data(make_model, train, test, seeds, epochs):
    other = X_test[:300, ..., None] / 255, y_test[:300]
    return experiment()(make_model, other, test, seeds, epochs)


def with_seeds_of_its_own(make_model, train, test, seeds, epochs):
    return experiment()(make_model, train, test, range(len(seeds)), epochs)


def with_epochs_renamed(make_model, train, test, seeds, number):
    return experiment()(make_model, train, test, seeds, number)


def that_empties_its_data(make_model, train, test, seeds, epochs):
    scores = experiment()(make_model, train, test, seeds, epochs)
    test[0][:] = 0
    return scores


def evaluated(data, which):
    """Return how a model is scored: on the training data or the test data, and what is kept."""

    def score(model, train, test):
        return np.take(model.evaluate(*{"train": train, "test": test}[data], verbose=0), which)

    return score


def accuracy_by_hand(model, train, test):
    X, y = test
    return (np.asarray(model(X)).argmax(axis=1) == y).mean()


RIGHT = {
    "7-1": [
        load_with_limit,
        loaded(),
        loaded(scale=lambda images: (images[..., None] / 255).astype(np.float16)),
        loaded(train=lambda X, y, size: (X[:size], y[:size].astype(np.uint8))),
    ],
    "7-2": [
        functional_network,
        network(),
        subclass_that_saw_an_image,
        network(convolve=lambda: [convolution(kernel_initializer="he_normal", name="first")]),
    ],
    "7-3": [
        compile_by_name,
        compiled(),
        compiled(metrics=("accuracy", "sparse_categorical_crossentropy")),
    ],
    "7-4": [
        select_one_by_one,
        selected(wrong=lambda predict, y: np.flatnonzero(predict - y)),
    ],
    "7-6": [
        experiment(train=plain_fit, score=accuracy_by_hand),
        experiment_that_reads_its_record,
        experiment(train=lambda *data: plain_fit(*data, callbacks=[keras_lab.ProgressBar()])),
        experiment(setup=keras_lab.model_setup, result=lambda scores: np.array(scores, np.float32)),
    ],
}
MISTAKES = {
    "7-1": [
        (None, loaded(result=lambda train, test: (*train, *test))),
        (None, loaded(result=as_tensors)),
        (None, loaded(train=lambda X, y, size: (X[:size], y[:size].tolist()))),
        ("no_default", load_without_default),
        (None, loaded(train=lambda X, y, size: (X[: size and size + 1], y[: size and size + 1]))),
        (None, loaded(train=lambda X, y, size: (X[:600], y[:600]) if size else (X, y))),
        (None, loaded(scale=lambda images: images[..., None] / 256)),
        (None, loaded(scale_test=lambda images: images[..., None] / 256)),
        (None, loaded(scale=lambda images: 1 - images[..., None] / 255)),
        (None, loaded(scale=lambda images: images.transpose(0, 2, 1)[..., None] / 255)),
        (None, loaded(test=lambda X, y, size: (X, y[::-1]))),
        ("one_hot", loaded(train=lambda X, y, size: (X[:size], np.eye(10)[y[:size]]))),
        ("labels_not_integers", loaded(train=lambda X, y, size: (X[:size], y[:size] / 1.0))),
        ("reordered", loaded(result=lambda train, test: (test, train))),
        ("reordered", loaded(result=lambda train, test: tuple(zip(train, test, strict=True)))),
        ("reordered", loaded(result=lambda train, test: (train[::-1], test[::-1]))),
        ("training_data_twice", loaded(result=lambda train, test: (train, train))),
        ("flattened", loaded(scale=lambda images: images.reshape(-1, 784) / 255)),
        ("no_channel_axis", loaded(scale=lambda images: images / 255)),
        ("no_channel_axis", loaded(scale_test=lambda images: images / 255)),
        ("channels_first", loaded(scale=lambda images: images[:, None] / 255)),
        ("test_cut", loaded(test=lambda X, y, size: (X[:size], y[:size]))),
        ("size_ignored", loaded(train=lambda X, y, size: (X, y))),
        ("labels_not_cut", loaded(train=lambda X, y, size: (X[:size], y))),
        ("cut_by_default", load_600_by_default),
        ("not_scaled", loaded(scale=lambda images: images[..., None])),
        ("not_scaled", loaded(scale_test=lambda images: images[..., None])),
        ("negative_pixels", loaded(scale=lambda images: images[..., None] / 127.5 - 1)),
        ("negative_pixels", loaded(scale=lambda X: (X[..., None] - X.mean()) / X.std())),
        ("rounded_down", loaded(scale=lambda images: images[..., None] // 255)),
        ("other_images", loaded(train=lambda X, y, size: (X[-(size or 0) :], y[-(size or 0) :]))),
    ],
    "7-2": [
        ("no_default", network_without_default),
        (None, network(convolve=lambda: [convolution(use_bias=False)])),
        (None, network(convolve=lambda: [convolution(strides=2)])),
        (None, network(hidden=lambda units: [])),
        (None, network(inputs=lambda: [keras.Input((28, 28, 3))])),
        (None, network(convolve=lambda: [layers.Rescaling(1 / 255), convolution()])),
        (None, network(convolve=lambda: [convolution(trainable=False)])),
        (None, network(hidden=lambda units: dense(units, kernel_regularizer="l2"))),
        (
            "layer_begins_alike",
            network(hidden=lambda units: dense(units, kernel_initializer="zeros")),
        ),
        ("layer_begins_alike", network_with_a_fixed_initializer),
        ("layer_begins_alike", network_with_a_layer_made_once),
        (None, network_in_a_network),
        ("no_input", lambda dense=20: keras.Sequential([network()(dense)])),
        ("layer_not_made", network(flatten=lambda: [layers.Flatten])),
        ("no_model", lambda dense=20: [keras.Input((28, 28, 1)), convolution()]),
        ("no_input", network(inputs=list)),
        ("no_input", Subclass),
        ("other_units", network(hidden=lambda units: dense(20))),
        ("other_units", network_with_128_units_by_default),
        ("padded", network(convolve=lambda: [convolution(padding="same")])),
        ("no_pooling", network(pooling=list)),
        ("kernel", network(convolve=lambda: [convolution(kernel=3)])),
        ("filters", network(convolve=lambda: [convolution(filters=16)])),
        ("not_flattened", network(flatten=list)),
        ("number_of_classes", network(output=lambda: dense(20, "softmax"))),
        ("no_softmax", network(output=lambda: dense(10, None))),
        ("no_softmax", network(output=lambda: dense(10, "sigmoid"))),
        ("softmax_twice", network(output=lambda: [*dense(10, "softmax"), layers.Softmax()])),
        ("convolution_without_relu", network(convolve=lambda: [layers.Conv2D(32, 5)])),
        ("dense_without_relu", network(hidden=lambda units: dense(units, None))),
        ("dense_without_relu", network(hidden=lambda units: dense(units, "tanh"))),
        ("average_pooling", network(pooling=lambda: [layers.AveragePooling2D(2)])),
        ("layer_added", network(flatten=lambda: [layers.Flatten(), layers.Dropout(0.5)])),
        ("same_model", network_made_once),
        ("seed_inside", network_with_a_seed),
        ("seed_inside", network_of_ones),
    ],
    "7-3": [
        (None, compile_sgd_by_default),
        ("known_name_refused", compile_with_an_else_too_many),
        (None, compiled(sgd=keras.optimizers.RMSprop)),
        (None, compiled(adam=keras.optimizers.AdamW)),
        (None, compiled(rate=lambda lr: {"learning_rate": lr / 10})),
        (None, compiled(loss_weights=0.5)),
        (
            None,
            compiled(loss=lambda y, probabilities: keras.ops.max(probabilities, axis=-1)),
        ),
        ("no_default", compile_without_defaults),
        ("optimizer_shared", compile_with_a_shared_optimizer),
        ("similar_names_accepted", compile_in_small_letters),
        ("similar_names_accepted", compile_by_a_part_of_the_name),
        ("optimizer_not_made", compile_the_class),
        ("metrics_not_a_list", compile_one_metric),
        ("not_compiled", lambda model, optimizer="adam", lr=0.001: None),
        ("not_compiled", compile_adam_alone),
        ("not_compiled", compile_a_copy),
        ("optimizers_swapped", compiled(keras.optimizers.SGD, keras.optimizers.Adam)),
        ("optimizer_ignored", compiled(sgd=keras.optimizers.Adam)),
        ("lr_ignored", compiled(rate=lambda lr: {})),
        ("lr_ignored", compiled(adam=lambda learning_rate: keras.optimizers.Adam(0.001))),
        ("other_options", compiled(sgd=optimizer_with("SGD", momentum=0.9))),
        ("other_options", compiled(adam=optimizer_with("Adam", amsgrad=True))),
        ("weights_changed", compile_and_shake),
        ("one_hot_loss", compiled(loss="categorical_crossentropy")),
        ("other_loss", compiled(loss="binary_crossentropy")),
        ("other_loss", compiled(loss="mse")),
        ("from_logits", compiled(loss=from_logits())),
        ("metric_fails", compiled(metrics=("mse",))),
        ("metric_fails", compiled(metrics=("acuracy",))),
        ("no_accuracy", compiled(metrics=())),
        ("no_accuracy", compiled(metrics=("sparse_top_k_categorical_accuracy",))),
        ("accuracy_not_first", compiled(metrics=("sparse_categorical_crossentropy", "accuracy"))),
        ("other_names_accepted", compiled(otherwise=None)),
        ("other_names_accepted", compiled(otherwise=KeyError)),
    ],
    "7-4": [
        (None, selected(result=lambda X, y, predict: X)),
        (None, selected(result=lambda X, y, predict: (X, y, y))),
        (None, selected(result=lambda X, y, predict: (X[:5], y[:5], predict[:5]))),
        (None, selected(predict=lambda probabilities: probabilities.argmin(axis=1))),
        (None, select_half_sure),
        (None, select_and_mend),
        ("places_without_type", select_by_places_without_type),
        ("predicted_again", select_with_a_model),
        ("shape_lost", select_into_lists),
        (None, selected(result=lambda X, y, predict: (list(X), list(y), list(predict)))),
        ("over_the_images", selected(predict=lambda probabilities: probabilities.argmax(axis=0))),
        ("other_arrays", select_by_other_labels),
        ("other_arrays", select_from_other_images),
        ("no_axis", selected(predict=lambda probabilities: probabilities.argmax())),
        ("no_axis", select_from_the_whole_argmax),
        ("probabilities", select_with_probabilities),
        ("probabilities", selected(predict=lambda probabilities: probabilities.max(axis=1))),
        ("places", select_places),
        ("places", select_with_the_mask),
        ("kept_right_ones", selected(wrong=lambda predict, y: predict == y)),
        ("not_selected", select_images_alone),
        ("not_selected", select_with_labels_whole),
        ("reordered", selected(result=lambda X, y, predict: (X, predict, y))),
        ("reordered", selected(result=lambda X, y, predict: (y, X, predict))),
    ],
    "7-6": [
        (None, with_epochs_renamed),
        (None, that_empties_its_data),
        (None, one_model_too_many),
        (None, experiment(result=list)),
        (None, experiment(result=lambda scores: np.array([f"{score:.2f}" for score in scores]))),
        (None, experiment(result=lambda scores: None)),
        (None, experiment(result=lambda scores: np.array(scores)[:, None])),
        (None, experiment(score=on_the_first_hundred)),
        ("percent", experiment(result=lambda scores: 100 * np.array(scores))),
        ("percent", experiment(result=lambda scores: (100 * np.array(scores)).round(1))),
        ("in_order_of_size", experiment(result=np.sort)),
        ("in_order_of_size", experiment(result=lambda scores: np.sort(scores)[::-1])),
        ("whole_numbers", experiment(result=lambda scores: np.array(scores).astype(int))),
        ("rounded", experiment(result=lambda scores: np.round(scores, 2))),
        ("other_test_data", experiment(score=on_images_of_an_earlier_cell)),
        ("steered", experiment(train=fit_until_it_stops)),
        ("not_shuffled", experiment(train=lambda *data: plain_fit(*data, shuffle=False))),
        ("batch_size_and_epochs_swapped", experiment(train=batches_as_epochs)),
        (
            "other_epochs",
            experiment(train=lambda model, X, y, epochs: fit_small_for(model, X, y, 50)),
        ),
        ("training_accuracy", scores_noted_while_training),
        (None, experiment(setup=compiled(adam=keras.optimizers.SGD))),
        (None, experiment(setup=compiled(rate=lambda lr: {"learning_rate": 0.01}))),
        (None, experiment(train=lambda *data: plain_fit(*data, validation_split=0.2))),
        ("not_called", make_model_not_called),
        ("other_model", other_model),
        ("other_model", experiment_with_a_network_of_its_own),
        ("pair_not_unpacked", pair_passed_whole),
        ("model_lost", model_lost),
        ("not_compiled", experiment(setup=lambda model: None)),
        ("one_seed", score_of_the_first_seed),
        ("one_score", experiment(result=lambda scores: scores[-1])),
        ("one_score", experiment(result=lambda scores: np.array(scores[-1:]))),
        ("one_model", one_model_for_all),
        ("both_scores", experiment(score=evaluated("test", [0, 1]))),
        ("same_seed", experiment(seed=lambda seed: keras.utils.set_random_seed(0))),
        ("not_seeded", experiment(seed=lambda seed: None, reseed=keras.utils.set_random_seed)),
        ("not_seeded", with_seeds_of_its_own),
        ("not_trained", experiment(train=lambda *data: None)),
        ("other_data", trained_on_other_data),
        ("trained_on_test", trained_on_the_test_data),
        ("validated_on_test", validated_on_the_test_data),
        ("not_validated", experiment(train=lambda *data: plain_fit(*data, validation_split=0.0))),
        ("batch_size", experiment(train=lambda *data: plain_fit(*data, batch_size=32))),
        ("batch_size", experiment(train=lambda *data: plain_fit(*data, batch_size=512))),
        ("other_epochs", experiment(train=lambda model, X, y, epochs: plain_fit(model, X, y, 1))),
        ("training_accuracy", experiment(score=evaluated("train", 1))),
        ("validation_accuracy", scores_of_validation),
        ("before_training", scores_before_training),
        ("test_loss", experiment(score=evaluated("test", 0))),
    ],
}


def only(answers, *exercises):
    return {exercise: answers[exercise] for exercise in exercises}


class TestArraysOfLesson07(CheckerTests):
    right = only(RIGHT, "7-1", "7-4")
    mistakes = only(MISTAKES, "7-1", "7-4")
    seeds = (2020, 1)


class TestModelsOfLesson07(CheckerTests):
    """Makes and trains networks, so one seed must do."""

    right = only(RIGHT, "7-2", "7-3", "7-6")
    mistakes = only(MISTAKES, "7-2", "7-3", "7-6")
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
