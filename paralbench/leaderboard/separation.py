"""Which entries of a table differ significantly, from the predictions beside their results.

A table's entries are scored on the same draws of clusters. Predictions are read and tallied one entry
after another, so a board of a thousand results needs little memory.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from paralbench.metrics import metric
from paralbench.metrics.metric import Array, Metric, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Result
from paralbench.results import predictions
from paralbench.results.predictions import Predictions
from paralbench.statistics.bootstrap import Draws, scores
from paralbench.statistics.corrections import holm
from paralbench.statistics.paired import paired
from paralbench.statistics.ranks import Replicates, joined, ranked, replicates

DRAWS = 1000
UNSEEN = "-unseen-words"
"""A task of this ending is the task without it, with the words of the test examples held out."""
_EXCHANGES = 2000
_ALPHA = 0.05
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
class AboveNull:
    """An entry compared with the best null of its task, which cannot know the answer.

    ``difference`` is the entry's score minus the null's, positive where the entry is better;
    ``p`` is of the paired test, corrected by Holm's procedure for the entries of the table.
    """

    null: str
    difference: float
    low: float
    high: float
    p: float

    @property
    def shown(self) -> bool:
        """Whether the entry is better than the null at the 5 % level."""
        return self.difference > 0 and self.p <= _ALPHA


@dataclass(frozen=True)
class Joint:
    """The entries of a table together.

    ``of`` holds the separation of each by its key; ``keys`` names the columns of ``replicates``;
    ``unread`` lists the entries whose predictions could not be read, and why; ``above`` compares
    each entry with the best null on the same examples.
    """

    of: Mapping[Key, Separation]
    keys: tuple[Key, ...] = ()
    replicates: Replicates | None = None
    unread: tuple[tuple[str, str], ...] = ()
    above: Mapping[Key, AboveNull] = field(default_factory=dict)


@dataclass(frozen=True)
class _Entry:
    """An entry, its predictions reduced to tallies."""

    key: Key
    tallies: Sequence[Tally]
    sizes: Array
    null: bool


def entry_key(result: Result) -> Key:
    """What identifies a result on the board."""
    return result.task, result.model.id, result.head, result.data.synthetic


def separated(name: str, results: Sequence[Result], files: Mapping[Key, Path]) -> Joint:
    """Separate the entries of one task by the metric called ``name``; nulls have no rank.

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
            null = result.standing == "null"
            entry = _Entry(entry_key(result), table.tallies(ranking), table.sizes(), null)
        except ParalbenchError as error:
            place = file.with_suffix(".parquet")
            unread.append(("/".join(place.parts[-3:]), str(error).removeprefix(f"{place}: ")))
            continue
        layouts[_layout(table, examples)].append(entry)
    parts, keys = [], []
    above: dict[Key, AboveNull] = {}
    for layout, together in sorted(layouts.items()):
        sizes = together[0].sizes
        # Seeded by task and layout: draws are shared within them only, and with the same task
        # without its words held out.
        task = results[0].task.removesuffix(UNSEEN)
        draws = Draws.of(len(sizes), DRAWS, zlib.crc32(f"{task} {layout}".encode()))
        above |= _above(ranking, together, draws)
        entries = [entry for entry in together if not entry.null]
        if not entries:
            continue
        tallies = [entry.tallies for entry in entries]
        parts.append(replicates(tallies, sizes, draws, ranking.higher_is_better))
        keys += [entry.key for entry in entries]
    everyone = joined(parts) if parts else None
    if everyone is None or len(everyone.drawn) < 2:
        return Joint({}, unread=tuple(unread), above=above)
    ranks = ranked(everyone)
    of = {
        key: Separation(
            int(ranks.low[place]), int(ranks.high[place]), int(ranks.groups[place]), float(best)
        )
        for place, (key, best) in enumerate(zip(keys, ranks.best, strict=True))
    }
    return Joint(of, tuple(keys), everyone, tuple(unread), above)


def _above(ranking: Metric, entries: Sequence[_Entry], draws: Draws) -> dict[Key, AboveNull]:
    """Each entry against the best null on the same examples; empty without a null."""
    sign = 1.0 if ranking.higher_is_better else -1.0
    nulls = [entry for entry in entries if entry.null]
    rest = [entry for entry in entries if not entry.null]
    if not nulls or not rest:
        return {}
    best = max(nulls, key=lambda entry: sign * float(scores(entry.tallies).mean()))
    tests = [
        paired(ranking, entry.tallies, best.tallies, entry.sizes, draws, _EXCHANGES)
        for entry in rest
    ]
    adjusted = holm([test.p for test in tests])
    result = {}
    for entry, test, p in zip(rest, tests, adjusted.tolist(), strict=True):
        low, high = sorted((sign * test.interval.low, sign * test.interval.high))
        result[entry.key] = AboveNull(best.key[1], sign * test.difference, low, high, p)
    return result


def _layout(table: Predictions, examples: Sequence[str]) -> str:
    """A digest of the examples, their truths and their clusters."""
    digest = hashlib.sha256("\n".join(examples).encode())
    for column in table.layout():
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
