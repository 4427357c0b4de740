"""What the words gave away: a task beside itself with the words of the test examples held out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scipy import stats

from paralbench.leaderboard.board import Row, Table
from paralbench.leaderboard.separation import UNSEEN, Joint, Key, entry_key
from paralbench.metrics import metric
from paralbench.statistics.ranks import LEVEL


@dataclass(frozen=True)
class Pair:
    """An entry of a task and of its unseen-words task, which has the same examples.

    ``lost`` is how much worse it is on unseen words, with a paired 95 % interval; the interval is
    None where the predictions of one of the two could not be read.
    """

    seen: Row
    unseen: Row
    lost: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class PairTable:
    """All pairs of a task, in the order of its table."""

    seen: Table
    unseen: Table
    pairs: tuple[Pair, ...]


def pair_tables(tables: Sequence[Table]) -> list[PairTable]:
    """One for each task that is on the board with and without its words."""
    by_name = {(table.task, table.synthetic): table for table in tables}
    result = []
    for (task, synthetic), unseen in by_name.items():
        seen = by_name.get((task.removesuffix(UNSEEN), synthetic))
        if task.endswith(UNSEEN) and seen is not None:
            pairs = tuple(_pairs(seen, unseen))
            if pairs:
                result.append(PairTable(seen, unseen, pairs))
    return result


def _pairs(seen: Table, unseen: Table) -> Iterator[Pair]:
    others = {(row.result.model.id, row.result.head): row for row in unseen.rows}
    sign = 1.0 if metric(seen.metric).higher_is_better else -1.0
    for row in seen.rows:
        other = others.get((row.result.model.id, row.result.head))
        if other is None:
            continue
        lost = sign * (row.score.value - other.score.value)
        half = _half_width(seen.joint, entry_key(row.result), unseen.joint, entry_key(other.result))
        yield Pair(row, other, lost, None if half is None else (lost - half, lost + half))


def _half_width(seen: Joint, ours: Key, unseen: Joint, theirs: Key) -> float | None:
    """Of the interval of a difference; draws of speakers are shared where the examples are."""
    first, second = seen.replicates, unseen.replicates
    if first is None or second is None or ours not in seen.keys or theirs not in unseen.keys:
        return None
    drawn = [
        replicates.drawn[:, joint.keys.index(key)]
        for joint, key, replicates in ((seen, ours, first), (unseen, theirs, second))
    ]
    if len(drawn[0]) != len(drawn[1]):  # draws on which a metric is not defined are left out
        error = float(sum(column.var(ddof=1) for column in drawn) ** 0.5)
    else:
        error = float((drawn[0] - drawn[1]).std(ddof=1))
    return error * float(stats.t.ppf((1 + LEVEL) / 2, min(first.freedom, second.freedom)))
