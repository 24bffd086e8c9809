"""Reads a CSV so that single cells can be filled in while every other byte stays as it was."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass

from helpers.errors import CourseError
from helpers.internal.sentences import Sentence

DELIMITERS = ",;\t"

_NOT_TEXT = Sentence(
    ja="表の文字コードが分かりません。UTF-8 か Shift_JIS（cp932）の CSV として保存してください。",
    en="The sheet's encoding is unknown. Save it as a CSV in UTF-8 or Shift_JIS (cp932).",
)
_OPEN_QUOTE = Sentence(
    ja='表の {row} 行目で始まる引用符（"）が、閉じられていません。'
    "LMS から、もう一度書き出してください。",
    en='A quotation mark (") that opens in row {row} of the sheet is never closed. '
    "Export it from the LMS once more.",
)
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


class SheetError(CourseError, ValueError):
    """A sheet cannot be read, or it is not clear what should be filled in where."""


@dataclass(frozen=True)
class Cell:
    """One cell: its text, and where its bytes stand, quotation marks included."""

    text: str
    start: int
    end: int
    quoted: bool


class Sheet:
    """The rows of a CSV, the header first, in the encoding that it was found in.

    UTF-8 with or without a byte order mark, cp932, and UTF-16 with a mark are told apart.

    Attributes:
        encoding: What new text must be representable in: ``"utf-8"`` or ``"cp932"``.
        rows: Cells; a blank line is a row of one empty cell.

    Raises:
        SheetError: The bytes are no text, or a quotation mark is never closed.
    """

    def __init__(self, content: bytes, delimiter: str = ",") -> None:
        self._delimiter = delimiter
        self._mark, self._outer, self.encoding, self._body = _decoded(content)
        self.rows = self._parse()

    def texts(self, row: int) -> list[str]:
        """Return the texts of a row, counted from 0."""
        return [cell.text for cell in self.rows[row]]

    def filled(self, texts: Mapping[tuple[int, int], str]) -> bytes:
        """Return the whole file with new texts in some cells.

        A cell that already says the same keeps its bytes; a new one is quoted where it must be, or
        where the old one was.

        Args:
            texts: By row and column, counted from 0; representable in :attr:`encoding`.
        """
        parts, done = [], 0
        for (row, column), text in sorted(texts.items()):
            cell = self.rows[row][column]
            if text == cell.text:
                continue
            parts += [self._body[done : cell.start], self._written(text, cell.quoted)]
            done = cell.end
        body = b"".join([*parts, self._body[done:]])
        return self._mark + (body.decode().encode(self._outer) if self._outer else body)

    def _written(self, text: str, quoted: bool) -> bytes:
        special = {*self._delimiter, '"', "\r", "\n"}
        if quoted or special & set(text) or text != text.strip():
            text = '"' + text.replace('"', '""') + '"'
        return text.encode(self.encoding)

    def _parse(self) -> list[list[Cell]]:
        # No mark of CSV is ever the second byte of a character, neither in UTF-8 nor in cp932.
        delimiter = re.escape(self._delimiter).encode()
        pattern = re.compile(
            rb'(?P<quoted>"[^"]*+(?:""[^"]*+)*+")?(?P<bare>[^' + delimiter + rb"\r\n]*+)"
            rb"(?P<end>" + delimiter + rb"|\r\n|\r|\n|\Z)"
        )
        rows: list[list[Cell]] = []
        place, row = 0, []
        while place < len(self._body) or row:
            found = pattern.match(self._body, place)
            if not found["quoted"] and found["bare"].startswith(b'"'):
                raise SheetError(_OPEN_QUOTE.format(row=len(rows) + 1))
            row.append(self._cell(found))
            place = found.end()
            if found["end"] != self._delimiter.encode():
                rows.append(row)
                row = []
        return rows

    def _cell(self, found: re.Match[bytes]) -> Cell:
        quoted, bare = found["quoted"], found["bare"]
        inside = quoted[1:-1].replace(b'""', b'"') if quoted else b""
        text = (inside + bare).decode(self.encoding)
        return Cell(text, found.start(), found.start("end"), bool(quoted))


def _decoded(content: bytes) -> tuple[bytes, str, str, bytes]:
    """Return the byte order mark, the encoding outside and inside, and the body that is parsed."""
    try:
        for mark, outer in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
            if content.startswith(mark):
                return mark, outer, "utf-8", content[2:].decode(outer).encode()
    except UnicodeDecodeError as error:
        raise SheetError(str(_NOT_TEXT)) from error
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    body = content[len(mark) :]
    for encoding in ("utf-8",) if mark else ("utf-8", "cp932"):
        try:
            body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return mark, "", encoding, body
    raise SheetError(str(_NOT_TEXT))


def no_formula(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula when it stands in a cell."""
    return f"'{text}" if text.startswith(_FORMULA) else text
