"""Allowed names and sizes of the files of a submission; all others are refused.

 A submission holds ``manifest.json``, ``results/`` as the
leaderboard has it and ``models/<id>/``; a folder of results alone has what is below ``results/``.
"""

from __future__ import annotations

import re

MANIFEST = "manifest.json"
RESULTS, MODELS = "results", "models"

_ID = r"[a-z0-9][a-z0-9._+-]{0,79}"
_RESULT = re.compile(rf"{_ID}/{_ID}/{_ID}\.(?:json|parquet)")
_VERDICT = re.compile(rf"{_ID}/conformance\.json")
_SOURCE = re.compile(rf"{MODELS}/{_ID}/[A-Za-z0-9][A-Za-z0-9._-]{{0,79}}\.(?:toml|py|md|txt|json)")

MEBIBYTE = 2**20
LARGEST = {
    ".json": 16 * MEBIBYTE,
    ".parquet": 64 * MEBIBYTE,
    ".toml": MEBIBYTE,
    ".py": MEBIBYTE,
    ".md": MEBIBYTE,
    ".txt": MEBIBYTE,
}
FILES = 5000
TOTAL = 1024 * MEBIBYTE
"""Unpacked size of all files."""
RATIO = 500
"""Unpacked to packed size of an archive's entry; JSON of few words reaches about 40."""


def allowed(name: str, packed: bool) -> bool:
    """Whether this name is allowed in a submission (``packed``) or a folder of results."""
    if not packed:
        return bool(_RESULT.fullmatch(name) or _VERDICT.fullmatch(name))
    if name == MANIFEST or _SOURCE.fullmatch(name):
        return True
    top, _, below = name.partition("/")
    return top == RESULTS and allowed(below, packed=False)


def suffix(name: str) -> str:
    """The extension, which sets the maximum size."""
    return name[name.rfind(".") :]
