"""Scores by subgroup (sex, age band, language, site), and the largest difference between two."""

from __future__ import annotations

import numpy as np

from paralbench.metrics.metric import Metric
from paralbench.records.subgroup import Subgroup
from paralbench.records.task_card import Metrics
from paralbench.results.predictions import Predictions
from paralbench.statistics.subgroups import CellTallies, subgroup


def subgroups(metrics: Metrics, predictions: Predictions) -> list[Subgroup]:
    """The reported metrics by each attribute of the predictions."""
    return [
        subgroup(attribute, metric, cells, predictions.draws)
        for attribute, metric, cells in cell_tallies(metrics, predictions)
    ]


def cell_tallies(
    metrics: Metrics, predictions: Predictions
) -> list[tuple[str, Metric, list[CellTallies]]]:
    """The tallies of each value of each attribute, for each reported metric."""
    tallied = []
    for attribute in sorted(predictions.attributes):
        values = predictions.attributes[attribute]
        for name in metrics.report:
            metric = predictions.metric(name)
            cells = []
            for value in np.unique(values):
                rows = values == value
                sizes = predictions.sizes(rows)
                examples = len(np.unique(predictions.rows[rows]))
                reason = ""
                if examples < metrics.smallest:
                    reason = f"fewer than {metrics.smallest} examples"
                elif (sizes > 0).sum() < 2:
                    reason = "fewer than two clusters"
                tallies = [] if reason else predictions.tallies(metric, rows)
                cells.append(CellTallies(str(value), examples, sizes, tallies, reason))
            tallied.append((attribute, metric, cells))
    return tallied
