"""A small EATD in its true layout, an empty answer planted; the adapter's inverse.

The depressed speak slower, flatter and with more pauses.
"""

from pathlib import Path

import numpy as np

from paralbench.synthetic.conversation import DEPRESSED, burdened
from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.voice import speak, speaker

PARTS = {"t": 24, "v": 15}
"""Volunteers of training and validation; every third is depressed."""


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "eatd", seed)
    for part, count in PARTS.items():
        for number in range(1, count + 1):
            folder = root / f"{part}_{number}"
            raw = int(rng.integers(45, 62) if number % 3 == 1 else rng.integers(22, 40))
            person = speaker(rng, "female" if number % 2 else "male", 22)
            how = burdened(DEPRESSED, raw / 62 if raw > 42 else raw / 120, rng)
            for question in ("positive", "neutral", "negative"):
                answer = speak(person, how, float(rng.uniform(1, 1.8)), rng)
                if (part, number, question) == ("t", 5, "neutral"):
                    answer = np.zeros(0, np.float32)
                write_wav(folder / f"{question}_out.wav", answer)
            (folder / "label.txt").write_text(f"{raw:.1f}", encoding="utf-8")
            (folder / "new_label.txt").write_text(f"{1.25 * raw}\n", encoding="utf-8")
    litter(root / "t_1" / "positive_out.wav")
