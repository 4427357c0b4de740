"""Files in a corpus folder, without the metadata of operating systems."""

from __future__ import annotations

from pathlib import Path


def visible(folder: Path, pattern: str) -> list[Path]:
    """Files and folders that match ``pattern`` below ``folder``, sorted, without hidden names and ``__MACOSX``.

    ``._name`` (AppleDouble), ``.DS_Store`` and the like are metadata, not data.
    """
    return [
        path
        for path in sorted(folder.glob(pattern))
        if not any(
            part.startswith(".") or part == "__MACOSX" for part in path.relative_to(folder).parts
        )
    ]


def nested(root: Path, *names: str) -> Path:
    """The first of ``names`` that exists below ``root``; the last one where none does.

    For corpora whose copies hold ``Audios/Audios`` in place of ``Audios``.
    """
    return next((root / name for name in names if (root / name).exists()), root / names[-1])
