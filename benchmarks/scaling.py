"""How times grow from 1× to 16× of the images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from benchmarks.figure import Aim, Figure
from benchmarks.measure import seconds_in_turns
from helpers import embed, explain, plots
from helpers.data import Batches
from helpers.models import CNN, Model
from helpers.training import predict

_TIMES = (1, 4, 16)
_ROUNDS = 3
_LINEAR = 1.3
"""How much longer than 16 times as long 16 times the work may take and still count as linear."""


def measure() -> list[Figure]:
    """Measure each at 1×, 4× and 16×. t-SNE and UMAP search for neighbours: more than linear."""
    model, cnn = Model().eval(), CNN().eval()
    images = torch.randn(4000, 1, 28, 28)
    points = np.random.default_rng(0).normal(size=(8000, 10)).astype(np.float32)
    labels = np.arange(len(points)) % 10
    return [
        _figure("Batches of {count:,} images", 15_000, _epoch),
        _figure("Prediction of {count:,} images, `CNN`", 250, lambda n: predict(cnn, images[:n])),
        _figure(
            "Grad-CAM of {count:,} images, `Model`",
            50,
            lambda n: explain.grad_cam(model, images[:n], "features.4"),
        ),
        _figure(
            "Saliency of {count:,} images, `CNN`", 250, lambda n: explain.saliency(cnn, images[:n])
        ),
        _figure(
            "Occlusion of {count:,} images, `CNN`", 5, lambda n: explain.occlusion(cnn, images[:n])
        ),
        _figure("PCA of {count:,} points", 500, lambda n: embed.pca(points[:n])),
        _figure("t-SNE of {count:,} points", 500, lambda n: embed.tsne(points[:n]), linear=False),
        _figure("UMAP of {count:,} points", 500, lambda n: embed.umap(points[:n]), linear=False),
        _figure(
            "Figure of {count:,} points, drawn",
            500,
            lambda n: _draw(plots.plot_embedding(points[:n, :2], labels[:n], "0123456789")),
        ),
        _figure(
            "Figure of {count:,} images, drawn",
            100,
            lambda n: _draw(plots.plot_images(images[:n].sigmoid())),
        ),
    ]


def _figure(
    title: str, count: int, work: Callable[[int], object], *, linear: bool = True
) -> Figure:
    ways = {f"{times}×": lambda times=times: work(times * count) for times in _TIMES}
    values = seconds_in_turns(ways, rounds=_ROUNDS if linear else 1)
    first, *_, last = values
    aims = (Aim(_TIMES[-1] * _LINEAR, first, way=last),) if linear else ()
    return Figure(title.format(count=count), values, aims=aims)


def _epoch(count: int) -> None:
    data = Batches(
        torch.zeros(count, 1, 28, 28, dtype=torch.uint8), torch.zeros(count, dtype=torch.int64)
    )
    for _images, _labels in data:
        pass


def _draw(figure: object) -> None:
    figure.canvas.draw()
