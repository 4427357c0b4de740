"""Calibration of an entry: decided by training sides, measured on test rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from paralbench.evaluation.calibrating import calibrate
from paralbench.heads import head, settings
from paralbench.heads.head import Fits, PooledStream, Problem, Split
from paralbench.records.result import Calibration
from paralbench.results.predictions import Predictions
from paralbench.statistics import scaling

CLASSES = ("a", "b", "c")


def _fits() -> tuple[Fits, Problem]:
    """Two folds; each trains on what the other tests, and on a third of the rows."""
    rng = np.random.default_rng(0)
    targets = rng.integers(3, size=90)
    values = rng.normal(size=(90, 1, 2, 4)) + 1.0 * np.eye(4)[targets][:, None, None]
    stream = PooledStream("made", values.astype(np.float32))
    problem = Problem("class", targets.astype(float), 3)
    first, second, third = np.array_split(np.arange(90), 3)
    splits = [
        Split(fold, 0, train, third, test)
        for fold, (train, test) in enumerate([(second, first), (first, second)])
    ]
    return head("lda").fit([stream], problem, splits, settings("lda", {})), problem


def _predictions(fits: Fits, problem: Problem) -> Predictions:
    rows = np.concatenate([fit.split.test for fit in fits.fitted])
    outputs = np.concatenate([fit.outputs for fit in fits.fitted])
    return Predictions(
        rows=rows,
        clusters=rows,
        folds=np.repeat(
            [fit.split.fold for fit in fits.fitted], [len(fit.split.test) for fit in fits.fitted]
        ),
        seeds=np.zeros(len(rows), np.int64),
        truth=problem.targets[rows],
        predicted=outputs.argmax(1).astype(float),
        outputs=outputs,
        classes=CLASSES,
    )


def _calibrated(fits: Fits, problem: Problem) -> Calibration:
    calibration = calibrate(_predictions(fits, problem), fits, problem)
    assert calibration is not None
    return calibration


def test_errors_are_scikit_learns() -> None:
    fits, problem = _fits()
    predictions, calibration = _predictions(fits, problem), _calibrated(fits, problem)
    truth = predictions.truth.astype(int)
    for errors, outputs in [
        (calibration.before, predictions.outputs.astype(float)),
        (
            calibration.after[1].errors,
            np.concatenate([
                scaling.fitted(
                    "platt", fit.out_of_fold.outputs.astype(float),
                    problem.targets[fit.out_of_fold.rows].astype(int),
                )(fit.outputs.astype(float))
                for fit in fits.fitted if fit.out_of_fold is not None
            ]),
        ),
    ]:  # fmt: skip
        assert errors.log_loss == pytest.approx(log_loss(truth, outputs), abs=1e-4)
        brier = brier_score_loss(truth, outputs, scale_by_half=False)
        assert errors.brier == pytest.approx(brier)
    assert calibration.after[1].method == "platt"


@pytest.mark.parametrize("fold", [0, 1])
def test_tested_rows_decide_no_scaling(fold: int) -> None:
    fits, problem = _fits()
    fit = fits.fitted[fold]
    targets = problem.targets.copy()
    targets[fit.split.test] = (targets[fit.split.test] + 1) % 3
    wrecked = _calibrated(Fits([fit], 1), replace(problem, targets=targets))
    for before, after in zip(_calibrated(fits, problem).after, wrecked.after, strict=True):
        assert after.fits == [scaled for scaled in before.fits if scaled.fold == fold]
    assert wrecked.before != _calibrated(Fits([fit], 1), problem).before


def test_numbers_and_fits_without_out_of_fold_outputs_have_none() -> None:
    fits, problem = _fits()
    predictions = _predictions(fits, problem)
    assert calibrate(predictions, fits, replace(problem, kind="number")) is None
    bare = [replace(fits.fitted[0], out_of_fold=None), fits.fitted[1]]
    assert calibrate(predictions, Fits(bare, 1), problem) is None
