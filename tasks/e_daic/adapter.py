"""E-DAIC (AVEC 2019 DDS): ``labels/{train,dev,test}_split.csv`` and ``data/<id>_P/<id>_AUDIO.wav``.

The transcript is a recogniser's and does not say who speaks, so the participant cannot be told from
the interviewer: the whole recording is used.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import nested
from paralbench.corpora.tables import rows
from paralbench.records.example import Clip, Example, Label, Refusal

_COLUMNS = ("Participant_ID", "Gender", "PHQ_Binary", "PHQ_Score")
_DEPRESSION = {"0": "not-depressed", "1": "depressed"}


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a participant."""
    tables = nested(root, "labels", ".")
    for partition in ("train", "dev", "test"):
        for cells, where in rows(tables / f"{partition}_split.csv", _COLUMNS):
            name, binary = cells["Participant_ID"], cells["PHQ_Binary"]
            labels: dict[str, Label] = {"phq8": cells["PHQ_Score"]} if cells["PHQ_Score"] else {}
            if binary and binary not in _DEPRESSION:
                yield Refusal(name, f"its PHQ_Binary is {binary!r}, expected 0 or 1", where)
                continue
            if binary:
                labels["depression"] = _DEPRESSION[binary]
            audio = nested(root, *(f"{folder}{name}_AUDIO.wav" for folder in _folders(name)))
            yield Example(
                id=name,
                clips=(Clip(audio),),
                labels=labels,
                groups={"speaker": name},
                attributes={
                    "sex": cells["Gender"].lower() or "unknown",
                    "language": "en",
                    "interviewer": "automatic" if name.isdigit() and int(name) >= 600 else "wizard",
                },
                partition=partition,
                source=where,
            )


def _folders(name: str) -> tuple[str, ...]:
    """Where a session may lie: flat, nested, as packed, or below data/, as it is served."""
    packed = ("", f"{name}_P/{name}_P/", f"{name}_P/")
    return *(f"data/{place}" for place in packed), *packed
