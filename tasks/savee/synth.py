"""A small SAVEE in its true layout; the adapter's inverse."""

from pathlib import Path

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

EMOTIONS = {"a": "ang", "d": "dis", "f": "fea", "h": "hap", "n": "neu", "sa": "sad", "su": "sur"}
"""Which delivery each code gets."""


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "savee", seed)
    for who in ("DC", "JE", "JK", "KL"):
        person = speaker(rng, "male", 28)
        for number in range(1, 4):
            for code, emotion in EMOTIONS.items():
                signal = speak(person, delivery(emotion, rng, 0.8), float(rng.uniform(1, 1.6)), rng)
                write_wav(root / who / f"{code}{number:02d}.wav", signal)
    litter(root / "DC" / "a01.wav")
