"""A small ADReSS-M in its true layout, quirks planted; the adapter's inverse.

English as MP3, Greek as WAV. Dementia is carried by pace, pauses and a rougher voice; the MMSE by
how much of it there is.
"""

from pathlib import Path

import numpy as np
import soundfile

from paralbench.synthetic.conversation import IMPAIRED, burdened
from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.voice import Signal, speak, speaker


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "adress-m", seed)
    train, sample = root / "ADReSS-M-train", root / "ADReSS-M-sample-gr"
    test = root / "ADReSS-M-test-gr" / "test-gr"
    english = _people([f"adrso{2 + 3 * n:03d}" for n in range(28)], train / "train", ".mp3", rng)
    english[3][5] = "NA"
    _table(train / "training-groundtruth.csv", "adressfname", english, quoted=True)
    _people([f"madrs-smpl{n:02d}" for n in range(1, 3)], train / "sample", ".mp3", rng)
    greek = _capital(
        _people([f"madrs{n:03d}" for n in range(2, 10)], sample / "sample-gr", ".wav", rng)
    )
    _table(sample / "sample-gr-groundtruth.csv", "addressfname", greek, quoted=True)
    tested = _capital(_people([f"madrs{n:03d}" for n in range(10, 26)], test, ".wav", rng))
    _table(test / "test-gr-groundtruth.csv", "addressfname", tested, end="\r\n", bom=True)
    meta = [row[:4] for row in tested]
    _table(root / "ADReSS-M-meta.csv", "addressfname", meta, end="\r\n", columns=3)
    litter(train / "train" / "adrso002.mp3")


def _people(
    names: list[str], folder: Path, suffix: str, rng: np.random.Generator
) -> list[list[str]]:
    """Record each, and give name, age, gender, educ, dx, mmse."""
    rows = []
    for place, name in enumerate(names):
        female, ill = place % 3 != 0, place % 2 == 1
        mmse = int(rng.integers(8, 25) if ill else rng.integers(26, 31))
        age = int(rng.integers(53, 81))
        who = speaker(rng, "female" if female else "male", age)
        how = burdened(IMPAIRED, (30 - mmse) / 16, rng)
        _write(folder / f"{name}{suffix}", speak(who, how, float(rng.uniform(5, 7)), rng))
        educ = "NA" if place % 9 == 4 else str(rng.integers(6, 18))
        sex, dx = "female" if female else "male", "ProbableAD" if ill else "Control"
        rows.append([name, str(age), sex, educ, dx, str(mmse)])
    return rows


def _write(file: Path, signal: Signal) -> None:
    if file.suffix == ".wav":
        write_wav(file, signal)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, signal, 16000, format="MP3")


def _capital(rows: list[list[str]]) -> list[list[str]]:
    return [[*row[:2], row[2].title(), *row[3:]] for row in rows]


def _table(
    file: Path,
    name: str,
    rows: list[list[str]],
    *,
    end: str = "\n",
    quoted: bool = False,
    bom: bool = False,
    columns: int = 5,
) -> None:
    """As the organisers wrote it; in quoted tables numbers and NA stand bare."""
    header = [name, "age", "gender", "educ", "dx", "mmse"][: columns + 1]
    lines = [
        ",".join(
            f'"{cell}"' if quoted and not cell.isdigit() and cell != "NA" else cell for cell in row
        )
        for row in [header, *rows]
    ]
    text = end.join([*lines, ""])
    file.write_bytes(text.encode("utf-8-sig" if bom else "utf-8"))
