"""Every figure of the course. Each function returns a :class:`Figure` that a notebook shows."""

from helpers.plots.datasets import plot_class_counts, plot_pixel_histogram
from helpers.plots.figure import CLASS_COLOURS, Figure
from helpers.plots.pictures import plot_images, plot_misclassified, plot_prediction
from helpers.plots.training import plot_confusion, plot_history

__all__ = [
    "CLASS_COLOURS",
    "Figure",
    "plot_class_counts",
    "plot_confusion",
    "plot_history",
    "plot_images",
    "plot_misclassified",
    "plot_pixel_histogram",
    "plot_prediction",
]
