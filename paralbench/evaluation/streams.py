"""From stored features to the stream that a head reads: one encoder's, example by example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.steps import fill
from paralbench.features.pooling import merge
from paralbench.features.store import FeatureStore
from paralbench.heads.head import FrameStream, PooledStream, Stream
from paralbench.records.model_card import ModelCard
from paralbench.records.result import Consumption


class DamagedRecordsError(Exception):
    """Stored records whose checksum is wrong, by key."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        super().__init__(f"{len(keys)} damaged records")
        self.keys = keys


def stream(
    card: ModelCard,
    store: FeatureStore,
    parts: Sequence[Sequence[bytes]],
    lengths: Sequence[int] = (),
) -> tuple[Stream, Consumption, list[int]]:
    """One encoder's stream, of how much audio, and the frames of each clip (steps, of a series).

    Args:
        card: the encoder's.
        store: its features.
        parts: the keys of each example's clips, in order.
        lengths: how many labels each example has, where the target is a series.

    Raises:
        DamagedRecordsError: naming the records whose checksum is wrong.
    """
    spec = store.key.spec
    keys = [key for example in parts for key in example]
    examples = [slice(*bounds) for bounds in pairwise(np.cumsum([0, *map(len, parts)]).tolist())]
    audio = np.zeros(2)
    damaged: list[bytes] = []
    frames: list[int] = []
    result: Stream
    if spec.kind == "frames":
        mapped = store.map(keys)
        damaged += [keys[place] for place in mapped.corrupt]
        frames += mapped.frames.tolist()
        audio += mapped.asked.sum(), mapped.consumed.sum()
        result = FrameStream(
            card.id,
            [mapped.arrays[clips] for clips in examples],
            store.key.layers,
            store.key.width,
            spec.frame_rate(card) or 0.0,
            card.words,
        )
    elif spec.kind == "windows":

        def recordings() -> Iterator[NDArray[np.floating]]:
            # One recording at a time: all windows of a corpus fill the memory, once is enough.
            for key in keys:
                record = store.load([key])
                frames.extend(record.frames.tolist())
                damaged.extend([key] if record.corrupt else [])
                audio[:] += record.asked.sum(), record.consumed.sum()
                yield record.arrays[0]

        rows = fill(recordings(), lengths)
        result = PooledStream(card.id, rows, spec.rate, card.words)
    else:
        loaded = store.load(keys)
        damaged += [keys[place] for place in loaded.corrupt]
        frames += loaded.frames.tolist()
        audio += loaded.asked.sum(), loaded.consumed.sum()
        if all(len(clips) == 1 for clips in parts):
            values = loaded.stacked()
        else:
            values = np.stack([merge(loaded.arrays[clips], frames[clips]) for clips in examples])
        result = PooledStream(card.id, values, words=card.words)
    if damaged:
        raise DamagedRecordsError(damaged)
    asked, consumed = audio.tolist()
    consumption = Consumption(
        asked=round(asked, 3), consumed=round(consumed, 3), fraction=round(consumed / asked, 6)
    )
    return result, consumption, frames
