"""Draws the figures of this folder, and in English those of en/: ``python assets/draw.py``.

Prose shows them with alt text.
"""

import itertools
import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from helpers.internal.sentences import Sentence
from helpers.plots import CLASS_COLOURS, Figure
from helpers.plots.maps import overlay

FOLDER = Path(__file__).parent
BLUE, ORANGE = CLASS_COLOURS[0], CLASS_COLOURS[6]

IMAGE = np.array(
    [[0, 0, 1, 1, 0], [0, 1, 1, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0, 1, 1, 1, 0]]
)
KERNEL = np.array([[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]])


def say(ja: str, en: str) -> str:
    """Return the words of the language that the figures are being drawn in."""
    return str(Sentence(ja, en))


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the sums of products at every place where the kernel fits."""
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))


def draw_grid(
    ax: Axes, values: np.ndarray, left: float, top: float, title: str, colour: str
) -> None:
    """Draw a matrix as unit squares with a number in each, the darker the larger."""
    strength = (values - values.min()) / max(np.ptp(values), 1)
    for (row, column), value in np.ndenumerate(values):
        place = (left + column, top + row)
        face = (colour, 0.6 * strength[row, column])
        ax.add_patch(Rectangle(place, 1, 1, facecolor=face, edgecolor="#888888"))
        ax.text(place[0] + 0.5, place[1] + 0.5, value, ha="center", va="center", fontsize=13)
    ax.text(left + values.shape[1] / 2, top - 0.25, title, ha="center", fontsize=13)


def draw_frame(ax: Axes, left: float, top: float, size: float, linewidth: float = 3.5) -> None:
    """Draw a thick square around what is being looked at."""
    outline = {"fill": False, "edgecolor": ORANGE, "linewidth": linewidth}
    ax.add_patch(Rectangle((left, top), size, size, **outline))


def draw_convolution(path: Path) -> None:
    """Draw how one value of a convolution comes about: a window, a kernel, their sum."""
    fig = Figure(figsize=(9.5, 4.1), layout="constrained")
    ax = fig.subplots()
    result = convolve(IMAGE, KERNEL)
    draw_grid(ax, IMAGE, 0, 0, say("入力 5×5", "Input 5×5"), BLUE)
    draw_grid(ax, KERNEL, 7, 1, say("カーネル 3×3", "Kernel 3×3"), ORANGE)
    draw_grid(ax, result, 12, 1, say("出力 3×3", "Output 3×3"), BLUE)
    # The window one row down and one column to the right gives the value at the same place.
    draw_frame(ax, 1, 1, 3)
    draw_frame(ax, 13, 2, 1)
    ax.plot([4, 7], [1, 1], "--", color=ORANGE)
    ax.plot([4, 7], [4, 4], "--", color=ORANGE)
    arrow = {"arrowstyle": "-|>", "color": ORANGE, "linewidth": 2, "mutation_scale": 18}
    ax.annotate("", xy=(11.9, 2.5), xytext=(10.1, 2.5), arrowprops=arrow)
    products = IMAGE[1:4, 1:4] * KERNEL
    terms = " + ".join(f"({value})" if value < 0 else str(value) for value in products.flat)
    rule = say("重ねて掛け、全部足す：", "Multiply where they overlap, add all:")
    sentence = f"{rule} {terms} = {result[1, 1]}"
    ax.text(7.5, 5.7, sentence, ha="center", fontsize=13)
    ax.set(xlim=(-0.2, 15.2), ylim=(6, -0.8), aspect="equal")
    ax.set_axis_off()
    fig.savefig(path, dpi=110)


# --- A convolution of two channels ----------------------------------------------------------------
CHANNELS = np.array(
    [
        [[0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 1, 1]],
        [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 1, 0]],
    ]
)
FILTER = np.array([KERNEL, KERNEL.T])
BIAS = 1


def draw_channels(path: Path) -> None:
    """Draw how a filter makes one output channel of two input channels: a kernel each, a sum."""
    fig = Figure(figsize=(11, 5.8), layout="constrained")
    ax = fig.subplots()
    arrow = {"arrowstyle": "-|>", "color": ORANGE, "linewidth": 2, "mutation_scale": 18}
    results = [convolve(*pair) for pair in zip(CHANNELS, FILTER, strict=True)]
    output = sum(results) + BIAS
    for channel, (image, kernel, result) in enumerate(zip(CHANNELS, FILTER, results, strict=True)):
        top = 6.2 * channel
        middle = top + 2
        draw_grid(
            ax, image, 0, top, say(f"入力チャンネル {channel}", f"Input channel {channel}"), BLUE
        )
        draw_grid(ax, kernel, 6, top + 0.5, say(f"カーネル {channel}", f"Kernel {channel}"), ORANGE)
        draw_grid(ax, result, 11.6, top + 1, say("掛けて足した値", "Sums of products"), BLUE)
        draw_frame(ax, 0, top, 3)
        draw_frame(ax, 11.6, top + 1, 1)
        ax.annotate("", xy=(11.4, middle), xytext=(9.2, middle), arrowprops=arrow)
        ax.annotate("", xy=(16.6, 4.6 + channel), xytext=(13.8, middle), arrowprops=arrow)
        ax.text(5, middle, "×", ha="center", va="center", fontsize=18)
    # Wide enough for the titles of the kernels.
    box = {"fill": False, "edgecolor": ORANGE, "linestyle": "--", "linewidth": 1.5}
    ax.add_patch(Rectangle((5.6, -0.6), 3.8, 10.9, **box))
    ax.text(7.5, -0.9, say("フィルタ 1 個", "One filter"), ha="center", fontsize=13, color=ORANGE)
    draw_grid(ax, output, 16.9, 4.1, say("出力チャンネル 1 枚", "One output channel"), BLUE)
    draw_frame(ax, 16.9, 4.1, 1)
    terms = " + ".join(str(result[0, 0]) for result in results)
    rule = say(f"足して、バイアス {BIAS} も足す", f"Add them, and the bias {BIAS}")
    ax.text(17.9, 6.9, rule, ha="center", va="center", fontsize=13)
    ax.text(17.9, 7.6, f"{terms} + {BIAS} = {output[0, 0]}", ha="center", va="center", fontsize=13)
    ax.set(xlim=(-0.2, 20.9), ylim=(10.5, -1.5), aspect="equal")
    ax.set_axis_off()
    fig.savefig(path, dpi=110)


# --- Grad-CAM -----------------------------------------------------------------------------------
# Line detectors in three directions, and how much the mean gradient of the logit "7" likes each.
DETECTORS = {
    (0, 1): 0.60,
    (1, -1): 0.45,
    (1, 1): -0.40,
}
LOGITS = np.array([0.5, 2.6, 1.4, 2.2, 1.0, 0.4, 0.2, 6.0, 1.2, 3.4])
CHOSEN = 7
MAP_SIZE = 12


def draw_seven() -> np.ndarray:
    """Return a handwritten-looking 7, (28, 28) in [0, 1]."""
    image = np.zeros((28, 28), np.uint8)
    strokes = np.array([[7, 7], [20, 7], [17, 14], [12, 22]])
    cv2.polylines(image, [strokes.astype(np.int32)], False, 255, thickness=3)
    return cv2.GaussianBlur(image, (3, 3), 0) / 255


def find_lines(image: np.ndarray, direction: tuple[int, int]) -> np.ndarray:
    """Return where lines run in a direction (rows, columns): a feature map of ``MAP_SIZE``."""
    along = np.zeros((7, 7))
    for step in range(-3, 4):
        along[3 + step * direction[0], 3 + step * direction[1]] = 1 / 7
    answer = cv2.filter2D(image, -1, along - cv2.GaussianBlur(along, (7, 7), 2))
    answer = cv2.resize(np.maximum(answer, 0), (MAP_SIZE, MAP_SIZE), interpolation=cv2.INTER_AREA)
    return answer / answer.max()


def vary(mean: float, phase: float) -> np.ndarray:
    """Return a gradient that differs from place to place around its mean."""
    rows, columns = np.mgrid[:MAP_SIZE, :MAP_SIZE] * 2 * np.pi / MAP_SIZE
    return mean + 0.35 * np.sin(rows + phase) * np.cos(columns - phase)


def show(
    ax: Axes,
    pixels: np.ndarray,
    left: float,
    top: float,
    size: float,
    zorder: float = 0,
    **options: Any,
) -> None:
    """Draw a picture with its upper left corner at a place, in a thin frame."""
    extent = (left, left + size, top + size, top)
    ax.imshow(pixels, extent=extent, interpolation="nearest", zorder=zorder, **options)
    frame = {"fill": False, "edgecolor": "#555555", "zorder": zorder + 1}
    ax.add_patch(Rectangle((left, top), size, size, **frame))


def point(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    bend: float = 0,
    **options: Any,
) -> None:
    """Draw an arrow."""
    arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 2.2, "mutation_scale": 18}
    arrow |= {"connectionstyle": f"arc3,rad={bend}", "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", xy=end, xytext=start, arrowprops=arrow | options)


def draw_logits(ax: Axes, left: float, top: float, width: float, height: float) -> None:
    """Draw a bar a class, the chosen one in orange."""
    bar = width / len(LOGITS)
    for label, logit in enumerate(LOGITS):
        x, length = left + label * bar, height * logit / LOGITS.max()
        colour = ORANGE if label == CHOSEN else "#b8c4d6"
        ax.add_patch(Rectangle((x, top + height - length), 0.8 * bar, length, facecolor=colour))
        ax.text(x + 0.4 * bar, top + height + 0.12, label, ha="center", va="top", fontsize=10)


def draw_grad_cam(path: Path) -> None:
    """Draw how Grad-CAM comes about, from left to right."""
    fig = Figure(figsize=(12, 5.7), layout="constrained")
    ax = fig.subplots()
    image = draw_seven()
    features = [find_lines(image, direction) for direction in DETECTORS]
    weights = list(DETECTORS.values())
    evidence = sum(weight * feature for weight, feature in zip(weights, features, strict=True))
    evidence = np.maximum(evidence, 0) / evidence.max()

    headings = {
        1.5: say("画像", "Image"),
        5.65: say("① 層の出力 A", "1. Output A"),
        9.45: say("② 勾配 ∂y/∂A", "2. Gradient ∂y/∂A"),
        12.35: say("③ 重み α", "3. Weight α"),
        16.15: say("④ 足して ReLU", "4. Sum, then ReLU"),
        20.55: say("⑤ 広げて重ねる", "5. Enlarge, overlay"),
    }
    for centre, heading in headings.items():
        ax.text(centre, 0.1, heading, ha="center", fontsize=13)

    show(ax, image, 0, 2.2, 3, cmap="gray")
    point(ax, (3.2, 3.7), (4.5, 3.7), BLUE)
    ax.text(3.85, 3.4, say("畳み込み", "layer"), ha="center", fontsize=11, color=BLUE)
    for k, (feature, weight) in enumerate(zip(features, weights, strict=True), start=1):
        top = 2.2 * k - 1.55
        middle = top + 0.9
        show(ax, feature, 4.75, top, 1.8, cmap="viridis", vmin=0, vmax=1)
        show(ax, vary(weight, phase=k), 8.55, top, 1.8, cmap="RdBu_r", vmin=-1, vmax=1)
        point(ax, (10.5, middle), (11.3, middle), ORANGE)
        term = f"${weight:+.2f} \\times A^{k}$"
        ax.text(12.35, middle, term, ha="center", va="center", fontsize=13)
        point(ax, (13.4, middle), (14.5, 3.7 + 0.3 * (k - 2)), "#555555")
        ax.text(6.7, middle, f"$A^{k}$", va="center", fontsize=13)
    mean = say("勾配の縦横の平均", "mean of the gradient")
    ax.text(12.35, 7.0, mean, ha="center", fontsize=11, color=ORANGE)

    draw_logits(ax, 5.9, 7.5, 3.5, 1.5)
    logits = say("ロジット（選んだクラス 7 の値が y）", "Logits (y is that of the chosen class, 7)")
    ax.text(7.65, 9.85, logits, ha="center", fontsize=11)
    point(ax, (5.3, 7.05), (5.75, 8.4), BLUE, bend=0.35)
    ax.text(4.95, 8.1, say("分類器", "classifier"), ha="right", fontsize=11, color=BLUE)
    point(ax, (9.55, 8.4), (9.95, 7.05), ORANGE, bend=0.35, linestyle="--")
    backward = say("y を微分する（誤差逆伝播）", "differentiate y (backpropagation)")
    ax.text(10.3, 8.1, backward, ha="left", fontsize=11, color=ORANGE)

    show(ax, evidence, 14.65, 2.2, 3, cmap="inferno", vmin=0, vmax=1)
    formula = r"$L = \mathrm{ReLU}\left(\sum_k \alpha_k A^k\right)$"
    ax.text(16.15, 5.95, formula, ha="center", fontsize=13)
    point(ax, (17.85, 3.7), (18.85, 3.7), "#555555")
    show(ax, overlay(image[None], evidence[None])[0], 19.05, 2.2, 3)
    ax.set(xlim=(-0.2, 22.25), ylim=(10.1, -0.5), aspect="equal")
    ax.set_axis_off()
    fig.savefig(path, dpi=110)


# --- The network of B2-1 --------------------------------------------------------------------------
DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))
PROBABILITIES = np.array([0.01, 0.03, 0.04, 0.03, 0.01, 0.01, 0.01, 0.78, 0.02, 0.06])
GREY = "#555555"


def detect_edges(image: np.ndarray, direction: tuple[int, int]) -> np.ndarray:
    """Return where an image gets brighter in a direction: a 5×5 convolution and ReLU."""
    rows, columns = np.mgrid[-2:3, -2:3]
    answer = convolve(image, (direction[0] * rows + direction[1] * columns) / 10)
    return np.maximum(answer, 0) / answer.max()


def pool(pixels: np.ndarray) -> np.ndarray:
    """Return the maximum of every 2×2 square."""
    height, width = pixels.shape
    return pixels.reshape(height // 2, 2, width // 2, 2).max(axis=(1, 3))


def stack(ax: Axes, maps: list[np.ndarray], left: float, top: float, size: float) -> None:
    """Draw maps as sheets that lie over each other, the first one in front."""
    scale = {"cmap": "viridis", "vmin": 0, "vmax": 1}
    for depth, pixels in enumerate(maps):
        shift = 0.38 * depth
        show(ax, pixels, left + shift, top - shift, size, zorder=-2 * depth, **scale)


def draw_units(ax: Axes, x: float, heights: np.ndarray) -> None:
    """Draw a column of units."""
    for y in heights:
        ax.add_patch(Circle((x, y), 0.24, facecolor="white", edgecolor=GREY, linewidth=1.3))


def join(ax: Axes, left: float, lefts: np.ndarray, right: float, rights: np.ndarray) -> None:
    """Draw a thin line from every unit of one column to every unit of the next."""
    for start, end in itertools.product(lefts, rights):
        ax.plot([left, right], [start, end], color="#b8c4d6", linewidth=0.5, zorder=0)


def draw_keras_cnn(path: Path) -> None:
    """Draw the network of B2-1 from left to right, with what every layer makes of a 7."""
    fig = Figure(figsize=(12, 5), layout="constrained")
    ax = fig.subplots()
    image = draw_seven()
    maps = [detect_edges(image, direction) for direction in DIRECTIONS]

    show(ax, image, 0, 2.6, 3.4, cmap="gray")
    stack(ax, maps, 5.2, 3.2, 2.9)
    stack(ax, [pool(pixels) for pixels in maps], 11.2, 3.9, 1.5)
    # The window of the convolution, and the pixel that it makes.
    pixel, window, target = 3.4 / 28, 5 * 3.4 / 28, 2.9 / 24
    left, top = 11 * pixel, 2.6 + 5 * pixel
    x, y = 5.2 + 11 * target, 3.2 + 5 * target
    draw_frame(ax, left, top, window, linewidth=2.2)
    for side in (0, window):
        ax.plot([left + window, x], [top + side, y], "--", color=ORANGE, linewidth=1)
    ax.add_patch(Rectangle((x, y), target, target, facecolor=ORANGE, edgecolor=ORANGE))

    middle = 4.3
    point(ax, (9.4, middle), (11.0, middle), BLUE)
    point(ax, (14.0, middle), (14.8, middle), BLUE)
    # Of the many values, as many as can be drawn: above and below the dots.
    offsets = {"flat": np.arange(0.5, 3.75, 0.25), "hidden": np.arange(0.8, 3.3, 0.8)}
    flat, hidden = (
        np.concatenate([middle - distances[::-1], middle + distances])
        for distances in offsets.values()
    )
    outputs = np.linspace(middle - 3, middle + 3, 10)
    join(ax, 15.4, flat[::2], 17.9, hidden)
    join(ax, 17.9, hidden, 20.2, outputs)
    for y in flat:
        ax.add_patch(Rectangle((15.1, y - 0.125), 0.3, 0.25, facecolor="white", edgecolor=GREY))
    draw_units(ax, 17.9, hidden)
    draw_units(ax, 20.2, outputs)
    for x in (15.25, 17.9):
        ax.text(x, middle, "⋮", ha="center", va="center", fontsize=15)
    for label, (y, probability) in enumerate(zip(outputs, PROBABILITIES, strict=True)):
        ax.text(20.65, y, label, va="center", fontsize=11)
        colour = ORANGE if label == CHOSEN else "#b8c4d6"
        ax.add_patch(Rectangle((21.1, y - 0.2), 2 * probability, 0.4, facecolor=colour))

    captions = {
        1.7: (say("入力", "Input"), "28×28×1"),
        7.2: (say("畳み込み 5×5\nReLU", "Convolution 5×5\nReLU"), "24×24×32"),
        12.5: (say("最大プーリング\n2×2", "Max pooling\n2×2"), "12×12×32"),
        15.25: (say("平らに\nする", "Flatten\n"), "4608"),
        17.9: (say("全結合\nReLU", "Dense\nReLU"), "20"),
        20.9: (say("全結合\nソフトマックス", "Dense\nsoftmax"), "10"),
    }
    for centre, (layer, shape) in captions.items():
        ax.text(centre, 0.2, layer, ha="center", va="bottom", fontsize=12)
        ax.text(centre, 8.6, shape, ha="center", va="center", fontsize=13, color=BLUE)
    ax.set(xlim=(-0.2, 23), ylim=(8.9, -1.3), aspect="equal")
    ax.set_axis_off()
    fig.savefig(path, dpi=110)


# --- The recipes ----------------------------------------------------------------------------------
MEASURED = FOLDER.parent / "benchmarks" / "results.json"
WORDS = {
    " constant": "、一定",
    " one cycle": "、1 サイクル",
    ", batch ": "、バッチ ",
    "plain": "工夫なし",
    "+": "＋",
    "kept memory": "メモリの使い回し",
}


def read_measured(entry: str) -> list[dict[str, float]]:
    """Return the values of an entry of the benchmarks, figure by figure."""
    entries = json.loads(MEASURED.read_text(encoding="utf-8"))
    (found,) = (each for each in entries if each["name"] == entry)
    return [figure["values"] for figure in found["figures"]]


def name_recipe(way: str) -> str:
    """Return the name of a recipe of the ablation as students read it."""
    for english, japanese in WORDS.items():
        way = way.replace(english, say(japanese, english))
    return way


def draw_recipes(path: Path) -> None:
    """Draw what each choice in a recipe does, as ``python -m benchmarks ablation`` measured it."""
    accuracy, deviation, seconds = read_measured("ablation")
    fig = Figure(figsize=(11, 3.6), layout="constrained")
    left, right = fig.subplots(1, 2, width_ratios=[1.5, 1])
    places = range(len(accuracy))
    means = list(accuracy.values())
    dots = {"fmt": "o", "color": ORANGE, "markersize": 8, "capsize": 3}
    left.errorbar(means, places, xerr=list(deviation.values()), **dots)
    for place, value in zip(places, means, strict=True):
        above = {"textcoords": "offset points", "ha": "center", "fontsize": 9}
        left.annotate(f"{value:.3f}", (value, place), (0, 6), **above)
    title = say(
        "検証データの正解率（平均 ± 標準偏差）",
        "Validation accuracy (mean ± standard deviation)",
    )
    left.set(title=title, xlim=(min(means) - 0.1, 1))
    left.grid(axis="x", alpha=0.3)
    bars = right.barh(range(len(seconds)), list(seconds.values()), color=BLUE, height=0.6)
    right.bar_label(bars, fmt=say("%.1f 秒", "%.1f s"), padding=4)
    title = say("1 エポックの計算時間（CPU）", "Seconds for one epoch (CPU)")
    right.set(title=title, xlim=(0, 1.25 * max(seconds.values())))
    for ax, ways in ((left, accuracy), (right, seconds)):
        ax.set_yticks(range(len(ways)), labels=[name_recipe(way) for way in ways], fontsize=11)
        ax.set_ylim(len(ways) - 0.4, -0.7)
        ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(path, dpi=110)


def draw_all(folder: Path) -> None:
    """Draw every figure in the language that ``COURSE_LANG`` names."""
    folder.mkdir(exist_ok=True)
    draw_convolution(folder / "convolution.png")
    draw_channels(folder / "convolution-channels.png")
    draw_grad_cam(folder / "grad-cam.png")
    draw_keras_cnn(folder / "keras-cnn.png")
    draw_recipes(folder / "fast-recipe.png")


if __name__ == "__main__":
    for language, folder in (("ja", FOLDER), ("en", FOLDER / "en")):
        os.environ["COURSE_LANG"] = language
        draw_all(folder)
