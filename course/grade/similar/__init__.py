"""Beside the stages: pairs of submissions that are alike beyond what the course itself explains."""
