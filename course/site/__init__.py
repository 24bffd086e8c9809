"""Builds the course on the web: a tree of pages a language, from notebooks that have been run.

Read in this order: :mod:`course.site.build`, :mod:`course.site.trees`, :mod:`course.site.executed`,
:mod:`course.site.lesson_pages`, :mod:`course.site.glossary`, :mod:`course.site.pages`,
:mod:`course.site.sphinx_extension`, :mod:`course.site.tools`.
"""
