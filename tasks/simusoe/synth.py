"""A small corpus of snores in the manifest that ``adapter.py`` documents; the adapter's inverse.

Forty subjects with three snores each. Severity is carried by flutter, gaps and bandwidth.
"""

from pathlib import Path

import numpy as np

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.snore import snore

_BANDS = {"normal": (0.5, 4.9), "mild": (5, 14.9), "moderate": (15, 29.9), "severe": (30, 80)}


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "simusoe", seed)
    lines = ["path,subject,label,ahi,sex,age"]
    for number in range(40):
        label = list(_BANDS)[number % 4]
        ahi = round(float(rng.uniform(*_BANDS[label])), 1)
        person = (
            f"{label},{ahi},{'male' if rng.random() < 0.7 else 'female'},{rng.integers(25, 70)}"
        )
        # On a scale on which the clinical classes are about as wide as each other.
        severity = float(np.log1p(ahi / 5) / np.log1p(12))
        for take in range(3):
            path = f"audio/P{number:03d}_{take}.wav"
            write_wav(root / path, snore(severity, float(rng.uniform(1.2, 2.0)), rng))
            lines.append(f"{path},P{number:03d},{person}")
    # Snores of a subject need not stand together.
    shuffled = [lines[1 + place] for place in rng.permutation(len(lines) - 1)]
    (root / "manifest.csv").write_text("\r\n".join([lines[0], *shuffled, ""]), encoding="utf-8-sig")
    litter(root / "audio" / "P000_0.wav")
