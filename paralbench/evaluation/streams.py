"""The stream of an encoder that a head reads, from the stored features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from paralbench.encoders.loading import LoadableEncoder
from paralbench.evaluation.steps import fill
from paralbench.features.engine import LOCAL, Engine
from paralbench.features.pooling import merge
from paralbench.features.reading import read
from paralbench.features.store import FeatureStore, Loaded
from paralbench.heads.head import FrameStream, PooledStream, Stream
from paralbench.records.example import Clip
from paralbench.records.result import Consumption


def stream(
    encoder: LoadableEncoder,
    clips: Mapping[bytes, Clip],
    store: FeatureStore,
    parts: Sequence[Sequence[bytes]],
    lengths: Sequence[int] = (),
    *,
    engine: Engine = LOCAL,
    quiet: bool = False,
    say: Callable[[str], None] = lambda message: None,
) -> tuple[Stream, Consumption]:
    """One encoder's stream, and the audio it used.

    ``parts`` are the keys of each example's clips, in order; ``lengths`` the number of labels of
    each example of a series task; the other arguments are those of ``read``.

    Raises:
        ParalbenchError: where a damaged record cannot be extracted again.
    """
    card, spec = encoder.card, store.key.spec
    keys = [key for example in parts for key in example]
    records = read(encoder, clips, store, keys, engine=engine, quiet=quiet, say=say)
    examples = [slice(*bounds) for bounds in pairwise(np.cumsum([0, *map(len, parts)]).tolist())]
    result: Stream
    if isinstance(records, Loaded):
        if all(len(example) == 1 for example in parts):
            values = records.stacked()
        else:
            frames = records.frames.tolist()
            values = np.stack([merge(records.arrays[part], frames[part]) for part in examples])
        result = PooledStream(card.id, values, words=card.words)
    elif spec.kind == "windows":
        result = PooledStream(card.id, fill(records.arrays, lengths), spec.rate, card.words)
    else:
        arrays = [records.arrays[part] for part in examples]
        rate = spec.frame_rate(card) or 0.0
        result = FrameStream(card.id, arrays, store.key.layers, store.key.width, rate, card.words)
    asked, consumed = float(records.asked.sum()), float(records.consumed.sum())
    return result, Consumption(
        asked=round(asked, 3), consumed=round(consumed, 3), fraction=round(consumed / asked, 6)
    )
