"""The explorer's modules, run by Node's own test runner against what PyTorch computes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "explorer"


@pytest.fixture(scope="module")
def node():
    found = shutil.which("node")
    if not found:
        pytest.skip("no node on this machine")
    return found


def test_the_explorer_computes_what_pytorch_computes(node, tmp_path):
    subprocess.run([sys.executable, FOLDER / "fixtures.py", tmp_path], check=True)
    environment = os.environ | {"EXPLORER_FIXTURES": str(tmp_path)}
    command = [node, "--test", *sorted(map(str, FOLDER.glob("*.test.mjs")))]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
