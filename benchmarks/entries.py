"""The entries of the benchmarks: what there is, measuring one, keeping what was measured."""

from __future__ import annotations

import importlib
import json
import pkgutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import benchmarks
from benchmarks.machine import describe
from benchmarks.page import write_page
from course.files import write_whole

_WITHOUT_ENTRY = {"__main__", "entries", "figure", "machine", "measure", "page", "reproduce"}


def names() -> list[str]:
    """Return the names of all entries: the modules of this package that measure something."""
    modules = {module.name for module in pkgutil.iter_modules(benchmarks.__path__)}
    return sorted(modules - _WITHOUT_ENTRY)


def measure(name: str) -> dict:
    """Return an entry's figures, measured in a process of its own, and the machine's description.

    What one entry loads, compiles or keeps in memory is thus no matter to the others.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measure, name).result()


def _measure(name: str) -> dict:
    figures = importlib.import_module(f"benchmarks.{name}").measure()
    return {
        "name": name,
        "machine": describe(),
        "figures": [asdict(figure) | {"verdicts": figure.verdicts()} for figure in figures],
    }


def keep(entry: dict, file: Path) -> None:
    """Put an entry in a JSON file, in the place of its last one, and write the page beside it."""
    entries = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    entries = [other for other in entries if other["name"] != entry["name"]] + [entry]
    entries.sort(key=lambda each: each["name"])
    write_whole(file, json.dumps(entries, ensure_ascii=False, indent=1) + "\n")
    write_page(entries, file.with_suffix(".md"))
