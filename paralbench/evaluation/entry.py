"""Runs an entry: extract, fit, predict, score."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from paralbench.evaluation.calibrating import calibrate
from paralbench.evaluation.inputs import Inputs, prepare_inputs
from paralbench.evaluation.laps import Laps
from paralbench.evaluation.outcome import Outcome, outcome
from paralbench.evaluation.predicting import predict
from paralbench.evaluation.preparation import Preparation
from paralbench.evaluation.scoring import score
from paralbench.features.engine import LOCAL, Engine
from paralbench.features.store import FeatureStore
from paralbench.heads.head import Fits, Workplace
from paralbench.records.result import UnderCondition
from paralbench.results.predictions import Predictions

Under = Callable[[Inputs, Fits, Predictions], list[UnderCondition]]
"""Scores fits under conditions. An argument, so that a condition's sources decide no clean score."""


def run(
    prepared: Preparation,
    cache: Path,
    *,
    engine: Engine = LOCAL,
    quiet: bool = False,
    say: Callable[[str], None] = lambda message: None,
    under: Under | None = None,
) -> Outcome:
    """Extract missing features, fit the head on all folds and seeds, and score it.

    ``under`` scores the fits under conditions.

    Raises:
        ParalbenchError: if too few examples can be used.
    """
    with ExitStack() as stack:
        for key in prepared.feature_keys:
            stack.enter_context(FeatureStore(cache, key).in_use())
        return _run(prepared, cache, engine, quiet, say, under)


def _run(
    prepared: Preparation,
    cache: Path,
    engine: Engine,
    quiet: bool,
    say: Callable[[str], None],
    under: Under | None,
) -> Outcome:
    inputs = prepare_inputs(prepared, prepared.splits, cache, engine=engine, quiet=quiet, say=say)
    laps = Laps()
    work = Workplace(cache / "fits" / prepared.name, device=prepared.entry.device, quiet=quiet)
    fits = prepared.head.fit(inputs.streams, inputs.problem, inputs.splits, prepared.settings, work)
    laps.end("fitting")
    predictions = predict(inputs, fits)
    scored = score(prepared.entry.task.metrics, predictions, fits.weights)
    calibration = calibrate(predictions["deployed"], fits, inputs.problem)
    laps.end("scoring")
    conditions = under(inputs, fits, predictions["deployed"]) if under else []
    seconds = {**inputs.seconds, **laps.seconds}
    made = outcome(prepared, inputs, fits, predictions["deployed"], scored, calibration, seconds)
    return replace(made, result=made.result.model_copy(update={"conditions": conditions}))
