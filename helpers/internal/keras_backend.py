"""Keras on TensorFlow: loaded without a page of notes, and trained on few images without delay."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator

import numpy as np


@contextlib.contextmanager
def startup_notes_hidden() -> Iterator[None]:
    """Hide what TensorFlow's C++ part writes while it starts, unless that fails.

    It greets everybody with a page on CPU instructions and absent GPUs, some of it before it looks
    at its own log level.
    """
    with tempfile.TemporaryFile() as notes:
        standard_error = os.dup(2)
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except BaseException:
            notes.seek(0)
            os.write(standard_error, notes.read())
            raise
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)


# Each library reads its variable once, when it is imported. Level 1 leaves out mere notes.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
os.environ["KERAS_BACKEND"] = "tensorflow"
with startup_notes_hidden():
    import keras
    import tensorflow as tf

    _DEVICE = "gpu" if tf.config.list_physical_devices("GPU") else "cpu"


def device() -> str:
    """Return what TensorFlow computes on: ``"gpu"`` or ``"cpu"``."""
    return _DEVICE


def fit_small(
    model: keras.Model,
    X: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int,
    batch_size: int = 128,
    validation_split: float = 0.1,
) -> keras.callbacks.History:
    """Train on a few images as ``model.fit`` does, in a fraction of the time.

    For arrays, ``fit`` sets up its supply of batches anew in every epoch, which takes longer than
    computing with a few hundred images. Here the images are handed to it as a data set instead.

    Args:
        model: Made ready by :func:`helpers.keras_lab.model_setup`; it is trained in place.
        X: Images (N, ...).
        y: Classes (N,).
        epochs: Passes over the images.
        batch_size: Images a batch; the last one may be smaller.
        validation_split: Share of the images, from the end, that only serves to validate, once
            after the last epoch.

    Returns:
        What ``model.fit`` returns.
    """
    count = int(len(X) * (1 - validation_split))
    options = tf.data.Options()
    # Finding the best number of threads takes longer than it saves.
    options.autotune.enabled = False
    train, valid = (
        tf.data.Dataset.from_tensor_slices(part).with_options(options)
        for part in ((X[:count], y[:count]), (X[count:], y[count:]))
    )
    if model.compiled:  # if not, `fit` says so
        # If the optimizer makes its variables within the first step, that step is traced twice.
        model.optimizer.build(model.trainable_variables)
    log = model.fit(
        train.shuffle(count).batch(batch_size),
        validation_data=valid.batch(batch_size),
        validation_freq=epochs,
        epochs=epochs,
        shuffle=False,  # the data set does it
        verbose=0,
    )
    log.params["validation_freq"] = epochs  # for plot_result, as Keras notes all but this
    return log
