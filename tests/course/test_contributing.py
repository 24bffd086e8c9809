"""Whoever follows CONTRIBUTING to the letter gets an exercise that stands in both languages."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
STEPS = GUIDE.split("## 問題を増やす")[1].split("\n## ")[0]
DEFINITION, CELLS, WORDS = (
    textwrap.dedent(block) for block in re.findall(r"   ```python\n(.*?)   ```", STEPS, re.DOTALL)
)

RESULT = """
import json
from pathlib import Path
from course.editions import student_edition
from course.problems import read_lessons
from course.repository import Repository
from exercises.catalogue import all_exercises
from exercises.engine import judge, make_cases, observe

repository = Repository.read(Path.cwd())
points = {exercise.id: exercise.points for exercise in all_exercises()}
lessons, problems = read_lessons(repository, points, ["06"])
(exercise,) = [each for each in all_exercises() if each.id == "6-5"]
notebooks = {
    lesson.language: {
        cell.id: cell.source for cell in student_edition(lesson, repository, points).cells
    }
    for lesson in lessons
}
cases = make_cases(exercise, 1)


def verdict(answer):
    wanted = observe(exercise, exercise.reference, cases)
    return judge(exercise, cases, observe(exercise, answer, cases), wanted)


share = lambda logits, labels: float((logits.argmax(dim=1) == labels).float().mean())
print(json.dumps({
    "problems": [str(problem) for problem in problems],
    "japanese": notebooks["ja"]["06-exercise-6-5"],
    "english": notebooks["en"]["06-exercise-6-5"],
    "check": notebooks["en"]["06-check-6-5"],
    "right": verdict(exercise.reference).status,
    "fraction": [verdict(share).status, verdict(share).hint],
}))
"""


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """What a checkout holds after the steps of the guide, one by one."""
    root = tmp_path_factory.mktemp("fork")
    for name in ("exercises", "helpers", "course", "solutions", "assets", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)
    (root / "notebooks").mkdir()
    append(root / "exercises" / "lesson_06.py", DEFINITION)
    append(root / "solutions" / "06_filters.py", CELLS)
    words = root / "solutions" / "en" / "06_filters.py"
    run(root, "-c", "from course.cli import app; app()", "translate", "06", "--yes")
    translate(words)
    return json.loads(run(root, "-c", RESULT))


def append(path, block):
    path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{block}", encoding="utf-8")


def translate(path):
    """Replace the Japanese that ``course translate`` has added by the English of the guide."""
    text = path.read_text(encoding="utf-8")
    english = re.split(r"(?m)^# %%.*\n", WORDS)[1:]
    for words in english:
        japanese = re.search(r"(?m)^(# %%.*\n)(?=(?:(?!^# %%).*\n)*?.*[ぁ-ん])", text)
        start = japanese.end()
        end = re.compile(r"(?m)^# %%|\Z").search(text, start).start()
        text = text[:start] + words.rstrip() + "\n\n\n" + text[end:]
    path.write_text(text, encoding="utf-8")


def run(root, *arguments):
    environment = os.environ | {"PYTHONPATH": str(root), "COURSE_LANG": "en"}
    result = subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_sources_have_no_fault(followed):
    assert followed["problems"] == []


def test_both_editions_have_the_exercise_with_its_stub(followed):
    assert followed["japanese"] == (
        "# 問 6-5\ndef count_correct(logits, labels):\n"
        '    """正しく当てた枚数を返します。"""\n'
        "    # ここにコードを書いてください。\n    raise NotImplementedError"
    )
    assert followed["english"].startswith("# Exercise 6-5\ndef count_correct(logits, labels):\n")
    assert followed["check"] == 'count_correct = check("6-5")'


def test_the_right_answer_is_accepted_and_the_hint_speaks(followed):
    assert followed["right"] == "correct"
    assert followed["fraction"] == ["wrong", "a_fraction"]
