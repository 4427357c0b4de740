"""Every score apart by sex, age band, language, site, and how far apart they lie."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from paralbench.metrics.metric import Array, Metric
from paralbench.records.errors import ParalbenchError
from paralbench.records.interval import Interval
from paralbench.records.subgroup import Cell, Gap, Subgroup
from paralbench.records.task_card import Metrics
from paralbench.results.predictions import Predictions
from paralbench.statistics.bootstrap import Spread, interval, scores, spread

METHOD = "clustered-bootstrap/simultaneous-t/1"
LEVEL = 0.95
UNKNOWN = "unknown"
"""The cell of examples whose attribute is not known; it takes no part in a gap."""


@dataclass(frozen=True)
class _Scored:
    """A cell with what a gap needs: its scores by seed and by draw, and the sizes of its clusters."""

    cell: Cell
    by_seed: Array
    drawn: Array
    sizes: Array


def subgroups(metrics: Metrics, found: Predictions) -> list[Subgroup]:
    """Each reported metric for each attribute that the predictions hold."""
    return [
        _subgroup(attribute, found.metric(name), found, metrics.smallest)
        for attribute in sorted(found.attributes)
        for name in metrics.report
    ]


def _subgroup(attribute: str, metric: Metric, found: Predictions, smallest: int) -> Subgroup:
    words = found.attributes[attribute]
    cells: list[Cell] = []
    scored: list[_Scored] = []
    for value in np.unique(words):
        cell, more = _cell(str(value), metric, found, words == value, smallest)
        cells.append(cell)
        if more is not None and value != UNKNOWN:
            scored.append(more)
    return Subgroup(
        attribute=attribute,
        metric=metric.name,
        version=metric.version,
        cells=cells,
        gap=_gap(metric, scored),
    )


def _cell(
    value: str,
    metric: Metric,
    found: Predictions,
    rows: NDArray[np.bool_],
    smallest: int,
) -> tuple[Cell, _Scored | None]:
    sizes, examples = found.sizes(rows), len(np.unique(found.rows[rows]))
    clusters = int((sizes > 0).sum())

    def bare(reason: str, score: float | None = None) -> tuple[Cell, None]:
        return Cell(
            value=value, examples=examples, clusters=clusters, score=score, reason=reason
        ), None

    if examples < smallest:
        return bare(f"fewer than {smallest} examples")
    if clusters < 2:
        return bare("fewer than two clusters")
    tallies = found.tallies(metric, rows)
    by_seed = scores(tallies)
    if not np.isfinite(by_seed).all():
        return bare("the metric is not defined on them")
    score = float(by_seed.mean())
    try:
        known = interval(metric, tallies, sizes, found.draws, LEVEL)
    except ParalbenchError:
        return bare("too few or too much alike for an interval", score)
    cell = Cell(value=value, examples=examples, clusters=clusters, score=score, interval=known)
    return cell, _Scored(cell, by_seed, found.draws.mean(tallies), sizes)


def _gap(metric: Metric, scored: list[_Scored]) -> Gap | None:
    """Between the two cells furthest apart; None where fewer than two have a score.

    None too where too few draws hold both of them.

    With more than two cells the interval is widened to hold all differences at once: by the
    quantile of the largest standardised difference among the draws, which a plain interval of the
    two picked for being extreme would not hold.
    """
    if len(scored) < 2:
        return None
    ordered = sorted(scored, key=lambda one: float(one.by_seed.mean()))
    low, high = ordered[0], ordered[-1]
    found = float(high.by_seed.mean() - low.by_seed.mean())
    if np.isfinite(high.drawn - low.drawn).mean() < 0.5:
        return None
    known = _difference(metric, high, low)
    reach = known.half(_tail(ordered)) if known.error else 0.0
    return Gap(
        high=high.cell.value,
        low=low.cell.value,
        difference=found,
        interval=Interval(
            low=found - reach,
            high=found + reach,
            level=LEVEL,
            method=METHOD,
            clusters=int((high.sizes + low.sizes > 0).sum()),
        ),
    )


def _difference(metric: Metric, one: _Scored, other: _Scored) -> Spread:
    """Of the smaller cell's clusters there are the fewer, and they set the degrees of freedom."""
    sizes = min(one.sizes, other.sizes, key=lambda sizes: int((sizes > 0).sum()))
    drawn, seeds = one.drawn - other.drawn, one.by_seed - other.by_seed
    return spread(f"the gap of {metric.name}", drawn, sizes, seeds)


def _tail(scored: list[_Scored]) -> float:
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
