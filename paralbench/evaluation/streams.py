"""From stored features to the stream that a head reads: one encoder's, example by example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.steps import fill
from paralbench.features.pooling import merge
from paralbench.features.source import Source
from paralbench.heads.head import FrameStream, PooledStream, Stream
from paralbench.records.result import Consumption


def stream(
    source: Source, parts: Sequence[Sequence[bytes]], lengths: Sequence[int] = ()
) -> tuple[Stream, Consumption]:
    """One encoder's stream, and how much audio it was computed from.

    Args:
        source: the encoder's features.
        parts: the keys of each example's clips, in order.
        lengths: how many labels each example has, where the target is a series.
    """
    card, spec = source.encoder.card, source.store.key.spec
    keys = [key for example in parts for key in example]
    examples = [slice(*bounds) for bounds in pairwise(np.cumsum([0, *map(len, parts)]).tolist())]
    audio = np.zeros(2)
    result: Stream
    if spec.kind == "frames":
        mapped = source.map(keys)
        audio += mapped.asked.sum(), mapped.consumed.sum()
        result = FrameStream(
            card.id,
            [mapped.arrays[clips] for clips in examples],
            source.store.key.layers,
            source.store.key.width,
            spec.frame_rate(card) or 0.0,
            card.words,
        )
    elif spec.kind == "windows":

        def recordings() -> Iterator[NDArray[np.floating]]:
            # One recording at a time: all windows of a corpus fill the memory, once is enough.
            for key in keys:
                record = source.load([key])
                audio[:] += record.asked.sum(), record.consumed.sum()
                yield record.arrays[0]

        rows = fill(recordings(), lengths)
        result = PooledStream(card.id, rows, spec.rate, card.words)
    else:
        loaded = source.load(keys)
        audio += loaded.asked.sum(), loaded.consumed.sum()
        if all(len(clips) == 1 for clips in parts):
            values = loaded.stacked()
        else:
            frames = loaded.frames.tolist()
            values = np.stack([merge(loaded.arrays[clips], frames[clips]) for clips in examples])
        result = PooledStream(card.id, values, words=card.words)
    asked, consumed = audio.tolist()
    return result, Consumption(
        asked=round(asked, 3), consumed=round(consumed, 3), fraction=round(consumed / asked, 6)
    )
