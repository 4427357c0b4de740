"""Multiply-accumulates of an encoder on a clip: counted in torch, or reported as uncounted.

A piece of each length is counted once; a clip costs the sum of its pieces. A model that another
runtime computes is counted as the same module in torch: the operations are the network's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from paralbench.audio.pieces import Piece
from paralbench.encoders.encoder import Encoder
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.placement import Placement
from paralbench.heads.training.counting import macs

_OUTSIDE = {"onnx": "onnxruntime", "opensmile": "openSMILE"}
"""Backends whose network torch never sees; counting their front alone would mislead."""


@dataclass(frozen=True)
class Count:
    """``macs`` by clip length, with ``how``; or None and why not."""

    macs: dict[float, int] | None
    how: str = ""
    why_not: str = ""


def encoder_macs(
    encoder: LoadableEncoder, ready: Encoder, lengths: dict[float, Sequence[int]]
) -> Count:
    """MACs of an encoder.

    Args:
        encoder: which one.
        ready: the same, loaded.
        lengths: for each clip length, how many samples each of its pieces has.
    """
    outside = _OUTSIDE.get(encoder.card.backend)
    if outside is not None:
        return Count(None, why_not=f"uncounted: {outside} computes it, torch sees no operation")
    how = "counted in torch"
    if encoder.placement.runtime != "torch":
        ready = replace(encoder, placement=Placement()).load()
        how = f"counted in torch, of the module that {encoder.placement.runtime} was given"
    noise = np.random.default_rng(0)
    each: dict[int, int] = {}
    for size in {samples for pieces in lengths.values() for samples in pieces}:
        waveform = (0.1 * noise.standard_normal(size)).astype(np.float32)
        each[size] = macs(ready.encode, [waveform])
    if not any(each.values()):
        return Count(None, why_not="uncounted: torch sees no product or convolution in it")
    counted = {
        seconds: sum(each[size] * times for size, times in Counter(pieces).items())
        for seconds, pieces in lengths.items()
    }
    return Count(counted, how)


def sizes(encoder: LoadableEncoder, pieces: Sequence[Piece]) -> list[int]:
    """Samples of each piece that is encoded; what is too short is dropped."""
    shortest = encoder.card.policy.shortest * encoder.card.rate
    return [len(piece.samples) for piece in pieces if len(piece.samples) >= shortest]


def total(counts: Sequence[Count]) -> Count:
    """Of several encoders together; uncounted where one of them is."""
    missing = [count.why_not for count in counts if count.macs is None]
    if missing:
        return Count(None, why_not="; ".join(dict.fromkeys(missing)))
    summed: Counter[float] = Counter()
    for count in counts:
        summed.update(count.macs or {})
    return Count(dict(summed), "; ".join(dict.fromkeys(count.how for count in counts)))
