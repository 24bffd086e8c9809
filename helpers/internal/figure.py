"""What all figures share: fonts, colours, and a figure that a notebook shows once."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager

import matplotlib as mpl
import matplotlib_fontja  # noqa: F401 - registers the Japanese font that it carries
from matplotlib import figure, style
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.text import Text

from helpers.internal.sentences import Sentence

# Latin letters from DejaVu, Japanese ones from the next family that has them.
_FONTS = ["DejaVu Sans", "IPAexGothic"]
# For figures that a student draws with matplotlib itself.
mpl.rcParams["font.family"] = _FONTS
mpl.rcParams["axes.unicode_minus"] = True

# Ten colours that stay apart for colour-blind readers: Petroff, "Accessible Color Sequences", 2021.
CLASS_COLOURS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
    "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
LONG_NAME = 3
"""Names of classes up to this length fit above a picture or below a bar on one line."""
SIGNED = "RdBu_r"
"""Colours for values of either sign: white is 0, and colour-blind readers see red from blue."""
TRAIN_COLOUR, VALID_COLOUR = CLASS_COLOURS[0], CLASS_COLOURS[6]


def course_style() -> AbstractContextManager[None]:
    """Set matplotlib's default style with the course's fonts, whatever the notebook has chosen.

    It serves as a decorator too. A "$" stays a "$": no text is read as mathematics.
    """
    return style.context({"font.family": _FONTS, "text.parse_math": False}, after_reset=True)


class Figure(figure.Figure):
    """A matplotlib figure that a notebook shows once, with a description for screen readers."""

    description: str = ""

    def draw(self, renderer: RendererBase) -> None:
        """Draw in the course's style and fonts, what was added later included."""
        _use_fonts(self)
        with course_style():
            super().draw(renderer)

    def savefig(self, *args: object, **options: object) -> None:
        """Save as matplotlib does, but in the course's style."""
        with course_style():
            super().savefig(*args, **options)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=100)
        display(
            {"image/png": picture.getvalue(), "text/plain": f"<Figure: {self.description}>"},
            metadata={"image/png": {"alt": self.description}},
            raw=True,
        )


def _use_fonts(artist: figure.Figure | Axes) -> None:
    for label in artist.findobj(Text):
        label.set_fontfamily(_FONTS)


def new_figure(width: float, height: float, description: str | Sentence) -> Figure:
    """Return an empty figure of ``width`` × ``height`` inches that describes itself."""
    empty = Figure(figsize=(width, height), layout="constrained")
    empty.description = str(description)
    return empty


def figure_and_axes(
    ax: Axes | None,
    width: float,
    height: float,
    description: str | Sentence,
    projection: str | None = None,
) -> tuple[figure.Figure, Axes]:
    """Return where to draw: ``ax`` and its figure, or the axes of a new figure."""
    if ax is None:
        empty = new_figure(width, height, description)
        return empty, empty.add_subplot(projection=projection)
    _use_fonts(ax)
    ax.tick_params(labelfontfamily=_FONTS)
    return ax.figure, ax


def turn_long_names(ax: Axes, classes: Sequence[str]) -> None:
    """Slant the names of the classes below the axes if they would run into each other."""
    if max(map(len, classes)) > LONG_NAME:
        ax.tick_params(axis="x", rotation=45)
        for label in ax.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
