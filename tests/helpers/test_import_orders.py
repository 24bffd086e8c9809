"""What imports what: rooms need no more than they use, and no order of imports may abort.

A process that loads TensorFlow and then Triton does abort.
"""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import helpers

DRAW_A_MAP = "import numpy; from helpers import embed; embed.umap(numpy.eye(6, 5), neighbors=3)"
LOAD_TORCH = "import torch, torchvision"
LOAD_HELPERS = "import helpers.training, helpers.models, helpers.plots"
IMPORT_UMAP = "from helpers import embed; umap = embed.import_umap(); import umap; umap.UMAP"
# Any two of them come in both orders.
ORDERS = (
    (LOAD_TORCH, LOAD_HELPERS, DRAW_A_MAP),
    (LOAD_HELPERS, DRAW_A_MAP, LOAD_TORCH),
    (DRAW_A_MAP, LOAD_TORCH, LOAD_HELPERS),
    (IMPORT_UMAP, LOAD_TORCH),
    (LOAD_TORCH, IMPORT_UMAP),
)
WITHOUT_TORCH = ("helpers.data", "exercises", "helpers.check", "helpers.preflight")


def loaded_by(*statements, **settings):
    """Run statements in a process of their own; return which packages it has loaded."""
    report = "import sys; print(*{name.split('.')[0] for name in sys.modules})"
    result = subprocess.run(
        [sys.executable, "-c", "\n".join([*statements, report])],
        capture_output=True,
        text=True,
        env=os.environ | settings,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("order", ORDERS)
def test_a_torch_notebook_never_loads_tensorflow(order):
    # Imports are what matters here; numba would compile for many seconds.
    loaded = loaded_by(*order, NUMBA_DISABLE_JIT="1")
    assert {"torch", "umap"} <= loaded
    assert not {"tensorflow", "keras"} & loaded


def test_tensorflow_can_still_be_imported_after_umap():
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed")
    find_it = "import importlib.util; assert importlib.util.find_spec('tensorflow')"
    assert "tensorflow" not in loaded_by(DRAW_A_MAP, find_it, NUMBA_DISABLE_JIT="1")


@pytest.mark.parametrize(
    "statement",
    [DRAW_A_MAP, f"{IMPORT_UMAP}; import numpy; umap.UMAP().fit_transform(numpy.eye(20))"],
)
def test_drawing_a_map_leaves_the_number_of_torchs_threads(statement):
    unchanged = "assert torch.get_num_threads() == 1, torch.get_num_threads()"
    loaded_by("import torch; torch.set_num_threads(1)", statement, unchanged)


def test_embed_imports_umap_only_when_a_map_is_drawn():
    assert not {"umap", "numba"} & loaded_by("import helpers.embed")


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_what_the_keras_notebook_imports_loads_no_torch(module):
    assert not {"torch", "triton"} & loaded_by(f"import {module}")


def test_listing_all_exercises_loads_no_keras():
    list_them = "from exercises.catalogue import all_exercises; assert list(all_exercises())"
    assert not {"tensorflow", "keras"} & loaded_by(LOAD_TORCH, list_them)


def test_the_keras_notebook_loads_no_torch():
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed")
    preflight = "from helpers.preflight import preflight; preflight('MNIST', framework='keras')"
    check = "from exercises import check; check('7-3', lambda *arguments, **options: None)"
    loaded = loaded_by(preflight, "import keras, helpers.keras_lab", check)
    assert {"tensorflow", "keras"} <= loaded
    assert not {"torch", "triton"} & loaded


def test_explain_draws_nothing():
    assert not {"matplotlib", "seaborn", "pandas"} & loaded_by("import helpers.explain")


def test_figures_need_no_torch():
    assert not {"torch", "triton"} & loaded_by("import helpers.plots")


def test_batches_of_data_need_nothing_of_training():
    for_training = "assert not {'helpers.training', 'helpers.models'} & set(sys.modules)"
    loaded_by(
        "import sys",
        "from helpers.data import batches, split",
        "split(batches('MNIST'), 100)",
        for_training,
    )


@pytest.mark.parametrize(
    "path",
    sorted((Path(helpers.__file__).parent / "internal").glob("*.py")),
    ids=lambda path: path.stem,
)
def test_plumbing_imports_no_front_room(path):
    imported = {
        node.module
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "helpers"
    }
    others = {name for name in imported if not name.startswith("helpers.internal")}
    assert others <= {"helpers.errors", "helpers.progress"}
