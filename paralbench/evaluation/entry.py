"""Runs an entry: extract, fit, predict, score."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from paralbench.evaluation.calibrating import calibrate
from paralbench.evaluation.inputs import prepare_inputs
from paralbench.evaluation.laps import Laps
from paralbench.evaluation.outcome import Outcome, outcome
from paralbench.evaluation.predicting import predict
from paralbench.evaluation.preparation import Preparation
from paralbench.evaluation.scoring import score
from paralbench.features.engine import LOCAL, Engine
from paralbench.features.store import FeatureStore
from paralbench.heads.head import Workplace


def run(
    prepared: Preparation,
    cache: Path,
    *,
    engine: Engine = LOCAL,
    quiet: bool = False,
    say: Callable[[str], None] = lambda message: None,
) -> Outcome:
    """Extract missing features, fit the head on all folds and seeds, and score it.

    Raises:
        ParalbenchError: if too few examples can be used.
    """
    with ExitStack() as stack:
        for key in prepared.feature_keys:
            stack.enter_context(FeatureStore(cache, key).in_use())
        return _run(prepared, cache, engine, quiet, say)


def _run(
    prepared: Preparation,
    cache: Path,
    engine: Engine,
    quiet: bool,
    say: Callable[[str], None],
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
    seconds = {**inputs.seconds, **laps.seconds}
    return outcome(prepared, inputs, fits, predictions["deployed"], scored, calibration, seconds)
