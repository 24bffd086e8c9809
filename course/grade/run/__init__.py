"""Second stage: closes strangers' code in, and brings back what was observed of it."""
