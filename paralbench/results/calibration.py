"""How well the probabilities of an entry are calibrated, before and after scaling."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from paralbench.metrics import CALIBRATION, metric
from paralbench.metrics.metric import Array
from paralbench.records.result import Calibrated, Calibration, ProbabilityErrors, ScalingFit
from paralbench.results.predictions import Predictions
from paralbench.statistics.scaling import Method, Scaling, log_loss

Fits = Mapping[tuple[int, int], Scaling]
"""The scaling of each fold and seed."""


def calibration(predictions: Predictions, methods: Mapping[Method, Fits]) -> Calibration:
    """The errors of the predicted probabilities, as they are and scaled by each method."""
    return Calibration(
        before=_errors(predictions, predictions.outputs.astype(float)),
        after=[
            Calibrated(
                method=method,
                errors=_errors(predictions, _scaled(predictions, fits)),
                fits=[
                    ScalingFit(fold=fold, seed=seed, factor=fit.factor, bias=fit.bias.tolist())
                    for (fold, seed), fit in fits.items()
                ],
            )
            for method, fits in methods.items()
        ],
    )


def recorded_fits(recorded: Calibration) -> dict[Method, Fits]:
    """The scalings that a result records, by method."""
    return {
        scaled.method: {
            (fit.fold, fit.seed): Scaling(fit.factor, np.array(fit.bias)) for fit in scaled.fits
        }
        for scaled in recorded.after
    }


def _scaled(predictions: Predictions, fits: Fits) -> Array:
    outputs = predictions.outputs.astype(float)
    for (fold, seed), scaling in fits.items():
        rows = (predictions.folds == fold) & (predictions.seeds == seed)
        outputs[rows] = scaling(outputs[rows])
    return outputs


def _errors(predictions: Predictions, outputs: Array) -> ProbabilityErrors:
    """Means over seeds, as scores are."""
    classes = len(predictions.classes)
    errors = []
    for seed in np.unique(predictions.seeds):
        rows = predictions.seeds == seed
        truth, probabilities = predictions.truth[rows], outputs[rows]
        answers = (truth, probabilities.argmax(1).astype(float), classes, probabilities)
        loss = log_loss(probabilities, truth.astype(np.int64))
        errors.append((*(metric(name)(*answers) for name in CALIBRATION), loss))
    brier, ece, loss = np.mean(errors, axis=0).tolist()
    return ProbabilityErrors(brier=brier, ece=ece, log_loss=loss)
