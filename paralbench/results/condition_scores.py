"""The score under a condition beside the clean one, from the predictions of both."""

from __future__ import annotations

import numpy as np

from paralbench.metrics.metric import Metric
from paralbench.records.result import UnderCondition
from paralbench.records.subgroup import UNKNOWN
from paralbench.records.task_card import Metrics
from paralbench.results.predictions import Predictions
from paralbench.results.scores import scores
from paralbench.statistics.bootstrap import scores as mean_scores
from paralbench.statistics.paired import paired


def condition_score(
    name: str, identity: str, metrics: Metrics, degraded: Predictions, clean: Predictions
) -> UnderCondition:
    """The ranking metric of the degraded clips, paired with that of the clean ones."""
    ranking = metrics.model_copy(update={"report": [metrics.ranking], "by": []})
    metric = clean.metric(metrics.ranking)
    compared = paired(
        metric, degraded.tallies(metric), clean.tallies(metric), clean.sizes(), clean.draws
    )
    return UnderCondition(
        condition=name,
        identity=identity,
        score=scores(ranking, degraded)[0],
        paired=compared,
        by_sex=_by_sex(metric, degraded, clean),
    )


def _by_sex(metric: Metric, degraded: Predictions, clean: Predictions) -> dict[str, float]:
    """The difference of the score for each known sex, where the metric is defined on it."""
    sexes = clean.attributes.get("sex")
    differences = {}
    for sex in [] if sexes is None else np.unique(sexes).tolist():
        values = [
            float(mean_scores(table.tallies(metric, table.attributes["sex"] == sex)).mean())
            for table in (degraded, clean)
        ]
        if sex != UNKNOWN and np.isfinite(values).all():
            differences[str(sex)] = values[0] - values[1]
    return differences
