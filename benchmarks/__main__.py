"""Measures the figures of merit: ``python -m benchmarks [NAME …] [--json build/bench.json]``.

What cannot be measured here is said, and the rest is measured; the exit status is then 1.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from subprocess import CalledProcessError

from rich.console import Console

import benchmarks
from benchmarks import entries
from benchmarks.page import table
from helpers.errors import CourseError

_PEER_MISSING = "{error}: python -m pip install --no-deps -r benchmarks/requirements.txt"


def main() -> int:
    """Measure entries, print each as soon as it is there, and add them to a file if asked."""
    names = entries.names()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all of: {', '.join(names)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures here too")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no entry is called {', '.join(sorted(unknown))}")
    measured = [_measure(name, arguments.json) for name in arguments.names or names]
    return int(not all(measured))


def _measure(name: str, file: Path | None) -> bool:
    """Measure and show one entry; return whether that could be done."""
    try:
        entry = entries.measure(name)
    except (CourseError, ModuleNotFoundError, CalledProcessError, BrokenProcessPool) as error:
        missing = isinstance(error, ModuleNotFoundError)
        reason = _PEER_MISSING.format(error=error) if missing else error
        Console(stderr=True).print(f"{name}: {reason}", style="red", markup=False)
        return False
    Console().print(table([entry]))
    if file:
        entries.keep(entry, file)
    return True


if __name__ == "__main__":
    sys.exit(main())
