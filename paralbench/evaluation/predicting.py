"""The predictions of a head's fits for all test examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paralbench.evaluation.attributes import attributes
from paralbench.evaluation.inputs import Inputs
from paralbench.evaluation.selection import Selection
from paralbench.evaluation.steps import Steps
from paralbench.heads.head import Fits, Fitted
from paralbench.records.errors import ParalbenchError
from paralbench.results.predictions import Predictions


def predict(inputs: Inputs, fits: Fits) -> dict[str, Predictions]:
    """The predictions of the deployed head, of its control if it has one, and of compressed forms.

    Raises:
        ParalbenchError: if an output is not finite.
    """
    forms = {"deployed": fits.fitted, "control": fits.control, **fits.compressed}
    return {
        form: predictions(inputs.selection, fitted, inputs.steps)
        for form, fitted in forms.items()
        if fitted
    }


def predictions(
    selection: Selection, fitted: Sequence[Fitted], steps: Steps | None = None
) -> Predictions:
    """The test outputs of all fits, ordered by seed, example and step.

    The outputs of ``steps`` are shifted back by the delay of the training labels.

    Raises:
        ParalbenchError: if an output is not finite.
    """
    rows = np.concatenate([fit.split.test for fit in fitted])
    folds = np.concatenate([np.full(len(fit.split.test), fit.split.fold) for fit in fitted])
    seeds = np.concatenate([np.full(len(fit.split.test), fit.split.seed) for fit in fitted])
    outputs = np.concatenate(
        [
            fit.outputs if steps is None else steps.undelayed(fit.outputs, fit.split.test)
            for fit in fitted
        ]
    )
    if not np.isfinite(outputs).all():
        raise ParalbenchError("the head returned NaN or infinity; an entry needs finite outputs.")
    order = np.lexsort((rows, seeds))
    rows, folds, seeds, outputs = rows[order], folds[order], seeds[order], outputs[order]
    truth = selection.targets[rows] if steps is None else steps.truth[rows]
    step = None if steps is None else steps.step[rows]
    rows = rows if steps is None else steps.example[rows]
    cluster = selection.task.protocol.cluster
    return Predictions(
        rows=rows,
        clusters=np.unique(selection.group(cluster).numbers[rows], return_inverse=True)[1],
        folds=folds,
        seeds=seeds,
        truth=truth,
        predicted=(outputs.argmax(1) if selection.classes else outputs[:, 0]).astype(float),
        # The stored precision, so that scores recomputed from the table are equal.
        outputs=outputs.astype(np.float32),
        classes=selection.classes,
        steps=step,
        attributes=attributes(selection, rows),
        votes=None if selection.votes is None else selection.votes[rows],
    )
