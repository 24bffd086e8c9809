"""What the rooms of grading hand to one another, and what makes it harmless where it is shown."""
