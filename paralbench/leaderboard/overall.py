"""Entries across tasks: mean normalised score and Borda count, each with its uncertainty.

The uncertainty is that of speakers and seeds; the tasks are fixed, not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from paralbench.leaderboard.separation import Joint
from paralbench.metrics import metric
from paralbench.statistics.ranks import Estimate, borda, borda_best, mean_normalised


@dataclass(frozen=True)
class Measure:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Overall:
    """A model and head that are ranked in each of ``tasks`` tables.

    ``normalised`` is the mean score, 0 at chance and 1 at perfect, over the tasks whose metric has
    both; None where no task's has. ``borda`` is the mean share of other entries beaten, ``best`` the
    probability that no other entry's is higher.
    """

    model: str
    head: str
    tasks: int
    borda: Measure
    normalised: Measure | None
    best: float


def overall(tables: Sequence[tuple[str, int, Joint]], least: int = 2) -> tuple[Overall, ...]:
    """From each task's ranking metric, number of classes and entries: best Borda count first.

    Empty where fewer than ``least`` tasks have two entries in common.
    """
    named = [
        (name, classes, {(key[1], key[2]): place for place, key in enumerate(joint.keys)}, joint)
        for name, classes, joint in tables
        if joint.replicates is not None
    ]
    if len(named) < max(1, least):
        return ()
    common = sorted(set.intersection(*(set(places) for _, _, places, _ in named)))
    if len(common) < 2:
        return ()
    chosen = []
    for name, classes, places, joint in named:
        assert joint.replicates is not None
        columns = np.array([places[entry] for entry in common])
        chosen.append((name, classes, joint.replicates.of(columns)))
    replicates = [drawn for _, _, drawn in chosen]
    counts, best = borda(replicates), borda_best(replicates)
    scaled = [(drawn, *ends) for name, classes, drawn in chosen if (ends := _ends(name, classes))]
    normalised = mean_normalised(scaled) if scaled else None
    entries = [
        Overall(
            model, head, len(named), _measure(counts, place),
            None if normalised is None else _measure(normalised, place), float(best[place]),
        )
        for place, (model, head) in enumerate(common)
    ]  # fmt: skip
    return tuple(sorted(entries, key=lambda entry: (-entry.borda.value, entry.model, entry.head)))


def _ends(name: str, classes: int) -> tuple[float, float] | None:
    """Chance (0 where the metric names none) and the perfect score; None for an unbounded metric."""
    ranking = metric(name)
    if ranking.range == "positive" or not ranking.higher_is_better:
        return None
    return (ranking.chance(classes) if ranking.chance else 0.0), 1.0


def _measure(estimate: Estimate, place: int) -> Measure:
    return Measure(
        float(estimate.value[place]), float(estimate.low[place]), float(estimate.high[place])
    )
