"""ADReSS-M: English to train, eight Greek samples to adapt, Greek to test; each with its table.

The three archives lie beside each other (``ADReSS-M-train/train``), or their folders of recordings and
their tables directly at the root (``train``, ``sample-gr``, ``test-gr``).
The tables spell the column of file names ``adressfname`` or ``addressfname``. The Spanish files in
``ADReSS-M-train/sample`` belong to an earlier draft; no table lists them and nothing reads them.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import nested
from paralbench.corpora.tables import rows
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Label

_TRUTH = "test-gr-groundtruth.csv"
_META = "ADReSS-M-meta.csv"
_PARTS = (
    ("train", "train", ("training-groundtruth.csv",), "en"),
    ("sample", "sample-gr", ("sample-gr-groundtruth.csv",), "el"),
    ("test", "test-gr", (_TRUTH, _META), "el"),
)
"""Partition, folder of recordings, names of its table, language."""


def read(root: Path) -> Iterator[Example]:
    """One Example a speaker. Without the table of test labels, test speakers have none."""
    for partition, folder, names, language in _PARTS:
        archive = root / f"ADReSS-M-{folder}"
        audio = nested(root, folder, f"{archive.name}/{folder}")
        places = (archive / folder, archive, root / folder, root)
        tables = [place / name for name in names for place in places]
        table = next((file for file in tables if file.is_file()), tables[0])
        yield from _part(partition, table, audio, language)


def _part(partition: str, table: Path, audio: Path, language: str) -> Iterator[Example]:
    for cells, where in rows(table):
        name = cells.get("adressfname") or cells.get("addressfname")
        if not name:
            raise ParalbenchError(
                f"{where}: expected a name under 'adressfname' or 'addressfname'."
            )
        labels: dict[str, Label] = {}
        if _known(cells.get("dx")):
            labels["diagnosis"] = cells["dx"]
        if _known(cells.get("mmse")):
            labels["mmse"] = cells["mmse"]
        yield Example(
            id=name,
            clips=(Clip(nested(audio, f"{name}.mp3", f"{name}.wav")),),
            labels=labels,
            groups={"speaker": name},
            attributes={
                "sex": cells.get("gender", "").lower() or "unknown",
                "age": cells.get("age") or "unknown",
                "education": cells["educ"] if _known(cells.get("educ")) else "unknown",
                "language": language,
            },
            partition=partition,
            source=where,
        )


def _known(cell: str | None) -> bool:
    return cell not in (None, "", "NA")
