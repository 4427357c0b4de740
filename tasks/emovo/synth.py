"""A small EMOVO in its true layout; the adapter's inverse."""

from pathlib import Path

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

EMOTIONS = {
    "neu": "neu",
    "dis": "dis",
    "gio": "hap",
    "pau": "fea",
    "rab": "ang",
    "sor": "sur",
    "tri": "sad",
}
"""Which delivery each code gets."""


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "emovo", seed)
    for who in ("f1", "f2", "f3", "m1", "m2", "m3"):
        person = speaker(rng, "female" if who[0] == "f" else "male", 28)
        for text in ("b1", "l2", "n3"):
            for code, emotion in EMOTIONS.items():
                signal = speak(person, delivery(emotion, rng, 0.8), float(rng.uniform(1, 1.6)), rng)
                write_wav(root / who / f"{code}-{who}-{text}.wav", signal)
    litter(root / "f1" / "neu-f1-b1.wav")
