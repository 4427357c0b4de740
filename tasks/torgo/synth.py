"""A small TORGO in its true layout, instructions and pictures among the prompts; the adapter's inverse.

The dysarthric speak slower, with pauses and a rough voice.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

SPEAKERS = ("F01", "F03", "F04", "M01", "M02", "M03", "M04", "M05", "FC01", "FC02", "FC03", "MC01",
            "MC02", "MC03", "MC04")  # fmt: skip
PROMPTS = ("stick", "pat", "up", "the quick brown fox", "[relax your mouth in its normal position]",
           "input/images/p12.jpg")  # fmt: skip


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "torgo", seed)
    for name in SPEAKERS:
        person = speaker(rng, "female" if name.startswith("F") else "male")
        how = delivery("neu", rng)
        if "C" not in name:
            how = replace(how, pace=0.6 * how.pace, pause=0.3, jitter=0.02, shimmer=0.12, tilt=0.8)
        session = root / name / "Session1"
        (session / "prompts").mkdir(parents=True)
        for number, words in enumerate(PROMPTS, start=1):
            (session / "prompts" / f"{number:04d}.txt").write_text(words, encoding="utf-8")
            signal = speak(person, how, float(rng.uniform(0.8, 1.4)), rng)
            microphones = ("arrayMic",) if name == "F04" else ("headMic", "arrayMic")
            for microphone in microphones:
                write_wav(session / f"wav_{microphone}" / f"{number:04d}.wav", signal)
    (root / "FC01" / "Session1" / "wav_headMic" / "0004.wav").unlink()
    empty = np.zeros(0, np.float32)
    write_wav(root / "FC01" / "Session1" / "wav_arrayMic" / "0004.wav", empty)
    litter(root / "F01" / "Session1" / "wav_headMic" / "0001.wav")
