"""Reference clips: two voices in turns, made on the spot, the same wherever and whenever."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from paralbench.synthetic.voice import Delivery, Signal, speak, speaker

LENGTHS = (3.0, 10.0, 30.0, 60.0, 600.0)
"""Seconds."""
COMPARED = 10.0
"""Where entries are compared: always measured, and first."""
RATE = 16000
_TURN = 7.5
_SEED = 20


def reference(seconds: float) -> Signal:
    """So many seconds of a woman and a man in turns, float32 at 16 kHz; a longer clip begins alike."""
    rng = np.random.default_rng(_SEED)
    people = [speaker(rng, "female"), speaker(rng, "male")]
    turns: list[Signal] = []
    while len(turns) * _TURN < seconds:
        turns.append(speak(people[len(turns) % 2], Delivery(), _TURN, rng, RATE))
    return np.concatenate(turns)[: round(seconds * RATE)]


def write(folder: Path, lengths: tuple[float, ...]) -> dict[float, Path]:
    """One file a length below ``folder``."""
    files = {}
    for seconds in lengths:
        files[seconds] = folder / f"{seconds:g}.wav"
        soundfile.write(files[seconds], reference(seconds), RATE)
    return files
