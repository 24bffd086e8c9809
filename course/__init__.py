"""What maintainers and instructors run: ``course build | run | doctor``."""
