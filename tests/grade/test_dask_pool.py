import functools
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from course.errors import GradingError
from course.grade import dask_pool as dask_pool_module
from course.grade.dask_pool import dask_pool
from course.grade.grading import grade
from course.grade.shared.stages import Judgement, Stages
from course.grade.wire.limits import Limits
from course.repository import Repository

ROOT = Path(__file__).parents[2]
STUDENTS = 6


def graded(source, out, pool):
    return grade(
        source,
        out,
        Repository.read(ROOT),
        pool=pool,
        limits=Limits(),
        sandboxed=False,
        console=Console(quiet=True),
    )


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    for number in range(STUDENTS):
        shutil.copy(ROOT / "solutions" / "01_data.ipynb", folder / f"s000000{number}.ipynb")
    return folder


def test_a_cluster_that_loses_a_worker_grades_everything_once(handed_in, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        with distributed.Client(cluster, set_as_default=False) as client:
            first, _ = client.run(os.getpid).values()
        finished = []

        def losing_one(keys, job, stages):
            for key in dask_pool(cluster.scheduler_address)(keys, job, stages):
                if not finished:
                    os.kill(first, signal.SIGKILL)
                finished.append(key)
                yield key

        entries = graded(handed_in, tmp_path / "out", losing_one)
    assert sorted(finished) == [f"S000000{number}-01_data" for number in range(STUDENTS)]
    assert [entry.points for entry in entries] == [8.0] * STUDENTS
    assert not any(entry.flags for entry in entries)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert len(report["submissions"]) == STUDENTS


def test_a_scheduler_without_workers_is_a_clear_error(handed_in, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(dask_pool_module, "_LONGEST_WAIT", 0.5)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None) as cluster,
        pytest.raises(GradingError, match="ワーカーがいません"),
    ):
        graded(handed_in, tmp_path / "out", dask_pool(cluster.scheduler_address))


def test_a_scheduler_that_is_lost_is_a_clear_error_and_nobodys_fault(
    handed_in, tmp_path, unused_port, capfd
):
    pytest.importorskip("distributed")
    address = f"tcp://127.0.0.1:{unused_port}"
    tool = [sys.executable, "-m", "dask"]
    start = functools.partial(subprocess.Popen, stderr=subprocess.DEVNULL)
    scheduler = start([*tool, "scheduler", "--port", str(unused_port), "--no-dashboard"])
    worker = start([*tool, "worker", address, "--no-dashboard", "--no-nanny"])

    def losing_it(keys, job, stages):
        for key in dask_pool(address)(keys, job, stages):
            scheduler.kill()
            yield key

    try:
        with pytest.raises(GradingError, match="接続が切れました"):
            graded(handed_in, tmp_path / "out", losing_it)
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
    assert capfd.readouterr().err == ""
    stages = Stages(tmp_path / "out" / "stages")
    kept = [stages.read(Judgement, path.stem) for path in stages.folder.glob("judgements/*")]
    assert kept
    assert not any(judgement.flags for judgement in kept)


def test_a_scheduler_that_is_not_there_is_a_clear_error(handed_in, tmp_path, unused_port):
    pytest.importorskip("distributed")
    with pytest.raises(GradingError, match="つながりません"):
        graded(handed_in, tmp_path / "out", dask_pool(f"tcp://127.0.0.1:{unused_port}"))
