"""The mark of a synthetic corpus, and writers of its audio."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile

from paralbench.records.corpus_card import SYNTHETIC_MARK
from paralbench.records.errors import UsageError
from paralbench.synthetic.voice import Signal


def begin(root: Path, corpus: str, seed: int) -> np.random.Generator:
    """Create and mark the root; returns the corpus's random generator.

    Raises:
        UsageError: if ``root`` holds anything but this corpus.
    """
    mark = root / SYNTHETIC_MARK
    if root.exists() and not mark.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UsageError(f"{root} is not empty; a synthetic corpus is written into a new folder.")
    content = json.dumps({"corpus": corpus, "seed": seed, "made_by": "paralbench synth"}) + "\n"
    if mark.exists() and mark.read_text(encoding="utf-8") != content:
        raise UsageError(f"{root} holds another synthetic corpus; give a new folder for this one.")
    root.mkdir(parents=True, exist_ok=True)
    mark.write_text(content, encoding="utf-8")
    return np.random.default_rng([seed, *corpus.encode()])


def write_wav(file: Path, signal: Signal, rate: int = 16000) -> None:
    """Write 16-bit PCM, the usual format of corpora."""
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, signal, rate, subtype="PCM_16")


def write_aac(file: Path, signal: Signal, rate: int = 16000) -> None:
    """Write AAC in an MP4 container, as in .mp4 and .m4a files."""
    import av

    file.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(file), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(signal[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def litter(file: Path) -> None:
    """Write the metadata files that a Mac leaves in archives beside ``file``."""
    double = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "
    twin = file.parent / "__MACOSX" / f"._{file.name}"
    twin.parent.mkdir(parents=True, exist_ok=True)
    for place in (file.with_name(f"._{file.name}"), file.with_name(".DS_Store"), twin):
        place.write_bytes(double)
