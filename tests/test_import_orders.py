"""A process that loads TensorFlow and then Triton aborts: no order of imports may bring both."""

import importlib.util
import itertools
import subprocess
import sys

import pytest

DRAW_A_MAP = (
    "import numpy; from helpers import embed; embed.umap(numpy.eye(20, dtype='float32')[:, :5])"
)
TORCH_NOTEBOOK = (
    "import torch, torchvision",
    "import helpers.training, helpers.models, helpers.plots",
    DRAW_A_MAP,
)
WITHOUT_TORCH = ("helpers.data", "helpers.check", "helpers.text", "helpers.preflight")


def loaded_by(*statements):
    """Run statements in a process of their own; return which packages it has loaded."""
    report = "import sys; print(*{name.split('.')[0] for name in sys.modules})"
    result = subprocess.run(
        [sys.executable, "-c", "\n".join([*statements, report])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("order", list(itertools.permutations(TORCH_NOTEBOOK)))
def test_a_torch_notebook_never_loads_tensorflow(order):
    loaded = loaded_by(*order)
    assert {"torch", "umap"} <= loaded
    assert not {"tensorflow", "keras"} & loaded


def test_tensorflow_can_still_be_imported_after_umap():
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed")
    find_it = "import importlib.util; assert importlib.util.find_spec('tensorflow')"
    assert "tensorflow" not in loaded_by(DRAW_A_MAP, find_it)


def test_embed_imports_umap_only_when_a_map_is_drawn():
    assert not {"umap", "numba"} & loaded_by("import helpers.embed")


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_what_the_keras_notebook_imports_loads_no_torch(module):
    assert not {"torch", "triton"} & loaded_by(f"import {module}")
