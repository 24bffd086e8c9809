"""After the fourth stage: what the class understood, on one page for the instructor.

It reads what grading has written and runs nothing: ``report.json`` for the results, ``stages/`` for
the examples of mistakes.
"""
