"""The explorer in Chromium: a stroke to everything drawn, learning, the size of the page."""

from __future__ import annotations

import http.server
import statistics
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch

from benchmarks.figure import Aim, Figure
from course.explorer import publish
from course.site import tools
from helpers import models, training

STROKES = 40
WEIGHTS = "weights"
_NETWORKS = {"CNN": (models.CNN, 16), "Model": (models.Model, 60)}


def measure() -> list[Figure]:
    """Draw on the page and let it learn.

    Raises:
        ModuleNotFoundError: Playwright is missing.
        CalledProcessError: Chromium is missing.
    """
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        publish(Path(folder))
        chromium = playwright.chromium.launch(
            executable_path=_chromium(), args=tools.CHROMIUM_FLAGS
        )
        with _served(Path(folder)) as address:
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address)
            page.wait_for_selector("html[data-ready]")
            strokes = [_stroke_figure(page, Path(folder), name) for name in _NETWORKS]
            learning = _learning_figure(page)
        chromium.close()
        return [*strokes, learning, _size_figure(Path(folder))]


def _chromium() -> str:
    found = tools.chromium()
    if not found:
        raise subprocess.CalledProcessError(127, "chromium")
    return found


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{web.server_port}/"
        web.shutdown()


def _stroke_figure(page: object, folder: Path, name: str) -> Figure:
    """Time strokes with one network, from the pointer's event to the last view drawn."""
    make, limit = _NETWORKS[name]
    torch.manual_seed(0)
    training.save(make(), folder / f"{name}.safetensors")
    page.set_input_files("#weights-file", folder / f"{name}.safetensors")
    page.locator("#file-status", has_text=f"{name}.safetensors").wait_for()
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    seconds = []
    for i in range(STROKES):
        page.mouse.move(box["x"] + 60 + 4 * i, box["y"] + 60 + 20 * (i % 8))
        page.wait_for_timeout(40)
        taken = "performance.getEntriesByName('stroke').at(-1)?.duration ?? 0"
        seconds.append(page.evaluate(taken) / 1000)
    page.mouse.up()
    median = statistics.median(seconds[STROKES // 2 :])
    return Figure(
        f"Stroke to everything drawn, `{name}`",
        {"ours": 1000 * median},
        unit="ms",
        aims=(Aim(limit),),
        note="Preparation, every feature map, logits, Grad-CAM and saliency; waiting for the next "
        "frame included.",
    )


def _learning_figure(page: object) -> Figure:
    """Time learning in the page's worker until nine tenths of the test images are right."""
    page.click("#train")
    while not page.evaluate("explorer.lesson.accuracies?.at(-1) >= 0.9"):
        page.wait_for_timeout(200)
    seconds = page.text_content("#progress").split("（")[1].split(" ")[0]
    page.click("#stop")
    return Figure(
        "Mini MNIST to 0.90 in the browser",
        {"ours": float(seconds)},
        aims=(Aim(60),),
        note="`CompactCNN` from random weights, SGD with momentum; time of the training steps.",
    )


def _size_figure(folder: Path) -> Figure:
    page = [path for path in folder.iterdir() if path.suffix in (".html", ".css", ".js")]
    weights = sum(path.stat().st_size for path in (folder / WEIGHTS).iterdir())
    size = sum(path.stat().st_size for path in page)
    return Figure(
        "Size of the explorer's page without data",
        {"ours": size / 1000},
        unit="kB",
        aims=(Aim(400),),
        note="Both languages, nothing minified. "
        f"The weights of two networks are {weights / 1000:.0f} kB more.",
    )
