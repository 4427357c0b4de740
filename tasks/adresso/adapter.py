"""ADReSSo 2021: ``diagnosis/train/audio/{ad,cn}`` and ``diagnosis/test-dist/audio``.

Beside each recording lies its segmentation, in milliseconds, by participant (PAR) and investigator
(INV); only the participant's turns are used.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.corpora.tables import rows
from paralbench.corpora.turns import turns
from paralbench.records.errors import ParalbenchError, Refused
from paralbench.records.example import Example, Label, Refusal

_DIAGNOSES = {"ad": "ProbableAD", "cn": "Control", "probablead": "ProbableAD", "control": "Control"}
_SCORES = "adresso-train-mmse-scores.csv"
_TRUTHS = ("label_test_task{}.csv", "task{}.csv", "test_results_task{}_groundtruth.csv")


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a speaker. Without the tables of test labels, test speakers have none."""
    train, test = root / "diagnosis" / "train", root / "diagnosis" / "test-dist"
    scores = _cells(root, "train", [_SCORES], "adressfname", "mmse")
    for file in visible(train / "audio", "*/*.wav"):
        if file.parent.name not in ("ad", "cn"):
            continue
        labels: dict[str, Label] = {"diagnosis": _DIAGNOSES[file.parent.name]}
        if file.stem in scores:
            labels["mmse"] = scores[file.stem]
        yield _example(file, train, labels, "train")
    diagnoses = _cells(root, "test-dist", [name.format(1) for name in _TRUTHS], "ID", "Dx")
    tested = _cells(root, "test-dist", [name.format(2) for name in _TRUTHS], "ID", "mmse")
    for file in visible(test / "audio", "*.wav"):
        labels = {}
        dx = diagnoses.get(file.stem)
        if dx is not None and dx.lower() not in _DIAGNOSES:
            yield Refusal(file.stem, f"its Dx is {dx!r}, expected ProbableAD or Control", str(file))
            continue
        if dx is not None:
            labels["diagnosis"] = _DIAGNOSES[dx.lower()]
        if file.stem in tested:
            labels["mmse"] = tested[file.stem]
        yield _example(file, test, labels, "test")


def _cells(root: Path, part: str, names: Sequence[str], key: str, column: str) -> dict[str, str]:
    """A table's column by speaker; the tables lie beside the recordings, above them, or at the root."""
    for place in (root / "diagnosis" / part, root / "diagnosis", root):
        for name in names:
            if (place / name).is_file():
                return _column(place / name, key, column)
    return {}


def _column(file: Path, key: str, column: str) -> dict[str, str]:
    """Cells of a column by name; the first column of some tables has no name and only counts."""
    values = {}
    for cells, _ in rows(file, (key,)):
        lowered = {name.lower(): cell for name, cell in cells.items()}
        if lowered.get(column.lower(), "") not in ("", "NA"):
            values[cells[key]] = lowered[column.lower()]
    return values


def _example(file: Path, part: Path, labels: dict[str, Label], partition: str) -> Example | Refusal:
    segments = part / "segmentation" / file.relative_to(part / "audio").with_suffix(".csv")
    try:
        clips = turns(file, _participant(segments))
    except (Refused, ParalbenchError) as reason:
        return Refusal(file.stem, str(reason), str(file))
    return Example(
        id=file.stem,
        clips=clips,
        labels=labels,
        groups={"speaker": file.stem},
        attributes={"language": "en"},
        partition=partition,
        source=str(file),
    )


def _participant(segments: Path) -> list[tuple[float, float]]:
    spoken = []
    for cells, where in rows(segments, ("speaker", "begin", "end")):
        try:
            start, end = float(cells["begin"]) / 1000, float(cells["end"]) / 1000
        except ValueError:
            raise Refused(f"expected begin and end in milliseconds at {where}") from None
        if cells["speaker"].upper() == "PAR":
            spoken.append((start, end))
    return spoken
