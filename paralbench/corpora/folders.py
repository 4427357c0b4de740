"""Files in a corpus folder, without what operating systems leave there."""

from __future__ import annotations

from pathlib import Path


def visible(folder: Path, pattern: str) -> list[Path]:
    """What matches ``pattern`` below ``folder``, sorted, without hidden names and ``__MACOSX``.

    ``._name`` (AppleDouble), ``.DS_Store`` and the like are metadata, not data.
    """
    return [
        found
        for found in sorted(folder.glob(pattern))
        if not any(
            part.startswith(".") or part == "__MACOSX" for part in found.relative_to(folder).parts
        )
    ]


def nested(root: Path, *names: str) -> Path:
    """The first of ``names`` that is there below ``root``; the last one, where none is.

    For corpora whose copies hold ``Audios/Audios`` in place of ``Audios``.
    """
    return next((root / name for name in names if (root / name).exists()), root / names[-1])
