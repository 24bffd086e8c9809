"""Grades strangers' notebooks in four stages: ingest, run, judge, record.

Each stage is a room that can be read alone: ``ingest/`` reads and trusts nothing, ``run/`` closes
strangers' code in, where ``inside/`` alone shares a process with it, ``judge/`` decides, ``record/``
says in words what was found, after ``policy/`` has applied what the instructor decided.
``analysis/`` looks at the whole class. Between two stages everything lies in files, in no language
(:mod:`course.grade.shared.stages`), so that a grader that was stopped goes on where it was. The
modules in this folder itself lead submissions through the rooms.
"""
