import pytest
from lms_class import MOODLE, entry, graded
from typer.testing import CliRunner

from course.cli import app


@pytest.fixture
def course_lms(tmp_path):
    """Run ``course lms`` on Moodle's worksheet in a folder of its own."""
    (tmp_path / "export.csv").write_bytes(MOODLE.encode())
    graded(tmp_path / "grades", entry("24001"), entry("24002", waiting=True))
    (tmp_path / "grades" / "feedback").mkdir()
    (tmp_path / "grades" / "feedback" / "24001.html").write_text("page")

    def run(*options, out="out.csv"):
        base = ["lms", f"{tmp_path}/export.csv", "--grades", f"{tmp_path}/grades"]
        return CliRunner().invoke(app, [*base, "--out", f"{tmp_path}/{out}", *options])

    return run


def test_the_sheet_and_the_zip_are_written_and_everybody_left_alone_is_named(course_lms, tmp_path):
    result = course_lms("--feedback", f"{tmp_path}/feedback.zip")
    assert result.exit_code == 0
    assert "03_training →「Grade」: 1 人に書き込みました" in result.output
    assert "採点待ちの考察がある学生" in result.output
    assert "24002" in result.output
    assert '4 行目 O"Neil Sam' in result.output
    assert ",8,12.00," in (tmp_path / "out.csv").read_text()
    assert (tmp_path / "feedback.zip").read_bytes().startswith(b"PK")


def test_the_export_is_never_overwritten_unless_asked(course_lms, tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "export.csv")
    for out in ("export.csv", "link.csv"):
        result = course_lms(out=out)
        assert result.exit_code == 1
        assert "--overwrite" in result.output
    assert (tmp_path / "export.csv").read_bytes() == MOODLE.encode()
    assert (course_lms().exit_code, course_lms().exit_code) == (0, 0)
    assert course_lms("--overwrite", out="export.csv").exit_code == 0
    assert (tmp_path / "export.csv").read_bytes() != MOODLE.encode()


def test_where_nothing_can_be_filled_in_nothing_is_written(course_lms, tmp_path):
    graded(tmp_path / "grades", entry("99999", "だれか"))
    result = course_lms()
    assert result.exit_code == 1
    assert "99999 だれか" in result.output
    assert "書き込める行が 1 つもない" in result.output
    assert not (tmp_path / "out.csv").exists()


def test_a_zip_that_cannot_be_made_leaves_no_sheet_either(course_lms, tmp_path):
    (tmp_path / "grades" / "feedback" / "24001.html").unlink()
    assert course_lms("--feedback", f"{tmp_path}/feedback.zip").exit_code == 1
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("report", [None, "{}", '{"submissions": [{"lesson": "03"}]}', "no json"])
def test_results_that_are_missing_or_damaged_are_a_clear_error(course_lms, tmp_path, report):
    path = tmp_path / "grades" / "report.json"
    path.unlink() if report is None else path.write_text(report)
    result = course_lms()
    assert result.exit_code == 1
    assert "report.json" in result.output
    assert "course grade" in result.output


def test_an_export_that_is_not_there_is_a_clear_error(course_lms, tmp_path):
    (tmp_path / "export.csv").unlink()
    assert "export.csv が読めません" in course_lms().output
