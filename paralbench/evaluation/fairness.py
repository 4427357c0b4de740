"""The gap between subgroups and the overall score, before and after training is balanced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.inputs import Inputs
from paralbench.evaluation.predicting import predictions
from paralbench.evaluation.selection import Selection
from paralbench.evaluation.strata import strata, stratum_names
from paralbench.heads import head as find_head
from paralbench.heads import settings as find_settings
from paralbench.records.interval import Interval
from paralbench.records.result import Paired, Score
from paralbench.records.subgroup import Subgroup
from paralbench.records.task_card import Metrics
from paralbench.results.predictions import Predictions
from paralbench.results.scores import difference, scores
from paralbench.results.subgroups import cell_tallies, subgroups
from paralbench.statistics.bootstrap import METHOD, spread
from paralbench.statistics.bootstrap import scores as by_seeds

NO_NUMBERS = "it compares ways to train, and writes no result"

PLAIN = "linear-probe"
METHODS = ("reweight", "group-robust")
_LEVEL = 0.95


@dataclass(frozen=True)
class Training:
    """One way to train, and what it does to subgroups.

    Args:
        method: "linear-probe", or a method of the fair probe.
        score: of all test examples.
        subgroup: the same metric by subgroup, with the gap.
        change: of the score, compared with the linear probe; None for itself.
        gap_change: of the difference between the two subgroups that were furthest apart before, with
            its interval; None for itself, or where there was no gap.
    """

    method: str
    score: Score
    subgroup: Subgroup
    change: Paired | None = None
    gap_change: tuple[float, Interval] | None = None


@dataclass(frozen=True)
class GroupThreshold:
    """A subgroup's rates at one threshold for everybody, and at one that is the subgroup's alone.

    Rates are (sensitivity, specificity); None where the subgroup lacks a side.
    """

    group: str
    common: float
    own: float
    at_common: tuple[float, float] | None
    at_own: tuple[float, float] | None


@dataclass(frozen=True)
class Fairness:
    """A comparison of ways to train.

    Args:
        attribute: whose values are the subgroups.
        labels: of each subgroup, the number of speakers and of examples of each class.
        trainings: the linear probe first.
        thresholds: of each subgroup, where they were asked for.
    """

    attribute: str
    labels: dict[str, dict[str, tuple[int, int]]]
    trainings: list[Training]
    thresholds: list[GroupThreshold]


def compared(
    inputs: Inputs, settings: Mapping[str, Any], attribute: str, methods: Sequence[str] = METHODS,
    with_thresholds: bool = False,
) -> Fairness:  # fmt: skip
    """Train plainly and by each method on every fold of a task for classes.

    Args:
        inputs: features and folds.
        settings: of the heads, where they are not the defaults.
        attribute: such as sex, age, language or site.
        methods: of the fair probe.
        with_thresholds: also show what thresholds for each subgroup would do (two classes).

    Raises:
        ParalbenchError: where fewer than two subgroups are known.
    """
    selection = inputs.selection
    problem = replace(inputs.problem, strata=strata(selection, attribute))
    names = stratum_names(selection, attribute)
    tables: dict[str, Predictions] = {}
    for method in (PLAIN, *methods):
        extra = {} if method == PLAIN else {"balance": attribute, "method": method}
        head = "linear-probe" if method == PLAIN else "fair-probe"
        fits = find_head(head).fit(
            inputs.streams, problem, inputs.splits, find_settings(head, {**settings, **extra})
        )
        table = predictions(selection, fits.fitted)
        tables[method] = replace(table, attributes={attribute: names[table.rows]})
    metrics = _ranking(selection)
    plain = tables[PLAIN]
    (before,) = subgroups(metrics, plain)
    trainings = []
    for method, table in tables.items():
        training = Training(method, scores(metrics, table)[0], subgroups(metrics, table)[0])
        if method != PLAIN:
            change = difference(metrics.ranking, table, plain)
            moved = None
            if before.gap is not None:
                pair = before.gap.high, before.gap.low
                moved = _gap_change(metrics, plain, table, *pair)
            training = replace(training, change=change, gap_change=moved)
        trainings.append(training)
    thresholds = []
    if with_thresholds and len(selection.classes) == 2:
        thresholds = _thresholds(plain, plain.attributes[attribute])
    return Fairness(attribute, _labels(selection, names), trainings, thresholds)


def _ranking(selection: Selection) -> Metrics:
    metrics = selection.task.metrics
    return metrics.model_copy(update={"report": [metrics.ranking], "by": [], "over_folds": []})


def _labels(selection: Selection, names: NDArray[np.str_]) -> dict[str, dict[str, tuple[int, int]]]:
    speakers = selection.group(selection.task.protocol.cluster).numbers
    table: dict[str, dict[str, tuple[int, int]]] = {}
    for name in np.unique(names):
        table[str(name)] = {}
        for number, kind in enumerate(selection.classes):
            rows = (names == name) & (selection.targets == number)
            table[str(name)][kind] = (len(np.unique(speakers[rows])), int(rows.sum()))
    return table


def _gap_change(
    metrics: Metrics, plain: Predictions, table: Predictions, high: str, low: str
) -> tuple[float, Interval]:
    """How the difference of two subgroups changed, from the same draws of speakers for all four."""
    by_seed, drawn, sizes = [], [], []
    for side in (table, plain):
        ((_, _, cells),) = cell_tallies(metrics, side)
        by_value = {cell.value: cell for cell in cells}
        by_seed.append(by_seeds(by_value[high].tallies) - by_seeds(by_value[low].tallies))
        drawn.append(
            side.draws.mean(by_value[high].tallies) - side.draws.mean(by_value[low].tallies)
        )
        sizes += [by_value[high].sizes, by_value[low].sizes]
    change = float((by_seed[0] - by_seed[1]).mean())
    fewest = min(sizes, key=lambda each: int((each > 0).sum()))
    error = spread("the change of the gap", drawn[0] - drawn[1], fewest, by_seed[0] - by_seed[1])
    reach = error.reach(_LEVEL) if error.error else 0.0
    bounds = Interval(
        low=change - reach, high=change + reach, level=_LEVEL, method=METHOD,
        clusters=int((sizes[0] + sizes[1] > 0).sum()),
    )  # fmt: skip
    return change, bounds


def _thresholds(table: Predictions, names: NDArray[np.str_]) -> list[GroupThreshold]:
    """Own thresholds that give every subgroup about the sensitivity of all at one half."""
    positive = table.truth == 1
    probability = table.outputs[:, 1].astype(float)
    common = 0.5
    sensitivity = float((probability[positive] >= common).mean())
    rows = []
    for name in np.unique(names):
        here = names == name
        own, rates = common, None
        if positive[here].any() and not positive[here].all():
            own = float(np.quantile(probability[here & positive], 1 - sensitivity))
            rates = _rates(probability[here], positive[here], own)
        at_common = rates and _rates(probability[here], positive[here], common)
        rows.append(GroupThreshold(str(name), common, own, at_common, rates))
    return rows


def _rates(
    probability: NDArray[np.float64], positive: NDArray[np.bool_], threshold: float
) -> tuple[float, float]:
    above = probability >= threshold
    return float(above[positive].mean()), float((~above[~positive]).mean())
