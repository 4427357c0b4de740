"""SimuSOE, whose layout nobody outside has described: a manifest of ours, or a folder a class.

``manifest.csv``: ``path,subject,label,ahi,sex,age``, a row a snore; ``path`` and ``subject`` are
needed, and one of ``label`` and ``ahi``. Without it, ``<class>/<subject>/<file>`` is read.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.corpora.manifest import AUDIO
from paralbench.corpora.tables import rows
from paralbench.records.example import Clip, Example, Label, Refusal

MANIFEST = "manifest.csv"
_OF_SUBJECT = ("label", "ahi", "sex", "age")

_Rows = list[tuple[dict[str, str], str]]


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a subject, with a Clip for each of the subject's snores."""
    examples = _manifest(root) if (root / MANIFEST).is_file() else _folders(root)
    subjects: dict[str, _Rows] = {}
    for cells, where in examples:
        if cells["path"] and cells["subject"]:
            subjects.setdefault(cells["subject"], []).append((cells, where))
        else:
            missing = "subject" if cells["path"] else "path"
            yield Refusal(cells["path"] or cells["subject"], f"its {missing} is not told", where)
    for subject, snores in subjects.items():
        yield _subject(root, subject, snores)


def _manifest(root: Path) -> Iterator[tuple[dict[str, str], str]]:
    return rows(root / MANIFEST, ("path", "subject"))


def _folders(root: Path) -> Iterator[tuple[dict[str, str], str]]:
    """Paths tell class and subject; a file right below its class belongs to nobody known."""
    for file in visible(root, "*/**/*"):
        if file.suffix.lower() in AUDIO and file.is_file():
            parts = file.relative_to(root).parts
            subject = parts[1] if len(parts) > 2 else ""
            yield {"path": "/".join(parts), "subject": subject, "label": parts[0]}, str(file)


def _subject(root: Path, subject: str, snores: _Rows) -> Example | Refusal:
    first, where = snores[0]
    for cells, other in snores:
        for column in _OF_SUBJECT:
            if cells.get(column, "") != first.get(column, ""):
                reason = f"its {column} is {first[column]!r} at {where} and {cells[column]!r} here"
                return Refusal(subject, reason, other)
    labels: dict[str, Label] = {
        column: first[column] for column in ("label", "ahi") if first.get(column)
    }
    return Example(
        id=subject,
        clips=tuple(Clip(root / cells["path"]) for cells, _ in snores),
        labels=labels,
        groups={"speaker": subject},
        attributes={column: first.get(column) or "unknown" for column in ("sex", "age")},
        source=where,
    )
