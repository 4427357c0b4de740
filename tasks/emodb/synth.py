"""A small EMO-DB in its true layout; the adapter's inverse."""

from pathlib import Path

from paralbench.synthetic.corpus import begin, write_wav
from paralbench.synthetic.emobox import write_lists
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

EMOTIONS = {"W": "ang", "L": "sad", "E": "dis", "A": "fea", "F": "hap", "T": "sad", "N": "neu"}
"""Which delivery each letter gets; boredom is a half-hearted sadness."""

_MALE = {"03", "10", "11", "12", "15"}
_SPEAKERS = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")
_TEXTS = ("a01", "b02")


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "emodb", seed)
    for number in _SPEAKERS:
        person = speaker(rng, "male" if number in _MALE else "female", 30)
        for text in _TEXTS:
            for letter, emotion in EMOTIONS.items():
                how = delivery(emotion, rng, 0.4 if letter == "L" else 0.8)
                signal = speak(person, how, float(rng.uniform(1.2, 1.8)), rng)
                write_wav(root / "wav" / f"{number}{text}{letter}a.wav", signal)
    keys = sorted(file.stem for file in (root / "wav").glob("*.wav"))
    write_lists(root, "emodb", keys, 5, rng)
    (root / "wav" / "._03a01Wa.wav").write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00")
