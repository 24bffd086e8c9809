"""What the tests of the sandbox share: one runner, and short ways to ask it."""

import atexit
import functools
import shutil

import numpy as np
import pytest

from course.errors import SandboxError
from course.grade.run.runner import Runner
from course.grade.run.sandbox import check_sandbox
from course.grade.shared.assignment import Assignment
from course.grade.shared.stages import Student, Submission
from course.grade.wire.limits import Limits
from exercises.catalogue import find
from exercises.engine import judge, observe

SEED = 77
LIMITS = Limits(seconds=4, memory=1024, processes=32, files=8, reply=2**20)
LESSON = Assignment("02_model", ("import numpy as np",), ("2-1", "2-2"), {})
RIGHT = {
    "2-1": "def output_size(size, kernel, stride=1, padding=0):\n"
    "    return (size + 2 * padding - kernel) // stride + 1",
    "2-2": "def convolution_parameters(in_channels, out_channels, kernel):\n"
    "    return out_channels * (in_channels * kernel**2 + 1)\n"
    "def linear_parameters(in_features, out_features):\n"
    "    return out_features * (in_features + 1)",
}


def why_no_sandbox():
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    try:
        check_sandbox()
    except SandboxError as error:
        return f"bubblewrap does not work here: {error}"
    return None


needs_sandbox = pytest.mark.skipif(why_no_sandbox() is not None, reason=f"{why_no_sandbox()}")


@functools.cache
def sandboxed_runner():
    """Return the runner that all tests share: PyTorch takes seconds to start."""
    runner = Runner(LIMITS).__enter__()
    atexit.register(runner.__exit__, None, None, None)
    return runner


def run(answers, runner=None):
    handed_in = Submission("s1-02_model", Student("s1"), "02_model", "s1.ipynb", answers)
    return (runner or sandboxed_runner()).run(handed_in, LESSON, seed=SEED)


def statuses(result):
    """Return what each answer is worth, as the grader judges it."""
    return {name: _verdict(name, seen).status for name, seen in result.observations.items()}


def _verdict(exercise_id, observations):
    exercise = find(exercise_id)
    cases = exercise.cases(np.random.default_rng(SEED))
    wanted = observe(exercise, exercise.reference, cases)
    return judge(exercise, cases, observations, wanted)


def flags(result):
    return [(flag.reason, flag.where) for flag in result.flags]


def told_by(code, runner=None):
    """Run code in the place of an answer to 2-1 and return what its ``tell(…)`` was given."""
    teller = "def tell(found):\n    raise ValueError(repr(found))\n"
    result = run({"2-1": teller + code}, runner)
    return result.observations["2-1"][0]["error"]
