"""A small AccentDB in its true layout: nine accents, two to four speakers each, Odiya and Welsh with one.

Accents are heard as shifted vowels, gliding syllables, melody and pace.
"""

from pathlib import Path

from paralbench.synthetic.accent import accented, accents
from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.voice import speak, speaker

SPEAKERS = {"american": 4, "australian": 3, "bangla": 2, "british": 3, "indian": 3, "malayalam": 3,
            "odiya": 1, "telugu": 3, "welsh": 1}  # fmt: skip
SENTENCES = 6


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "accentdb", seed)
    for (name, people), accent in zip(SPEAKERS.items(), accents(len(SPEAKERS)), strict=True):
        for number in range(1, people + 1):
            who = speaker(rng, "female" if number % 2 else "male")
            folder = root / name / f"speaker_{number:02d}"
            for sentence in range(1, SENTENCES + 1):
                so, how = accented(who, accent, rng)
                file = folder / f"{name}_s{number:02d}_{sentence:03d}.wav"
                write_wav(file, speak(so, how, float(rng.uniform(1.2, 2.0)), rng))
    litter(root / "american" / "speaker_01" / "american_s01_001.wav")
