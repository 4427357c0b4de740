"""A small VIVAE in its true layout; the adapter's inverse."""

from pathlib import Path

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

EMOTIONS = {"achievement": "hap", "anger": "ang", "fear": "fea", "pain": "dis", "pleasure": "neu",
            "surprise": "sur"}  # fmt: skip
"""Which delivery each emotion gets."""

INTENSITIES = {"low": 0.4, "moderate": 0.7, "strong": 1.0, "peak": 1.4}


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "vivae", seed)
    for number in range(1, 12):
        person = speaker(rng, "female", 30)
        for name, emotion in EMOTIONS.items():
            for intensity, amount in INTENSITIES.items():
                signal = speak(
                    person, delivery(emotion, rng, amount), float(rng.uniform(0.5, 0.9)), rng
                )
                write_wav(root / "full_set" / f"S{number:02d}_{name}_{intensity}_01.wav", signal)
    litter(root / "full_set" / "S01_fear_low_01.wav")
