"""Grades strangers' notebooks in four stages: ingest, run, judge, record.

Each stage is a module that can be read alone. Between two stages everything lies in files
(:mod:`course.grade.shared.stages`), so that a grader that was stopped goes on where it was.
"""
