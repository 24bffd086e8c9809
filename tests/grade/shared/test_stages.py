import multiprocessing
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from course.errors import StorageError
from course.files import write_whole
from course.grade.shared.stages import (
    Figures,
    Flag,
    Judgement,
    Phrasebook,
    Run,
    Stages,
    Student,
    Submission,
)
from exercises.engine import Verdict
from exercises.wording import Phrases
from helpers.internal.sentences import Sentence

FLAGS = (Flag("missing", "1-2"), Flag("second_file", detail="もう 1 つ.ipynb"))
SUBMISSION = Submission(
    "s1-01_data",
    Student("S1", "山田 \ud800 太郎", "a@example.org"),
    "01_data",
    "提出.ipynb",
    {"1-1": "def f():\n    return 1"},
    {"1-5": "考えました。"},
    ("iVBORw0=",),
    FLAGS,
)
JUDGEMENT = Judgement(
    {"1-1": Verdict("wrong", "hint", {"item": "a"}, "swapped")}, {"1-1": 0.0}, FLAGS
)

PHRASEBOOK = Phrasebook({"1-1": Phrases({"swapped": Sentence(ja="逆", en="swapped")}, {})})


@pytest.fixture
def stages(tmp_path):
    return Stages(tmp_path / "stages")


@pytest.mark.parametrize("record", [SUBMISSION, JUDGEMENT, Figures(("AAAA",)), PHRASEBOOK])
def test_a_record_comes_back_as_it_was(stages, record):
    stages.write("one", record)
    assert stages.read(type(record), "one") == record


@pytest.mark.parametrize(
    "array",
    [
        np.array(2.5),
        np.zeros((0, 3), np.float32),
        np.array([[True, False]]),
        np.array([np.nan, -np.inf, 1e-310]),
        np.arange(6, dtype=np.uint8).reshape(2, 3).T,
        np.array(["文字", "列"]),
    ],
)
def test_arrays_come_back_bit_for_bit(stages, array):
    stages.write("one", Run({"1-1": [{"pixels": array, "mean": 0.1, "sizes": [1, 2]}]}, 7, 0.5))
    seen = stages.read(Run, "one").observations["1-1"][0]
    assert seen["pixels"].dtype == array.dtype
    assert seen["pixels"].shape == array.shape
    assert seen["pixels"].tobytes() == array.tobytes()
    assert (seen["mean"], seen["sizes"]) == (0.1, [1, 2])


def test_what_is_missing_or_damaged_is_done_again(stages):
    assert stages.read(Run, "one") is None
    stages.write("one", JUDGEMENT)
    [path] = stages.folder.rglob("*.json")
    path.write_bytes(path.read_bytes()[:-9])
    assert stages.read(Judgement, "one") is None


@pytest.mark.parametrize(
    "damaged",
    [b"", b"\xff", b"[]", b'{"verdicts": [], "points": {}, "flags": []}', b'{"npy": ""}'],
)
def test_a_damaged_record_is_none(stages, damaged):
    stages.write("one", JUDGEMENT)
    [path] = stages.folder.rglob("*.json")
    path.write_bytes(damaged)
    assert stages.read(Judgement, "one") is None


def test_forgetting_removes_the_named_kinds_alone(stages):
    for key in ("one", "two"):
        stages.write(key, SUBMISSION)
        stages.write(key, JUDGEMENT)
    stages.forget("one", Judgement, Run)
    assert [stages.read(Judgement, key) for key in ("one", "two")] == [None, JUDGEMENT]
    stages.forget_all(Judgement)
    assert stages.read(Judgement, "two") is None
    assert stages.read(Submission, "one") == SUBMISSION


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="書き込めません"):
        Stages(tmp_path / "file").write("one", SUBMISSION)


def test_a_full_disk_leaves_the_earlier_file_and_no_part(tmp_path):
    """A limit on file sizes stops a write in its middle, as a full disk does."""
    path = tmp_path / "grades.csv"
    write_whole(path, "earlier")
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from course.files import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_whole(Path(sys.argv[1]), 'x' * 100_000)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=False
    )
    assert "StorageError" in result.stderr
    assert "書き込めません" in result.stderr
    assert os.listdir(tmp_path) == ["grades.csv"]
    assert path.read_text() == "earlier"


def write_often(path, letter):
    for _ in range(100):
        write_whole(path, letter * 10**6)


def test_several_writers_of_one_file_leave_what_one_of_them_wrote(tmp_path):
    path = tmp_path / "grades.csv"
    writers = [multiprocessing.Process(target=write_often, args=(path, one)) for one in "ab"]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert not path.is_file() or path.read_bytes() in (b"a" * 10**6, b"b" * 10**6)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert os.listdir(tmp_path) == ["grades.csv"]


def test_a_key_is_the_number_itself_where_that_is_a_safe_name():
    assert Student("B21-0042").key == "B21-0042"


@pytest.mark.parametrize(
    "number", ["../../etc/passwd", "二一〇〇四二", "a b", "", "-rf", "x" * 300, "n\x00l", "\ud800"]
)
def test_any_other_number_gives_a_safe_key(number):
    key = Student(number).key
    assert key.isascii()
    assert key.replace("-", "").replace("_", "").isalnum()
    assert key[0] not in "-_."
    assert len(key) < 64


def test_different_numbers_have_different_keys():
    numbers = ["a b", "a-b", "a/b", "a  b", "x" * 300, "x" * 301]
    assert len({Student(number).key for number in numbers}) == len(numbers)


def test_the_same_file_sent_again_later_is_the_same_submission(tmp_path):
    later = replace(SUBMISSION, handed_in="2026-05-08T23:10:00")
    assert later == SUBMISSION
    Stages(tmp_path).write("key", later)
    assert Stages(tmp_path).read(Submission, "key").handed_in == "2026-05-08T23:10:00"
