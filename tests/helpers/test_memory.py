"""Memory that was freed is there for the next allocation, without asking the system again."""

import ctypes
import platform
import subprocess
import sys

import pytest

from helpers.internal.memory import keep_freed_memory

COUNT = """
import resource, sys
import torch
from helpers.internal.memory import keep_freed_memory

def page_faults_of_ten_blocks():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.empty(2**24).fill_(1)  # 64 MiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

torch.set_num_threads(1)
given_back = page_faults_of_ten_blocks()
keep_freed_memory()
page_faults_of_ten_blocks()
print(given_back, page_faults_of_ten_blocks())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to keep it")
def test_a_block_that_was_freed_costs_nothing_the_next_time():
    told = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=True)
    given_back, kept = map(int, told.stdout.split())
    assert given_back > 10 * kept


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.delattr(ctypes, "CDLL")  # no library can be asked
    keep_freed_memory.__wrapped__()  # not what an earlier call left in the cache
