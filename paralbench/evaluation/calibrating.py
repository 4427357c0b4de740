"""Calibration of an entry's probabilities by the out-of-fold outputs of its training sides."""

from __future__ import annotations

import numpy as np

from paralbench.heads.head import Fits, Problem
from paralbench.records.result import Calibration
from paralbench.results.calibration import calibration
from paralbench.results.predictions import Predictions
from paralbench.statistics.scaling import METHODS, Method, Scaling, fitted


def calibrate(predictions: Predictions, fits: Fits, problem: Problem) -> Calibration | None:
    """Each fit's test probabilities scaled by what its out-of-fold outputs say.

    None for numbers and distributions of raters, and where a fit has no out-of-fold outputs: nothing but training and
    development rows may decide a scaling.
    """
    if problem.kind != "class" or problem.distributions is not None:
        return None
    methods: dict[Method, dict[tuple[int, int], Scaling]] = {method: {} for method in METHODS}
    for fit in fits.fitted:
        if fit.out_of_fold is None:
            return None
        truth = problem.targets[fit.out_of_fold.rows].astype(np.int64)
        outputs = fit.out_of_fold.outputs.astype(float)
        for method in METHODS:
            methods[method][fit.split.fold, fit.split.seed] = fitted(method, outputs, truth)
    return calibration(predictions, methods)
