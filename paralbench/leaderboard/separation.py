"""Which entries of a table can be told apart, from the predictions beside their results.

A table's entries are scored on the same draws of clusters. Predictions are read, tallied and let go one
entry after another, so that a board of a thousand results needs little memory.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paralbench.metrics import metric
from paralbench.metrics.metric import Array, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Result
from paralbench.results import predictions
from paralbench.results.predictions import Predictions
from paralbench.statistics.draws import Draws
from paralbench.statistics.ranks import Replicates, joined, ranked, replicates

DRAWS = 1000
Key = tuple[str, str, str, bool]


@dataclass(frozen=True)
class Separation:
    """What can be said of an entry's rank: from ``low`` to ``high`` with 95 % confidence.

    Entries with one ``group`` cannot be told from the best of it; ``best`` is the probability of
    being the best of the table.
    """

    low: int
    high: int
    group: int
    best: float


@dataclass(frozen=True)
class Joint:
    """The entries of a table together.

    ``of`` has the separation of each, by its key; ``keys`` are the columns of ``replicates``;
    ``unread`` tells whose predictions could not be read, and why.
    """

    of: Mapping[Key, Separation]
    keys: tuple[Key, ...] = ()
    replicates: Replicates | None = None
    unread: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Entry:
    """An entry without its predictions."""

    key: Key
    tallies: Sequence[Tally]
    sizes: Array


def key(result: Result) -> Key:
    """What a result is found under."""
    return result.task, result.model.id, result.head, result.data.synthetic


def separated(name: str, results: Sequence[Result], files: Mapping[Key, Path]) -> Joint:
    """Tell entries of one task apart by the metric called ``name``.

    Entries of the very same examples share their draws. Those of others (another edition of the
    data) are drawn for themselves, and their differences are as uncertain as that makes them.
    """
    chosen = metric(name)
    layouts: dict[str, list[_Entry]] = defaultdict(list)
    unread = []
    for result in results:
        file = files.get(key(result))
        if file is None:
            continue
        try:
            found, examples = predictions.read(file, result)
            entry = _Entry(key(result), found.tallies(chosen), found.sizes())
        except ParalbenchError as error:
            place = file.with_suffix(".parquet")
            unread.append(("/".join(place.parts[-3:]), str(error).removeprefix(f"{place}: ")))
            continue
        layouts[_layout(found, examples)].append(entry)
    parts, keys = [], []
    for layout, entries in sorted(layouts.items()):
        sizes = entries[0].sizes
        # Of its own for each task: what is drawn together only belongs together within one.
        draws = Draws.of(len(sizes), DRAWS, zlib.crc32(f"{results[0].task} {layout}".encode()))
        tallies = [entry.tallies for entry in entries]
        parts.append(replicates(tallies, sizes, draws, chosen.higher_is_better))
        keys += [entry.key for entry in entries]
    whole = joined(parts) if parts else None
    if whole is None or len(whole.drawn) < 2:
        return Joint({}, unread=tuple(unread))
    told = ranked(whole)
    of = {
        name: Separation(
            int(told.low[place]), int(told.high[place]), int(told.groups[place]), float(share)
        )
        for place, (name, share) in enumerate(zip(keys, told.best, strict=True))
    }
    return Joint(of, tuple(keys), whole, tuple(unread))


def _layout(found: Predictions, examples: Sequence[str]) -> str:
    """A digest of which examples there are, what is true of them and whose they are."""
    told = hashlib.sha256("\n".join(examples).encode())
    for column in found.layout():
        told.update(np.ascontiguousarray(column).tobytes())
    return told.hexdigest()
