"""A small ESD in its true layout; the adapter's inverse."""

from pathlib import Path

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

EMOTIONS = {"Neutral": "neu", "Angry": "ang", "Happy": "hap", "Sad": "sad", "Surprise": "sur"}
"""Which delivery each folder gets."""


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "esd", seed)
    for number in range(1, 21):
        name = f"{number:04d}"
        person = speaker(rng, "female" if number % 2 else "male", 28)
        for place, (folder, emotion) in enumerate(EMOTIONS.items()):
            for sentence in (1, 2):
                signal = speak(person, delivery(emotion, rng, 0.8), float(rng.uniform(1, 1.4)), rng)
                write_wav(root / name / folder / f"{name}_{350 * place + sentence:06d}.wav", signal)
        encoding = "utf-16" if number == 3 else "utf-8"
        (root / name / f"{name}.txt").write_text(f"{name}_000001\t-\tNeutral\n", encoding=encoding)
    litter(root / "0001" / "Angry" / "0001_000351.wav")
