"""Third stage: decides what an answer is worth, and executes nothing of a stranger's."""
