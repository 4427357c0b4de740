"""Audio stored inside a table: written to the cache once, named by its content, for Clips to name."""

from __future__ import annotations

import hashlib
from pathlib import Path

from paralbench.system.atomic_file import write_atomically
from paralbench.system.cache_folder import default_cache


def cached_file(content: bytes, suffix: str = "") -> Path:
    """The file in the cache that holds these bytes; written if it is missing.

    Args:
        content: a complete audio file.
        suffix: the file name's suffix, with the dot.
    """
    digest = hashlib.sha256(content).hexdigest()
    file = default_cache() / "audio" / digest[:2] / f"{digest}{suffix}"
    if not file.is_file() or file.stat().st_size != len(content):
        write_atomically(file, content)
    return file
