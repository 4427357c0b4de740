"""Voices made on the spot, with labels they truly carry. Never more than a stand-in for people."""

NO_NUMBERS_BELOW = "recordings are known by their content, however they were made"
