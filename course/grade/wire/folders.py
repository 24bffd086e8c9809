"""Folders of the sandbox that both of its sides name."""

CELL = "/cell"
"""Hangs an answer's own file system on."""

SCRATCH = "/scratch"
"""For temporary files."""
