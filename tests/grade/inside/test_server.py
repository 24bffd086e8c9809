"""Answers share a preloaded server and nothing else; it outlives what they do."""

import pytest
from grade_runner import RIGHT, SEED, flags, needs_sandbox, run, statuses, told_by

from course.errors import SandboxError
from course.grade.run.runner import Runner
from course.grade.run.runner import run as run_once
from course.grade.shared.assignment import Assignment
from course.grade.shared.stages import Student, Submission
from course.grade.wire.limits import Limits

WRONG = "def output_size(size, kernel, stride=1, padding=0):\n    return 0\n"


@needs_sandbox
def test_files_of_one_answer_are_gone_in_the_next():
    leave = "for folder in ('/scratch', '/dev/shm'):\n    open(folder + '/left', 'w').write('x')\n"
    look = "import os\ntell([os.listdir(folder) for folder in ('/scratch', '/dev/shm')])"
    assert statuses(run({"2-1": leave + RIGHT["2-1"]})) == {"2-1": "correct"}
    assert "ValueError: [[], []]" in told_by(look)


@needs_sandbox
def test_what_one_answer_wrote_is_nowhere_in_the_memory_of_the_next():
    scan = (
        "import ctypes, re\n"
        "ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)\n"  # only then may it read its own memory
        "needle = re.compile(b'pass[w]ord-4711-of-mine')\n"  # does not find itself
        "found = 0\n"
        "with open('/proc/self/mem', 'rb', buffering=0) as memory:\n"
        "    for line in open('/proc/self/maps').read().splitlines():\n"
        "        span, rights, *rest = line.split()\n"
        "        if 'rw' not in rights or rest[3:]:\n"
        "            continue\n"
        "        start, end = (int(part, 16) for part in span.split('-'))\n"
        "        memory.seek(start)\n"
        "        found += len(needle.findall(memory.read(end - start)))\n"
        "tell(found)"
    )
    run({"2-1": "secret = 'password-4711-of-mine'\n" + RIGHT["2-1"]})
    assert "ValueError: 0" not in told_by("secret = 'password-4711-of-mine'\n" + scan)
    assert "ValueError: 0" in told_by(scan)


@needs_sandbox
def test_what_one_answer_patches_is_whole_in_the_next():
    patch = (
        "import builtins, torch, numpy, exercises.engine\n"
        "torch.nn.Linear = numpy.asarray = exercises.engine.observe = builtins.len = None\n"
    )
    run({"2-1": patch + WRONG})
    assert statuses(run(RIGHT)) == {"2-1": "correct", "2-2": "correct"}


@needs_sandbox
def test_processes_of_one_answer_end_with_it():
    leave = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    time.sleep(60)\n"
        "    os._exit(0)\n"
    )
    result = run({"2-1": leave + RIGHT["2-1"], "2-2": RIGHT["2-2"]})
    assert statuses(result) == {"2-1": "correct", "2-2": "correct"}
    assert result.seconds < 30


@needs_sandbox
@pytest.mark.parametrize("name", [b"\xff\xfe", b"\rRssAnon:", b"\nRssAnon:"])
def test_an_answer_may_call_its_process_anything(name):
    rename = f"import ctypes, time\nctypes.CDLL(None).prctl(15, {name!r})\ntime.sleep(0.3)\n"
    result = run({"2-1": rename + RIGHT["2-1"]})
    assert statuses(result) == {"2-1": "correct"}
    assert flags(result) == []


@needs_sandbox
def test_what_processes_share_with_the_server_does_not_count_as_their_memory():
    idle = (
        "import os, time\n"
        "for _ in range(12):\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(0.5)\n"
        "        os._exit(0)\n"
        "for _ in range(12):\n"
        "    os.wait()\n"
    )
    result = run({"2-1": idle + RIGHT["2-1"]})
    assert flags(result) == []
    assert statuses(result) == {"2-1": "correct"}


@needs_sandbox
def test_an_answer_cannot_hoard_sockets():
    hoard = (
        "import socket\n"
        "held = []\n"
        "try:\n"
        "    while len(held) < 1000:\n"
        "        held.append(socket.socket())\n"
        "except OSError:\n"
        "    pass\n"
        "count = len(held)\n"
        "held.clear()\n"
        "tell(count < 256)"
    )
    assert "ValueError: True" in told_by(hoard)


@needs_sandbox
def test_a_data_loader_with_many_workers_keeps_within_the_default_limits():
    load = (
        "import torch\n"
        "data = torch.utils.data.TensorDataset(torch.arange(48.0))\n"
        "loader = torch.utils.data.DataLoader(data, num_workers=12)\n"
        "tell(sum(float(batch) for batch, in loader))"
    )
    with Runner(Limits()) as runner:
        assert "ValueError: 1128.0" in told_by(load, runner)


# --- without a sandbox --------------------------------------------------------------------------
@pytest.fixture(scope="module")
def open_runner():
    with Runner(Limits(seconds=3), sandboxed=False) as runner:
        yield runner


def test_without_a_sandbox_answers_are_run_and_stopped_as_well(open_runner):
    loop = "while True:\n    pass"
    result = run({"2-1": loop, "2-2": RIGHT["2-2"]}, open_runner)
    assert statuses(result) == {"2-1": "wrong", "2-2": "correct"}
    assert flags(result) == [("time_limit", "2-1")]


def test_a_server_that_died_is_replaced(open_runner):
    kill_the_keeper = "import os\nos.kill(os.getppid(), 9)\n"
    result = run({"2-1": kill_the_keeper, "2-2": RIGHT["2-2"]}, open_runner)
    assert statuses(result) == {"2-1": "wrong", "2-2": "correct"}
    assert flags(result) == [("process_died", "2-1")]


def test_a_lesson_whose_set_up_fails_is_told_with_its_error(open_runner):
    lesson = Assignment("02_model", ("import nothing_of_that_name",), ("2-1",), {})
    handed_in = Submission("s1", Student("s1"), "02_model", "s1.ipynb", {"2-1": ""})
    with pytest.raises(SandboxError, match="No module named 'nothing_of_that_name'"):
        run_once(handed_in, lesson, seed=SEED, sandboxed=False)
