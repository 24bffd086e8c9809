"""Every command speaks the language of whoever types it."""

import os
import re
import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from course import language
from course.cli import app

JAPANESE = re.compile("[ぁ-んァ-ヶ一-龥]")
COMMANDS = sorted(get_command(app).commands)
HELP = "import sys; from course.cli import app; app()"


def asked(*arguments, **environment):
    """What a command prints, in a process of its own: help is worded when the program starts."""
    command = [sys.executable, "-c", HELP, *arguments]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    bare.pop("COURSE_LANG", None)
    result = subprocess.run(
        command, capture_output=True, text=True, env=bare | environment, check=False
    )
    return result.stdout + result.stderr


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({"COURSE_LANG": "en", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"COURSE_LANG": "ja", "LANG": "en_US.UTF-8"}, "ja"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "C.UTF-8"}, "ja"),
        ({}, "ja"),
    ],
)
def test_the_course_setting_wins_over_the_systems_locale(environment, spoken, monkeypatch):
    for name in ("COURSE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language.command_line_language() == spoken


def test_help_is_in_the_language_of_the_system():
    assert "学生のノートブックを採点します" in asked("--help", LANG="ja_JP.UTF-8")
    assert "Grade students' notebooks" in asked("--help", LANG="en_US.UTF-8")


def worded(name):
    """All that the help of a command says, in this process's language."""
    command = get_command(app).commands[name]
    return [command.help, *(option.help for option in command.params if option.help)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_explained_in_the_language_of_the_program(name):
    spoken = language.command_line_language()
    assert [bool(JAPANESE.search(text)) for text in worded(name)] == (
        [spoken == "ja"] * len(worded(name))
    )


@pytest.fixture(params=["ja", "en"])
def spoken(request, monkeypatch):
    monkeypatch.setenv("COURSE_LANG", request.param)
    return request.param


def said(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments]).output


def test_doctor_speaks_it(spoken, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "mini")
    told = said("doctor")
    assert ("付属のミニ版" in told or "このままでも学べます" in told) is (spoken == "ja")
    assert ("You can learn with it as it is" in told) is (spoken == "en")


def test_release_speaks_it(spoken, tmp_path):
    (tmp_path / "file").touch()
    told = said("release", tmp_path)
    assert ("空ではありません" in told) is (spoken == "ja")
    assert ("is not empty" in told) is (spoken == "en")


def test_grade_speaks_it(spoken, tmp_path):
    told = said("grade", tmp_path / "nowhere", "--out", tmp_path / "out", "--unsafe-no-sandbox")
    assert ("提出物のフォルダでも zip でもありません" in told) is (spoken == "ja")
    assert ("neither a folder nor a zip" in told) is (spoken == "en")


def test_sample_check_speaks_it(spoken, tmp_path):
    (tmp_path / "report.json").write_text("[]")
    told = said("sample-check", tmp_path)
    assert ("壊れています" in told) is (spoken == "ja")
    assert ("is damaged" in told) is (spoken == "en")


@pytest.mark.parametrize("command", [("build",), ("run",), ("translate",), ("reproduce", "--only")])
def test_what_has_no_such_name_is_told_in_it(command, spoken):
    told = said(*command, "no such name")
    assert ("はありません。あるのは" in told) is (spoken == "ja")
    assert ("is called 'no such name'; there are" in told) is (spoken == "en")


def test_a_report_that_cannot_be_written_is_told_in_it(spoken, tmp_path):
    told = said("run", "--report", tmp_path)
    assert ("書き込めません" in told) is (spoken == "ja")
    assert ("cannot be written" in told) is (spoken == "en")


def test_colab_check_speaks_it(spoken):
    told = said("colab-check")
    assert ("どれも変わりません" in told) is (spoken == "ja")
    assert ("stays as it is" in told) is (spoken == "en")
