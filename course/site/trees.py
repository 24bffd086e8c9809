"""The two trees of the site, and the notebooks that each is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from course.repository import Repository, lesson_files

Language = Literal["ja", "en"]


@dataclass(frozen=True)
class Tree:
    """One language of the site.

    Attributes:
        language: ``"ja"`` or ``"en"``.
        repository: The checkout.
        executed: Folder in which `course run` leaves this language's notebooks.
    """

    language: Language
    repository: Repository
    executed: Path

    @property
    def folder(self) -> str:
        """Where the tree stands in the site and in ``notebooks/``: Japanese at the top."""
        return "" if self.language == "ja" else self.language

    @property
    def to_other(self) -> str:
        """The way from this tree's front page to the other tree's."""
        return "en/" if self.language == "ja" else "../"

    @property
    def to_site(self) -> str:
        """The way from this tree's front page to the top of the site."""
        return "" if self.language == "ja" else "../"

    @property
    def command(self) -> str:
        """What leaves the executed notebooks of this language."""
        return "course run" if self.language == "ja" else f"course run --language {self.language}"

    def student(self, lesson: str) -> Path:
        """Return the student edition of a lesson, such as ``"03_training"``."""
        return self.repository.notebooks / self.folder / f"{lesson}.ipynb"

    def solution(self, lesson: str) -> Path:
        """Return the solution notebook of a lesson."""
        return self.repository.solutions / self.folder / f"{lesson}.ipynb"

    def has(self, lesson: str) -> bool:
        """Return whether the lesson exists in this language."""
        return self.student(lesson).is_file() and self.solution(lesson).is_file()


def trees(repository: Repository, executed: Path) -> tuple[Tree, Tree]:
    """Return the Japanese and the English tree.

    Args:
        repository: The checkout.
        executed: Where `course run` leaves notebooks; the English ones in its folder ``en``.
    """
    return Tree("ja", repository, executed), Tree("en", repository, executed / "en")


def lesson_names(repository: Repository) -> list[str]:
    """Return the names of all lessons, such as ``"03_training"``, in order."""
    return [path.stem for path in lesson_files(repository.notebooks, ".ipynb")]
