"""The only code that shares a process with strangers' code. Nothing outside imports from here."""
