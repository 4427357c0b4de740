"""Screeners of open, real recordings (cries of pain), each tried on the speaker it was made without.

What is shown is of all held-out recordings together, each assessed by the screener that was made without
its speaker, with 95 % intervals over speakers. TASK, MODEL and LEVEL are set below.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.open_tasks import root
from paralbench.bundling.bundle_maker import BundleSettings
from paralbench.catalog import from_environment
from paralbench.cli.trial_screening import Trial, held_out_trials
from paralbench.records.errors import ParalbenchError
from paralbench.records.task_card import Metrics
from paralbench.results.predictions import Predictions
from paralbench.results.scores import scores
from paralbench.screening.row_state import state

TASK, MODEL, HEAD = "game-voices-pain", "log-mel", "linear-probe"
LEVEL = 0.8
"""Of conformal sets. What is reported of a set is fitted on eight of ten speakers; 0.9 needs nine."""
_MEASURES = ("auroc", "sensitivity", "specificity", "brier", "ece")


def run() -> list[tuple[str, str]]:
    """Coverage, calibration, abstention, sensitivity and specificity on held-out speakers."""
    catalog = from_environment()
    with tempfile.TemporaryDirectory() as folder:
        try:
            trials = list(
                held_out_trials(
                    TASK, MODEL, HEAD, catalog, root(catalog, TASK), Path(folder),
                    BundleSettings(level=LEVEL),
                )
            )  # fmt: skip
        except ParalbenchError as error:
            return [("trial", f"not measured: {error}")]
    return summary(trials)


def summary(trials: list[Trial]) -> list[tuple[str, str]]:
    """What the trials together show, each row judged by the screener that assessed it."""
    rows = [(trial.manifest, row) for trial in trials for row in trial.rows]
    states = Counter(str(state(manifest, row.assessment)) for manifest, row in rows)
    shown = [("recordings", f"{len(rows)} of {len({row.patient for _, row in rows})} speakers")]
    shown += [(name, f"{count} ({count / len(rows):.0%})") for name, count in states.most_common()]
    scored = [(m, row) for m, row in rows if row.assessment.probability is not None]
    probability = np.array([row.assessment.probability for _, row in scored], float)
    thresholds = [m.operating_point.threshold for m, _ in scored if m.operating_point is not None]
    positive = trials[0].manifest.outcome.positive
    truth = np.array([row.truth == positive for _, row in scored], float)
    clusters = np.unique([str(row.patient) for _, row in scored], return_inverse=True)[1]
    zeros = np.zeros(len(scored), np.int64)
    answered = np.array([row.assessment.prediction is not None for _, row in scored])
    for name, chosen in (
        ("of all with a score", np.ones(len(scored), bool)),
        ("of those with an answer", answered),
    ):
        predictions = Predictions(
            rows=np.arange(chosen.sum()), clusters=np.unique(clusters[chosen], return_inverse=True)[1],
            folds=zeros[chosen], seeds=zeros[chosen], truth=truth[chosen],
            predicted=(probability >= np.array(thresholds)).astype(float)[chosen],
            outputs=np.stack([1 - probability, probability], 1).astype(np.float32)[chosen],
            classes=("other", str(positive)), attributes={},
        )  # fmt: skip
        for score in scores(Metrics(ranking=_MEASURES[0], report=list(_MEASURES)), predictions):
            interval = score.interval
            text = f"{score.value:.2f} [{interval.low:.2f}, {interval.high:.2f}]"
            shown.append((f"{score.metric}, {name}", text))
    for kind in (*trials[0].manifest.outcome.classes, None):
        held = [
            row.truth in row.assessment.classes
            for _, row in scored
            if row.assessment.classes and kind in (None, row.truth)
        ]
        share = f"{sum(held)} of {len(held)} ({np.mean(held):.0%}; {LEVEL:.0%} promised)"
        shown.append((f"set holds the truth, {kind or 'all'}", share))
    shown.append(("mean score, share that has it", f"{probability.mean():.2f}, {truth.mean():.2f}"))
    return shown
