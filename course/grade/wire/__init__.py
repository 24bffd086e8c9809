"""What both sides of the sandbox must agree on: messages, limits, observations as JSON."""
