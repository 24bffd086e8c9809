"""The rooms of the grader show its stages, and whom each of them trusts."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import course.grade
from course.grade.run import sandbox

GRADE = Path(course.grade.__file__).parent
ROOT = GRADE.parents[1]
ORCHESTRATION = ""
BELOW = {
    "syntax": set(),
    "wire": set(),
    "inside": {"wire"},
    "shared": {"syntax"},
    "ingest": {"syntax", "shared"},
    "run": {"syntax", "shared", "wire"},
    "judge": {"syntax", "shared"},
    "policy": {"shared"},
    "record": {"shared", "policy"},
    "analysis": {"syntax", "shared", "policy"},
    "similar": {"syntax", "shared", "ingest"},
    "sample": {"shared", "analysis"},
    ORCHESTRATION: {
        "analysis",
        "ingest",
        "run",
        "judge",
        "policy",
        "record",
        "shared",
        "similar",
        "wire",
    },
}
"""The other rooms that the modules of each room may import from."""


def imported(path):
    """Every module of the grader that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def room_of(module):
    found = re.match(r"course\.grade\.(\w+)", module)
    return found[1] if found and (GRADE / found[1]).is_dir() else ORCHESTRATION


def rooms_used(path):
    return {room_of(name) for name in imported(path) if name.startswith("course.grade.")}


def test_every_room_is_known():
    rooms = {path.parent.relative_to(GRADE).as_posix() for path in GRADE.rglob("*.py")}
    assert {"" if room == "." else room for room in rooms} == set(BELOW)


@pytest.mark.parametrize("room", BELOW)
def test_imports_run_one_way(room):
    for path in (GRADE / room).glob("*.py"):
        assert rooms_used(path) <= BELOW[room] | {room}, path


def test_nothing_outside_imports_from_the_room_that_shares_a_process_with_strangers():
    others = [
        path
        for folder in ("course", "exercises", "helpers", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if GRADE / "inside" not in path.parents
    ]
    assert not [path for path in others if "inside" in rooms_used(path)]


def test_the_rooms_that_the_sandbox_binds_import_nothing_of_the_course_beside_them():
    bound = tuple(room.replace("/", ".") for room in sandbox._ROOMS)
    for room in sandbox._ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            of_course = [name for name in imported(path) if name.startswith("course")]
            assert all(name.startswith(bound) for name in of_course), path


def test_grading_starts_without_torch_and_tensorflow():
    look = (
        "import sys, json, course.grade.grading; "
        "print(json.dumps([name for name in ('torch', 'tensorflow') if name in sys.modules]))"
    )
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, check=True).stdout
    assert json.loads(said) == []
