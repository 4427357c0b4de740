"""A small Pitt corpus in its true layout; the adapter's inverse. The impaired speak slower, with pauses."""

from pathlib import Path
from typing import Literal

import numpy as np

from paralbench.synthetic.conversation import IMPAIRED, Interviewer, Turn, burdened, converse
from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.voice import speaker

PEOPLE = 12
"""In each folder; every third comes twice."""


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "pitt", seed)
    interviewer = Interviewer(rng)
    number = 0
    for folder, code, severity in (("Control", "Control", 0.1), ("Dementia", "ProbableAD", 0.9)):
        for place in range(PEOPLE):
            number += 1
            sex: Literal["female", "male"] = "female" if place % 2 else "male"
            person = speaker(rng, sex, 68)
            for visit in range(2 if place % 3 == 0 else 1):
                how = burdened(IMPAIRED, severity, rng)
                seconds = rng.uniform(1, 1.8, 3).tolist()
                signal, spoken = converse(interviewer, person, how, seconds, rng)
                file = root / folder / "cookie" / f"{number:03d}-{visit}.wav"
                write_wav(file, signal)
                header = f"@ID:\teng|Pitt|PAR|{rng.integers(55, 85)};|{sex}|{code}||Participant|||"
                _transcript(file.with_suffix(".cha"), header, spoken)
    litter(root / "Control" / "cookie" / "001-0.wav")


def _transcript(file: Path, header: str, spoken: list[Turn]) -> None:
    lines = ["@UTF8", "@Begin", "@Participants:\tPAR Participant, INV Investigator", header]
    for turn in spoken:
        who = "PAR" if turn.who == "participant" else "INV"
        start, end = (int(np.floor(1000 * moment)) for moment in (turn.start, turn.end))
        lines += [f"*{who}:\t(synthetic", f"\tvoice) . \x15{start}_{end}\x15", "%mor:\tn|voice ."]
    file.write_text("\n".join([*lines, "@End", ""]), encoding="utf-8")
