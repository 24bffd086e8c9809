"""Draws the figures of this folder: ``python assets/draw.py``. Prose shows them with alt text."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers.plots import CLASS_COLOURS, Figure

FOLDER = Path(__file__).parent
BLUE, ORANGE = CLASS_COLOURS[0], CLASS_COLOURS[6]

IMAGE = np.array(
    [[0, 0, 1, 1, 0], [0, 1, 1, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0, 1, 1, 1, 0]]
)
KERNEL = np.array([[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]])


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


def draw_frame(ax: Axes, left: float, top: float, size: float) -> None:
    """Draw a thick square around what is being looked at."""
    ax.add_patch(Rectangle((left, top), size, size, fill=False, edgecolor=ORANGE, linewidth=3.5))


def draw_convolution(path: Path) -> None:
    """Draw how one value of a convolution comes about: a window, a kernel, their sum."""
    fig = Figure(figsize=(9.5, 4.1), layout="constrained")
    ax = fig.subplots()
    result = convolve(IMAGE, KERNEL)
    draw_grid(ax, IMAGE, 0, 0, "入力 5×5", BLUE)
    draw_grid(ax, KERNEL, 7, 1, "カーネル 3×3", ORANGE)
    draw_grid(ax, result, 12, 1, "出力 3×3", BLUE)
    # The window one row down and one column to the right gives the value at the same place.
    draw_frame(ax, 1, 1, 3)
    draw_frame(ax, 13, 2, 1)
    ax.plot([4, 7], [1, 1], "--", color=ORANGE)
    ax.plot([4, 7], [4, 4], "--", color=ORANGE)
    arrow = {"arrowstyle": "-|>", "color": ORANGE, "linewidth": 2, "mutation_scale": 18}
    ax.annotate("", xy=(11.9, 2.5), xytext=(10.1, 2.5), arrowprops=arrow)
    products = IMAGE[1:4, 1:4] * KERNEL
    terms = " + ".join(f"({value})" if value < 0 else str(value) for value in products.flat)
    sentence = f"重ねて掛け、全部足す： {terms} = {result[1, 1]}"
    ax.text(7.5, 5.7, sentence, ha="center", fontsize=13)
    ax.set(xlim=(-0.2, 15.2), ylim=(6, -0.8), aspect="equal")
    ax.set_axis_off()
    fig.savefig(path, dpi=110)


if __name__ == "__main__":
    draw_convolution(FOLDER / "convolution.png")
