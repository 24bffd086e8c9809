"""What all tests share: no home folder, no network, none of the caller's settings."""

import os
import socket
from pathlib import Path

import pytest
import torch
import torchvision  # noqa: F401 - loads Triton, which aborts in a process that has TensorFlow

pytest_plugins = ["nbval_promises"]

GIVEN_DATA_DIR = os.environ.get("COURSE_DATA_DIR")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep each file in one process, but let the blank editions, minutes each, be shared out."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return nodeid if "test_notebooks.py" in nodeid else super()._split_scope(nodeid)

    return Scheduling(config, log)


def pytest_runtest_setup(item):
    if item.get_closest_marker("gpu"):
        if not torch.cuda.is_available():
            pytest.skip("no CUDA device")
        # TF32 rounds factors to 10 bits, enough to switch single ReLUs on or off.
        torch.backends.cudnn.allow_tf32 = False


@pytest.fixture(scope="session", autouse=True)
def hermetic_data(tmp_path_factory):
    """Use the mini sets, in a cache of this test session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("COURSE_DATA", "mini")
        patch.setenv("COURSE_LANG", "ja")
        patch.delenv("COURSE_DATA_DIR", raising=False)
        yield


@pytest.fixture(scope="session")
def real_data_dir() -> Path:
    """Return the folder of the real data sets, or skip the test where they are not at hand."""
    beside_checkout = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(GIVEN_DATA_DIR) if GIVEN_DATA_DIR else beside_checkout
    if not (folder / "MNIST").is_dir():
        pytest.skip("no real data: set COURSE_DATA_DIR")
    return folder


@pytest.fixture
def unused_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
