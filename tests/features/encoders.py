"""Small encoders written as a submitter would, and recordings to feed them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from paralbench.catalog import Catalog
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.features.digests import digests
from paralbench.features.key import clip_key
from paralbench.records.example import Clip

CARD = """
id = "{name}"
title = "{name}"
backend = "python"
rate = 16000
layers = {layers}
width = {width}
frame_rate = {frame_rate}
parameters = 0
licence = "MIT"
citation = "none"
[policy]
window = {window}
shortest = 0.05
overlap = {overlap}
"""

ADAPTER = """
import os, time
import torch

class Encoder:
    def encode(self, waveforms):
        {before}
        return [self.one(torch.from_numpy(w)) for w in waveforms]

    def one(self, w):
        return {body}

def load():
    return Encoder()
"""


def encoder(
    root: Path,
    body: str,
    *,
    name: str = "small",
    before: str = "pass",
    layers: int = 1,
    width: int = 4,
    frame_rate: float = 100.0,
    window: float = 0.5,
    overlap: float = 0.0,
) -> LoadableEncoder:
    """A model whose ``one(w)`` returns ``body``, for a waveform ``w`` as a torch tensor."""
    folder = root / "catalog" / "models" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.toml").write_text(
        CARD.format(
            name=name,
            layers=layers,
            width=width,
            frame_rate=frame_rate,
            window=window,
            overlap=overlap,
        )
    )
    (folder / "adapter.py").write_text(ADAPTER.format(body=body, before=before))
    return loadable(Catalog([root / "catalog"]).model(name))


def clips(root: Path, lengths: list[float]) -> dict[bytes, Clip]:
    """Noise of these lengths in seconds, a file each, and a clip of each whole file."""
    folder = root / "wav"
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, seconds in enumerate(lengths):
        file = folder / f"{number:03d}.wav"
        rng = np.random.default_rng(number)
        soundfile.write(file, 0.1 * rng.standard_normal(round(16000 * seconds)), 16000)
        files.append(file)
    hashes = digests(files)
    return {clip_key(str(hashes[file]), Clip(file)): Clip(file) for file in files}
