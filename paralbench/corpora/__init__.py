"""Corpora on disk: found, fetched, read into Examples, compared with what was distributed."""
