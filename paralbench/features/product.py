"""What is kept of a clip's hidden states: pooled statistics, frames, or pooled windows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Literal

import numpy as np

from paralbench.records.example import Clip
from paralbench.records.model_card import ModelCard

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Product:
    """A kind of record in the store.

    ``pooled``: mean and population deviation over frames, [layers, 2, width].
    ``frames``: the hidden states, [layers, frames, width].
    ``windows``: ``pooled`` over ``window`` seconds around each step, ``rate`` steps a second,
    [layers, steps * 2, width].
    """

    kind: Literal["pooled", "frames", "windows"] = "pooled"
    dtype: Literal["float32", "float16"] = "float32"
    rate: float = 0.0
    window: float = 0.0

    def moving(self, rate: float, window: float) -> Product:
        """The same at every step of a series; only pooled statistics can be so taken."""
        if self.kind != "pooled":
            raise ValueError(f"a product of kind '{self.kind}' cannot be taken step by step")
        return Product("windows", self.dtype, rate, window)

    def bytes(self, card: ModelCard, seconds: float) -> int:
        """Size of the record of a clip of so many seconds."""
        if self.kind == "pooled":
            rows = 2.0
        elif self.kind == "windows":
            rows = 2 * (1 + seconds * self.rate)
        else:
            rows = 1 + seconds * (card.frame_rate or 0)
        return int(card.layers * rows * card.width) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, slots=True)
class Space:
    """One encoder's features of one kind: everything that made them but the audio."""

    encoder: str
    product: Product
    model: str
    layers: int
    width: int

    @property
    def name(self) -> str:
        """The space's name on disk: a digest of all that could change a record in it."""
        told = {**asdict(self), "format": FORMAT}
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def clip_key(digest: str, clip: Clip) -> bytes:
    """16 bytes naming a clip by its file's content and its cut, wherever the file lies."""
    cut = (digest, float(clip.start), None if clip.end is None else float(clip.end), clip.channel)
    return sha256(repr(cut).encode()).digest()[:16]
