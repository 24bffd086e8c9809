import io
import zipfile

import pytest
from lms_class import CANVAS, MOODLE, entry, graded

from course.lms.feedback import feedback_zip
from course.lms.forms import Named, read_table
from course.lms.results import ResultsError
from course.lms.sheet import SheetError


def pages(folder, *numbers):
    (folder / "feedback").mkdir(parents=True)
    for number in numbers:
        (folder / "feedback" / f"{number}.html").write_text(f"page of {number}")


def packed(folder, text, *rows):
    results = graded(folder, *(entry(number) for number, _ in rows))
    partners = [(result, row) for result, (_, row) in zip(results, rows, strict=True)]
    return feedback_zip(read_table(text.encode(), Named()), partners, folder)


def participant(name):
    """Read a path as Moodle's importer does: the first part of the form name_id_type_plugin_…"""
    for part in name.split("/"):
        info = part.split("_", 4)
        if len(info) >= 5 and info[1].isdigit():
            return info[1], info[2], info[3]
    return None


def test_moodle_finds_the_participant_of_every_page(tmp_path):
    pages(tmp_path, "24001", "24002")
    text = MOODLE.replace("佐藤 花子", "../_佐藤_1/花\t子")
    content = packed(tmp_path, text, ("24001", 1), ("24002", 2))
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        names = pack.namelist()
        assert [participant(name) for name in names] == [
            ("501", "assignsubmission", "file"),
            ("502", "assignsubmission", "file"),
        ]
        assert names[0] == "Yamada, Taro_501_assignsubmission_file_/feedback-03_training.html"
        assert all(name.count("/") == 1 and not name.startswith(".") for name in names)
        assert [pack.read(name) for name in names] == [b"page of 24001", b"page of 24002"]


def test_the_same_grades_give_the_same_zip(tmp_path):
    pages(tmp_path, "24001")
    assert packed(tmp_path, MOODLE, ("24001", 1)) == packed(tmp_path, MOODLE, ("24001", 1))


def test_a_zip_for_canvas_and_a_page_that_is_missing_are_clear_errors(tmp_path):
    with pytest.raises(SheetError, match="Moodle"):
        packed(tmp_path, CANVAS, ("24001", 3))
    with pytest.raises(ResultsError, match=r"24001\.html"):
        packed(tmp_path, MOODLE, ("24001", 1))
