"""A small MELD in its true layout: tables with quoted words, and a video an utterance."""

import csv
from pathlib import Path

from paralbench.synthetic.corpus import begin, litter, write_aac
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

EMOTIONS = {"anger": "ang", "disgust": "dis", "fear": "fea", "joy": "hap", "neutral": "neu", "sadness": "sad",
            "surprise": "sur"}  # fmt: skip
"""Which delivery each emotion gets."""

FRIENDS = ("Chandler", "Joey", "Monica", "Phoebe", "Rachel", "Ross")
PARTS = {"train": ("train_splits", 12), "dev": ("dev_splits_complete", 3),
         "test": ("output_repeated_splits_test", 5)}  # fmt: skip
"""The folder of videos, and how many dialogues."""

_COLUMNS = ("Sr No.", "Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID",
            "Season", "Episode", "StartTime", "EndTime")  # fmt: skip


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "meld", seed)
    cast = {
        name: speaker(rng, "female" if place % 2 else "male", 28)
        for place, name in enumerate(FRIENDS)
    }
    for part, (folder, dialogues) in PARTS.items():
        rows: list[tuple[object, ...]] = []
        for dialogue in range(dialogues):
            guest = f"Guest {part} {dialogue}"
            voice = speaker(rng, "female" if dialogue % 2 else "male", 40)
            for utterance, (emotion, carried) in enumerate(EMOTIONS.items()):
                who = guest if utterance % 3 == 2 else str(rng.choice(FRIENDS))
                signal = speak(cast.get(who, voice), delivery(carried, rng, 0.9), 1.2, rng)
                write_aac(root / part / folder / f"dia{dialogue}_utt{utterance}.mp4", signal)
                rows.append((len(rows) + 1, "(synthetic, voice)", who, emotion, "neutral", dialogue,
                             utterance, 1, 1, "00:16:16,059", "00:16:21,731"))  # fmt: skip
        place = root / part if part == "train" else root
        with (place / f"{part}_sent_emo.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([_COLUMNS, *rows])
    litter(root / "train" / "train_splits" / "dia0_utt0.mp4")
