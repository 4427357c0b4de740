"""MSP-Podcast: Labels/labels_consensus.csv and Audios/<file>.wav, either of them perhaps nested.

Releases up to 1.8 spell the table labels_concensus.csv and its development part Validation. A clip
whose speaker is Unknown may be of anybody; its partition is "<partition>-unknown", and ``split`` is
the partition as in the table.

``labels_detailed.csv`` beside it, where there is one, has a row for each worker and clip. His primary
emotion is a column in releases 1.6 and 2.0, and the second part of ``EmoDetail`` in between
("WORKER0001; Happy; Happy,Excited; A:5.0; V:6.0; D:5.0;").
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from paralbench.corpora.folders import nested
from paralbench.corpora.tables import rows
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Label, Refusal

CLASSES = {
    "A": "anger", "S": "sadness", "H": "happiness", "U": "surprise", "F": "fear", "D": "disgust",
    "C": "contempt", "N": "neutral", "O": "other", "X": "no-agreement",
}  # fmt: skip
TABLES = ("labels_consensus.csv", "labels_concensus.csv")
SPLITS = {"Validation": "Development"}
CHOICES = {
    "angry": "anger", "sad": "sadness", "happy": "happiness", "surprise": "surprise", "fear": "fear",
    "disgust": "disgust", "contempt": "contempt", "neutral": "neutral",
}  # fmt: skip
"""A worker's primary emotion as the consensus has it; what he wrote under "Other" is "other"."""
_DIMENSIONS = {"EmoAct": "arousal", "EmoVal": "valence", "EmoDom": "dominance"}


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a speaking turn. O and X are labels too; the tasks leave them out."""
    audio = nested(root, "Audios/Audios", "Audio/Audio", "Audio", "Audios")
    labels_folder = nested(root, "Labels/Labels", "Labels")
    table = nested(labels_folder, TABLES[1], TABLES[0])
    votes = _votes(labels_folder / "labels_detailed.csv")
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
        person, split = row.get("SpkrID", ""), SPLITS.get(row["Split_Set"], row["Split_Set"])
        known = person.lower() not in ("", "unknown")
        yield Example(
            id=name,
            clips=(Clip(audio / name),),
            labels=labels,
            groups={"speaker": person} if known else {},
            attributes={"split": split}
            | ({"sex": row["Gender"].lower()} if row.get("Gender") else {}),
            partition=split if known else f"{split}-unknown",
            source=where,
            votes={"emotion": votes[name]} if name in votes else {},
        )


def _votes(table: Path) -> dict[str, Mapping[str, int]]:
    """How many workers chose each emotion as the primary one of a clip."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    if not table.is_file():
        return {}
    for row, where in rows(table, ("FileName",)):
        if "EmoClass_Major" in row:
            choice = row["EmoClass_Major"]
        else:
            worker, *details = row.get("EmoDetail", "").split(";")
            if not (worker.startswith("WORKER") and details):
                raise ParalbenchError(
                    f"{where}: expected a column EmoClass_Major, or an EmoDetail of the form "
                    "'WORKER; emotion; emotions; A:value; V:value; D:value;'."
                )
            choice = details[0]
        votes[row["FileName"]][CHOICES.get(choice.strip().lower(), "other")] += 1
    return dict(votes)
