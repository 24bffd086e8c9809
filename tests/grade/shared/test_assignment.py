from sample_course import LESSON, sample_course

from course.grade.shared.assignment import read_assignments
from course.grade.syntax.source import definitions


def test_a_lesson_knows_its_exercises_and_the_points_of_its_essays(tmp_path):
    lesson = read_assignments(sample_course(tmp_path))["03_sample"]
    assert lesson.exercises == ("3-1",)
    assert lesson.essays == {"3-2": 5.0}


def test_the_set_up_imports_and_defines_but_demonstrates_nothing(tmp_path):
    lesson = read_assignments(sample_course(tmp_path))["03_sample"]
    names = {}
    for cell in lesson.set_up:
        assert "始めます" not in cell
        exec(cell, names)
    assert callable(names["check"])
    assert "sys" in names
    assert "display" in names


def test_the_set_up_holds_no_solution(tmp_path):
    lesson = read_assignments(sample_course(tmp_path))["03_sample"]
    assert "def double" in LESSON
    assert "def double" not in "".join(lesson.set_up)


def test_definitions_are_imports_functions_classes_and_constants():
    cell = (
        "import os, sys\nfrom pathlib import Path\nSIZE = 28\nshape = (1, 28, 28)\n"
        "def double(x):\n    return 2 * x\nclass Net:\n    pass\n"
    )
    names = {}
    exec(definitions(cell), names)
    assert names["double"](names["SIZE"]) == 56
    assert names["shape"] == (1, 28, 28)
    assert {"os", "sys", "Path", "Net"} <= names.keys()


def test_what_calculates_prints_or_changes_things_is_no_definition():
    cell = (
        "print('x')\nx = open('/etc/passwd')\nx.y = 1\nx[0] = 2\nfor i in range(3): pass\n"
        "if True:\n    import os\nsize = 2 * 3\nsizes = {[]: 1}\nexit()"
    )
    assert definitions(cell) == ""
