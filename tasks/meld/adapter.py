"""MELD: train_sent_emo.csv and train/train_splits/dia0_utt0.mp4, dev and test alike.

Dialogues start afresh in every partition. The six friends are in all three.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import nested
from paralbench.corpora.tables import rows
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.example import Clip, Example, Refusal

FOLDERS = {
    "train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test",
}  # fmt: skip
EMOTIONS = {"anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"}


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example an utterance."""
    card = CorpusCard.from_toml(Path(__file__).with_name("corpus.toml"))
    (unusable,) = card.errata
    for partition, folder in FOLDERS.items():
        videos = nested(root, folder, f"{partition}/{folder}")
        table = nested(root, f"{partition}/{partition}_sent_emo.csv", f"{partition}_sent_emo.csv")
        for cells, where in rows(table, ("Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")):
            dialogue, emotion = cells["Dialogue_ID"], cells["Emotion"].lower()
            video = f"dia{dialogue}_utt{cells['Utterance_ID']}"
            name = f"{partition}/{video}"
            if name in unusable.subjects:
                yield Refusal(name, unusable.says, where, erratum=unusable.id)
            elif emotion not in EMOTIONS:
                yield Refusal(
                    name, f"its emotion is '{emotion}', which is none of the seven", where
                )
            else:
                yield Example(
                    id=name,
                    clips=(Clip(videos / f"{video}.mp4"),),
                    labels={"emotion": emotion, "sentiment": cells.get("Sentiment", "").lower()},
                    groups={
                        "speaker": cells["Speaker"].lower(),
                        "dialogue": f"{partition}/{dialogue}",
                    },
                    attributes={"language": "en"},
                    partition=partition,
                    source=where,
                )
