"""A small ADReSS 2020 in its true layout, quirks planted; the adapter's inverse.

Whole recordings with an interviewer in them; dementia is carried by pace, pauses, a rougher voice.
"""

from pathlib import Path

import numpy as np

from paralbench.synthetic.conversation import IMPAIRED, Interviewer, burdened, converse
from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.voice import speaker

_AUDIO = "Full_wave_enhanced_audio"


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "adress", seed)
    interviewer = Interviewer(rng)
    header = ["ID   ", " age", " gender ", " mmse"]
    for folder, first, ill in (("cc", 1, False), ("cd", 79, True)):
        names = [f"S{number:03d}" for number in range(first, first + 13)]
        rows = [
            _person(root / "train" / _AUDIO / folder, name, ill, interviewer, rng) for name in names
        ]
        rows[2][3] = " NA"
        _table(root / "train" / f"{folder}_meta_data.txt", header, rows)
    tested = []
    for place in range(14):
        ill = place % 2 == 1
        name = f"S{160 + place}"
        row = _person(root / "test" / _AUDIO, name, ill, interviewer, rng)
        tested.append([*row[:3], f" {ill:d} ", row[3]])
    _table(root / "test" / "meta_data.txt", header[:3], [row[:3] for row in tested])
    _table(root / "test" / "meta_data_test.txt", [*header[:3], "Label ", " mmse"], tested)
    litter(root / "test" / _AUDIO / "S160.wav")


def _person(
    folder: Path, name: str, ill: bool, interviewer: Interviewer, rng: np.random.Generator
) -> list[str]:
    """Record a speaker, and give the padded cells of the table: name, age, gender, mmse."""
    mmse = int(rng.integers(8, 25) if ill else rng.integers(26, 31))
    age, female = int(rng.integers(53, 81)), bool(rng.integers(2))
    who = speaker(rng, "female" if female else "male", age)
    how = burdened(IMPAIRED, (30 - mmse) / 16, rng)
    signal, _ = converse(interviewer, who, how, [float(rng.uniform(5, 7))], rng)
    write_wav(folder / f"{name}.wav", signal)
    return [f"{name} ", f" {age} ", " female " if female else " male ", f" {mmse}"]


def _table(file: Path, header: list[str], rows: list[list[str]]) -> None:
    file.write_text("\n".join(";".join(row) for row in [header, *rows]) + "\n", encoding="utf-8")
