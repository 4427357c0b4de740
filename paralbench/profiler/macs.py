"""Multiply-accumulates of an encoder on a clip: counted, estimated, or reported as uncounted.

A piece of each length is counted once; a clip costs the sum of its pieces. A model that another
runtime computes is counted as the same module in torch: the operations are the network's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from paralbench.audio.pieces import Piece
from paralbench.encoders.encoder import Encoder, Waveform
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.placement import Placement
from paralbench.heads.training.counting import macs
from paralbench.profiler.onnx_macs import CountedGraph, UncountedError
from paralbench.profiler.opensmile_macs import estimate

ESTIMATED = "estimated"
"""How the description of a count begins that is none."""


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
    try:
        each_of, how = _counter(encoder, ready)
    except UncountedError as error:
        return Count(None, why_not=f"uncounted: {error}")
    noise = np.random.default_rng(0)
    each: dict[int, int] = {}
    for size in {samples for pieces in lengths.values() for samples in pieces}:
        each[size] = each_of((0.1 * noise.standard_normal(size)).astype(np.float32))
    if not any(each.values()):
        return Count(None, why_not="uncounted: torch sees no product or convolution in it")
    counted = {
        seconds: sum(each[size] * times for size, times in Counter(pieces).items())
        for seconds, pieces in lengths.items()
    }
    return Count(counted, how)


def _counter(encoder: LoadableEncoder, ready: Encoder) -> tuple[Callable[[Waveform], int], str]:
    """A function that counts one piece, and how it does so."""
    card = encoder.card
    if card.backend == "opensmile":
        feature_set = str(card.settings.get("feature_set"))
        if estimate(feature_set, card.rate, card.rate) is None:
            raise UncountedError(f"no estimate of openSMILE's set '{feature_set}'")
        return (
            lambda waveform: estimate(feature_set, len(waveform), card.rate) or 0,
            f"{ESTIMATED} from the products of openSMILE's configuration",
        )
    if card.backend == "onnx":
        if encoder.weights.path is None:
            raise UncountedError("there is no graph")
        graph = CountedGraph(card, encoder.weights.path)
        # What computes the graph's input is counted where torch does so.
        return (
            lambda waveform: graph.macs(waveform) + macs(ready.encode, [waveform]),
            "counted in the ONNX graph, and its input's spectra in torch",
        )
    how = "counted in torch"
    if encoder.placement.runtime != "torch":
        ready = replace(encoder, placement=Placement()).load()
        how = f"counted in torch, of the module that {encoder.placement.runtime} was given"
    return lambda waveform: macs(ready.encode, [waveform]), how


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
