"""The scores of subgroups, and the interval of the largest difference between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import special

from paralbench.metrics.metric import Array, Metric, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.records.interval import Interval
from paralbench.records.subgroup import UNKNOWN, Cell, Gap, Subgroup
from paralbench.statistics.bootstrap import Draws, interval, scores, spread

METHOD = "clustered-bootstrap/simultaneous-t/1"
LEVEL = 0.95


@dataclass(frozen=True)
class CellTallies:
    """The examples of one value of an attribute and the sizes of their clusters.

    ``tallies`` has one for each seed; it is empty if ``reason`` says why there is no score.
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
        score, bounds, reason = None, None, cell.reason
        if not reason:
            by_seed = scores(cell.tallies)
            if np.isfinite(by_seed).all():
                score = float(by_seed.mean())
                try:
                    bounds = interval(metric, cell.tallies, cell.sizes, draws, LEVEL)
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
                interval=bounds,
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
    """The difference between the best and worst cell; None for fewer than two scores.

    None too if fewer than half of the draws contain both.

    With more than two cells the interval is simultaneous: it uses the quantile of the largest
    standardised difference among the draws, because the two cells were selected for being extreme.
    """
    if len(scored) < 2:
        return None
    ordered = sorted(scored, key=lambda cell: float(cell.by_seed.mean()))
    low, high = ordered[0], ordered[-1]
    difference = float(high.by_seed.mean() - low.by_seed.mean())
    if np.isfinite(high.drawn - low.drawn).mean() < 0.5:
        return None
    # The cell with fewer clusters sets the degrees of freedom.
    sizes = min(high.sizes, low.sizes, key=lambda sizes: int((sizes > 0).sum()))
    drawn, seeds = high.drawn - low.drawn, high.by_seed - low.by_seed
    error = spread(f"the gap of {name}", drawn, sizes, seeds)
    reach = error.half(_tail(ordered)) if error.error else 0.0
    return Gap(
        high=high.value,
        low=low.value,
        difference=difference,
        interval=Interval(
            low=difference - reach,
            high=difference + reach,
            level=LEVEL,
            method=METHOD,
            clusters=int((high.sizes + low.sizes > 0).sum()),
        ),
    )


def _tail(scored: Sequence[_Scored]) -> float:
    """The tail to cut off each side of one difference so that all hold at ``LEVEL``."""
    single = (1 - LEVEL) / 2
    pairs = np.stack([left.drawn - right.drawn for left, right in combinations(scored, 2)])
    pairs = pairs[:, np.isfinite(pairs).all(0)]
    deviation = pairs.std(1, keepdims=True)
    varied = deviation[:, 0] > 0
    if len(pairs) == 1 or not varied.any():
        return single
    standard = np.abs(pairs - pairs.mean(1, keepdims=True))[varied] / deviation[varied]
    return min(single, float(special.ndtr(-np.quantile(standard.max(0), LEVEL))))
