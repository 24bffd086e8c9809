import importlib
import inspect
import textwrap
from pathlib import Path

import pytest

from course import lessons
from course.grade.judge.borrowed import borrowed
from course.grade.shared.stages import Flag
from course.repository import Repository
from exercises.catalogue import all_exercises

REPOSITORY = Repository.find(Path(__file__).parent)
SOURCES = {path.stem[1]: lessons.read(path) for path in REPOSITORY.sources()}
CHECKERS = REPOSITORY.root / "tests" / "exercises"
TRIED = sorted(path.stem[-1] for path in CHECKERS.glob("test_checkers_0*.py"))


def exercises_of(number):
    return [exercise for exercise in all_exercises() if exercise.id.startswith(f"{number}-")]


def set_up(number):
    cells = SOURCES[number].cells
    return [cell.source for cell in cells if cell.type == "code" and cell.role is None]


def found(answers):
    number = next(iter(answers))[0]
    flags = borrowed(answers, set_up(number), exercises_of(number))
    assert {flag.reason for flag in flags} <= {"borrowed"}
    return {flag.where: flag.detail for flag in flags}


@pytest.mark.parametrize("number", SOURCES)
def test_the_courses_own_solutions_are_not_accused(number):
    answers = {cell.exercise: cell.source for cell in SOURCES[number].having("exercise")}
    assert len(answers) >= 3
    assert found(answers) == {}


def written_answers(number):
    """Yield the right answers of a checker's test, as code, but for what libraries made."""
    right = importlib.import_module(f"test_checkers_0{number}").RIGHT
    for exercise_id, answers in right.items():
        for answer in answers:
            for part in answer if isinstance(answer, tuple) else (answer,):
                for source in sources_of(part):
                    yield exercise_id, textwrap.dedent(source).strip().rstrip(",")


def sources_of(part):
    """Return the source of a function or class that a checker's test defines."""
    if hasattr(part, "written_as"):
        return [part.written_as]
    written = inspect.isclass(part) or inspect.isfunction(part)
    return [inspect.getsource(part)] if written and "test_checkers" in part.__module__ else []


def test_every_kind_of_answer_is_among_those_written_out():
    networks = [source for number in "28" for _, source in written_answers(number)]
    assert sum(source.startswith("class ") for source in networks) >= 12


@pytest.mark.parametrize("number", TRIED)
def test_other_right_answers_are_not_accused(number):
    answers = list(written_answers(number))
    assert len(answers) >= 3
    for exercise_id, source in answers:
        # This one tries the checker of 4-3 out with the course's own collect.
        expected = {"4-3": "helpers.embed.collect"} if "embed.collect" in source else {}
        assert found({exercise_id: source}) == expected, source


HONEST = {
    "the notebook's own import, repeated": (
        "3-3",
        "from helpers.training import device, fit\nfrom exercises import check\n"
        "def overfit_one_batch(*a):\n    return [train_step(*a) for _ in device()]",
    ),
    "its own check below": (
        "3-1",
        'def train_step():\n    ...\ntrain_step = check("3-1", train_step)',
    ),
    "its own two functions checked": (
        "3-4",
        'save_weights, load_weights = check("3-4", (save_weights, load_weights))',
    ),
    "a call of its own earlier answer": ("3-3", "def overfit_one_batch(*a):\n    train_step(*a)"),
    "methods named like built-ins": ("3-2", "def evaluate(model, batches):\n    model.eval()"),
    "a module's children": ("2-3", "sum(1 for _ in model.modules())"),
    "noise": ("3-1", "import sys\nprint('x', file=sys.stderr)"),
    "a picture of the answer": ("5-4", "plots.plot_images(images)"),
    "helpers that the notebook gives": (
        "5-5",
        "def sanity_check(m, i, e):\n    randomise_(copy.deepcopy(m))\n    predict(m, i)",
    ),
    "no Python": ("3-1", "def train_step(:"),
    "NUL": ("3-1", "train_step = '\0'"),
    "too deep for Python": ("3-1", "(" * 5000 + ")" * 5000),
    "nothing": ("3-1", ""),
    "its own check in the short form": ("3-1", 'train_step = check("3-1")'),
    "its own two functions in the short form": ("3-4", 'save_weights, load_weights = check("3-4")'),
    "checks of all answers in one cell": (
        "3-1",
        'train_step = check("3-1", train_step)\nevaluate = check("3-2", evaluate)\n'
        'predict = check("3-5")',
    ),
    "words about the helpers": (
        "3-1",
        'def train_step():\n    """helpers の training.py に倣う。"""',
    ),
    "commands of IPython": ("3-1", "!pip install torch\nfiles = !ls\n%time x = 1\nx?"),
}


@pytest.mark.parametrize(("exercise", "source"), HONEST.values(), ids=HONEST)
def test_honest_code_is_not_accused(exercise, source):
    assert found({exercise: source}) == {}


BORROWED = {
    "from import": (
        "3-1",
        "from helpers.training import train_step",
        "helpers.training.train_step",
    ),
    "other name": (
        "3-1",
        "from helpers.training import train_step as mine",
        "helpers.training.train_step",
    ),
    "module": (
        "3-4",
        "import helpers.training as t\nsave_weights = t.save",
        "helpers.training.save",
    ),
    "package": (
        "3-1",
        "import helpers\ntrain_step = helpers.training.train_step",
        "helpers.training.train_step",
    ),
    "star": ("3-1", "from helpers.training import *", "helpers.training.*"),
    "inside a function": (
        "3-2",
        "def evaluate(model, batches):\n    from helpers import training\n"
        "    return training.evaluate(model, batches)",
        "helpers.training.evaluate",
    ),
    "given module": (
        "5-1",
        "def saliency(m, x, c):\n    return explain.saliency(m, x, c)",
        "helpers.explain.saliency",
    ),
    "given package": ("5-4", "overlay = plots.overlay", "helpers.plots.overlay"),
    "another function of the answer's module": (
        "4-2",
        "pca_by_svd = embed.pca",
        "helpers.embed.pca",
    ),
    "the module passed on": (
        "5-1",
        "saliency = getattr(explain, 'sal' + 'iency')",
        "helpers.explain",
    ),
    "the definition": (
        "3-1",
        "from exercises.lesson_03 import TRAIN_STEP",
        "exercises.lesson_03.TRAIN_STEP",
    ),
    "the reference": (
        "3-1",
        "from exercises.catalogue import find\nfind('3-1').reference",
        "exercises.catalogue.find",
    ),
    "check of nothing": ("3-1", "train_step = check('3-1', None)", "check"),
    "check of another": ("3-3", "overfit_one_batch = check('3-3', print)", "check"),
    "importlib": ("3-1", "import importlib\nimportlib.import_module('helpers')", "importlib"),
    "__import__": ("3-1", "__import__('helpers')", "__import__"),
    "sys.modules": ("3-1", "import sys\nsys.modules['helpers']", "sys.modules"),
    "gc": ("3-1", "from gc import get_objects", "gc.get_objects"),
    "inspect": ("3-1", "import inspect", "inspect"),
    "exec": ("3-1", "exec('from helpers.training import train_step')", "exec"),
    "globals": ("3-1", "globals()['evaluate']", "globals"),
    "subclasses": ("3-1", "object.__subclasses__()", "__subclasses__"),
    "attribute by name": ("3-1", "getattr(check, '__globals__')", "__globals__"),
    "beside a very deep expression": (
        "3-1",
        "x = " + "-" * 900 + "1\nfrom helpers.training import train_step",
        "helpers.training.train_step",
    ),
    "within a very deep expression": (
        "3-1",
        "import importlib\nx = " + "-" * 900 + "importlib.reload",
        "importlib",
    ),
    "below two thousand branches": (
        "3-1",
        "if x:\n  y = 0\n" + "elif x:\n  y = 1\n" * 1500 + "else:\n  exec('1')",
        "exec",
    ),
    "a class body": (
        "3-1",
        "class Kept:\n    from helpers.training import train_step as kept",
        "helpers.training.train_step",
    ),
    "a module copied by its file": (
        "3-1",
        "import shutil, helpers\nshutil.copy(helpers.training.__file__, 'mine')",
        "__file__",
    ),
    "a package copied": (
        "3-1",
        "import shutil, exercises\nshutil.copytree(exercises.__path__[0], 'mine')",
        "__path__",
    ),
    "a path to a copy": ("3-1", "import sys\nsys.path.insert(0, '.')", "sys.path.insert"),
    "a file searched for": ("3-1", "list(Path('/').rglob('training.py'))", ".py"),
    "a folder searched for": ("3-1", "list(Path('/').rglob('exercises'))", "exercises"),
    "an alias of check": ("3-1", "import exercises\nexercises.check('3-1', None)", "check"),
    "check of another lesson": ("3-1", "train_step = check('1-3')", "check"),
}


@pytest.mark.parametrize(("exercise", "source", "what"), BORROWED.values(), ids=BORROWED)
def test_borrowed_answer_is_flagged(exercise, source, what):
    flags = found({exercise: source})
    assert flags.keys() == {exercise}
    assert what in flags[exercise].split(", ")


def test_an_answer_that_cannot_be_looked_into_is_flagged():
    answers = {"3-1": "x = " + "-" * 100_000 + "1", "3-2": "def evaluate(): ..."}
    assert borrowed(answers, set_up("3"), exercises_of("3")) == (Flag("unexamined", "3-1"),)


def test_an_import_in_one_answer_serves_the_next():
    answers = {"3-1": "from helpers import training as t", "3-2": "evaluate = t.evaluate"}
    assert found(answers)["3-2"] == "helpers.training.evaluate"


def test_calling_an_earlier_answer_that_was_borrowed_is_no_borrowing():
    answers = {
        "3-1": "from helpers.training import train_step",
        "3-3": "def overfit_one_batch(*arguments):\n    return train_step(*arguments)",
    }
    assert found(answers).keys() == {"3-1"}
