"""Measures everything and prints a table: ``python -m benchmarks [--json build/bench.json]``."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import platform
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

import benchmarks

_WITHOUT_ENTRY = {"__main__", "measure"}


def main() -> None:
    """Measure every entry, print them, and write them to a file if asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    file = parser.parse_args().json
    entries = list(map(_measure, _names()))
    Console().print(_table(entries))
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        report = {"machine": _machine(), "entries": entries}
        file.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _names() -> list[str]:
    modules = {module.name for module in pkgutil.iter_modules(benchmarks.__path__)}
    return sorted(modules - _WITHOUT_ENTRY)


def _measure(name: str) -> dict:
    """Return one entry: its module says in its first line what is done, ``"ours"`` and others."""
    module = importlib.import_module(f"benchmarks.{name}")
    return {"name": name, "title": module.__doc__.splitlines()[0], "seconds": module.measure()}


def _machine() -> dict:
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
    }


def _table(entries: list[dict]) -> Table:
    table = Table("what", "how", "seconds", "times ours")
    for entry in entries:
        title, ours = entry["title"], entry["seconds"]["ours"]
        for way, seconds in entry["seconds"].items():
            table.add_row(title, way, f"{seconds:.3f}", f"{seconds / ours:.2f}")
            title = ""
        table.add_section()
    return table


if __name__ == "__main__":
    main()
