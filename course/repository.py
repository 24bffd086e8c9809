"""Where the checkout is, what it is called, and which lessons it holds."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import RepositoryError, UnknownNameError


@dataclass(frozen=True)
class Repository:
    """A checkout of the course.

    Attributes:
        root: The folder that holds pyproject.toml.
        name: Name of the distribution.
        version: Its version; the repository carries the tag ``v{version}``.
        address: ``owner/name`` on GitHub, the one setting that links are made from.
    """

    root: Path
    name: str
    version: str
    address: str

    @classmethod
    def read(cls, root: Path) -> "Repository":
        """Read the settings in ``root``'s pyproject.toml.

        Raises:
            RepositoryError: The file is missing or lacks ``[tool.course]``.
        """
        try:
            settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
            project, address = settings["project"], settings["tool"]["course"]["repository"]
        except (OSError, KeyError) as error:
            raise RepositoryError(f"{root} is no checkout of the course: {error!r}") from error
        return cls(root, project["name"], project["version"], address)

    @classmethod
    def find(cls, start: Path) -> "Repository":
        """Read the checkout that ``start`` lies in.

        Raises:
            RepositoryError: No folder from ``start`` upwards has a pyproject.toml of the course.
        """
        for folder in (start, *start.parents):
            if (folder / "pyproject.toml").is_file():
                return cls.read(folder)
        raise RepositoryError(
            f"{start} lies in no checkout of the course: there is no pyproject.toml"
        )

    @property
    def solutions(self) -> Path:
        """Folder of the sources and of their solution notebooks."""
        return self.root / "solutions"

    @property
    def notebooks(self) -> Path:
        """Folder of the student editions."""
        return self.root / "notebooks"

    @property
    def tag(self) -> str:
        """The tag that this version of the course is published under."""
        return f"v{self.version}"

    def sources(self, names: Sequence[str] = ()) -> list[Path]:
        """Return the lesson sources, sorted; only those whose names start with one of ``names``.

        Raises:
            UnknownNameError: No lesson starts with one of the names.
        """
        sources = sorted(self.solutions.glob("[0-9][0-9]_*.py"))
        for name in names:
            if not any(source.stem.startswith(name) for source in sources):
                known = ", ".join(source.stem for source in sources)
                raise UnknownNameError(f"no lesson is called {name}; there are: {known}")
        return [
            source
            for source in sources
            if not names or any(source.stem.startswith(name) for name in names)
        ]

    def relative(self, path: Path) -> str:
        """Return ``path`` as it is written in messages: from the root, with slashes."""
        return path.relative_to(self.root).as_posix()
