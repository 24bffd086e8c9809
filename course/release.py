"""Makes what a graded class receives: notebooks, helpers, pictures and licences, no solutions.

The helpers hold the course's own answers, since ``check`` goes on with them; an answer that calls
them is flagged when it is graded (:mod:`course.grade.judge.borrowed`).
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from course.editions import dumps, student_edition
from course.errors import LeakError, StorageError
from course.files import storage_errors, write_whole
from course.leaks import leaks
from course.lessons import Lesson
from course.problems import sound_lessons
from course.repository import Repository, in_language
from helpers.errors import UnknownNameError
from helpers.internal.sentences import Language, Sentence

RELEASED = Sentence(
    ja="{folder} に、学生に渡すものを書き出しました。",
    en="{folder} now holds what students receive.",
)
"""Says that it is done."""

_NOT_EMPTY = Sentence(
    ja="{folder} は空ではありません。新しいフォルダを指定してください。",
    en="{folder} is not empty. Name a new folder.",
)
_NO_ADDRESS = Sentence(
    ja="{address!r} は GitHub のリポジトリの名前ではありません。"
    "teacher/class のように、所有者/名前の形で指定してください。",
    en="{address!r} is no name of a repository on GitHub. Give owner/name, as in teacher/class.",
)
_LEAK = Sentence(
    ja="{source} から作る学生版に、見せてはいけないものがあります（{leak}）。",
    en="The student edition of {source} has something that must not be shown ({leak}).",
)

_COPIED = ("exercises", "helpers", "assets", "LICENSE", "LICENSE-CC-BY-4.0")
_READMES: dict[Language, Path] = {
    "ja": Path(__file__).with_name("release_readme.md"),
    "en": Path(__file__).with_name("release_readme.en.md"),
}
_EXTRAS = ("keras", "widgets")
_ADDRESS = re.compile(r"[\w-]+/[\w.-]+(?<!\.git)", re.ASCII)


def release(
    repository: Repository,
    folder: Path,
    points: Mapping[str, float],
    address: str | None = None,
    languages: Sequence[Language] = ("ja",),
) -> None:
    """Write the released tree; the folder appears whole or not at all.

    Args:
        repository: The checkout.
        folder: New, or empty.
        points: Points of every exercise that is defined in exercises, by id.
        address: ``owner/name`` on GitHub of the repository that the class will see, which links
            and installation cells then name, on its default branch; that of the course, at its
            tag, by default.
        languages: Of the notebooks; README.md is in the first.

    Raises:
        UnknownNameError: ``address`` is no ``owner/name``.
        StorageError: The folder is not empty, or cannot be written.
        SourceError: A source has a fault.
        LeakError: Something of a solution would be released.
    """
    if address is not None:
        if not _ADDRESS.fullmatch(address):
            raise UnknownNameError(_NO_ADDRESS.format(address=address))
        repository = replace(repository, address=address, tag=None)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageError(_NOT_EMPTY.format(folder=folder))
    folder = folder.resolve()
    with storage_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
            whole = Path(scratch, folder.name)
            _write(repository, whole, points, languages)
            if folder.exists():
                folder.rmdir()
            whole.rename(folder)


def _write(
    repository: Repository, folder: Path, points: Mapping[str, float], languages: Sequence[Language]
) -> None:
    for language in languages:
        for lesson in sound_lessons(repository, points, language):
            place = in_language(folder / "notebooks", language) / f"{lesson.name}.ipynb"
            write_whole(place, _notebook(lesson, repository, points))
        readme = _READMES[language].read_text(encoding="utf-8").format(address=repository.address)
        name = "README.md" if language == languages[0] else f"README.{language}.md"
        write_whole(folder / name, readme)
    for name in _COPIED:
        _copy(repository.root / name, folder / name)
    _copy_packages_of_elsewhere(repository, folder)
    write_whole(folder / "pyproject.toml", _project(repository))


def _notebook(lesson: Lesson, repository: Repository, points: Mapping[str, float]) -> str:
    notebook = student_edition(lesson, repository, points)
    if found := leaks(lesson, notebook):
        raise LeakError(_LEAK.format(source=repository.relative(lesson.path), leak=found[0]))
    return dumps(notebook)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    else:
        shutil.copyfile(source, target)


def _copy_packages_of_elsewhere(repository: Repository, folder: Path) -> None:
    """Put into the helpers what is a part of them, but lies in another folder of the checkout."""
    setuptools = _settings(repository)["tool"]["setuptools"]
    for package, place in setuptools.get("package-dir", {}).items():
        for name in setuptools["package-data"][package]:
            content = (repository.root / place / name).read_bytes()
            write_whole(folder / package.replace(".", "/") / name, content)


def _settings(repository: Repository) -> dict[str, Any]:
    return tomllib.loads((repository.root / "pyproject.toml").read_text(encoding="utf-8"))


def _project(repository: Repository) -> str:
    """Return a pyproject.toml of what students get alone, with the same requirements."""
    settings = _settings(repository)
    project, setuptools = settings["project"], settings["tool"]["setuptools"]
    keys = ("name", "version", "description", "requires-python", "license", "dependencies")
    packages = [name for name in setuptools["packages"] if _is_for_students(name)]
    data = {
        name: files for name, files in setuptools["package-data"].items() if _is_for_students(name)
    }
    extras = {name: project["optional-dependencies"][name] for name in _EXTRAS}
    tables = {
        "build-system": settings["build-system"],
        "project": {key: project[key] for key in keys} | {"readme": "README.md"},
        "project.optional-dependencies": extras,
        "tool.setuptools": {"packages": packages},
        "tool.setuptools.package-data": data,
    }
    return "\n".join(f"[{name}]\n{_table(entries)}" for name, entries in tables.items())


def _is_for_students(package: str) -> bool:
    return package.partition(".")[0] in _COPIED


def _table(entries: Mapping[str, Any]) -> str:
    # Text and lists of text are written alike in TOML and JSON.
    return "".join(
        f"{_key(key)} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in entries.items()
    )


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else json.dumps(name)
