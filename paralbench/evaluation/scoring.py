"""Scores the predictions of an entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from paralbench.heads.head import Weight
from paralbench.records.result import Annotators, Compressed, Control, Score
from paralbench.records.subgroup import Subgroup
from paralbench.records.task_card import Metrics
from paralbench.results.annotators import annotators
from paralbench.results.predictions import Predictions
from paralbench.results.scores import confusion_matrix, scores
from paralbench.results.subgroups import cell_tallies
from paralbench.statistics.paired import paired
from paralbench.statistics.subgroups import subgroup


@dataclass(frozen=True)
class Scored:
    """The scores of an entry.

    Args:
        scores: all metrics that the task's card reports.
        confusion: see :func:`~paralbench.results.scores.confusion_matrix`.
        subgroups: the scores by sex, age, ...
        control: the ranking metric of the head's control, if it has one.
        compressed: the ranking metric of each compressed form.
        annotators: what the raters reach, where the target is their distribution.
    """

    scores: list[Score]
    confusion: list[list[float]]
    subgroups: list[Subgroup]
    control: Control | None
    compressed: list[Compressed]
    annotators: Annotators | None


def score(
    metrics: Metrics, predictions: Mapping[str, Predictions], weights: Mapping[str, Weight]
) -> Scored:
    """Score the deployed head and compare it with its other forms.

    ``predictions`` are by form: "deployed", "control" if there is one, and each compressed form;
    ``weights`` are bytes and latency of the deployed and of each compressed form.
    """
    deployed = predictions["deployed"]
    metric = deployed.metric(metrics.ranking)
    sizes = deployed.sizes()
    tallies = {form: output.tallies(metric) for form, output in predictions.items()}
    cells = cell_tallies(metrics, deployed)
    confusion = confusion_matrix(deployed)
    ranking = metrics.model_copy(update={"report": [metrics.ranking], "by": []})
    scored = {
        form: scores(metrics if form == "deployed" else ranking, output)
        for form, output in predictions.items()
    }
    control = None
    compressed = []
    for form in [form for form in predictions if form != "deployed"]:
        # The deployed head minus its control; each compressed form minus the deployed head.
        pair = (form, "deployed") if form != "control" else ("deployed", form)
        ours, theirs = (tallies[side] for side in pair)
        compared = paired(metric, ours, theirs, sizes, deployed.draws)
        if form == "control":
            control = Control(score=scored[form][0], paired=compared)
            continue
        weight = weights[form]
        compressed.append(
            Compressed(
                form=form,
                score=scored[form][0],
                paired=compared,
                bytes=weight.bytes,
                share=round(weight.bytes / weights["deployed"].bytes, 4),
                latency=weight.latency,
                deployed_latency=weights["deployed"].latency,
                example=weight.example,
            )
        )
    return Scored(
        scored["deployed"],
        confusion,
        [subgroup(*cell, deployed.draws) for cell in cells],
        control,
        compressed,
        annotators(metrics, deployed),
    )
