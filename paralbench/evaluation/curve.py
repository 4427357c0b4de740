"""Learning curves: an entry's score with fewer speakers, or fewer labels of each class, to train on.

The heads are fitted on nested subsets of each training side and scored on the unchanged test sides.
Each draw takes the head's next seed, so that draws count as seeds of a score: its interval holds the
variance between test speakers and that between draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from paralbench.evaluation.fitting import fit
from paralbench.evaluation.inputs import Inputs, prepare_inputs
from paralbench.evaluation.predicting import predictions
from paralbench.evaluation.preparation import Preparation
from paralbench.evaluation.subsets import most, sizes, subset
from paralbench.features.engine import LOCAL, Engine
from paralbench.heads.head import Fitted, Split, Workplace
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.records.learning_curve import By, CurvePoint, LearningCurve, SizeLeftOut
from paralbench.records.result import Score
from paralbench.results.scores import scores

DRAWS = 5


def curve(
    prepared: Preparation,
    cache: Path,
    by: Sequence[By] = ("speakers", "labels"),
    draws: int = DRAWS,
    *,
    engine: Engine = LOCAL,
    quiet: bool = False,
    say: Callable[[str], None] = lambda message: None,
) -> LearningCurve:
    """Score the entry on 1, 2, 4, 8, ... and all speakers, and labels of each class.

    Raises:
        UsageError: for a series task, or labels of a task without classes.
        ParalbenchError: if the entry cannot be run.
    """
    entry = prepared.entry
    if prepared.selection.series:
        raise UsageError(
            f"'{entry.task.id}' has a value at every step; curves are for tasks with one answer a "
            "recording."
        )
    if "labels" in by and not prepared.selection.classes:
        raise UsageError(f"'{entry.task.id}' predicts a number; give --vary speakers.")
    with prepare_inputs(
        prepared, prepared.splits, cache, engine=engine, quiet=quiet, say=say
    ) as inputs:
        full = _score(prepared, inputs, _fitted(prepared, inputs, inputs.splits, engine))
        points, left_out = [], []
        for kind in by:
            largest = most(inputs.selection, inputs.splits, kind)
            for size in sizes(largest).tolist():
                try:
                    points.append(_point(prepared, inputs, kind, size, draws, engine))
                except ParalbenchError as error:
                    left_out.append(SizeLeftOut(by=kind, size=size, reason=str(error)))
            points.append(_described(kind, largest, True, inputs.splits, full))
    return LearningCurve(
        schema_version=1,
        task=entry.task.id,
        task_version=entry.task.version,
        model=entry.model,
        head=entry.head,
        seeds=list(prepared.seeds),
        fingerprint=prepared.fingerprint,
        synthetic=entry.view.synthetic,
        metric=full.metric,
        metric_version=full.version,
        chance=full.chance,
        points=points,
        left_out=left_out,
    )


def _point(
    prepared: Preparation, inputs: Inputs, by: By, size: int, draws: int, engine: Engine
) -> CurvePoint:
    """The score of one size over all draws; raises ParalbenchError where a draw cannot be fitted."""
    drawn: list[tuple[int, Split]] = []
    for draw in range(draws):
        seed = prepared.seeds[draw % len(prepared.seeds)]
        drawn += [
            (draw, subset(inputs.selection, split, by, size, draw))
            for split in inputs.splits
            if split.seed == seed
        ]
    splits = [split for _, split in drawn]
    fitted = [
        replace(fit, split=replace(fit.split, seed=draw))
        for (draw, _), fit in zip(drawn, _fitted(prepared, inputs, splits, engine), strict=True)
    ]
    return _described(by, size, False, splits, _score(prepared, inputs, fitted))


def _fitted(
    prepared: Preparation, inputs: Inputs, splits: Sequence[Split], engine: Engine
) -> Sequence[Fitted]:
    return fit(
        prepared.head.without_control(), inputs.streams, inputs.problem, splits, prepared.settings,
        Workplace(device=prepared.entry.device), engine, [store.folder for store in inputs.stores],
    ).fitted  # fmt: skip


def _score(prepared: Preparation, inputs: Inputs, fitted: Sequence[Fitted]) -> Score:
    metrics = prepared.entry.task.metrics
    ranking = metrics.model_copy(update={"report": [metrics.ranking], "by": []})
    return scores(ranking, predictions(inputs.selection, fitted))[0]


def _described(
    by: By, size: int, everything: bool, splits: Sequence[Split], score: Score
) -> CurvePoint:
    return CurvePoint(
        by=by,
        size=size,
        everything=everything,
        examples=float(np.mean([len(split.train) + len(split.develop) for split in splits])),
        value=score.value,
        interval=score.interval,
        by_draw=list(score.by_seed.values()),
    )
