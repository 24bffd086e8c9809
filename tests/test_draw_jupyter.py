"""The pad in a real JupyterLab: a digit drawn in the browser, answered by a model in the kernel."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

from course.site import tools

sync_api = pytest.importorskip("playwright.sync_api")
pytest.importorskip("jupyterlab")

ROOT = Path(__file__).parents[1]
CHROMIUM = tools.chromium()
SOURCE = f"""\
from helpers import models, training
from helpers.draw import pad
model = training.load(models.CompactCNN(), "{ROOT}/site/explorer/weights/mnist.safetensors")
pad(model)
"""
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture
def lab(tmp_path, unused_port):
    """Start JupyterLab on a notebook that shows the pad; give its address."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(SOURCE)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, tmp_path / "pad.ipynb")
    address = f"http://127.0.0.1:{unused_port}/"
    options = [
        f"--ServerApp.port={unused_port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={tmp_path}",
        "--IdentityProvider.token=",
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    places = ("CONFIG", "DATA", "RUNTIME")
    own = {f"JUPYTER_{place}_DIR": str(tmp_path / place.lower()) for place in places}
    environment = os.environ | own | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "jupyterlab", *options]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            wait_for(address + "api")
            yield address
        finally:
            server.terminate()


def wait_for(address, seconds=90):
    end = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(address, timeout=5).close()
        except urllib.error.URLError:
            assert time.monotonic() < end, address
            time.sleep(0.3)


def run_first_cell(page):
    """Run the cell, again where JupyterLab was not ready to; return the canvas that it shows."""
    canvas = page.locator("canvas.draw")
    for _ in range(3):
        page.locator(".jp-Notebook .jp-Cell").first.click()
        page.keyboard.press("Shift+Enter")
        with contextlib.suppress(sync_api.TimeoutError):
            canvas.wait_for(timeout=30_000)
            break
    return canvas


def test_a_digit_drawn_in_jupyterlab_is_answered_by_the_kernel(lab):
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=tools.CHROMIUM_FLAGS)
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(90_000)
        page.goto(f"{lab}lab/tree/pad.ipynb?reset")
        canvas = run_first_cell(page)
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        x = box["x"] + box["width"] / 2
        page.mouse.move(x, box["y"] + 40)
        page.mouse.down()
        for step in range(1, 8):
            page.mouse.move(x, box["y"] + 40 + 20 * step)
        page.mouse.up()
        sentence = page.locator(".cnn-pad .answer")
        sync_api.expect(sentence).to_contain_text("予測: 1（", timeout=60_000)
        chromium.close()
