"""A small audformat database, written without the package; the adapter's inverse.

A filewise table says who speaks, two segmented tables (train, test) what is heard when.
"""

from pathlib import Path

import numpy as np

from paralbench.synthetic.corpus import begin, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

EMOTIONS = {"anger": "ang", "neutral": "neu", "sadness": "sad"}
"""Which delivery each label of the scheme gets."""

_HEAD = """\
name: synthetic
source: synthetic voices
usage: unrestricted
languages: []
schemes:
  emotion:
    dtype: str
    labels: [anger, neutral, sadness]
  speaker:
    dtype: str
    labels:
"""
_TABLES = """\
splits:
  train: {type: train}
  test: {type: test}
tables:
  files:
    type: filewise
    columns:
      speaker: {scheme_id: speaker}
"""
_SEGMENTED = """\
  emotion.{split}:
    type: segmented
    split_id: {split}
    columns:
      emotion: {{scheme_id: emotion}}
"""


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the database below ``root``; the same bytes for the same seed."""
    rng = begin(root, "audformat", seed)
    people, files = [], ["file,speaker"]
    rows = {split: ["file,start,end,emotion"] for split in ("train", "test")}
    for number in range(10):
        sex = "female" if number % 2 else "male"
        person = speaker(rng, "female" if number % 2 else "male", 25 + number)
        people.append(f"      s{number}: {{gender: {sex}, age: {25 + number}}}\n")
        for turn in range(2):
            file, start, signals = f"audio/s{number}_{turn}.wav", 0.0, []
            for emotion, carried in EMOTIONS.items():
                signals.append(speak(person, delivery(carried, rng, 0.9), 1.0, rng))
                lies = f"{file},{_time(start)},{_time(start + 1)}"
                rows["test" if number >= 7 else "train"].append(f"{lies},{emotion}")
                start += 1
            files.append(f"{file},s{number}")
            write_wav(root / file, np.concatenate(signals))
    tables = _TABLES + "".join(_SEGMENTED.format(split=split) for split in rows)
    (root / "db.yaml").write_text(_HEAD + "".join(people) + tables, encoding="utf-8")
    for name, lines in {"files": files, **{f"emotion.{s}": r for s, r in rows.items()}}.items():
        (root / f"db.{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _time(seconds: float) -> str:
    return f"0 days 00:00:{seconds:09.6f}"
