"""A small MSP-Podcast in its true layout, nested as some copies are, with Unknown speakers.

Classes as pitch, loudness, rate and voice quality; the dimensions follow the class.
"""

import csv
from pathlib import Path

import numpy as np

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

SPLIT = {"Train": 13, "Development": 4, "Test1": 5, "Test2": 1, "Test3": 1}
"""Speakers of each part."""

SOUNDS = {"A": "ang", "S": "sad", "H": "hap", "U": "sur", "F": "fea", "D": "dis", "C": "fru",
          "N": "neu", "O": "exc", "X": "neu"}  # fmt: skip
CENTRES = {"A": (5.8, 2.3, 5.6), "S": (2.4, 2.4, 3.0), "H": (5.2, 5.8, 4.6), "U": (5.4, 4.4, 4.2),
           "F": (5.0, 2.6, 2.6), "D": (3.8, 2.4, 4.4), "C": (4.4, 2.8, 5.2), "N": (3.4, 4.0, 4.0),
           "O": (4.0, 4.0, 4.0), "X": (4.0, 4.0, 4.0)}  # fmt: skip
"""Arousal, valence and dominance."""

_PRIMARY = {
    "A": "Angry", "S": "Sad", "H": "Happy", "U": "Surprise", "F": "Fear", "D": "Disgust",
    "C": "Contempt", "N": "Neutral", "O": "Other-annoyed",
}  # fmt: skip
"""A worker's word for each class."""
_COLUMNS = ("FileName", "EmoClass", "EmoAct", "EmoVal", "EmoDom", "SpkrID", "Gender", "Split_Set")


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "msp-podcast", seed)
    rater = np.random.default_rng([seed, 1])  # apart from the voices, which stay as they were
    details: list[tuple[str, str]] = []
    audio, labels = root / "Audios" / "Audios", root / "Labels" / "Labels"
    rows: list[tuple[str, ...]] = []
    number = 0
    for part, people in SPLIT.items():
        for person in range(people):
            number += 1
            sex = "Female" if number % 2 else "Male"
            who = speaker(rng, "female" if number % 2 else "male")
            # The last speaker of a part is one whom nobody has named.
            known = person + 1 < people or people == 1
            for count, letter in enumerate(SOUNDS):
                name = f"MSP-PODCAST_{number:04d}_{count:04d}.wav"
                seconds = float(rng.uniform(1.0, 1.8))
                write_wav(
                    audio / name, speak(who, delivery(SOUNDS[letter], rng, 1.1), seconds, rng)
                )
                details += [
                    (name, f"WORKER{worker:08d}; {choice}; {choice}; A:4.0; V:4.0; D:4.0;")
                    for worker, choice in enumerate(_choices(letter, rater))
                ]
                values = np.clip(rng.normal(CENTRES[letter], 0.5), 1, 7)
                rows.append(
                    (name, letter, *(f"{value:.4f}" for value in values),
                     str(number) if known else "Unknown", sex if known else "Unknown", part)
                )  # fmt: skip
    labels.mkdir(parents=True)
    with (labels / "labels_consensus.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([_COLUMNS, *rows])
    with (labels / "labels_detailed.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("FileName", "EmoDetail"), *details])
    litter(labels / "labels_consensus.csv")
    litter(audio / "MSP-PODCAST_0001_0000.wav")


def _choices(letter: str, rater: np.random.Generator) -> list[str]:
    """Five workers' primary emotions: three or more agree, but where the clip's class is X."""
    if letter == "X":
        return [*map(str, rater.choice(list(_PRIMARY.values()), 5, replace=False))]
    others = rater.choice(list(_PRIMARY.values()), int(rater.integers(3)))
    return [_PRIMARY[letter]] * (5 - len(others)) + [*map(str, others)]
