import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from rich.console import Console
from typer.testing import CliRunner

from course.cli import app
from course.errors import StorageError, SubmissionsError
from course.grade import worker
from course.grade.grading import _fingerprints, grade, local_pool
from course.grade.policy.reading import PolicyError
from course.grade.pool import grade_all
from course.grade.shared.stages import Judgement, Phrasebook, Stages
from course.grade.wire.limits import Limits
from course.repository import Repository

JAPANESE = re.compile("[ぁ-んァ-ヶ一-龥]")
ROOT = Path(__file__).parents[2]
RIGHT = {"1-1": 2.0, "1-2": 2.0, "1-3": 2.0, "1-4": 2.0}
TRUSTED = Limits()
NONE = dict.fromkeys(RIGHT, 0.0)


@pytest.fixture
def handed_in(tmp_path):
    """Three students: one with the solutions, one blank, one with a file that is cut off."""
    folder = tmp_path / "class"
    folder.mkdir()
    shutil.copy(ROOT / "solutions" / "01_data.ipynb", folder / "s0000001.ipynb")
    shutil.copy(ROOT / "notebooks" / "01_data.ipynb", folder / "s0000002.ipynb")
    (folder / "s0000003.ipynb").write_text('{"cells": [')
    return folder


def graded(source, out, *, pool=None, limits=TRUSTED):
    """Grade trusted notebooks; what the sandbox does is tested elsewhere."""
    return grade(
        source,
        out,
        Repository.read(ROOT),
        pool=pool or local_pool(1),
        limits=limits,
        sandboxed=False,
        console=Console(quiet=True),
    )


def points(out):
    report = json.loads((out / "report.json").read_text())
    return {
        entry["student"]["number"]: {
            exercise: answer["points"]
            for exercise, answer in entry["answers"].items()
            if "status" in answer
        }
        for entry in report["submissions"]
    }


def nothing_to_run(keys, conditions, stages):
    """A pool that nothing may be given to."""
    assert list(keys) == []
    return iter(())


def to_do(source, out, limits=TRUSTED):
    """The keys that a grading would run now."""
    keys = []

    def remember(of_lesson, job, stages):
        keys.extend(of_lesson)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        graded(source, out, pool=remember, limits=limits)
    return keys


def test_a_folder_with_other_files_is_refused_and_left_alone(handed_in, tmp_path):
    with pytest.raises(StorageError, match="新しいフォルダ"):
        graded(handed_in, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["class"]


def test_without_its_records_a_folder_is_graded_from_the_beginning(handed_in, tmp_path):
    out = tmp_path / "out"
    graded(handed_in, out)
    before = points(out)
    shutil.rmtree(out / "stages")
    graded(handed_in, out)
    assert points(out) == before


def test_a_second_grader_of_one_folder_is_refused_while_the_first_is_at_work(handed_in, tmp_path):
    out = tmp_path / "out"

    def second(keys, job, stages):
        graded(handed_in, out)

    with pytest.raises(StorageError, match="ほかの course grade"):
        graded(handed_in, out, pool=second)
    assert to_do(handed_in, out)


def test_submissions_that_do_not_exist_leave_no_grades(tmp_path):
    with pytest.raises(SubmissionsError):
        graded(tmp_path / "nowhere", tmp_path / "out")
    assert not (tmp_path / "out" / "grades.csv").exists()


def test_what_is_judged_is_not_run_again_unless_it_or_the_limits_changed(handed_in, tmp_path):
    out = tmp_path / "out"
    first, second = to_do(handed_in, out)
    assert (first, second) == ("S0000001-01_data", "S0000002-01_data")
    stages = Stages(out / "stages")
    stages.write("01_data", Phrasebook({}))
    stages.write(first, Judgement({}, {}))
    assert to_do(handed_in, out) == [second]
    shutil.copy(handed_in / "s0000002.ipynb", handed_in / "s0000001.ipynb")
    assert to_do(handed_in, out) == [first, second]
    stages.write(second, Judgement({}, {}))
    assert to_do(handed_in, out, Limits(seconds=60)) == [first, second]


def test_what_is_kept_has_no_language_and_what_is_shown_has_the_readers(
    handed_in, tmp_path, monkeypatch
):
    monkeypatch.setenv("COURSE_LANG", "en")
    wrong = json.loads((ROOT / "solutions" / "01_data.ipynb").read_text())
    for cell in wrong["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "exercise-1-3":
            cell["source"] = "def unnormalise(images):\n    return images"
    (handed_in / "s0000004.ipynb").write_text(json.dumps(wrong))
    out = tmp_path / "out"
    graded(handed_in, out)
    kept = [*out.glob("stages/runs/*"), *out.glob("stages/judgements/*"), out / "report.json"]
    assert len(kept) == 7
    for path in kept:
        assert not JAPANESE.search(json.dumps(json.loads(path.read_bytes()), ensure_ascii=False))
    assert not JAPANESE.search((out / "grades.csv").read_text(encoding="utf-8-sig"))


def changed(root, *files):
    """What has to be done again after these files of a checkout changed."""
    before = _fingerprints(root, {}, TRUSTED, True)
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(str(file))
    after = _fingerprints(root, {}, TRUSTED, True)
    return [stage for stage in before if before[stage] != after[stage]]


def test_only_what_a_stage_depends_on_makes_it_again(tmp_path):
    """Neither the prose of lessons nor how results are read or recorded."""
    assert changed(tmp_path, "solutions/01_data.py", "course/grade/record/report.py") == []
    assert changed(tmp_path, "course/grade/ingest/claims.py", "course/cli.py") == []
    assert changed(tmp_path, "course/grade/judge/judge.py") == ["judgements"]
    assert changed(tmp_path, "course/grade/run/sandbox.py") == ["runs"]
    assert changed(tmp_path, "exercises/lesson_01.py") == ["runs", "judgements"]


PROGRAM = """
import sys
from pathlib import Path
from rich.console import Console
from typer.testing import CliRunner
from course.cli import app
from course.grade.grading import _fingerprints, grade, local_pool
from course.grade.wire.limits import Limits
from course.repository import Repository

if __name__ == "__main__":
    source, out, root = map(Path, sys.argv[1:])
    grade(source, out, Repository.read(root), pool=local_pool(1), limits=Limits(),
          sandboxed=False, console=Console(quiet=True))
"""


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_grader_goes_on_where_it_was(handed_in, tmp_path):
    for number in range(4, 8):
        shutil.copy(handed_in / "s0000001.ipynb", handed_in / f"s000000{number}.ipynb")
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, tmp_path / "program.py", handed_in, tmp_path / "out", ROOT]
    judgements = tmp_path / "out" / "stages" / "judgements"
    grader = subprocess.Popen(command)
    try:
        wait_for(lambda: len(list(judgements.glob("*.json"))) >= 2)
        workers = psutil.Process(grader.pid).children(recursive=True)
    finally:
        grader.send_signal(signal.SIGKILL)
        grader.wait()
    # Its workers end too, so that nothing grades beside the next one.
    wait_for(lambda: not [worker for worker in workers if worker.is_running()])
    before = {path: path.stat().st_mtime_ns for path in judgements.glob("*.json")}
    assert not (tmp_path / "out" / "grades.csv").exists()
    subprocess.run(command, check=True)
    after = {path: path.stat().st_mtime_ns for path in judgements.glob("*.json")}
    assert {path: after[path] for path in before} == before
    solved = {f"S000000{number}": RIGHT for number in (1, 4, 5, 6, 7)}
    assert points(tmp_path / "out") == solved | {"S0000002": NONE, "S0000003": {}}
    pages = sorted(path.stem for path in (tmp_path / "out" / "feedback").iterdir())
    assert pages == sorted([*solved, "S0000002", "S0000003"])


def kill_workers(count):
    """Kill the next ``count`` worker processes of this one as soon as each has started."""
    killed = set()

    def watch():
        while len(killed) < count:
            for child in psutil.Process().children():
                if child.pid not in killed and "spawn_main" in " ".join(child.cmdline()):
                    killed.add(child.pid)
                    os.kill(child.pid, signal.SIGKILL)
            time.sleep(0.01)

    threading.Thread(target=watch, daemon=True).start()


def test_what_ends_its_worker_twice_is_left_for_a_person_and_the_rest_goes_on(handed_in, tmp_path):
    kill_workers(2)
    graded(handed_in, tmp_path / "out")
    flags = {
        entry["student"]["number"]: [flag["reason"] for flag in entry["flags"]]
        for entry in json.loads((tmp_path / "out" / "report.json").read_text())["submissions"]
    }
    assert flags == {"S0000001": ["grader_failed"], "S0000002": [], "S0000003": ["unreadable"]}
    assert points(tmp_path / "out") == {"S0000001": NONE, "S0000002": NONE, "S0000003": {}}
    assert to_do(handed_in, tmp_path / "out") == ["S0000001-01_data"]


def test_a_worker_that_dies_between_two_submissions_takes_none_along(tmp_path, monkeypatch):
    for task in ("begin", "grade_key"):
        monkeypatch.setattr(worker, task, print)  # new processes find it, and it takes anything
    grading = grade_all("abcd", None, Stages(tmp_path), 2)
    first = next(grading)
    for child in multiprocessing.active_children():
        child.kill()
    time.sleep(1)
    assert sorted([first, *grading]) == ["a", "b", "c", "d"]


def test_damaged_records_are_made_anew(handed_in, tmp_path):
    out = tmp_path / "out"
    graded(handed_in, out)
    before = points(out)
    for damaged in [*(out / "stages" / "judgements").iterdir(), *out.glob("autograded/*/*/*")]:
        damaged.write_bytes(b"")
    graded(handed_in, out)
    assert before == points(out) == {"S0000001": RIGHT, "S0000002": NONE, "S0000003": {}}


def test_without_bubblewrap_the_command_refuses_and_writes_nothing(
    handed_in, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(app, ["grade", str(handed_in), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "bubblewrap" in result.stderr
    assert not (tmp_path / "out").exists()


def test_the_command_tells_an_error_in_a_sentence(tmp_path):
    options = ["--out", str(tmp_path / "out"), "--unsafe-no-sandbox"]
    result = CliRunner().invoke(app, ["grade", str(tmp_path / "nowhere"), *options])
    assert result.exit_code == 1
    assert "nowhere" in result.stderr
    assert "Traceback" not in result.output


def test_a_policy_is_applied_without_running_anything_again(handed_in, tmp_path):
    out = tmp_path / "out"
    graded(handed_in, out)
    (out / "policy.toml").write_text(
        'voided = ["1-3"]\n[weights]\n"1-1" = 2\n'
        "[deadlines]\n01_data = 2020-04-01T00:00:00\n[late]\nper_day = 0.1\nmost = 0.5\n"
    )
    graded(handed_in, out, pool=nothing_to_run)
    assert points(out)["S0000001"] == {"1-1": 4.0, "1-2": 2.0, "1-3": 0.0, "1-4": 2.0}
    report = json.loads((out / "report.json").read_text())
    assert report["submissions"][0]["points"] == 4.0
    assert "合計から 50 % を引きました。" in (out / "feedback" / "S0000001.html").read_text()
    assert "採点に入れない問: 1-3" in (out / "analysis.html").read_text()
    (out / "policy.toml").unlink()
    graded(handed_in, out, pool=nothing_to_run)
    assert points(out)["S0000001"] == RIGHT


def test_a_fault_in_the_policy_stops_before_anything_is_graded(handed_in, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "policy.toml").write_text('voided = [\n  "9-9",\n]\n')
    with pytest.raises(PolicyError, match=r"policy.toml の 2 行目: 問か考察 9-9 はありません。"):
        graded(handed_in, out)
    assert [path.name for path in out.iterdir()] == ["policy.toml"]


def test_each_page_of_feedback_follows_the_notebook_and_the_table_follows_the_teacher(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    shutil.copy(ROOT / "notebooks" / "01_data.ipynb", folder / "s0000001.ipynb")
    shutil.copy(ROOT / "solutions" / "en" / "01_data.ipynb", folder / "s0000002.ipynb")
    out = tmp_path / "out"
    graded(folder, out)
    assert points(out) == {"S0000001": NONE, "S0000002": RIGHT}
    japanese, english = (
        (out / "feedback" / f"S000000{number}.html").read_text(encoding="utf-8")
        for number in (1, 2)
    )
    assert "採点結果" in japanese
    assert "Results" in english
    assert not JAPANESE.search(english)
    assert "学生証番号" in (out / "grades.csv").read_text(encoding="utf-8-sig")
