"""Which entries of a table differ significantly, from the predictions beside their results.

A table's entries are scored on the same draws of clusters. Predictions are read and tallied one entry
after another, so a board of a thousand results needs little memory.
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
from paralbench.statistics.bootstrap import Draws
from paralbench.statistics.ranks import Replicates, joined, ranked, replicates

DRAWS = 1000
Key = tuple[str, str, str, bool]


@dataclass(frozen=True)
class Separation:
    """The range of an entry's rank, ``low`` to ``high``, with 95 % confidence.

    Entries of one ``group`` do not differ significantly from the best of it; ``best`` is the
    probability of being the best of the table.
    """

    low: int
    high: int
    group: int
    best: float


@dataclass(frozen=True)
class Joint:
    """The entries of a table together.

    ``of`` holds the separation of each by its key; ``keys`` names the columns of ``replicates``;
    ``unread`` lists the entries whose predictions could not be read, and why.
    """

    of: Mapping[Key, Separation]
    keys: tuple[Key, ...] = ()
    replicates: Replicates | None = None
    unread: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Entry:
    """An entry, its predictions reduced to tallies."""

    key: Key
    tallies: Sequence[Tally]
    sizes: Array


def entry_key(result: Result) -> Key:
    """What identifies a result on the board."""
    return result.task, result.model.id, result.head, result.data.synthetic


def separated(name: str, results: Sequence[Result], files: Mapping[Key, Path]) -> Joint:
    """Separate the entries of one task by the metric called ``name``.

    Entries on the same examples share their draws. Entries on other examples (another edition of
    the data) have independent draws, which makes their differences as uncertain as they are.
    """
    ranking = metric(name)
    layouts: dict[str, list[_Entry]] = defaultdict(list)
    unread = []
    for result in results:
        file = files.get(entry_key(result))
        if file is None:
            continue
        try:
            table, examples = predictions.read(file, result)
            entry = _Entry(entry_key(result), table.tallies(ranking), table.sizes())
        except ParalbenchError as error:
            place = file.with_suffix(".parquet")
            unread.append(("/".join(place.parts[-3:]), str(error).removeprefix(f"{place}: ")))
            continue
        layouts[_layout(table, examples)].append(entry)
    parts, keys = [], []
    for layout, entries in sorted(layouts.items()):
        sizes = entries[0].sizes
        # Seeded by task and layout: draws are shared within them only.
        draws = Draws.of(len(sizes), DRAWS, zlib.crc32(f"{results[0].task} {layout}".encode()))
        tallies = [entry.tallies for entry in entries]
        parts.append(replicates(tallies, sizes, draws, ranking.higher_is_better))
        keys += [entry.key for entry in entries]
    together = joined(parts) if parts else None
    if together is None or len(together.drawn) < 2:
        return Joint({}, unread=tuple(unread))
    ranks = ranked(together)
    of = {
        key: Separation(
            int(ranks.low[place]), int(ranks.high[place]), int(ranks.groups[place]), float(best)
        )
        for place, (key, best) in enumerate(zip(keys, ranks.best, strict=True))
    }
    return Joint(of, tuple(keys), together, tuple(unread))


def _layout(table: Predictions, examples: Sequence[str]) -> str:
    """A digest of the examples, their truths and their clusters."""
    digest = hashlib.sha256("\n".join(examples).encode())
    for column in table.layout():
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
