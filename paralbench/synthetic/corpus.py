"""What every synthetic corpus shares: the mark that it is one, and how its audio is written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile

from paralbench.corpora.locating import SYNTHETIC_MARK
from paralbench.records.errors import UsageError
from paralbench.synthetic.voice import Signal


def begin(root: Path, corpus: str, seed: int) -> np.random.Generator:
    """Make the root, mark it as synthetic, and give the source of all its chance.

    Raises:
        UsageError: where ``root`` holds something else than this very corpus.
    """
    mark = root / SYNTHETIC_MARK
    if root.exists() and not mark.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UsageError(f"{root} is not empty; a synthetic corpus is written into a new folder.")
    made = json.dumps({"corpus": corpus, "seed": seed, "made_by": "paralbench synth"}) + "\n"
    if mark.exists() and mark.read_text(encoding="utf-8") != made:
        raise UsageError(f"{root} holds another synthetic corpus; give a new folder for this one.")
    root.mkdir(parents=True, exist_ok=True)
    mark.write_text(made, encoding="utf-8")
    return np.random.default_rng([seed, *corpus.encode()])


def write_wav(file: Path, signal: Signal, rate: int = 16000) -> None:
    """16-bit PCM, as nearly every corpus is distributed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, signal, rate, subtype="PCM_16")
