"""What maintainers and instructors run: ``course build | run | grade | doctor``."""
