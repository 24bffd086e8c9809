"""Every error that only the commands of maintainers and instructors raise on purpose."""

from helpers.errors import CourseError


class RepositoryError(CourseError, RuntimeError):
    """A command for maintainers runs outside a checkout of the course."""


class SourceError(CourseError, ValueError):
    """A lesson's source has a fault; ``course build`` names all that it has."""


class NotebookError(CourseError, RuntimeError):
    """A notebook is missing or damaged, or could not be executed to its end."""


class SubmissionsError(CourseError, ValueError):
    """What was to be graded is neither a folder nor a zip."""


class StorageError(CourseError, RuntimeError):
    """A folder for results cannot be written, is full, or holds something else."""


class GradingError(CourseError, RuntimeError):
    """Grading cannot go on for anybody, such as when the course's own answer fails here."""


class SandboxError(CourseError, RuntimeError):
    """Strangers' code cannot be locked in on this machine."""


class LeakError(CourseError, RuntimeError):
    """A release for students would hold something of a solution."""


class SiteError(CourseError, RuntimeError):
    """The site cannot be built; the sentence says what to do."""
