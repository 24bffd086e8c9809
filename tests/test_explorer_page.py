"""The explorer's page in a real Chromium: strokes, files, training, both languages."""

import http.server
import math
import re
import threading
import time
from functools import partial

import numpy as np
import pytest
import torch
from safetensors.torch import save

from course.explorer import publish
from course.site import tools
from helpers import data, explain, models, training
from helpers.draw import prepare_drawing

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = tools.chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


def arc(x, y, width, height, start, end, steps=8):
    """Points of an ellipse; angles in turns, clockwise from the right."""
    angles = [2 * math.pi * (start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(x + width * math.cos(a), y + height * math.sin(a)) for a in angles]


STROKES = {
    0: [arc(0.5, 0.5, 0.2, 0.32, -0.25, 0.75)],
    1: [[(0.5, 0.18), (0.5, 0.82)]],
    2: [[*arc(0.5, 0.35, 0.19, 0.17, -0.5, 0.1), (0.3, 0.8), (0.72, 0.8)]],
    3: [[*arc(0.47, 0.33, 0.19, 0.15, -0.42, 0.25), *arc(0.47, 0.64, 0.22, 0.17, -0.25, 0.42)]],
    4: [[(0.42, 0.18), (0.28, 0.56), (0.74, 0.56)], [(0.61, 0.32), (0.61, 0.86)]],
    5: [[(0.68, 0.2), (0.37, 0.2), (0.34, 0.47), *arc(0.48, 0.63, 0.2, 0.19, -0.3, 0.4)]],
    6: [[(0.6, 0.15), (0.42, 0.38), *arc(0.51, 0.65, 0.17, 0.17, -0.5, 0.5)]],
    7: [[(0.28, 0.2), (0.7, 0.2), (0.45, 0.85)]],
    8: [[*arc(0.5, 0.33, 0.15, 0.15, 0.25, -0.75), *arc(0.5, 0.66, 0.18, 0.18, -0.25, 0.75)]],
    9: [[*arc(0.49, 0.35, 0.16, 0.16, 0, -1), (0.64, 0.5), (0.58, 0.86)]],
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    publish(folder)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{web.server_port}/"
        web.shutdown()


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=tools.CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def opened(browser, address):
    """Open a page, and see to it that nothing goes wrong in it and nothing leaves the machine."""
    troubles = []

    def open_page(name="index.html", width=1280):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.set_default_timeout(60_000)
        page.on("console", lambda message: note(message.type == "error", message.text))
        page.on("pageerror", lambda error: note(True, str(error)))
        page.on("request", lambda sent: note(is_foreign(sent.url), sent.url))
        page.goto(address + name)
        page.wait_for_selector("html[data-ready]")
        return page

    def note(is_trouble, what):
        if is_trouble:
            troubles.append(what)

    def is_foreign(url):
        return not url.startswith((address, "data:", "blob:"))

    open_page.troubles = troubles
    return open_page


@pytest.fixture(scope="module")
def page(opened):
    return opened()


@pytest.fixture(autouse=True)
def no_trouble(opened):
    opened.troubles.clear()
    yield
    assert opened.troubles == []


@pytest.fixture(scope="module")
def trained(address):
    return training.load(models.CompactCNN(), "site/explorer/weights/mnist.safetensors").eval()


def draw(page, strokes):
    page.click("#clear")
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    for points in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()
    settle(page)


def settle(page):
    """Wait until what has happened is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def until(page, expression, seconds=60):
    """Wait until an expression of JavaScript is true, without the eval that the page forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(100)


def floats(page, expression):
    return np.array(page.evaluate(f"Array.from({expression})"), dtype=np.float32)


@pytest.mark.parametrize("digit", STROKES)
def test_a_drawn_digit_is_seen_as_python_sees_it(page, trained, digit):
    draw(page, STROKES[digit])
    assert page.text_content("#answer").startswith(f"予測: {digit}（")
    ink = floats(page, "explorer.pad.picture().ink").reshape(280, 280)
    image = prepare_drawing(ink)
    assert np.abs(floats(page, "explorer.pixels") - image.numpy().ravel()).max() < 1e-5
    with torch.no_grad():
        logits = trained(image)[0].numpy()
    assert logits.argmax() == digit
    assert np.abs(floats(page, "explorer.network.logits") - logits).max() < 1e-3
    layer = page.input_value("#cam-layer")
    cam = explain.grad_cam(trained, image, layer, digit).numpy().ravel()
    found = floats(page, f"explorer.network.gradCam('{layer}', {digit}).data")
    assert np.abs(found - cam).max() < 1e-3 * max(cam.max(), 1)


def test_an_empty_pad_is_refused(page):
    page.click("#clear")
    settle(page)
    assert page.text_content(".draw .error") == "何も描かれていません。数字を描いてください。"
    assert page.evaluate("explorer.pixels") is None


def test_the_keyboard_draws_too(page):
    page.click("#clear")
    page.focus("#pad")
    for key in ["ArrowUp"] * 8 + [" "] + ["ArrowDown"] * 16 + [" "]:
        page.keyboard.press(key)
    settle(page)
    assert page.text_content("#answer").startswith("予測: 1（")


def test_a_sample_can_be_chosen(page):
    page.click("button[aria-label='見本: 6']")
    settle(page)
    assert page.text_content("#answer").startswith("予測: 6（")


def test_a_covered_part_changes_the_logit(page):
    draw(page, STROKES[7])
    page.hover("#cover", position={"x": 90, "y": 90})
    fall = page.text_content("#fall")
    assert re.fullmatch(r"クラス 7 のロジット: [−\d.]+ → [−\d.]+（[+−]?[\d.]+）", fall)
    before, after = (
        float(each.replace("−", "-")) for each in re.findall(r"[−\d.]+(?= →|（)", fall)[-2:]
    )
    assert abs(before - after) > 0.1


def test_pointing_at_a_pixel_shows_its_sum_and_its_receptive_field(page):
    draw(page, STROKES[3])
    page.locator(".strip canvas").nth(1).hover(position={"x": 30, "y": 30})
    text = page.text_content(".sum")
    value = float(re.search(r"= ([−\d.]+)受容野", text)[1].replace("−", "-"))
    cells = page.locator(".patch td").all_inner_texts()
    numbers = [
        [float(n.replace("−", "-")) for n in cell.replace("×", " ").split()] for cell in cells
    ]
    assert len(numbers) == 9
    assert sum(pixel * weight for pixel, weight in numbers) == pytest.approx(value, abs=0.1)
    assert page.is_visible(".mark.field")


def test_the_evidence_for_another_class_can_be_asked_for(page):
    draw(page, STROKES[3])
    page.get_by_role("button", name="8", exact=True).click()
    sync_api.expect(page.locator(".evidence h3")).to_have_text("クラス 8 の根拠")
    page.get_by_role("button", name="8", exact=True).click()
    sync_api.expect(page.locator(".evidence h3")).to_have_text("クラス 3 の根拠")


def test_a_students_own_network_opens(page, tmp_path):
    torch.manual_seed(1)
    model = models.LeNet(1, 10)
    training.save(model, tmp_path / "lenet.safetensors")
    draw(page, STROKES[5])
    page.set_input_files("#weights-file", tmp_path / "lenet.safetensors")
    sync_api.expect(page.locator("#file-status")).to_contain_text("59086")
    with torch.no_grad():
        logits = model.eval()(torch.from_numpy(floats(page, "explorer.pixels")).view(1, 1, 28, 28))
    assert np.abs(floats(page, "explorer.network.logits") - logits[0].numpy()).max() < 1e-3


class WithLeakyReLU(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(784, 10)

    def forward(self, x):
        return torch.nn.functional.leaky_relu(self.fc(x.flatten(1)))


def whole_file(tmp_path, model):
    training.save(model, tmp_path / "weights.safetensors")
    return (tmp_path / "weights.safetensors").read_bytes()


BAD_FILES = {
    "これは safetensors のファイルではありません。": lambda folder: b"PK\x03\x04 not weights",
    "ファイルが壊れています。": lambda folder: whole_file(folder, models.CNN())[:-9000],
    "ファイルに層の並びが書かれていません。": lambda folder: save({"a": torch.zeros(3)}),
    "このネットワークは leaky_relu を使う": lambda folder: whole_file(folder, WithLeakyReLU()),
    "このネットワークの入力は 3×28×28 です。": lambda folder: whole_file(folder, models.CNN(3)),
    "重みに、数でないもの": lambda folder: whole_file(folder, with_nan(models.CNN())),
}


def with_nan(model):
    with torch.no_grad():
        model.fc.weight[0, 0] = torch.nan
    return model


@pytest.mark.parametrize("sentence", BAD_FILES)
def test_a_file_that_cannot_be_shown_is_refused_in_a_sentence(page, tmp_path, sentence):
    content = BAD_FILES[sentence](tmp_path)
    file = {"name": "x.safetensors", "mimeType": "application/octet-stream", "buffer": content}
    page.set_input_files("#weights-file", files=[file])
    sync_api.expect(page.locator("#file-status.error")).to_contain_text(sentence)


def test_a_network_is_taught_to_nine_tenths_and_opens_in_pytorch(opened, tmp_path):
    page = opened()
    page.select_option("#optimizer", "adam")
    page.locator("#learning-rate").fill("-2.5")
    page.click("#train")
    # A few seconds where the machine has nothing else to do.
    until(page, "explorer.lesson.accuracies?.at(-1) >= 0.9", seconds=240)
    page.click("#pause")
    seen = page.text_content("#progress")
    assert "正解率 0.9" in seen or "正解率 1.0" in seen
    draw(page, STROKES[1])
    with page.expect_download() as download:
        page.click("#save-weights")
    download.value.save_as(tmp_path / "my.safetensors")
    model = training.load(models.CompactCNN(), tmp_path / "my.safetensors")
    test = data.batches("MNIST", train=False, batch_size=500, device="cpu")
    assert training.evaluate(model, test)[1] >= 0.85
    page.click("#stop")
    page.close()


def test_a_learning_rate_that_is_too_high_fails_visibly(opened):
    page = opened()
    page.select_option("#architecture", "CNN")
    page.select_option("#optimizer", "sgd")
    page.locator("#learning-rate").fill("1")
    page.click("#train")
    failed = "document.querySelector('#progress').textContent.includes('学習率が高すぎます')"
    until(page, f"{failed} || explorer.lesson.losses?.some((loss) => loss > 5)")
    page.click("#stop")
    page.close()


@pytest.mark.parametrize(("name", "width"), [("en.html", 360), ("index.html", 360)])
def test_a_narrow_screen_shows_everything_without_scrolling_sideways(opened, name, width):
    page = opened(name, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    draw(page, STROKES[2])
    start = {"index.html": "予測: 2（", "en.html": "Prediction: 2 ("}[name]
    assert page.text_content("#answer").startswith(start)
    page.close()


def test_every_sentence_has_both_languages_with_the_same_names_to_fill_in(page):
    sentences = page.evaluate("import('./words.js').then(({ SENTENCES }) => SENTENCES)")
    names = {
        code: [re.findall(r"\{\w+\}", each[part]) for part in ("ja", "en")]
        for code, each in sentences.items()
    }
    assert [code for code, (ja, en) in names.items() if sorted(ja) != sorted(en)] == []
    in_japanese = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
    english = {code for code, each in sentences.items() if in_japanese.search(each["en"])}
    assert english == {"otherLanguage"}
