"""Every error that the helpers raise on purpose, each in a sentence that says what to do."""

from helpers.internal.sentences import Sentence

_OUT_OF_RANGE = Sentence(
    ja="{name} が {value} です。{low} 以上{upper}にしてください。",
    en="{name} is {value}. Make it at least {low}{upper}.",
)
_AT_MOST = Sentence(ja="、{high} 以下", en=" and at most {high}")


class CourseError(Exception):
    """The base of all errors of the course: catch it to catch them all."""


class UnknownNameError(CourseError, ValueError):
    """A name (data set, model, setting) that the course does not know."""


class RangeError(CourseError, ValueError):
    """A number (batch size, limit, size of a part) lies outside what a function can take."""


class DataError(CourseError, RuntimeError):
    """Data are missing, damaged, or cannot be had in the way that was asked for."""


class ShapeError(CourseError, ValueError):
    """A tensor has a shape or type that a function or model cannot take."""


class ModelError(CourseError, ValueError):
    """A model has weights that have no shape yet, or that no gradient can reach."""


class LabelError(CourseError, ValueError):
    """Labels lie outside the classes of the model."""


class ProbabilityError(CourseError, ValueError):
    """A model returned probabilities where logits are needed."""


class LayerError(CourseError, ValueError):
    """A layer does not exist in the model, or is of the wrong kind."""


def require_range(name: str, value: float, low: float, high: float | None = None) -> None:
    """Raise :class:`RangeError` if the argument of this name is not in [low, high]."""
    if not low <= value or (high is not None and not value <= high):
        upper = "" if high is None else _AT_MOST.format(high=high)
        raise RangeError(_OUT_OF_RANGE.format(name=name, value=value, low=low, upper=upper))
