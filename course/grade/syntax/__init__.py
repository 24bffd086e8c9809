"""Reads strangers' Python without executing it: what their code binds, uses and defines."""
