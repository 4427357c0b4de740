"""The scores of subgroups, and the interval of the largest difference between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

from paralbench.metrics.metric import Array, Metric, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.records.interval import Interval
from paralbench.records.subgroup import UNKNOWN, Cell, Gap, Subgroup
from paralbench.statistics.bootstrap import Draws, interval, scores, spread

METHOD = "clustered-bootstrap/simultaneous-t/1"
LEVEL = 0.95


@dataclass(frozen=True)
class CellTallies:
    """The examples of one value of an attribute: how many, in clusters of which sizes.

    ``tallies`` has one of each seed, and none where ``reason`` says why there can be no score.
    """

    value: str
    examples: int
    sizes: Array
    tallies: Sequence[Tally]
    reason: str


@dataclass(frozen=True)
class _Scored:
    value: str
    by_seed: Array
    drawn: Array
    sizes: Array


def subgroup(
    attribute: str, metric: Metric, cells: Sequence[CellTallies], draws: Draws
) -> Subgroup:
    """Score each cell of an attribute, and the largest difference."""
    rows: list[Cell] = []
    scored: list[_Scored] = []
    for cell in cells:
        score, known, reason = None, None, cell.reason
        if not reason:
            by_seed = scores(cell.tallies)
            if np.isfinite(by_seed).all():
                score = float(by_seed.mean())
                try:
                    known = interval(metric, cell.tallies, cell.sizes, draws, LEVEL)
                except ParalbenchError:
                    reason = "too few or too much alike for an interval"
                else:
                    drawn = draws.mean(cell.tallies)
                    scored.append(_Scored(cell.value, by_seed, drawn, cell.sizes))
            else:
                reason = "the metric is not defined on them"
        rows.append(
            Cell(
                value=cell.value,
                examples=cell.examples,
                clusters=int((cell.sizes > 0).sum()),
                score=score,
                interval=known,
                reason=reason,
            )
        )
    return Subgroup(
        attribute=attribute,
        metric=metric.name,
        version=metric.version,
        cells=rows,
        gap=_gap(metric.name, [cell for cell in scored if cell.value != UNKNOWN]),
    )


def _gap(name: str, scored: Sequence[_Scored]) -> Gap | None:
    """Between the two cells furthest apart; None where fewer than two have a score.

    None too where too few draws hold both of them.

    With more than two cells the interval is widened to hold all differences at once: by the
    quantile of the largest standardised difference among the draws, which a plain interval of the
    two picked for being extreme would not hold.
    """
    if len(scored) < 2:
        return None
    ordered = sorted(scored, key=lambda cell: float(cell.by_seed.mean()))
    low, high = ordered[0], ordered[-1]
    found = float(high.by_seed.mean() - low.by_seed.mean())
    if np.isfinite(high.drawn - low.drawn).mean() < 0.5:
        return None
    # The smaller cell has the fewer clusters; they set the degrees of freedom.
    sizes = min(high.sizes, low.sizes, key=lambda sizes: int((sizes > 0).sum()))
    drawn, seeds = high.drawn - low.drawn, high.by_seed - low.by_seed
    known = spread(f"the gap of {name}", drawn, sizes, seeds)
    reach = known.half(_tail(ordered)) if known.error else 0.0
    return Gap(
        high=high.value,
        low=low.value,
        difference=found,
        interval=Interval(
            low=found - reach,
            high=found + reach,
            level=LEVEL,
            method=METHOD,
            clusters=int((high.sizes + low.sizes > 0).sum()),
        ),
    )


def _tail(scored: Sequence[_Scored]) -> float:
    """What to cut off on each side of one difference, so that all of them hold at ``LEVEL``."""
    alone = (1 - LEVEL) / 2
    apart = np.stack([one.drawn - other.drawn for one, other in combinations(scored, 2)])
    apart = apart[:, np.isfinite(apart).all(0)]
    deviation = apart.std(1, keepdims=True)
    varied = deviation[:, 0] > 0
    if len(apart) == 1 or not varied.any():
        return alone
    standard = np.abs(apart - apart.mean(1, keepdims=True))[varied] / deviation[varied]
    return min(alone, float(stats.norm.sf(np.quantile(standard.max(0), LEVEL))))
