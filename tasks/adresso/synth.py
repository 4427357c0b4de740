"""A small ADReSSo 2021 in its true layout, quirks planted; the adapter's inverse.

Conversations with their segmentation in milliseconds; dementia is carried by pace, pauses, voice.
"""

from pathlib import Path

import numpy as np

from paralbench.synthetic.conversation import IMPAIRED, Interviewer, Turn, burdened, converse
from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.voice import speaker

_SPEAKERS = {"participant": "PAR", "interviewer": "INV"}


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "adresso", seed)
    interviewer = Interviewer(rng)
    train, test = root / "diagnosis" / "train", root / "diagnosis" / "test-dist"
    rows = []
    for place in range(26):
        name, dx = f"adrso{2 + 7 * place:03d}", "ad" if place % 2 else "cn"
        mmse = _person(train, f"{dx}/{name}", dx == "ad", interviewer, rng)
        rows.append([f'"{place + 1}"', f'"{name}"', str(mmse), f'"{dx}"'])
    _table(train / "adresso-train-mmse-scores.csv", ['""', '"adressfname"', '"mmse"', '"dx"'], rows)
    diagnoses, scores = [], []
    for place in range(14):
        name, ill = f"adrsdt{place + 1:02d}", place % 2 == 1
        mmse = _person(test, name, ill, interviewer, rng)
        diagnoses.append([name, "ProbableAD" if ill else "Control"])
        scores.append([name, str(mmse)])
    _table(test / "label_test_task1.csv", ["ID", "Dx"], diagnoses)
    _table(test / "label_test_task2.csv", ["ID", "mmse"], scores)
    litter(test / "audio" / "adrsdt01.wav")


def _person(
    part: Path, name: str, ill: bool, interviewer: Interviewer, rng: np.random.Generator
) -> int:
    """Record a speaker, write the segmentation, and give the MMSE."""
    mmse = int(rng.integers(8, 25) if ill else rng.integers(26, 31))
    who = speaker(rng, "female" if rng.integers(2) else "male", float(rng.integers(53, 81)))
    how = burdened(IMPAIRED, (30 - mmse) / 16, rng)
    signal, turns = converse(interviewer, who, how, rng.uniform(2.5, 3.5, 2).tolist(), rng)
    write_wav(part / "audio" / f"{name}.wav", signal)
    rows = [_segment(number, turn) for number, turn in enumerate(turns, start=1)]
    header = ['""', '"speaker"', '"begin"', '"end"']
    _table(part / "segmentation" / f"{name}.csv", header, rows)
    return mmse


def _segment(number: int, turn: Turn) -> list[str]:
    start, end = round(1000 * turn.start), round(1000 * turn.end)
    return [f'"{number}"', f'"{_SPEAKERS[turn.who]}"', str(start), str(end)]


def _table(file: Path, header: list[str], rows: list[list[str]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n", encoding="utf-8")
