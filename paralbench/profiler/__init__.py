"""Costs of entries: one cost a file, measured on reference clips in separate processes."""
