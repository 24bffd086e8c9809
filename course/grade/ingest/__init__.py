"""First stage: reads what was handed in, trusts nothing of it, and executes nothing."""
