"""The stream of an encoder that a head reads, from the stored features."""

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
    """The checksum of stored records does not match; ``keys`` names them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        super().__init__(f"{len(keys)} damaged records")
        self.keys = keys


def stream(
    card: ModelCard,
    store: FeatureStore,
    parts: Sequence[Sequence[bytes]],
    lengths: Sequence[int] = (),
) -> tuple[Stream, Consumption, list[int]]:
    """One encoder's stream, the audio it used, and the frames of each clip (steps of a series).

    ``parts`` are the keys of each example's clips, in order; ``lengths`` the number of labels of
    each example of a series task.

    Raises:
        DamagedRecordsError: if the checksum of records does not match.
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
        damaged += [keys[index] for index in mapped.corrupt]
        frames += mapped.frames.tolist()
        audio += mapped.asked.sum(), mapped.consumed.sum()
        arrays = [mapped.arrays[clips] for clips in examples]
        rate = spec.frame_rate(card) or 0.0
        result = FrameStream(card.id, arrays, store.key.layers, store.key.width, rate, card.words)
    elif spec.kind == "windows":

        def recordings() -> Iterator[NDArray[np.floating]]:
            # One recording at a time: all windows of a corpus would be in memory twice.
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
        damaged += [keys[index] for index in loaded.corrupt]
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
