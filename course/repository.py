"""Where the checkout is, what it is called, and which lessons it holds."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course.errors import RepositoryError
from helpers.errors import UnknownNameError
from helpers.internal.sentences import Language, Sentence

_NO_CHECKOUT = Sentence(
    ja="{root} は教材のフォルダではありません（{error}）。",
    en="{root} is no checkout of the course ({error}).",
)
_OUTSIDE = Sentence(
    ja="{start} は教材のフォルダの中にありません。教材の pyproject.toml がどこにもありません。",
    en="{start} lies in no checkout of the course: there is no pyproject.toml",
)
_NO_LESSONS = Sentence(
    ja="{folder} に NN_name{ending} というレッスンがありません。"
    "ノートブックは `course build` で作ります。",
    en="{folder} has no lesson NN_name{ending}; notebooks are made with `course build`",
)
_NO_LESSON = Sentence(
    ja="レッスン {name} はありません。あるのは {known} です。",
    en="no lesson is called {name}; there are: {known}",
)


@dataclass(frozen=True)
class Repository:
    """A checkout of the course.

    Attributes:
        root: The folder that holds pyproject.toml.
        name: Name of the distribution.
        version: Its version.
        address: ``owner/name`` on GitHub, the one setting that links are made from.
        tag: What links name there: the tag that this version is published under, ``v{version}``;
            None means the default branch.
    """

    root: Path
    name: str
    version: str
    address: str
    tag: str | None

    @classmethod
    def read(cls, root: Path) -> "Repository":
        """Read the settings in ``root``'s pyproject.toml.

        Raises:
            RepositoryError: The file is missing, damaged, or lacks ``[tool.course]``.
        """
        try:
            settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
            project, address = settings["project"], settings["tool"]["course"]["repository"]
            name, version = project["name"], project["version"]
            return cls(root, name, version, address, tag=f"v{version}")
        except (OSError, LookupError, TypeError, ValueError) as error:  # no TOML, no UTF-8
            raise RepositoryError(_NO_CHECKOUT.format(root=root, error=repr(error))) from error

    @classmethod
    def find(cls, start: Path) -> "Repository":
        """Read the checkout that ``start`` lies in.

        Raises:
            RepositoryError: No folder from ``start`` upwards has a pyproject.toml of the course.
        """
        for folder in (start, *start.parents):
            if (folder / "pyproject.toml").is_file():
                return cls.read(folder)
        raise RepositoryError(_OUTSIDE.format(start=start))

    @property
    def solutions(self) -> Path:
        """Folder of the sources and of their solution notebooks."""
        return self.root / "solutions"

    @property
    def notebooks(self) -> Path:
        """Folder of the student editions."""
        return self.root / "notebooks"

    def sources(self, names: Sequence[str] = ()) -> list[Path]:
        """Return the lesson sources; names and errors are those of :func:`lesson_files`."""
        return lesson_files(self.solutions, ".py", names)

    def relative(self, path: Path) -> str:
        """Return ``path`` as it is written in messages: from the root, with slashes."""
        return path.relative_to(self.root).as_posix()


def in_language(folder: Path, language: Language) -> Path:
    """Return where the notebooks of a language lie: the Japanese ones in ``folder`` itself.

    Args:
        folder: ``solutions/`` or ``notebooks/``.
        language: ``"ja"`` or ``"en"``.
    """
    return folder if language == "ja" else folder / language


def lesson_files(folder: Path, ending: str, names: Sequence[str] = ()) -> list[Path]:
    """Return the files ``NN_name`` of a folder, sorted.

    Args:
        folder: ``solutions/`` or ``notebooks/``, or that of a language in it.
        ending: ``".py"`` or ``".ipynb"``.
        names: Beginnings of the lessons' names, such as ``"03"``; none means all.

    Raises:
        UnknownNameError: No lesson starts with one of the names, or there are no lessons at all.
    """
    files = sorted(folder.glob(f"[0-9][0-9]_*{ending}"))
    if not files:
        raise UnknownNameError(_NO_LESSONS.format(folder=folder, ending=ending))
    for name in names:
        if not any(file.stem.startswith(name) for file in files):
            known = ", ".join(file.stem for file in files)
            raise UnknownNameError(_NO_LESSON.format(name=repr(name), known=known))
    return [file for file in files if not names or file.stem.startswith(tuple(names))]
