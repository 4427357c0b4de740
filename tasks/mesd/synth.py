"""A small MESD in its true layout; the adapter's inverse."""

from pathlib import Path

from paralbench.synthetic.corpus import begin, write_wav
from paralbench.synthetic.emobox import write_lists
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

EMOTIONS = {
    "Anger": "ang", "Disgust": "dis", "Fear": "fea", "Happiness": "hap", "Neutral": "neu", "Sadness": "sad",
}  # fmt: skip
"""Which delivery each emotion gets."""

_WORDS = ("tarde", "abajo", "mas_tarde", "Adios", "nunca", "ayer")
RATE = 48000


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "mesd", seed)
    for voice in "FMC":
        person = speaker(rng, "male" if voice == "M" else "female", 12 if voice == "C" else 30)
        for place, word in enumerate(_WORDS):
            for emotion, carried in EMOTIONS.items():
                how = delivery(carried, rng, 0.9)
                signal = speak(person, how, float(rng.uniform(0.7, 1.0)), rng, RATE)
                name = f"{emotion}_{voice}_{'AB'[place % 2]}_{word}.wav"
                write_wav(root / name, signal, RATE)
    keys = sorted(file.stem for file in root.glob("*.wav"))
    write_lists(root, "mesd", keys, 1, rng)
