"""Training shared by all heads that are networks."""
