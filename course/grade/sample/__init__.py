"""An invented class, to try the grader with, and what each of its submissions is worth."""
