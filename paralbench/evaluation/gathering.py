"""From what the store holds to rows for a head: loaded, repaired, merged by example."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation import steps
from paralbench.evaluation.preparation import Preparation
from paralbench.evaluation.selection import Selection
from paralbench.features.pooling import merge
from paralbench.features.store import FeatureStore, Loaded
from paralbench.heads.head import Split
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Consumption


def gather(
    prepared: Preparation,
    selection: Selection,
    store: FeatureStore,
    quiet: bool,
    say: Callable[[str], None],
) -> tuple[NDArray[np.float32], Consumption]:
    """Rows for the head, [examples or steps, layers, 2, width], and what was heard for them."""
    owners = [
        (row, prepared.key(clip))
        for row, example in enumerate(selection.examples)
        for clip in example.clips
    ]
    keys = [key for _, key in owners]
    if selection.series:
        # One recording at a time: all windows of a corpus fill the memory, once is enough.
        heard = np.zeros(2)

        def recordings() -> Iterator[NDArray[np.floating]]:
            for key in keys:
                one = _load(prepared, store, [key], quiet, say)
                heard[:] += one.asked.sum(), one.consumed.sum()
                yield one.arrays[0]

        rows = steps.fill(recordings(), [len(values) for values in selection.series])
        return rows, _consumption(*heard)
    loaded = _load(prepared, store, keys, quiet, say)
    consumption = _consumption(loaded.asked.sum(), loaded.consumed.sum())
    if len(owners) == len(selection.examples):
        return loaded.stacked(), consumption
    parts: list[list[int]] = [[] for _ in selection.examples]
    for position, (row, _) in enumerate(owners):
        parts[row].append(position)
    merged = [
        merge([loaded.arrays[p] for p in positions], [int(loaded.frames[p]) for p in positions])
        for positions in parts
    ]
    return np.stack(merged), consumption


def _load(
    prepared: Preparation,
    store: FeatureStore,
    keys: Sequence[bytes],
    quiet: bool,
    say: Callable[[str], None],
) -> Loaded:
    """Records of these keys; damaged ones are made anew first."""
    from paralbench.features.extraction import extract

    loaded = store.load(keys)
    if loaded.corrupt:
        damaged = [keys[position] for position in loaded.corrupt]
        say(f"{len(damaged)} damaged records of {store.space.model} were found and are made anew.")
        again = {key: prepared.clips[key] for key in damaged}
        extract(prepared.entry.encoder, again, store, renew=damaged, quiet=quiet, say=say)
        loaded = store.load(keys)
    return loaded


def too_short(prepared: Preparation, selection: Selection, store: FeatureStore) -> dict[str, str]:
    stored = store.index()
    heard = {
        example.id: int(stored[prepared.key(example.clips[0])]["frames"])
        for example in selection.examples
    }
    return steps.too_short(selection, heard)


def refused_examples(prepared: Preparation, unusable: Mapping[bytes, str]) -> dict[str, str]:
    """An example with a clip that cannot be used is refused: it was not heard as declared."""
    refused: dict[str, str] = {}
    for example in prepared.selection.examples:
        for clip in example.clips:
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


def _consumption(asked: float, consumed: float) -> Consumption:
    return Consumption(
        asked=round(float(asked), 3),
        consumed=round(float(consumed), 3),
        fraction=round(float(consumed / asked), 6),
    )
