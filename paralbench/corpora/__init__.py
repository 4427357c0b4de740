"""Corpora on disk: found, fetched, read into Examples, compared with what was distributed."""

NO_NUMBERS_BELOW = "what is read of a corpus is in the fingerprint of the data"
