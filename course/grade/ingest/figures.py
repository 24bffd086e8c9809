"""Takes the pictures out of a notebook's outputs, as far as they are pictures and not too many."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from course.grade.ingest.cells import NotebookCell
from course.grade.shared.stages import Flag

MOST_FIGURES = 30
LARGEST_FIGURE = 2 * 2**20
LARGEST_FIGURES = 8 * 2**20
"""Number of a notebook's pictures that are kept, and bytes of one and of all of them together."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def figures_in(cells: Iterable[NotebookCell]) -> tuple[tuple[str, ...], list[Flag]]:
    """Return a notebook's PNG files in order, as base64; a flag says how many were left out."""
    figures, size = [], 0
    encoded = [png for cell in cells for png in cell.pngs]
    for png in encoded:
        content = _png(png)
        if content and len(figures) < MOST_FIGURES and size + len(content) <= LARGEST_FIGURES:
            figures.append(base64.b64encode(content).decode())
            size += len(content)
    left_out = len(encoded) - len(figures)
    return tuple(figures), [Flag("figures_left_out", detail=str(left_out))] if left_out else []


def _png(encoded: str) -> bytes:
    if len(encoded) > 2 * LARGEST_FIGURE:
        return b""
    try:
        content = base64.b64decode(encoded)
    except (binascii.Error, ValueError):
        return b""
    fits = content.startswith(_PNG_SIGNATURE) and len(content) <= LARGEST_FIGURE
    return content if fits else b""
