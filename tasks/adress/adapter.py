"""ADReSS 2020: ``train/Full_wave_enhanced_audio/{cc,cd}`` and ``test/Full_wave_enhanced_audio``.

Tables are text with semicolons and padded cells. cc are controls, cd people with dementia.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import nested
from paralbench.corpora.tables import rows
from paralbench.records.example import Clip, Example, Label, Refusal

_DIAGNOSES = {"0": "Control", "1": "ProbableAD"}
_AUDIO = "Full_wave_enhanced_audio"
_LABELLED = ("meta_data_test.txt", "2020Labels.txt")


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a speaker, the whole recording. Test speakers may come without labels."""
    for folder, label in (("cc", "0"), ("cd", "1")):
        for cells, where in rows(root / "train" / f"{folder}_meta_data.txt", ("ID",)):
            audio = root / "train" / _AUDIO / folder
            yield _example(cells | {"Label": label}, audio, "train", where)
    test = root / "test"
    labelled = (f"{folder}{name}" for name in _LABELLED for folder in ("test/", ""))
    table = nested(root, *labelled, "test/meta_data.txt")
    for cells, where in rows(table, ("ID",)):
        yield _example(cells, test / _AUDIO, "test", where)


def _example(cells: dict[str, str], audio: Path, partition: str, where: str) -> Example | Refusal:
    name, label = cells["ID"], cells.get("Label", "")
    if label and label not in _DIAGNOSES:
        return Refusal(name, f"its Label is {label!r}, expected 0 or 1", where)
    labels: dict[str, Label] = {"diagnosis": _DIAGNOSES[label]} if label else {}
    if cells.get("mmse", "") not in ("", "NA"):
        labels["mmse"] = cells["mmse"]
    return Example(
        id=name,
        clips=(Clip(audio / f"{name}.wav"),),
        labels=labels,
        groups={"speaker": name},
        attributes={
            "sex": cells.get("gender", "").lower() or "unknown",
            "age": cells.get("age") or "unknown",
            "language": "en",
        },
        partition=partition,
        source=where,
    )
