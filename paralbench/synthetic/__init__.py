"""Synthetic voices with known labels; a stand-in for human recordings, no replacement."""

NO_NUMBERS_BELOW = "recordings are known by their content, however they were made"
