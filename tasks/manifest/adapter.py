"""A lab's own recordings: a CSV, or a folder for each class."""

from paralbench.corpora.manifest import read_manifest as read

__all__ = ["read"]
