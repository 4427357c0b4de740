"""Digests of audio files: features are keyed by content, not by name or date.

Content without a signature is decoded as its name says (raw G.722) or not at all, so its digest
differs from that of the same bytes under a name that says what they are.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from paralbench.audio import recognition
from paralbench.system.digest import file_digest

NO_NUMBERS = "digests are in the key"


UNRECOGNISED = "unrecognised "
"""What the digest of content that is no known audio begins with."""


def digests(files: Iterable[Path]) -> dict[Path, str | None]:
    """sha256 of each file, read in parallel; None for a file that cannot be read.

    It begins with :data:`UNRECOGNISED` for a file that is not known to be audio.
    """
    unique = list(dict.fromkeys(files))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(unique, pool.map(_digest, unique), strict=True))


def _digest(file: Path) -> str | None:
    try:
        digest = file_digest(file)
        with file.open("rb") as content:
            head = content.read(recognition.LENGTH)
    except (OSError, ValueError):  # ValueError: a name that holds a NUL character
        return None
    return UNRECOGNISED + digest if recognition.recognised(file, head) == "unknown" else digest
