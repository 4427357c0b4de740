"""MSP-Podcast: Labels/labels_consensus.csv and Audios/<file>.wav, either of them perhaps nested.

A clip of a speaker called Unknown cannot be proved to be of nobody else, so it leaves development
and test: its partition is there called "<partition>-unknown", which no protocol names.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import nested
from paralbench.corpora.tables import rows
from paralbench.records.example import Clip, Example, Label, Refusal

CLASSES = {
    "A": "anger", "S": "sadness", "H": "happiness", "U": "surprise", "F": "fear", "D": "disgust",
    "C": "contempt", "N": "neutral", "O": "other", "X": "no-agreement",
}  # fmt: skip
_DIMENSIONS = {"EmoAct": "arousal", "EmoVal": "valence", "EmoDom": "dominance"}


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a speaking turn. O and X are labels too; the tasks leave them out."""
    audio = nested(root, "Audios/Audios", "Audio/Audio", "Audio", "Audios")
    table = nested(root, "Labels/Labels", "Labels") / "labels_consensus.csv"
    for row, where in rows(table, ("FileName", "Split_Set")):
        name = row["FileName"]
        letter = row.get("EmoClass", "")
        labels: dict[str, Label] = {
            label: row[column] for column, label in _DIMENSIONS.items() if row.get(column)
        }
        if letter and letter not in CLASSES:
            yield Refusal(name, f"its EmoClass is '{letter}', expected {' '.join(CLASSES)}", where)
            continue
        if letter:
            labels["emotion"] = CLASSES[letter]
        person, part = row.get("SpkrID", ""), row["Split_Set"]
        known = person.lower() not in ("", "unknown")
        yield Example(
            id=name,
            clips=(Clip(audio / name),),
            labels=labels,
            groups={"speaker": person} if known else {},
            attributes={"sex": row["Gender"].lower()} if row.get("Gender") else {},
            partition=part if known or part == "Train" else f"{part}-unknown",
            source=where,
        )
