"""A user's own recordings: a CSV with a row per clip, or a folder per class.

CSV columns: ``path`` and ``target`` are needed; ``id``, ``start``, ``end`` (seconds), ``channel``,
``speaker``, ``session``, ``text`` and ``partition`` are understood; every other column becomes an
attribute for subgroup tables. A folder is read as <class>/<file> or <class>/<speaker>/<file>.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora import clips
from paralbench.corpora.folders import visible
from paralbench.corpora.tables import rows
from paralbench.records.errors import Refused
from paralbench.records.example import Clip, Example, Refusal

GROUPS = ("speaker", "session", "text")
UNDERSTOOD = {*clips.COLUMNS, "target", "id", "partition", *GROUPS}
AUDIO = {
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64",
    ".g722", ".m4a", ".mp4", ".mov", ".3gp", ".aac", ".wma", ".webm", ".mkv", ".amr",
}  # fmt: skip
_SHOWN = 100


def read_manifest(root: Path) -> Iterator[Example | Refusal]:
    """Read ``root``: a CSV file, a folder holding manifest.csv, or a folder of class folders."""
    if root.is_file():
        return _table(root)
    if (root / "manifest.csv").is_file():
        return _table(root / "manifest.csv")
    return _folders(root)


def _table(file: Path) -> Iterator[Example | Refusal]:
    shared = _Shared()
    for cells, where in rows(file, ("path", "target")):
        yield _row(cells, file, where, shared)


class _Shared:
    """Equal mappings of many rows as one object: a list of a million rows has few speakers."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}

    def __call__(self, values: dict[str, str]) -> dict[str, str]:
        return self._known.setdefault(tuple(values.items()), values)


def _row(cells: dict[str, str], file: Path, where: str, shared: _Shared) -> Example | Refusal:
    path, target = cells["path"], cells["target"]
    called = cells.get("id") or path
    if path and not target:
        return Refusal(_shown(called), "its target is empty", where)
    try:
        clip = clips.clip(cells, file.parent)
    except Refused as error:
        shown = _shown(called) or "a row"
        listed = _example(cells, called or where, (), where, shared) if target else None
        return Refusal(shown, str(error), where, listed=listed)
    name = cells.get("id") or clips.name(path, clip)
    return _example(cells, name, (clip,), where, shared)


def _shown(name: str) -> str:
    """A name without control characters, cut where it is too long for a message."""
    name = name if name.isprintable() else repr(name)
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"


def _example(
    cells: dict[str, str], name: str, found: tuple[Clip, ...], where: str, shared: _Shared
) -> Example:
    return Example(
        id=name,
        clips=found,
        labels=shared({"target": cells["target"]}),
        groups=shared({key: cells[key] for key in GROUPS if cells.get(key)}),
        attributes=shared(
            {key: value for key, value in cells.items() if value and key not in UNDERSTOOD}
        ),
        partition=cells.get("partition") or None,
        source=where,
    )


def _folders(root: Path) -> Iterator[Example | Refusal]:
    for file in visible(root, "**/*"):
        parts = file.relative_to(root).parts
        if len(parts) < 2 or file.suffix.lower() not in AUDIO or file.is_dir():
            continue
        yield Example(
            id="/".join(parts),
            clips=(Clip(file),),
            labels={"target": parts[0]},
            groups={"speaker": parts[1]} if len(parts) > 2 else {},
            source=str(file),
        )
