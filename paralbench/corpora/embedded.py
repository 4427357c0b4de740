"""Audio that lies inside a table: written out once, named by its content, so that a Clip can point at it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from paralbench.system.atomic_file import write_atomically
from paralbench.system.cache_folder import default_cache


def kept(content: bytes, suffix: str = "") -> Path:
    """The file in the cache that holds these bytes; written where it is not there yet.

    Args:
        content: a whole audio file.
        suffix: its file name's ending, with the dot; decoders that go by names need it.
    """
    digest = hashlib.sha256(content).hexdigest()
    file = default_cache() / "audio" / digest[:2] / f"{digest}{suffix}"
    if not file.is_file() or file.stat().st_size != len(content):
        write_atomically(file, content)
    return file
