"""Streams handed to other processes: through the disk, where all of them read the same pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paralbench.heads.head import FrameStream, PooledStream, Stream
from paralbench.records.model_card import Words

NO_NUMBERS = "it hands features to other processes as they are"


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A pooled stream's place on disk."""

    model: str
    file: Path
    rate: float
    words: Words | None


def share(streams: Sequence[Stream], folder: Path) -> list[FrameStream | OnDisk]:
    """Write what is not on disk yet; what comes back is small enough to be sent."""
    shared: list[FrameStream | OnDisk] = []
    for place, stream in enumerate(streams):
        if isinstance(stream, PooledStream):
            file = folder / f"{place}.npy"
            np.save(file, stream.values)
            shared.append(OnDisk(stream.model, file, stream.rate, stream.words))
        else:
            shared.append(stream)
    return shared


def reopen(shared: Sequence[FrameStream | OnDisk]) -> list[Stream]:
    """The streams again, read as they are touched."""
    return [
        PooledStream(stream.model, np.load(stream.file, mmap_mode="r"), stream.rate, stream.words)
        if isinstance(stream, OnDisk)
        else stream
        for stream in shared
    ]
