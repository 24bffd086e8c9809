import importlib.metadata
import io
import shutil
import socket
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from packaging.requirements import Requirement
from rich.console import Console
from typer.testing import CliRunner

from course import doctor
from course.cli import app
from course.doctor import Finding


def assert_remedy(finding, name):
    """Nothing is left to fill in."""
    assert finding.remedy.startswith(str(doctor.REMEDIES[name]).partition("{")[0])
    assert "{" not in finding.remedy


@pytest.mark.parametrize(("version", "status"), [("3.11.0", "ok"), ("3.13.2", "ok")])
def test_a_new_python_is_ok(version, status):
    assert doctor.check_python(version).status == status


def test_an_old_python_fails_with_the_version_that_is_needed():
    finding = doctor.check_python("3.10.12")
    assert (finding.status, finding.detail) == ("fail", "3.10.12")
    assert ">=3.11" in finding.remedy
    assert_remedy(finding, "python")


def test_an_installed_package_is_ok_and_tells_its_version():
    finding = doctor.check_package(Requirement("numpy>=1.26"))
    assert finding == Finding("numpy", "ok", importlib.metadata.version("numpy"))


@pytest.mark.parametrize("line", ["numpy>=999", "no-such-package-anywhere>=1"])
def test_a_package_that_is_old_or_missing_fails_with_what_to_install(line):
    finding = doctor.check_package(Requirement(line))
    assert finding.status == "fail"
    assert line in finding.remedy
    assert_remedy(finding, "package")


def test_a_missing_package_of_notebook_07_is_a_warning():
    finding = doctor.check_package(Requirement("no-such-package-anywhere>=1"), optional=True)
    assert finding.status == "warn"
    assert_remedy(finding, "keras")


def test_all_that_students_need_is_looked_at():
    subjects = {finding.subject for finding in doctor.check_packages()}
    assert {"torch", "torchvision", "numpy", "tensorflow", "keras"} <= subjects
    assert "pytest" not in subjects


def test_torch_that_loads_is_ok_and_tells_the_device():
    finding = doctor.check_device()
    assert finding.status == "ok"
    assert finding.detail.split(":")[0] in ("cpu", "cuda", "mps")


def test_torchvision_that_does_not_load_fails_with_the_reason(tmp_path, monkeypatch):
    (tmp_path / "torchvision.py").write_text("raise RuntimeError('operator nms does not exist')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    finding = doctor.check_device()
    assert finding.status == "fail"
    assert finding.detail == "RuntimeError: operator nms does not exist"
    assert_remedy(finding, "device")


def test_torch_that_aborts_the_process_fails(tmp_path, monkeypatch):
    (tmp_path / "torchvision.py").write_text("import os; os.abort()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert doctor.check_device().status == "fail"


def test_the_japanese_font_is_found():
    assert doctor.check_font() == Finding("日本語のフォント", "ok", "ipaexg.ttf")


def test_a_missing_font_fails():
    finding = doctor.check_font("No Such Font")
    assert finding.status == "fail"
    assert_remedy(finding, "font")


@pytest.mark.parametrize("package", ["matplotlib_fontja", "matplotlib.font_manager"])
def test_a_font_whose_package_is_missing_fails(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    finding = doctor.check_font()
    assert finding.status == "fail"
    assert package in finding.detail
    assert_remedy(finding, "font")


def test_without_numpy_the_doctor_starts_and_says_what_to_install():
    program = (
        "import sys; sys.modules['numpy'] = None; from course import doctor; import course.cli; "
        "findings = [doctor.check_font(), doctor.check_data('MNIST')]; doctor.show(findings); "
        "assert {finding.status for finding in findings} == {'fail'}"
    )
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert 'pip install "numpy"' in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("free", "status"),
    [(100_000_000, "fail"), (500_000_000, "warn"), (1_000_000_000, "ok")],
)
def test_space_is_judged_by_what_the_data_need(free, status):
    finding = doctor.judge_space(free)
    assert finding.status == status
    assert bool(finding.remedy) is (status != "ok")


def test_the_disk_is_measured_before_the_folder_exists(tmp_path):
    free = shutil.disk_usage(tmp_path).free
    finding = doctor.check_disk(tmp_path / "cache" / "data")
    assert float(finding.detail.removesuffix(" GB")) == pytest.approx(free / 1e9, rel=0.1)


@pytest.fixture
def mirror(tmp_path):
    """The address of a web server on this machine that has the file labels.gz."""
    (tmp_path / "labels.gz").touch()
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_mirror_that_has_the_file_is_ok(mirror):
    assert doctor.check_network(f"{mirror}/labels.gz") == Finding("ネットワーク", "ok", "127.0.0.1")


def test_a_mirror_without_the_file_is_a_warning(mirror):
    finding = doctor.check_network(f"{mirror}/other.gz")
    assert finding.status == "warn"
    assert "404" in finding.detail
    assert_remedy(finding, "network")


def test_a_mirror_that_is_not_there_is_a_warning():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    finding = doctor.check_network(f"http://127.0.0.1:{port}/")
    assert finding.status == "warn"
    assert "refused" in finding.detail
    assert_remedy(finding, "network")


def test_a_process_that_hangs_is_given_up():
    succeeded, said = doctor.ask("import time; time.sleep(60)", seconds=0.5)
    assert not succeeded
    assert "0.5 秒" in said


@pytest.fixture
def no_data(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)


def test_the_mini_data_are_a_warning(no_data, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "mini")
    finding = doctor.check_data("MNIST")
    assert finding.status == "warn"
    assert "MNIST" in finding.detail
    assert_remedy(finding, "mini_data")


def test_the_full_data_are_ok(real_data_dir, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "full")
    monkeypatch.setenv("COURSE_DATA_DIR", str(real_data_dir))
    finding = doctor.check_data("MNIST")
    assert (finding.status, finding.remedy) == ("ok", "")
    assert "60,000" in finding.detail


def test_a_data_setting_that_is_unknown_fails_in_one_line(no_data, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "huge")
    finding = doctor.check_data("MNIST")
    assert finding.status == "fail"
    assert "huge" in finding.detail
    assert "\n" not in finding.detail
    assert_remedy(finding, "data")


def test_the_table_shows_every_finding_and_its_remedy():
    console = Console(file=io.StringIO(), width=80)
    doctor.show(
        [Finding("Python", "ok", "3.13"), Finding("Disk", "fail", "[0 GB]", "Free some")],
        console,
    )
    shown = console.file.getvalue()
    assert all(word in shown for word in ("Python", "3.13", "[0 GB]", "異常", "Disk: Free some"))


@pytest.mark.parametrize(("setting", "exit_code"), [("mini", 0), ("huge", 1)])
def test_course_doctor_exits_with_1_on_failures_alone(no_data, monkeypatch, setting, exit_code):
    monkeypatch.setenv("COURSE_DATA", setting)
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == exit_code
    assert "MNIST" in result.output
