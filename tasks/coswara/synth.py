"""A small Coswara in its true layout, planted quirks included; the adapter's inverse.

The ill breathe more into their voice, with more jitter, and cough longer.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from paralbench.synthetic.corpus import begin, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import Delivery, Signal, Speaker, speak, speaker

STATUS = ("healthy", "positive_mild", "healthy", "positive_moderate", "healthy", "positive_asymp",
          "healthy", "recovered_full", "positive_mild", "resp_illness_not_identified")  # fmt: skip
"""The status of each person, over and over."""

RATE = 44100
_COLUMNS = "id,a,covid_status,record_date,ep,g,l_c,l_l,l_s,rU"
_VOICED = ("counting-fast", "counting-normal", "vowel-a", "vowel-e", "vowel-o")
_NOISES = ("breathing-deep", "breathing-shallow", "cough-heavy", "cough-shallow")


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "coswara", seed)
    table = [_COLUMNS]
    for number in range(40):
        name = f"p{rng.integers(16**8):08x}{number:02d}"
        status = STATUS[number % len(STATUS)]
        sex = "male" if rng.random() < 0.5 else "female"
        date = "20200413" if number < 20 else "20210603"
        returning = ("y" if number % 10 == 2 else "n") if number >= 20 else ""
        day = f"{date[:4]}-{date[4:6]}-{date[6:]}"
        table.append(f"{name},{rng.integers(18, 70)},{status},{day},y,{sex},India,,,{returning}")
        person = speaker(rng, "male" if sex == "male" else "female")
        _record(root / date / name, person, status.startswith("positive"), rng)
        if number == 5:
            (root / date / name / "cough-heavy.wav").write_bytes(b"")
    table.append("nofolder,30,healthy,2021-06-03,y,male,India,,,n")
    graded = [line.split(",")[0] for line in table[1:]]
    (root / "annotations").mkdir()
    for sound in (*_VOICED, *_NOISES):
        lines = [f"{name}_{sound},{(2, 2, 1)[place % 3]}" for place, name in enumerate(graded)]
        lines[5] = f"{graded[5]}_{sound},{0 if sound == 'cough-heavy' else 2}"  # the empty file
        file = root / "annotations" / f"{sound}_labels.csv"
        file.write_text("\n".join(["FILENAME, QUALITY", *lines, ""]), encoding="utf-8")
    (root / "combined_data.csv").write_text("\n".join(table) + "\n", encoding="utf-8")


def _record(folder: Path, person: Speaker, ill: bool, rng: np.random.Generator) -> None:
    how = delivery("neu", rng)
    if ill:
        how = replace(how, breath=0.4, jitter=0.03, shimmer=0.2, tilt=0.75, pace=0.85 * how.pace)
    for sound in _VOICED:
        spoken = replace(how, range=0.2, pause=0.0, pace=0.3) if "vowel" in sound else how
        write_wav(folder / f"{sound}.wav", _voice(person, spoken, rng), RATE)
    for sound in _NOISES:
        write_wav(folder / f"{sound}.wav", _noise(ill, "cough" in sound, rng), RATE)


def _voice(person: Speaker, how: Delivery, rng: np.random.Generator) -> Signal:
    return speak(person, how, 0.8, rng, RATE)


def _noise(ill: bool, cough: bool, rng: np.random.Generator) -> Signal:
    """Bursts of noise; ill coughs are longer, ill breath is rougher."""
    time = np.arange(round(0.8 * RATE)) / RATE
    noise = rng.standard_normal(len(time))
    decay = (8.0 if ill else 12.0) * float(np.exp(rng.normal(0, 0.3)))
    flutter = 1 + (0.4 if ill else 0.1) * float(rng.uniform(0, 2)) * np.sin(2 * np.pi * 30 * time)
    shape = np.exp(-decay * (time % 0.4)) if cough else 0.3 * flutter * np.sin(np.pi * time) ** 2
    signal: Signal = np.clip(0.2 * noise * shape, -1, 1).astype(np.float32)
    return signal
