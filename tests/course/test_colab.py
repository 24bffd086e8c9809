from pathlib import Path

import pytest
from packaging.requirements import Requirement

from course.colab import (
    ColabConflictError,
    PackageIndexError,
    added_packages,
    base_requirements,
    recorded_versions,
    write_stand_in,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package index in a folder; pip looks nowhere else."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    write_stand_in(tmp_path, "array", "2.5")
    write_stand_in(tmp_path, "my-plots", "1.1", requires=["array>=2.0"])
    return tmp_path


@pytest.mark.parametrize("line", base_requirements(ROOT))
def test_every_floor_admits_the_version_in_colab(line):
    requirement = Requirement(line)
    recorded = recorded_versions().get(requirement.name)
    assert recorded is None or requirement.specifier.contains(recorded)


def test_the_recorded_versions_are_those_of_colab():
    recorded = recorded_versions()
    assert recorded["torch"] == "2.11.0"
    assert recorded["umap-learn"] == "0.5.12"
    assert recorded["importlib-metadata"]


def test_packages_that_colab_lacks_are_listed(index):
    assert added_packages(["array>=2.0", "my_plots"], {"array": "2.1"}) == {"my-plots": "1.1"}


def test_a_floor_above_colab_is_named(index):
    with pytest.raises(ColabConflictError, match=r"array>=2\.2"):
        added_packages(["array>=2.2", "my_plots"], {"array": "2.1"})


def test_a_package_that_needs_more_than_colab_has_is_named(index):
    with pytest.raises(ColabConflictError, match=r"my-plots 1\.1 depends on array>=2\.0"):
        added_packages(["my_plots>=1.0"], {"array": "1.9"})


def test_a_package_that_does_not_exist_is_named(index):
    with pytest.raises(PackageIndexError, match="no-such-package"):
        added_packages(["no-such-package"], {"array": "2.1"})


def test_without_a_package_index_no_conflict_is_claimed(monkeypatch, unused_port):
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{unused_port}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(PackageIndexError, match="reach the package index") as caught:
        added_packages(["my-plots"], {"array": "2.1"})
    assert "Colab's versions" not in str(caught.value)
    assert "my-plots" in str(caught.value)
