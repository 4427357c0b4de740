"""A small RAVDESS in the layout of the doubled zip, with a stereo file and a song; the adapter's inverse."""

import shutil
from pathlib import Path

import numpy as np

from paralbench.synthetic.corpus import begin, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

EMOTIONS = ("neu", "neu", "hap", "sad", "ang", "fea", "dis", "sur")
"""Which delivery each emotion gets, in the order of its number; calm is a second neutral."""

RATE = 48000


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "ravdess", seed)
    for actor in range(1, 25):
        person = speaker(rng, "male" if actor % 2 else "female", 26)
        folder = root / f"Actor_{actor:02d}"
        for number, emotion in enumerate(EMOTIONS, start=1):
            how = delivery(emotion, rng, 0.85)
            signal = speak(person, how, float(rng.uniform(1.0, 1.4)), rng, RATE)
            statement = 1 + number % 2
            name = f"03-01-{number:02d}-01-{statement:02d}-01-{actor:02d}.wav"
            write_wav(folder / name, signal, RATE)
            if (actor, number) == (1, 5):
                both = np.stack([signal, signal], axis=1)
                write_wav(folder / f"03-01-05-02-{statement:02d}-01-01.wav", both, RATE)
        if actor == 2:
            song = speak(person, delivery("hap", rng), 1.0, rng, RATE)
            write_wav(folder / "03-02-03-01-01-01-02.wav", song, RATE)
    shutil.copytree(root / "Actor_01", root / "audio_speech_actors_01-24" / "Actor_01")
