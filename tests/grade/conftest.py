"""What the tests of grading share; their helpers lie here too, and are imported by name."""
