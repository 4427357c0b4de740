"""Digests of audio files: features are keyed by content, not by name or date."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from paralbench.system.digest import file_digest

NO_NUMBERS = "digests are in the key"


def digests(files: Iterable[Path]) -> dict[Path, str | None]:
    """sha256 of each file, read in parallel; None for a file that cannot be read."""
    unique = list(dict.fromkeys(files))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(unique, pool.map(_digest, unique), strict=True))


def _digest(file: Path) -> str | None:
    try:
        return file_digest(file)
    except OSError:
        return None
