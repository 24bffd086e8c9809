"""Fourth stage: gradebook, tables and pages, in the words that people read."""
