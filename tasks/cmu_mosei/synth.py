"""A small CMU-MOSEI as s3prl cuts it, with a score column, accents in latin-1 and scores beyond 3.

Each video is a speaker. Praise sounds happy and blame sounds angry, the more so the stronger it is.
"""

import csv
from math import ceil, floor
from pathlib import Path

import numpy as np

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.emotion import EMOTIONS, delivery
from paralbench.synthetic.voice import speak, speaker

VIDEOS = {"0": 14, "1": 4, "2": 6, "3": 1}
"""Videos of each part; 3 is in none of the standard folds, and its audio is never cut."""

FOLDERS = {"0": "train", "1": "dev", "2": "test"}
_COLUMNS = ("", "file", "index", "start", "end", "label2a", "label2b", "label6", "label7", "split",
            "sentiment", "text")  # fmt: skip


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "cmu-mosei", seed)
    rows: list[tuple[object, ...]] = []
    for split, videos in VIDEOS.items():
        for _ in range(videos):
            # YouTube's names may begin with a minus and hold underscores.
            video = f"{'v' if rows else '-'}{len(rows):04d}_x"
            who = speaker(rng, "female" if rng.random() < 0.5 else "male")
            for index in range(8):
                # Means of three raters come in thirds.
                score = float(np.clip(np.rint(rng.normal(0.3, 1.8) * 3) / 3, -3, 3))
                seconds = float(rng.uniform(1.0, 1.8))
                emotion = "hap" if score >= 0 else "ang"
                how = delivery(emotion, rng, abs(score) / 1.8)
                name = f"{video}_{index}.wav"
                signal = speak(who, how, seconds, rng)
                if split in FOLDERS:
                    write_wav(root / "Segmented_Audio" / FOLDERS[split] / name, signal)
                written = score * 1.5 if abs(score) == 3 else score  # the old release's error
                rows.append(
                    (len(rows), video, index, 2.0 * index, 2.0 * index + seconds,
                     int(score >= 0), int(np.sign(score)), list(EMOTIONS).index(emotion) % 6,
                     _seven(score), split, round(written, 4), "très bien" if score > 0 else "déjà vu")
                )  # fmt: skip
    with (root / "CMU_MOSEI_Labels.csv").open("w", encoding="latin-1", newline="") as file:
        csv.writer(file).writerows([_COLUMNS, *rows])
    litter(root / "CMU_MOSEI_Labels.csv")


def _seven(score: float) -> int:
    return ceil(score - 1e-9) if score > 0 else floor(score + 1e-9)
