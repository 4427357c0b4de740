"""What every synthetic corpus shares: the mark that it is one, and how its audio is written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile

from paralbench.records.corpus_card import SYNTHETIC_MARK
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


def write_aac(file: Path, signal: Signal, rate: int = 16000) -> None:
    """AAC in an MP4 container, as the sound of .mp4 and .m4a files is."""
    import av

    file.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(file), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(signal[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def litter(file: Path) -> None:
    """What a Mac leaves in its archives beside ``file``: metadata that look like more data."""
    double = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "
    twin = file.parent / "__MACOSX" / f"._{file.name}"
    twin.parent.mkdir(parents=True, exist_ok=True)
    for place in (file.with_name(f"._{file.name}"), file.with_name(".DS_Store"), twin):
        place.write_bytes(double)
