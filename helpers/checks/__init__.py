"""The exercises, one module a notebook: ``lesson_03`` holds exercises 3-1, 3-2, and so on."""
