"""The drawing pad as a widget: the browser draws, the model in this kernel answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_HERE = Path(__file__).parents[1]
_FOLDERS = (_HERE / "explorer", _HERE.parent / "site" / "explorer")
"""Where the explorer's modules lie: within the package once it is installed, beside it before."""
_MODULES = ("errors.js", "colours.js", "elements.js", "pad.js", "widget.js")


def script() -> str:
    """Return the widget's modules as one: a widget is given a single module, which imports none."""
    folder = next(each for each in _FOLDERS if each.is_dir())
    sources = [(folder / name).read_text(encoding="utf-8") for name in _MODULES]
    return "\n".join(
        re.sub(r"^import .*\n|^export (?!default)", "", each, flags=re.M) for each in sources
    )


class PadWidget(anywidget.AnyWidget):
    """A pad whose drawing goes to ``respond``, and which shows what comes back.

    Attributes:
        drawing: What is drawn: bytes 0..255, row after row of a square.
        answer: Of ``respond``: ``sentence``, and, if there is a digit, ``probabilities``, and
            ``pixels`` and ``evidence`` as bytes of float32.
        layer: The layer whose Grad-CAM is shown, one of ``layers``.
        classes: Names of the classes.
        words: What the pad says.
    """

    _esm = script()
    drawing = traitlets.Bytes(b"").tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)
    layer = traitlets.Unicode().tag(sync=True)
    layers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    classes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    words = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        respond: Callable[[bytes, str], dict[str, Any]],
        still: Callable[[], dict[str, Any]],
        **traits: Any,
    ) -> None:
        super().__init__(**traits)
        self._respond = respond
        self._still = still
        self.observe(self._look, ["drawing", "layer"])

    def _look(self, change: object) -> None:
        if self.drawing:
            self.answer = self._respond(self.drawing, self.layer)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict] | None:
        """Show the widget, and beside it what a front end shows that knows no widgets."""
        shown = super()._repr_mimebundle_(**kwargs)
        if shown is None:
            return None
        data, metadata = shown if isinstance(shown, tuple) else (shown, {})
        return {**data, **self._still()}, metadata
