"""Every figure of the course. Each function returns a :class:`Figure` that a notebook shows."""

from __future__ import annotations

import io
from collections.abc import Sequence

import matplotlib as mpl
import matplotlib_fontja  # noqa: F401 - registers the Japanese font that it carries
import numpy as np
import seaborn as sns
from matplotlib import figure
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from sklearn.metrics import confusion_matrix

from helpers import text
from helpers.errors import ShapeError

# Latin letters from DejaVu, Japanese ones from the next family that has them.
mpl.rcParams["font.family"] = ["DejaVu Sans", "IPAexGothic"]
mpl.rcParams["axes.unicode_minus"] = True

# Ten colours that stay apart for colour-blind readers: Petroff, "Accessible Color Sequences", 2021.
CLASS_COLOURS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
    "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
TRAIN_COLOUR, VALID_COLOUR = CLASS_COLOURS[0], CLASS_COLOURS[6]

_GAP = 2


class Figure(figure.Figure):
    """A matplotlib figure that a notebook shows once, with a description for screen readers."""

    description: str = ""

    def _ipython_display_(self) -> None:
        from IPython.display import display

        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=100)
        display(
            {"image/png": picture.getvalue(), "text/plain": f"<Figure: {self.description}>"},
            metadata={"image/png": {"alt": self.description}},
            raw=True,
        )


def new_figure(width: float, height: float, description: str) -> Figure:
    """Return an empty figure of ``width`` × ``height`` inches that describes itself."""
    empty = Figure(figsize=(width, height), layout="constrained")
    empty.description = description
    return empty


def figure_and_axes(
    ax: Axes | None, width: float, height: float, description: str
) -> tuple[figure.Figure, Axes]:
    """Return where to draw: ``ax`` and its figure, or the axes of a new figure."""
    if ax is not None:
        return ax.figure, ax
    empty = new_figure(width, height, description)
    return empty, empty.subplots()


def as_pictures(images: ArrayLike) -> np.ndarray:
    """Return images as an array (N, H, W) or (N, H, W, 3) with values in [0, 1].

    Args:
        images: (N, H, W), (N, 1, H, W) or (N, 3, H, W), on any device; uint8, or floats in [0, 1]
            (others are clipped).

    Raises:
        ShapeError: ``images`` has another shape, or holds nothing.
    """
    if hasattr(images, "detach"):
        images = (
            images.detach().cpu().float().numpy()
            if images.is_floating_point()
            else (images.cpu().numpy())
        )
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[1] == 1:
        images = images[:, 0]
    elif images.ndim == 4 and images.shape[1] == 3:
        images = images.transpose(0, 2, 3, 1)
    elif images.ndim != 3:
        raise ShapeError(text.NOT_IMAGES.format(shape=images.shape))
    if len(images) == 0:
        raise ShapeError(text.NO_IMAGES)
    return images / 255 if images.dtype == np.uint8 else np.clip(images, 0, 1)


def tile(pictures: np.ndarray, columns: int, gap: int = _GAP, fill: float = 1.0) -> np.ndarray:
    """Lay pictures (N, H, W) or (N, H, W, 3) out in rows on one canvas, ``gap`` pixels apart."""
    count, height, width = pictures.shape[:3]
    rows = -(-count // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, *pictures.shape[3:])
    canvas = np.full(shape, fill, dtype=pictures.dtype)
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        canvas[top : top + height, left : left + width] = picture
    return canvas


def plot_images(
    images: ArrayLike,
    titles: Sequence[object] | None = None,
    *,
    columns: int = 10,
    ax: Axes | None = None,
) -> figure.Figure:
    """Draw images in a grid, as one picture.

    Args:
        images: (N, 1, H, W), (N, 3, H, W) or (N, H, W); floats in [0, 1], or uint8.
        titles: A short text above each image.
        columns: Images in a row.
        ax: Where to draw; a new figure if None.

    Raises:
        ShapeError: ``images`` has another shape, or holds nothing.
    """
    pictures = as_pictures(images)
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    height, width = pictures.shape[1:3]
    # Titles get a gap as wide as a line of text.
    gap = _GAP if titles is None else height // 3
    fig, ax = figure_and_axes(
        ax,
        width=max(0.75 * columns, 2.5),
        height=(0.75 if titles is None else 1.0) * rows + 0.2,
        description=text.IMAGES_ALT.format(count=len(pictures)),
    )
    ax.imshow(tile(pictures, columns, gap), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    for index, title in enumerate(titles if titles is not None else ()):
        row, column = divmod(index, columns)
        left, top = column * (width + gap) + width / 2, row * (height + gap) - 2
        ax.text(left, top, str(title), ha="center", va="bottom", fontsize=8)
    ax.set_axis_off()
    return fig


def plot_class_counts(
    labels: ArrayLike, classes: Sequence[str], *, ax: Axes | None = None
) -> figure.Figure:
    """Draw how many images each class has.

    Args:
        labels: (N,), integers.
        classes: Name of each class.
        ax: Where to draw; a new figure if None.
    """
    counts = np.bincount(np.asarray(labels), minlength=len(classes))
    fig, ax = figure_and_axes(ax, 6.4, 3.2, text.CLASS_COUNTS_ALT)
    bars = ax.bar(classes, counts, color=TRAIN_COLOUR)
    ax.bar_label(bars, fontsize=8)
    ax.axhline(counts.mean(), color="black", linewidth=1, linestyle="--", label=text.MEAN)
    ax.set(xlabel=text.CLASS, ylabel=text.NUMBER_OF_IMAGES)
    ax.margins(y=0.15)
    ax.legend(loc="lower right")
    sns.despine(ax=ax)
    return fig


def plot_pixel_histogram(before: ArrayLike, after: ArrayLike, *, bins: int = 51) -> figure.Figure:
    """Draw how often each pixel value occurs, before and after normalising, side by side.

    Args:
        before: Pixels in [0, 1], any shape.
        after: The same pixels, normalised.
        bins: Bars of each histogram.
    """
    fig = new_figure(8, 3, text.HISTOGRAM_ALT)
    parts = ((text.BEFORE_NORMALISING, before), (text.AFTER_NORMALISING, after))
    for ax, (title, pixels) in zip(fig.subplots(1, 2, sharey=True), parts, strict=True):
        pixels = np.asarray(pixels).ravel()
        ax.hist(pixels, bins=bins, color=TRAIN_COLOUR, log=True)
        mean = pixels.mean()
        ax.axvline(mean, color="black", linestyle="--", label=f"{text.MEAN} {mean:.2f}")
        ax.set(title=title, xlabel=text.PIXEL_VALUE)
        ax.legend()
        sns.despine(ax=ax)
    fig.axes[0].set_ylabel(text.NUMBER_OF_PIXELS)
    return fig


def plot_history(*histories: object) -> figure.Figure:
    """Draw the loss and the accuracy of one or several training runs.

    Args:
        histories: :class:`helpers.training.History` of each run.
    """
    fig = new_figure(9, 3.4, text.HISTORY_ALT)
    loss_ax, accuracy_ax = fig.subplots(1, 2)
    for index, history in enumerate(histories):
        several = len(histories) > 1
        colours = (CLASS_COLOURS[index],) * 2 if several else (TRAIN_COLOUR, VALID_COLOUR)
        prefix = f"{history.recipe} " if several else ""
        _draw_curve(loss_ax, history.train_loss, colours[0], f"{prefix}{text.TRAINING}", "--")
        _draw_curve(loss_ax, history.valid_loss, colours[1], f"{prefix}{text.VALIDATION}")
        _draw_curve(accuracy_ax, history.valid_accuracy, colours[1], f"{prefix}{text.VALIDATION}")
    loss_ax.set(title=text.LOSS, xlabel=text.EPOCH, ylabel=text.LOSS)
    loss_ax.set_ylim(bottom=0)
    accuracy_ax.set(title=text.ACCURACY, xlabel=text.EPOCH, ylabel=text.ACCURACY)
    for ax in (loss_ax, accuracy_ax):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if ax.lines:
            ax.legend()
        ax.grid(alpha=0.3)
        sns.despine(ax=ax)
    return fig


def _draw_curve(ax: Axes, values: list[float], colour: str, label: str, style: str = "-") -> None:
    if values:
        epochs = range(1, len(values) + 1)
        ax.plot(epochs, values, style, color=colour, marker="o", markersize=4, label=label)


def plot_confusion(
    labels: ArrayLike, predictions: ArrayLike, classes: Sequence[str], *, ax: Axes | None = None
) -> figure.Figure:
    """Draw the confusion matrix: a row a true class, a column a predicted class.

    The diagonal is counted but not coloured, so that the few mistakes show.

    Args:
        labels: True classes (N,).
        predictions: Predicted classes (N,).
        classes: Name of each class.
        ax: Where to draw; a new figure if None.
    """
    counts = confusion_matrix(
        np.asarray(labels), np.asarray(predictions), labels=range(len(classes))
    )
    fig, ax = figure_and_axes(ax, 6.4, 5.4, text.CONFUSION_ALT)
    sns.heatmap(
        counts,
        mask=np.eye(len(classes), dtype=bool),
        annot=True,
        fmt="d",
        cmap="rocket_r",
        vmin=0,
        square=True,
        linewidths=0.5,
        xticklabels=classes,
        yticklabels=classes,
        cbar_kws={"label": text.NUMBER_OF_MISTAKES},
        ax=ax,
    )
    for index, correct in enumerate(np.diag(counts)):
        ax.text(index + 0.5, index + 0.5, correct, ha="center", va="center", weight="bold")
    ax.set(xlabel=text.PREDICTED_CLASS, ylabel=text.TRUE_CLASS)
    return fig


def plot_misclassified(
    images: ArrayLike,
    labels: ArrayLike,
    predictions: ArrayLike,
    classes: Sequence[str],
    *,
    confidences: ArrayLike | None = None,
    limit: int = 30,
) -> figure.Figure:
    """Draw misclassified images, titled "true → predicted".

    Args:
        images: (N, 1, H, W) in [0, 1].
        labels: True classes (N,).
        predictions: Predicted classes (N,).
        classes: Name of each class.
        confidences: Probability (N,) of the predicted class; the surest mistakes then come first.
        limit: The most images to draw.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    wrong = np.flatnonzero(labels != predictions)
    if confidences is not None:
        wrong = wrong[np.argsort(-np.asarray(confidences)[wrong], kind="stable")]
    wrong = wrong[:limit]
    if len(wrong) == 0:
        fig = new_figure(4, 1, text.NO_MISTAKES)
        fig.text(0.5, 0.5, text.NO_MISTAKES, ha="center", va="center")
        return fig
    titles = [f"{classes[labels[i]]} → {classes[predictions[i]]}" for i in wrong]
    fig = plot_images(as_pictures(images)[wrong], titles)
    fig.description = text.MISCLASSIFIED_ALT.format(count=len(wrong))
    return fig
