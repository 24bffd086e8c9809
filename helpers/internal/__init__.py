"""Plumbing of the package: what a reader of the lessons need not open."""
