"""What is asked and how it is judged.

Notebooks use :func:`check` alone. An exercise stands in ``lesson_NN.py`` with its cases, its probe
and its hints, each beside the sentence that it says.
"""

from exercises.checking import check

__all__ = ["check"]
