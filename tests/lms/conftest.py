"""What the tests of ``course lms`` share: no made-up sheet has to be read within a given time."""

from hypothesis import settings

settings.register_profile("course", deadline=None)
settings.load_profile("course")
