"""Makes what a student wrote harmless wherever it is shown: terminal, table, page, gradebook.

Escaping for HTML is not done here: jinja2 does it for every value of a page.
"""

from __future__ import annotations

import base64
import functools
import io
import re
import sys
import unicodedata

from PIL import Image

LONGEST_LINE = 200
"""Characters that one entry of a table may have."""

MOST_PIXELS = 20_000_000
WIDEST = 1000
"""Pixels: larger pictures are refused before they are decoded, wider ones are shrunk."""

_MOST_MARKS = 30
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_FOLDERS = re.compile(r"(?<![\w.~:/-])/(?:[^\s/'\":,;()]+/)+")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_SPACES = {"Zl", "Zp", "Zs"}
# Full-width forms begin a formula too, in Japanese spreadsheets.
_FORMULA = tuple("=+-@＝＋－＠")
_WIDE = {ord(mark): ord(mark) + 0xFEE0 for mark in "<>&\"'`[]$\\,;"}


def plain_form(text: str) -> str:
    """Return text in its plain form (NFKC): letters and figures that look alike are the same.

    A letter keeps at most 30 marks, as Unicode's stream-safe format has it (UAX #15): to sort
    thousands of them takes a time that grows with their square.
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _marks().sub(r"\1", text))


@functools.cache
def _marks() -> re.Pattern[str]:
    every = map(chr, range(0x300, sys.maxunicode))
    marks = "".join(re.escape(one) for one in every if unicodedata.combining(one))
    return re.compile(f"([{marks}]{{{_MOST_MARKS}}})[{marks}]+")


def line(text: str, longest: int = LONGEST_LINE) -> str:
    """Return ``text`` on one line, without terminal codes and invisible or reordering characters.

    Args:
        text: Anything.
        longest: Characters after which it is cut, with an ellipsis.
    """
    shown = "".join(map(_visible, _ANSI.sub("", text)))
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\n\r\t" or category in _SPACES:
        return " "
    return "" if category in _HIDDEN else character


def lines(text: str) -> str:
    """Return text of several lines without terminal codes and invisible characters."""
    return "\n".join(
        "".join(character if character == "\t" else _visible(character) for character in part)
        for part in _ANSI.sub("", text).splitlines()
    )


def without_folders(text: str) -> str:
    """Return text without the folders of this machine: an error can name them."""
    return _FOLDERS.sub("…/", text)


def spreadsheet(text: str, longest: int = LONGEST_LINE) -> str:
    """Return one line that a spreadsheet takes for text, never for a formula."""
    shown = line(text, longest)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def gradebook(text: str, longest: int = LONGEST_LINE) -> str:
    """Return one line for nbgrader, whose pages and CSV export escape nothing.

    Marks that mean something to HTML, Markdown or CSV become their full-width forms, which look
    the same to a reader.
    """
    shown = line(text, longest).translate(_WIDE)
    return f"’{shown}" if shown.startswith(_FORMULA) else shown


def png(encoded: str) -> str | None:
    """Decode a picture and encode its pixels anew, at most ``WIDEST`` pixels wide.

    Args:
        encoded: A PNG file, as base64.

    Returns:
        A PNG file of nothing but pixels, as base64; None if this is no picture, or one too large.
    """
    try:
        with Image.open(io.BytesIO(base64.b64decode(encoded)), formats=("PNG",)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            pixels = _on_white(picture.convert("RGBA"))
    except Exception:  # Pillow raises all kinds on what is no picture
        return None
    if pixels.width > WIDEST:
        pixels = pixels.resize((WIDEST, max(1, pixels.height * WIDEST // pixels.width)))
    content = io.BytesIO()
    pixels.save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()


def _on_white(picture: Image.Image) -> Image.Image:
    """Return the bare pixels: a new picture has none of the old one's texts and profiles."""
    page = Image.new("RGBA", picture.size, "white")
    page.alpha_composite(picture)
    return page.convert("RGB")
