"""From what the stores hold to streams for a head: loaded, repaired, put together by example."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paralbench.encoders.loading import LoadableEncoder
from paralbench.evaluation import steps
from paralbench.evaluation.preparation import Preparation
from paralbench.evaluation.selection import Selection
from paralbench.features.engine import Engine
from paralbench.features.pooling import merge
from paralbench.features.store import FeatureStore, Loaded, Mapped
from paralbench.heads.head import FrameStream, PooledStream, Split, Stream
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Consumption


@dataclass(frozen=True)
class Source:
    """One encoder of an entry and the store that holds its features."""

    prepared: Preparation
    encoder: LoadableEncoder
    store: FeatureStore
    engine: Engine
    quiet: bool
    say: Callable[[str], None]

    @classmethod
    def of(
        cls,
        prepared: Preparation,
        cache: Path,
        engine: Engine,
        quiet: bool,
        say: Callable[[str], None],
    ) -> list[Source]:
        """All encoders of an entry."""
        from paralbench.features.key import feature_key

        return [
            cls(prepared, encoder, store, engine, quiet, say)
            for encoder in prepared.entry.encoders
            for store in [FeatureStore(cache, feature_key(encoder, prepared.spec))]
        ]

    def extract(self) -> dict[bytes, str]:
        """Make what is missing; returns the clips that cannot be used, and why."""
        from paralbench.features.extraction import extract

        done = extract(
            self.encoder,
            self.prepared.clips,
            self.store,
            engine=self.engine,
            quiet=self.quiet,
            say=self.say,
        )
        return dict(done.refused)

    def too_short(self, selection: Selection) -> dict[str, str]:
        """Recordings of a series whose audio ends too early, and why."""
        stored = self.store.index()
        key = self.prepared.key
        heard = {
            example.id: int(stored[key(example.clips[0])]["frames"])
            for example in selection.examples
        }
        return steps.too_short(selection, heard)

    def gather(self, selection: Selection) -> tuple[Stream, Consumption]:
        """This encoder's stream, and how much audio was heard for it."""
        key = self.prepared.key
        parts = [
            [key(clip) for clip in self.prepared.pieces(example)] for example in selection.examples
        ]
        if selection.series:
            return self._steps([key for (key,) in parts], selection)
        if self.prepared.spec.kind == "frames":
            return self._frames(parts)
        return self._pooled(parts)

    def _steps(
        self, keys: Sequence[bytes], selection: Selection
    ) -> tuple[PooledStream, Consumption]:
        # One recording at a time: all windows of a corpus fill the memory, once is enough.
        heard = np.zeros(2)

        def recordings() -> Iterator[NDArray[np.floating]]:
            for key in keys:
                one = self._load([key])
                heard[:] += one.asked.sum(), one.consumed.sum()
                yield one.arrays[0]

        rows = steps.fill(recordings(), [len(values) for values in selection.series])
        rate = self.prepared.spec.rate
        card = self.encoder.card
        return PooledStream(card.id, rows, rate, card.words), _consumption(*heard)

    def _pooled(self, parts: Sequence[Sequence[bytes]]) -> tuple[PooledStream, Consumption]:
        loaded = self._load([key for keys in parts for key in keys])
        consumption = _consumption(loaded.asked.sum(), loaded.consumed.sum())
        if all(len(keys) == 1 for keys in parts):
            return self._whole(loaded.stacked()), consumption
        frames = loaded.frames.tolist()
        merged = [merge(loaded.arrays[one], frames[one]) for one in _stretches(map(len, parts))]
        return self._whole(np.stack(merged)), consumption

    def _whole(self, values: NDArray[np.float32]) -> PooledStream:
        card = self.encoder.card
        return PooledStream(card.id, values, words=card.words)

    def _frames(self, parts: Sequence[Sequence[bytes]]) -> tuple[FrameStream, Consumption]:
        mapped = self._map([key for keys in parts for key in keys])
        key, card = self.store.key, self.encoder.card
        stream = FrameStream(
            card.id,
            [mapped.arrays[one] for one in _stretches(map(len, parts))],
            key.layers,
            key.width,
            self.prepared.spec.frame_rate(card) or 0.0,
            card.words,
        )
        return stream, _consumption(mapped.asked.sum(), mapped.consumed.sum())

    def _load(self, keys: Sequence[bytes]) -> Loaded:
        loaded = self.store.load(keys)
        if loaded.corrupt:
            self._renew([keys[position] for position in loaded.corrupt])
            loaded = self.store.load(keys)
        return loaded

    def _map(self, keys: Sequence[bytes]) -> Mapped:
        mapped = self.store.map(keys)
        if mapped.corrupt:
            self._renew([keys[position] for position in mapped.corrupt])
            mapped = self.store.map(keys)
        return mapped

    def _renew(self, damaged: Sequence[bytes]) -> None:
        from paralbench.features.extraction import extract

        name = self.encoder.card.id
        self.say(f"{len(damaged)} damaged records of {name} were found and are made anew.")
        clips = {key: self.prepared.clips[key] for key in damaged}
        extract(self.encoder, clips, self.store, renew=damaged, quiet=self.quiet, say=self.say)


def refused_examples(prepared: Preparation, unusable: Mapping[bytes, str]) -> dict[str, str]:
    """An example with a clip that cannot be used is refused: it was not heard as declared."""
    refused: dict[str, str] = {}
    for example in prepared.selection.examples:
        for clip in prepared.pieces(example):
            reason = unusable.get(prepared.key(clip))
            if reason is not None:
                refused.setdefault(example.id, f"{reason} [{clip.path.name}]")
    return refused


def remaining(splits: Sequence[Split], before: Selection, after: Selection) -> list[Split]:
    """The same splits without the examples that were refused; folds never move."""
    kept = {example.id: row for row, example in enumerate(after.examples)}
    place = np.array([kept.get(example.id, -1) for example in before.examples])

    def still(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        moved = place[rows]
        remaining: NDArray[np.int64] = moved[moved >= 0]
        return remaining

    found = [
        Split(one.fold, one.seed, still(one.train), still(one.develop), still(one.test))
        for one in splits
    ]
    for split in found:
        if not len(split.train):
            raise ParalbenchError(f"fold {split.fold}: all its training examples were refused.")
    tested = [split for split in found if len(split.test)]
    if not tested:
        raise ParalbenchError("all test examples were refused.")
    return tested


def _stretches(lengths: Iterator[int]) -> Iterator[slice]:
    start = 0
    for length in lengths:
        yield slice(start, start + length)
        start += length


def _consumption(asked: float, consumed: float) -> Consumption:
    return Consumption(
        asked=round(float(asked), 3),
        consumed=round(float(consumed), 3),
        fraction=round(float(consumed / asked), 6),
    )
