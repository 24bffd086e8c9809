"""Brings the grades of a folder into the sheet that a learning management system has exported.

:mod:`sheet` reads a CSV so that every byte that is not filled in stays; :mod:`forms` knows what the
columns of Moodle and Canvas mean; :mod:`partners` finds whose row is whose and guesses nothing;
:mod:`fill` leads through it.
"""
