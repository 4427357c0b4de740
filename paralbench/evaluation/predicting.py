"""From the fits of a head to the predictions of every test example."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paralbench.evaluation.attributes import attributes
from paralbench.evaluation.selection import Selection
from paralbench.evaluation.steps import Steps
from paralbench.heads.head import Fitted
from paralbench.records.errors import ParalbenchError
from paralbench.results.predictions import Predictions


def predictions(
    selection: Selection, fitted: Sequence[Fitted], steps: Steps | None = None
) -> Predictions:
    """Gather the test outputs of all fits, ordered by seed, example and step.

    Raises:
        ParalbenchError: where an output is not finite.
    """
    rows = np.concatenate([fit.split.test for fit in fitted])
    folds = np.concatenate([np.full(len(fit.split.test), fit.split.fold) for fit in fitted])
    seeds = np.concatenate([np.full(len(fit.split.test), fit.split.seed) for fit in fitted])
    outputs = np.concatenate([fit.outputs for fit in fitted])
    if not np.isfinite(outputs).all():
        raise ParalbenchError("the head returned NaN or infinity; that is an error, never a score.")
    order = np.lexsort((rows, seeds))
    rows, folds, seeds, outputs = rows[order], folds[order], seeds[order], outputs[order]
    truth = selection.targets[rows] if steps is None else steps.truth[rows]
    step = None if steps is None else steps.step[rows]
    rows = rows if steps is None else steps.example[rows]
    cluster = selection.task.protocol.cluster
    names = np.array([example.group(cluster) for example in selection.examples])
    return Predictions(
        rows=rows,
        clusters=np.unique(names[rows], return_inverse=True)[1],
        folds=folds,
        seeds=seeds,
        truth=truth,
        predicted=(outputs.argmax(1) if selection.classes else outputs[:, 0]).astype(float),
        # As they are stored, so that scores made again from the table are the same.
        outputs=outputs.astype(np.float32),
        classes=tuple(selection.classes),
        steps=step,
        attributes=attributes(selection, rows),
    )
