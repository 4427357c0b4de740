"""A small E-DAIC in its true layout; the adapter's inverse. Forty interviews, whole recordings."""

from pathlib import Path

import numpy as np

from paralbench.synthetic.conversation import DEPRESSED, Interviewer, burdened, converse
from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.voice import speaker

PARTITIONS = {"train": range(302, 322), "dev": range(386, 394), "test": range(600, 612)}
NESTED = {305, 604}
"""Sessions whose folder lies in another of its name."""


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "e-daic", seed)
    interviewer = Interviewer(rng)
    for partition, numbers in PARTITIONS.items():
        rows = []
        for place, number in enumerate(numbers):
            score = int(rng.integers(12, 22) if place % 3 == 1 else rng.integers(0, 9))
            sex = "female" if place % 2 else "male"
            _session(root, number, sex == "female", score, interviewer, rng)
            rows.append(f"{number},{sex},{score >= 10:d},{score},{30 + score}.0,{score > 14:d}")
        table = root / "labels" / f"{partition}_split.csv"
        table.parent.mkdir(exist_ok=True)
        header = "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity"
        table.write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def _session(
    root: Path,
    number: int,
    female: bool,
    score: int,
    interviewer: Interviewer,
    rng: np.random.Generator,
) -> None:
    folder = root / "data" / f"{number}_P"
    folder = folder / folder.name if number in NESTED else folder
    how = burdened(DEPRESSED, score / 18, rng)
    who = speaker(rng, "female" if female else "male")
    signal, turns = converse(interviewer, who, how, rng.uniform(1.3, 2.2, 4).tolist(), rng)
    write_wav(folder / f"{number}_AUDIO.wav", signal)
    lines = [f"{turn.start:.1f},{turn.end:.1f},okay so,0.87" for turn in turns]
    (folder / f"{number}_Transcript.csv").write_text(
        "\n".join(["Start_Time,End_Time,Text,Confidence", *lines, ""]), encoding="utf-8"
    )
    litter(folder / f"{number}_AUDIO.wav")
