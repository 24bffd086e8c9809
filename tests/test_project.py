"""The files at the root say the same as each other."""

import os
import re
import shutil
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.en.md")
CONTRIBUTING = ("CONTRIBUTING.md", "CONTRIBUTING.en.md")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIREMENTS = [*PROJECT["dependencies"], *chain.from_iterable(EXTRAS.values())]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def command_blocks(name):
    """The commands of a page, block by block: without comments, which are in its language."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", read(name), re.MULTILINE | re.DOTALL)
    return [
        (language, [line for raw in block.splitlines() if (line := raw.split("#")[0].strip())])
        for language, block in blocks
    ]


def make_verbs():
    return re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)[1].split()


def test_environment_yml_asks_for_what_make_sets_up():
    python, pip, lists = yaml.safe_load(read("environment.yml"))["dependencies"]
    assert python == f"python{PROJECT['requires-python']},<3.14"
    assert pip == "pip"
    *requirements, course = lists["pip"]
    extras = re.search(r"^EVERYTHING := \.\[(.+)\]$", read("Makefile"), re.MULTILINE)[1].split(",")
    wanted = chain(PROJECT["dependencies"], *(EXTRAS[extra] for extra in extras))
    assert requirements == list(wanted)
    assert course == "-e ."


def test_an_environment_of_conda_has_what_the_commands_of_the_readme_need():
    *_, lists = yaml.safe_load(read("environment.yml"))["dependencies"]
    names = {Requirement(line).name for line in lists["pip"][:-1]}
    assert {"typer", "nbgrader", "jupytext", "jupyterlab", "pytest", "nbval", "ruff"} <= names


def test_constraints_are_exact_versions_and_nothing_else():
    lines = [line for line in read("constraints.txt").splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


@pytest.mark.parametrize("line", REQUIREMENTS)
def test_constraints_satisfy_every_floor(line):
    requirement = Requirement(line)
    pinned = re.search(rf"^{requirement.name}==(.+)$", read("constraints.txt"), re.MULTILINE)[1]
    assert requirement.specifier.contains(pinned)


@pytest.mark.parametrize("line", REQUIREMENTS)
def test_pyproject_has_floors_alone(line):
    assert [specifier.operator for specifier in Requirement(line).specifier] == [">="]


@pytest.mark.parametrize("folder", ["", "course/grade/"])
def test_the_readmes_give_the_same_commands(folder):
    japanese, english = (command_blocks(folder + readme) for readme in READMES)
    assert japanese == english
    assert len(japanese) > 3


def test_the_contributing_guides_give_the_same_commands_and_code():
    japanese, english = (
        re.findall(r"^ *```\w+\n.*?^ *```", read(guide), re.MULTILINE | re.DOTALL)
        for guide in CONTRIBUTING
    )
    assert japanese == english
    assert len(japanese) > 3


@pytest.mark.parametrize("readme", READMES)
@pytest.mark.parametrize("verb", make_verbs())
def test_every_verb_of_make_is_in_the_readme(readme, verb):
    assert f"`make {verb}`" in read(readme)


@pytest.mark.parametrize("readme", READMES)
def test_every_command_of_make_is_in_the_readme_as_a_plain_command(readme):
    makefile = read("Makefile")
    for name, value in re.findall(r"^(EVERYTHING) := (.+)$", makefile, re.MULTILINE):
        makefile = makefile.replace(f"$({name})", value)
    # uv is only a quicker way to the same, which make takes where it can.
    lines = [line for line in makefile.splitlines() if not re.search(r"\buv\b|--python", line)]
    recipes = [found[1] for line in lines if (found := re.search(r"\$\(BIN\)/(.+)$", line))]
    assert len(recipes) >= len(make_verbs())
    page = read(readme)
    assert [recipe for recipe in recipes if recipe.replace("--quiet ", "") not in page] == []


@pytest.mark.parametrize(
    "page", [*READMES, *CONTRIBUTING, *(f"course/grade/{readme}" for readme in READMES)]
)
def test_links_lead_to_files_of_the_repository(page):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", read(page))
    assert targets
    folder = (ROOT / page).parent
    assert [target for target in targets if not (folder / target).exists()] == []


def test_ci_runs_the_test_command_of_the_readme():
    assert read(".ci/run").rstrip().endswith("\nmake test")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.fixture
def set_up(tmp_path):
    """Run ``make setup`` with a Python and a uv that write their arguments down, and fail at will.

    Returns the exit status, what installed the course, and what was said.
    """
    if not shutil.which("make"):
        pytest.skip("no make on this machine")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\n"
        'echo "$0 $*" >> calls\n'
        'for bad in $FAILS; do case "$0 $*" in *"$bad"*) exit 1 ;; esac; done\n'
        'if [ "$1" = -V ]; then case "$0" in *venv*) echo 3.13 ;; *) echo "$VERSION" ;; esac; fi\n'
        'if [ "$2" = venv ]; then\n'
        "  mkdir -p .venv/bin; cp python .venv/bin/python; cp python .venv/bin/uv\n"
        "fi\n"
    )
    python.chmod(0o755)

    def run(fails="nothing", version="3.13"):
        (tmp_path / "calls").write_text("")
        result = subprocess.run(
            ["make", "setup", "PYTHON=./python"],
            cwd=tmp_path,
            env=os.environ | {"FAILS": fails, "VERSION": version},
            capture_output=True,
            text=True,
            check=False,
        )
        calls = (tmp_path / "calls").read_text()
        installs = re.findall(r"(\w+)(?: -m)? pip install .*-e", calls)
        return result.returncode, installs, result.stderr

    return run


def test_set_up_refuses_another_python_in_both_languages(set_up):
    status, installs, said = set_up(fails="-c")
    assert status != 0
    assert installs == []
    assert "Python 3.11〜3.13" in said
    assert "Python 3.11 to 3.13" in said


def test_set_up_is_done_once_until_the_requirements_change(set_up, tmp_path):
    assert set_up()[:2] == (0, ["uv"])
    assert set_up()[:2] == (0, [])
    later = (tmp_path / ".venv" / ".ready").stat().st_mtime + 10
    os.utime(tmp_path / "constraints.txt", (later, later))
    assert set_up()[:2] == (0, ["uv"])


def test_another_python_than_that_of_the_finished_set_up_is_told_in_both_languages(set_up):
    assert set_up(version="3.13")[0] == 0
    status, installs, said = set_up(version="3.14")
    assert status != 0
    assert installs == []
    assert "別の版の Python" in said
    assert "another Python" in said


@pytest.mark.parametrize("page", [f"course/grade/{readme}" for readme in READMES])
def test_the_virtual_environment_is_entered_before_its_first_command(page):
    commands = list(chain.from_iterable(lines for _, lines in command_blocks(page)))
    first = next(place for place, line in enumerate(commands) if line.startswith("course "))
    assert "source .venv/bin/activate" in commands[:first]


def test_where_uv_cannot_be_had_or_finds_nothing_pip_sets_up(set_up):
    assert set_up(fails="bin/uv")[:2] == (0, ["uv", "python"])


def test_a_set_up_that_broke_off_is_taken_up_again(set_up):
    status, installs, _ = set_up(fails="constraints.txt")
    assert status != 0
    assert installs == ["uv", "python"]
    assert set_up()[:2] == (0, ["uv"])
