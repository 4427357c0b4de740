"""From the fits of a head to its predictions of every test example."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.attributes import STANDARD, word
from paralbench.evaluation.inputs import Inputs
from paralbench.evaluation.selection import Selection
from paralbench.evaluation.steps import Steps
from paralbench.heads.head import Fits, Fitted
from paralbench.records.errors import ParalbenchError
from paralbench.results.predictions import Predictions


def predict(inputs: Inputs, fits: Fits) -> dict[str, Predictions]:
    """The predictions by "deployed", by "control" where the head has one, and by compressed forms.

    Raises:
        ParalbenchError: where an output is not finite.
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
    """Gather the test outputs of all fits, ordered by seed, example and step.

    The outputs of ``steps`` are shifted back by the delay of the training labels.

    Raises:
        ParalbenchError: where an output is not finite.
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
        classes=selection.classes,
        steps=step,
        attributes=attributes(selection, rows),
    )


def attributes(selection: Selection, rows: NDArray[np.int64]) -> dict[str, NDArray[np.str_]]:
    """A word for each of the examples numbered in ``rows``, by attribute.

    What the task's card reports, and those standard attributes that have two values or more among
    these examples. The label itself is none.
    """
    columns = {}
    reported = selection.task.metrics.by
    for name in dict.fromkeys((*reported, *STANDARD)):
        words = np.array([word(name, value) for value in selection.attribute(name)])[rows]
        distinct = len(np.unique(words)) > 1 and name != selection.task.target.label
        if name in reported or distinct:
            columns[name] = words
    return columns
