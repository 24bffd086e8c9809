import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.lms.sheet import Sheet, SheetError, no_formula

MARKS = {"utf-8": b"", "utf-8-sig": b"\xef\xbb\xbf", "cp932": b"", "utf-16": b"\xff\xfe"}
CELL = st.text(st.sampled_from('ab,;\t"\r\n =+-@表ソ能é'), max_size=6)
TABLES = st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=5)
DELIMITER = st.sampled_from(",;\t")
LINE_END = st.sampled_from(["\n", "\r\n", "\r"])


def written(rows, delimiter=",", quote_all=False, line_end="\n"):
    """Write a table; Python's own writer leaves a lone line feed unquoted before ``\\r``."""

    def cell(text):
        must_be_quoted = quote_all or set(text) & {delimiter, '"', "\r", "\n"}
        return '"' + text.replace('"', '""') + '"' if must_be_quoted else text

    return "".join(delimiter.join(map(cell, row)) + line_end for row in rows)


def texts(sheet):
    return [sheet.texts(row) for row in range(len(sheet.rows))]


@given(TABLES, DELIMITER, st.booleans(), LINE_END, st.sampled_from(sorted(MARKS)))
def test_a_table_is_read_as_it_was_written_in_every_encoding(
    rows, delimiter, quote_all, line_end, encoding
):
    content = written(rows, delimiter, quote_all, line_end).encode(encoding, "replace")
    expected = [[cell.encode(encoding, "replace").decode(encoding) for cell in row] for row in rows]
    assert texts(Sheet(content, delimiter)) == expected


@given(st.text(st.sampled_from('a,;"\r\n表'), max_size=30))
def test_whatever_the_text_it_is_read_as_python_reads_csv(text):
    read = [row or [""] for row in csv.reader(io.StringIO(text, newline=""))]
    try:
        assert texts(Sheet(text.encode())) == read
    except SheetError:
        with pytest.raises(csv.Error):
            list(csv.reader(io.StringIO(text, newline=""), strict=True))


@given(TABLES, DELIMITER, st.booleans(), LINE_END, st.sampled_from(sorted(MARKS)), st.data())
def test_only_the_cells_that_are_filled_in_change_and_all_other_bytes_stay(
    rows, delimiter, quote_all, line_end, encoding, data
):
    content = written(rows, delimiter, quote_all, line_end).encode(encoding, "replace")
    sheet = Sheet(content, delimiter)
    places = [(row, column) for row, cells in enumerate(sheet.rows) for column in range(len(cells))]
    new_text = st.text(st.sampled_from('x9,;\t"\r\n 表=@'), min_size=1, max_size=6)
    edits = data.draw(st.dictionaries(st.sampled_from(places), new_text, max_size=4))
    after = Sheet(sheet.filled(edits), delimiter)
    for row, column in places:
        before = sheet.rows[row][column].text
        assert after.rows[row][column].text == edits.get((row, column), before)
    # What lies between the edited cells is the same, byte by byte.
    kept, new = _pieces(sheet, content, encoding, edits), sheet.filled(edits)
    assert new.startswith(kept[0])
    assert new.endswith(kept[-1])
    for piece in kept:
        assert piece in new
        new = new[new.index(piece) + len(piece) :]


def _pieces(sheet, content, encoding, edits):
    if encoding == "utf-16":
        return [content[:2], b""]
    start = len(MARKS[encoding])
    pieces, done = [], 0
    for row, column in sorted(edits):
        cell = sheet.rows[row][column]
        pieces.append(content[done : start + cell.start])
        done = start + cell.end
    return [*pieces, content[done:]]


@given(TABLES, st.sampled_from(sorted(MARKS)))
def test_a_sheet_without_new_texts_is_the_same_file(rows, encoding):
    content = written(rows).encode(encoding, "replace")
    assert Sheet(content).filled({}) == content


@pytest.mark.parametrize("content", [b"\x81\xca,\xfa\x54,\xee\xf9\r\n,,\r\n", b"\xed\x40,\r\n,,"])
def test_characters_that_cp932_has_twice_keep_their_bytes(content):
    filled = Sheet(content).filled({(1, 0): "9"})
    assert filled == content.replace(b"\n,", b"\n9,")


def test_a_cell_that_was_quoted_stays_quoted_and_one_that_must_be_becomes_so():
    sheet = Sheet(b'a,"b",c\n1,"2",3\n')
    assert sheet.filled({(1, 0): "x,y", (1, 1): "9", (1, 2): "9"}) == b'a,"b",c\n"x,y","9",9\n'


def test_a_cell_that_says_the_same_keeps_its_way_of_saying_it():
    content = b'"a" ,b\n"say ""hi""",""\n'
    sheet = Sheet(content)
    assert sheet.filled({(1, 0): 'say "hi"', (1, 1): ""}) == content


def test_a_last_line_without_an_end_gets_none():
    assert Sheet(b"a,b\n1,").filled({(1, 1): "2"}) == b"a,b\n1,2"


def test_an_open_quotation_mark_is_an_error_that_names_its_row():
    with pytest.raises(SheetError, match="2 行目"):
        Sheet(b'a,b\n"1,2\n3,4\n')


def test_bytes_that_are_no_text_are_a_clear_error(monkeypatch):
    monkeypatch.setenv("COURSE_LANG", "en")
    for content in (b"\xef\xbb\xbf\xff", b"\xff\xfe\x00\xd8", b"\x81"):
        with pytest.raises(SheetError, match="encoding"):
            Sheet(content)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\t=1", "\r\n=1"])
def test_nothing_begins_like_a_formula(text):
    assert no_formula(text) == f"'{text}"
    assert no_formula("8 = 8") == "8 = 8"
