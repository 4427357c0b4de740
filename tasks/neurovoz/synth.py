"""A small NeuroVoz in its true layout; the adapter's inverse. The ill have rougher, flatter voices."""

from dataclasses import replace
from pathlib import Path

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

SAID = ("A1", "PATAKA", "CALLE", "FREE")
PEOPLE = 14
"""In each group."""


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "neurovoz", seed)
    (root / "metadata").mkdir()
    for group in ("HC", "PD"):
        for place in range(PEOPLE):
            number = 2 * place + (group == "PD")
            person = speaker(rng, "female" if place % 2 else "male", 68)
            how = delivery("neu", rng)
            if group == "PD":
                how = replace(how, jitter=0.03, shimmer=0.15, breath=0.25, loudness=-4, range=1.2)
            for said in SAID:
                signal = speak(person, how, float(rng.uniform(0.8, 1.4)), rng)
                write_wav(root / "audios" / f"{group}_{said}_{number:04d}.wav", signal)
    litter(root / "audios" / "HC_A1_0000.wav")
