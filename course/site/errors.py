"""The error of this room."""

from helpers.errors import CourseError


class SiteError(CourseError, RuntimeError):
    """The site cannot be built; the sentence says what to do."""
