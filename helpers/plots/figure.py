"""What all figures share: fonts, colours, and a figure that a notebook shows once."""

from __future__ import annotations

import io

import matplotlib as mpl
import matplotlib_fontja  # noqa: F401 - registers the Japanese font that it carries
from matplotlib import figure
from matplotlib.axes import Axes

# Latin letters from DejaVu, Japanese ones from the next family that has them.
mpl.rcParams["font.family"] = ["DejaVu Sans", "IPAexGothic"]
mpl.rcParams["axes.unicode_minus"] = True

# Ten colours that stay apart for colour-blind readers: Petroff, "Accessible Color Sequences", 2021.
CLASS_COLOURS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
    "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
TRAIN_COLOUR, VALID_COLOUR = CLASS_COLOURS[0], CLASS_COLOURS[6]


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
