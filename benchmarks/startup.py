"""What starting costs: imports, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.figure import Aim, Figure
from benchmarks.measure import seconds_in_turns

_ROUNDS = 7
_NOTEBOOK = (
    "import torch, exercises, helpers.data, helpers.models, helpers.plots, helpers.preflight, "
    "helpers.training"
)
_KERAS_NOTEBOOK = "import keras, exercises, helpers.data, helpers.keras_lab, helpers.preflight"
_IMPORTS = {
    "torch": "import torch",
    "helpers": "import torch, helpers",
    "03": _NOTEBOOK,
    "keras": "import keras",
    "07": _KERAS_NOTEBOOK,
}


def measure() -> list[Figure]:
    """Measure ``import helpers``, and all that a notebook imports, on top of the framework.

    The fastest of several starts counts: what else a machine does only ever makes them slower.
    """
    ways = {name: lambda code=code: _run(code) for name, code in _IMPORTS.items()}
    seconds = seconds_in_turns(ways, _ROUNDS, choose=min)
    added = {
        "`helpers`, to torch": seconds["helpers"] - seconds["torch"],
        "all imports of 03, to torch": seconds["03"] - seconds["torch"],
        "all imports of 07, to Keras": seconds["07"] - seconds["keras"],
    }
    note = f"torch itself takes {seconds['torch']:.1f} s, Keras {seconds['keras']:.1f} s."
    aims = (Aim(0.3, way="`helpers`, to torch"),)
    return [Figure("What imports add to those of the framework", added, aims=aims, note=note)]


def _run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
