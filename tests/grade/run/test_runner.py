"""What answers are worth in the sandbox: honest ones their points, and no trick raises a score."""

import json

import numpy as np
import pytest
from grade_runner import RIGHT, flags, needs_sandbox, run, statuses, told_by

from exercises.catalogue import find

pytestmark = needs_sandbox

ALL_CORRECT = {"2-1": "correct", "2-2": "correct"}
WRONG = "def output_size(size, kernel, stride=1, padding=0):\n    return 0\n"


# --- honest answers -----------------------------------------------------------------------------
def test_right_answers_are_correct_and_raise_no_flag():
    result = run(RIGHT)
    assert statuses(result) == ALL_CORRECT
    assert flags(result) == []


def test_an_exercise_that_was_not_answered_is_not_observed():
    assert statuses(run({"2-2": RIGHT["2-2"]})) == {"2-2": "correct"}


def test_an_untouched_stub_is_blank():
    stub = "def output_size(size, kernel, stride=1, padding=0):\n    raise NotImplementedError"
    assert statuses(run({"2-1": stub})) == {"2-1": "blank"}


@pytest.mark.parametrize(
    "around",
    [
        "print(undefined)\n{}\nprint(output_size(images))",
        "%matplotlib inline\n!pip install nothing\n{}\noutput_size?",
        "%%time\n{}",
        "%%time\n{}  # why?",
        "def other():\n    x = 1\n# sum or mean?\n    return x\n%timeit 1\n{}",
        "{}\nprint('%d'\n % 1)",
        "{}\noutput_size??",
        "{}\noutput_size = check('2-1', output_size)",
        "from exercises import check\n{}\noutput_size = check('2-1', output_size)",
        "print('x' * 10**6)\n{}",
        "{}\nexit()",
    ],
)
def test_what_stands_around_a_right_answer_does_no_harm(around):
    assert statuses(run({"2-1": around.format(RIGHT["2-1"])})) == {"2-1": "correct"}


def test_errors_of_a_cell_name_the_line_and_leave_the_others_alone():
    result = run({"2-1": "unknown_thing = 1 + nothing", "2-2": RIGHT["2-2"]})
    assert statuses(result) == {"2-1": "wrong", "2-2": "correct"}
    first = result.observations["2-1"][0]
    assert "NameError" in first["error"]
    assert first["line"] == "unknown_thing = 1 + nothing"


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("def other_name():\n    return 1", "not defined"),
        ("def output_size(:", "SyntaxError"),
        ("", "not defined"),
    ],
)
def test_a_cell_that_defines_nothing_says_so(cell, told):
    first = run({"2-1": cell}).observations["2-1"][0]
    assert told in first["error"]
    assert "line" not in first  # the grader's own would say nothing to a student


def test_a_later_answer_uses_the_reference_of_a_wrong_earlier_one():
    later = RIGHT["2-2"].replace("return", "assert output_size(5, 3) == 3\n    return")
    result = run({"2-1": WRONG, "2-2": later})
    assert statuses(result) == {"2-1": "wrong", "2-2": "correct"}


def test_an_answer_may_wait_at_its_top_level():
    waiting = "import asyncio\nasync def one():\n    return 1\nONE = await one()\n"
    answer = RIGHT["2-1"].replace("+ 1", "+ ONE")
    assert statuses(run({"2-1": waiting + answer})) == {"2-1": "correct"}


def test_a_failing_line_of_any_length_is_an_error_like_any_other():
    line = "unknown = nothing + " + " + ".join("1" * 900)
    result = run({"2-1": line})
    assert flags(result) == []
    assert "NameError" in result.observations["2-1"][0]["error"]
    assert line.startswith(result.observations["2-1"][0]["line"])


def test_two_thousand_branches_end_no_one_elses_grading():
    chain = "if x:\n  y = 0\n" + "elif x:\n  y = 1\n" * 2000
    answers = {"2-1": f"x = 0\n{chain}\n{RIGHT['2-1']}", "2-2": RIGHT["2-2"]}
    assert statuses(run(answers))["2-2"] == "correct"


def test_the_same_seed_gives_the_same_observations():
    random_answer = (
        "import random\ndef output_size(size, kernel, stride=1, padding=0):\n"
        "    return random.random() + np.random.rand()"
    )
    first, second = (run({"2-1": random_answer}).observations for _ in range(2))
    assert first == second


# --- tricks -------------------------------------------------------------------------------------
TRICKS = {
    "the course's check": "output_size = check('2-1', None)",
    "the reference of the exercise": (
        "from exercises.catalogue import find\noutput_size = find('2-1').reference"
    ),
    "the reference in its module": "from exercises.lesson_02 import output_size",
    "the reference's file, run once more": (
        "import runpy, exercises\n"
        "output_size = runpy.run_module('exercises.lesson_02')['output_size']"
    ),
    "the reference's file, copied": (
        "import shutil, sys, exercises\n"
        "shutil.copytree(exercises.__path__[0], 'mine')\nsys.path.insert(0, '.')\n"
        "from mine.lesson_02 import output_size"
    ),
    "what a frame of the grader holds": (
        "import sys\nframe, found = sys._getframe(), []\n"
        "while frame := frame.f_back:\n"
        "    for value in frame.f_locals.values():\n"
        "        for one in value if isinstance(value, tuple) else (value,):\n"
        "            if getattr(one, '__name__', '') == 'output_size':\n"
        "                output_size = one"
    ),
    "an object equal to everything": (
        "class Any(int):\n    __eq__ = lambda self, other: True\n"
        "    __ne__ = lambda self, other: False\n"
        "output_size = lambda *a, **k: Any()"
    ),
    "a patched judge": (
        "import numpy as np, exercises.engine as c\n"
        "np.allclose = c.close = lambda *a, **k: True\n"
        "c.judge = lambda *a, **k: c.Verdict('correct', 'correct')\n" + WRONG
    ),
    "a patched probe and exercise": (
        "from exercises.catalogue import find\nexercise = find('2-1')\n"
        "object.__setattr__(exercise, 'probe', lambda answer, case: {})\n"
        "object.__setattr__(exercise, 'atol', 1e9)\n" + WRONG
    ),
    "no observations": (
        "import exercises.engine as c\nc.observe = lambda exercise, answer, cases: []\n" + WRONG
    ),
    "a text that says so": (
        "import exercises.engine as c\n"
        "c.observe = lambda exercise, answer, cases: [{'status': 'correct'}] * len(cases)\n" + WRONG
    ),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_scores_nothing(trick):
    result = run({"2-1": TRICKS[trick], "2-2": RIGHT["2-2"]})
    assert statuses(result) == {"2-1": "wrong", "2-2": "correct"}


FORGED = (
    "import os\n"
    "for number in range(3, 100):\n"
    "    try:\n"
    "        os.write(number, {!r})\n"
    "    except OSError:\n"
    "        pass\n"
    "os._exit(0)"
)


@pytest.mark.parametrize(
    ("reply", "flag"),
    [
        (b"[]", "malformed_reply"),
        (b"no json", "malformed_reply"),
        (b"[" * 10**5, "malformed_reply"),
        (b'[{"error": 1}]', "malformed_reply"),
        (b"\x80\x04cos\nsystem\n(S'echo'\ntR.", "malformed_reply"),
        (b"[0" + b",0" * 2**20, "reply_too_long"),
    ],
)
def test_a_forged_reply_is_worth_nothing(reply, flag):
    result = run({"2-1": FORGED.format(reply), "2-2": RIGHT["2-2"]})
    assert statuses(result) == {"2-1": "wrong", "2-2": "correct"}
    assert flags(result) == [(flag, "2-1")]


def test_a_forged_reply_of_the_right_form_is_judged_like_any_other():
    guesses = [{"size": 26.0}] * len(find("2-1").cases(np.random.default_rng(0)))
    forged = FORGED.format(json.dumps(guesses).encode())
    result = run({"2-1": forged, "2-2": RIGHT["2-2"]})
    assert statuses(result) == {"2-1": "wrong", "2-2": "correct"}
    assert result.observations["2-1"] == guesses


HOARD = (
    "import sys\nfrom helpers import models\n"
    "class Kept:\n"
    "    found = [\n"
    "        value for name in list(sys.modules) if name.startswith(('exercises', 'helpers'))\n"
    "        for key, value in vars(sys.modules[name]).items() if key == 'convolution_parameters'\n"
    "    ]\n"
)


def test_a_class_body_keeps_no_reference_for_a_later_answer():
    later = f"{HOARD}convolution_parameters, = Kept.found\n" + RIGHT["2-2"].partition("\n")[2]
    result = run({"2-1": HOARD + RIGHT["2-1"], "2-2": later})
    assert statuses(result) == {"2-1": "correct", "2-2": "wrong"}


def test_the_seed_of_the_cases_is_nowhere_in_the_answers_process():
    search = (
        "import gc, sys\nfound = []\nseed = 70 + 7\n"
        "frame = sys._getframe()\n"
        "while frame := frame.f_back:\n"
        "    found += [name for name, value in frame.f_locals.items() if value == seed]\n"
        "    found += [name for name in frame.f_locals if 'seed' in name]\n"
        "for thing in gc.get_objects():\n"
        "    if isinstance(thing, dict) and type(thing.get('seed')) is int:\n"
        "        found.append(thing['seed'])\n"
        "found = [one for one in found if one in (seed, 'seed')]\n"
        "tell(found)"
    )
    assert "[]" in told_by(search)


# --- harm ---------------------------------------------------------------------------------------
def attack(code):
    """Return a cell that attacks when it is run, and again when its answer is called."""
    body = "".join(f"    {line}\n" for line in code.splitlines())
    return f"import os\ndef output_size(*a, **k):\n{body}output_size()\n"


HARM = {
    "exits": ("os._exit(0)", "process_died"),
    "kills all it can": (
        "for pid in (-1, 1, os.getppid(), 0):\n"
        "    try:\n        os.kill(pid, 9)\n    except OSError:\n        pass\n"
        "os._exit(1)",
        "process_died",
    ),
    "loops": ("while True:\n    pass", "time_limit"),
    "sleeps": ("import time; time.sleep(10**6)", "time_limit"),
    "uses up the processor in two threads": (
        "import hashlib, threading, time\n"
        "def burn():\n"
        "    while True:\n"
        "        hashlib.sha256(bytes(2**24))\n"
        "for _ in range(2):\n"
        "    threading.Thread(target=burn).start()\n"
        "time.sleep(10**6)",
        "time_limit",
    ),
    "crashes": ("import ctypes; ctypes.string_at(0)", "process_died"),
    "prints without end": ("while True:\n    os.write(1, b'x' * 10**6)", "time_limit"),
    "bombs": (
        "while True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
        None,
    ),
    "eats shared memory": (
        "while True:\n"
        "    file = os.memfd_create('x')\n"
        "    globals().setdefault('all', []).append(file)\n"
        "    os.write(file, bytes(2**23 - 1))",
        "memory_limit",
    ),
    "eats memory in many processes": (
        "for _ in range(20):\n"
        "    if os.fork() == 0:\n"
        "        held = bytearray(b'x') * (300 * 2**20)\n"
        "        import time; time.sleep(60)\n"
        "import time; time.sleep(60)",
        "memory_limit",
    ),
}


@pytest.mark.parametrize("harm", HARM)
def test_harm_ends_its_own_answer_only(harm):
    code, flag = HARM[harm]
    result = run({"2-1": attack(code), "2-2": RIGHT["2-2"]})
    assert statuses(result) == {"2-1": "wrong", "2-2": "correct"}
    assert [where for _, where in flags(result)] == ["2-1"]
    assert flag in (None, flags(result)[0][0])


@pytest.mark.parametrize(
    "code",
    ["bytearray(4 * 2**30)", "for _ in range(2**20):\n    print('x' * 1000)\nreturn -1"],
    ids=["memory", "1 GB printed"],
)
def test_what_fits_in_no_memory_is_an_error_of_its_own_answer(code):
    result = run({"2-1": attack(code), "2-2": RIGHT["2-2"]})
    assert statuses(result) == {"2-1": "wrong", "2-2": "correct"}
