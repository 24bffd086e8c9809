"""The figures of merit of the course, each against what it must beat, measured in one run."""
