"""The folder of reproducible data: features, and audio extracted from tables."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def default_cache() -> Path:
    """PARALBENCH_CACHE, or the user's cache folder."""
    named = os.environ.get("PARALBENCH_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("paralbench")
