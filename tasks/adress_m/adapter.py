"""ADReSS-M: English to train, eight Greek samples to adapt, Greek to test; each with its table.

The tables spell the column of file names ``adressfname`` or ``addressfname``. The Spanish files in
``ADReSS-M-train/sample`` belong to an earlier draft; no table lists them and nothing reads them.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import nested
from paralbench.corpora.tables import rows
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Label

_TEST = "ADReSS-M-test-gr"
_TRUTH = "test-gr-groundtruth.csv"
_META = "ADReSS-M-meta.csv"


def read(root: Path) -> Iterator[Example]:
    """One Example a speaker. Without the table of test labels, test speakers have none."""
    train, sample = root / "ADReSS-M-train", root / "ADReSS-M-sample-gr"
    test = nested(root, f"{_TEST}/test-gr/{_TRUTH}", f"{_TEST}/{_TRUTH}", f"{_TEST}/{_META}", _META)
    yield from _part("train", train / "training-groundtruth.csv", train / "train", "en")
    yield from _part("sample", sample / "sample-gr-groundtruth.csv", sample / "sample-gr", "el")
    yield from _part("test", test, root / _TEST / "test-gr", "el")


def _part(partition: str, table: Path, audio: Path, language: str) -> Iterator[Example]:
    if not table.is_file():
        # Two archives place the table beside or inside the folder of recordings.
        table = nested(table.parent, f"{audio.name}/{table.name}", table.name)
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
