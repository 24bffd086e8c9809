import base64
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from course.grade.shared import untrusted


def png_of(pixels, **options):
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", **options)
    return base64.b64encode(content.getvalue()).decode()


def pixels_of(encoded):
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("山田 太郎", "山田 太郎"),
        ("a\x1b[31mb\x1b[0m", "ab"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;http://x\x1b\\b", "ab"),
        ("one\ntwo\r\n\tthree", "one two three"),
        ("abc\u202edef\u200b", "abcdef"),
        ("\x9b31m\x00x\x7f", "31mx"),
        ("\ud800x", "x"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_a_line_holds_what_is_visible(written, shown):
    assert untrusted.line(written) == shown


def test_lines_keep_their_breaks_and_indents():
    assert untrusted.lines("def f():\n\treturn 1\x1b[2J\r\n    \x00x") == (
        "def f():\n\treturn 1\n    x"
    )


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@x", "＝1+1", " =1", "\t=1", "\u200b=1"])
def test_a_spreadsheet_sees_no_formula(formula):
    assert untrusted.spreadsheet(formula).startswith("'")
    assert untrusted.gradebook(formula).startswith("’")


def test_ordinary_text_stays_as_it_is_in_a_spreadsheet():
    assert untrusted.spreadsheet("山田 太郎 <b>, 1-2") == "山田 太郎 <b>, 1-2"


def test_the_gradebook_gets_nothing_that_html_markdown_or_csv_would_read():
    written = "<img src=x onerror='a()'>, \"x\" & `y` [z](javascript:1) $m$ \\"
    shown = untrusted.gradebook(written)
    assert not set(shown) & set("<>\"'&`[]$,\\")
    assert shown.startswith("＜img src=x")


def test_a_picture_comes_back_as_pixels_and_nothing_else():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>", zip=False)
    encoded = png_of(pixels, pnginfo=notes)
    content = base64.b64decode(untrusted.png(encoded))
    assert b"script" in base64.b64decode(encoded)
    assert b"script" not in content
    np.testing.assert_array_equal(pixels_of(untrusted.png(encoded)), pixels)


def test_bytes_behind_a_picture_are_dropped():
    encoded = png_of(np.zeros((2, 2, 3), np.uint8))
    longer = base64.b64encode(base64.b64decode(encoded) + b"<script>").decode()
    assert b"<script>" not in base64.b64decode(untrusted.png(longer))


def test_transparent_pixels_become_white():
    clear = np.zeros((2, 2, 4), np.uint8)
    assert (pixels_of(untrusted.png(png_of(clear))) == 255).all()


def test_wide_pictures_are_shrunk():
    assert pixels_of(untrusted.png(png_of(np.zeros((100, 2000), np.uint8)))).shape == (50, 1000, 3)


def huge_picture():
    """A file of few bytes that says it holds 10 gigapixels."""
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    body = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


def gif():
    content = io.BytesIO()
    Image.new("L", (2, 2)).save(content, "GIF")
    return base64.b64encode(content.getvalue()).decode()


@pytest.mark.parametrize(
    "encoded",
    ["", "AAAA", "no base64!", huge_picture(), gif(), png_of(np.zeros((9, 9), np.uint8))[:60]],
    ids=["empty", "bytes", "text", "huge", "gif", "cut"],
)
def test_what_is_no_picture_is_left_out(encoded):
    assert untrusted.png(encoded) is None
