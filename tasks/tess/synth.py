"""A small TESS in its true layout; the adapter's inverse."""

from pathlib import Path

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

EMOTIONS = {"angry": "ang", "disgust": "dis", "fear": "fea", "happy": "hap", "neutral": "neu", "ps": "sur",
            "sad": "sad"}  # fmt: skip
"""Which delivery each code gets."""

_WORDS = ("back", "bar", "base", "bath", "bean")


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "tess", seed)
    for who, age in (("OAF", 64), ("YAF", 26)):
        person = speaker(rng, "female", age)
        for code, emotion in EMOTIONS.items():
            for word in _WORDS:
                signal = speak(person, delivery(emotion, rng, 0.9), float(rng.uniform(1, 1.6)), rng)
                write_wav(root / f"{who}_{code}" / f"{who}_{word}_{code}.wav", signal)
    litter(root / "OAF_angry" / "OAF_back_angry.wav")
