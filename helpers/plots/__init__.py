"""Every figure of the course. Each function returns a :class:`Figure` that a notebook shows."""

from helpers.internal.figure import CLASS_COLOURS, Figure
from helpers.plots.activations import plot_exciting_images, plot_feature_maps
from helpers.plots.datasets import plot_class_counts, plot_pixel_histogram
from helpers.plots.embedding import plot_embedding, plot_embeddings
from helpers.plots.filters import plot_filters, plot_weights
from helpers.plots.maps import plot_maps, plot_overlay
from helpers.plots.pictures import plot_images, plot_misclassified, plot_prediction
from helpers.plots.training import plot_confusion, plot_history

__all__ = [
    "CLASS_COLOURS",
    "Figure",
    "plot_class_counts",
    "plot_confusion",
    "plot_embedding",
    "plot_embeddings",
    "plot_exciting_images",
    "plot_feature_maps",
    "plot_filters",
    "plot_history",
    "plot_images",
    "plot_maps",
    "plot_misclassified",
    "plot_overlay",
    "plot_pixel_histogram",
    "plot_prediction",
    "plot_weights",
]
