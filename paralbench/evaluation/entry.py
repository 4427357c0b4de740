"""Runs an entry: extract, fit, predict, score."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from paralbench.evaluation.calibrating import calibrate
from paralbench.evaluation.fitting import fit
from paralbench.evaluation.inputs import Inputs, prepare_inputs
from paralbench.evaluation.laps import Laps
from paralbench.evaluation.outcome import Outcome, outcome
from paralbench.evaluation.predicting import predict
from paralbench.evaluation.preparation import Preparation
from paralbench.evaluation.scoring import score
from paralbench.features.engine import LOCAL, Engine
from paralbench.heads.head import Fits, Workplace
from paralbench.records.result import UnderCondition
from paralbench.results.predictions import Predictions

Under = Callable[[Inputs, Fits, Predictions], list[tuple[UnderCondition, Predictions]]]
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
    with prepare_inputs(
        prepared, prepared.splits, cache, engine=engine, quiet=quiet, say=say
    ) as inputs:
        laps = Laps()
        work = Workplace(cache / "fits" / prepared.name, device=prepared.entry.device, quiet=quiet)
        fits = fit(
            prepared.head, inputs.streams, inputs.problem, inputs.splits, prepared.settings, work,
            engine, [store.folder for store in inputs.stores],
        )  # fmt: skip
        laps.end("fitting")
        predictions = predict(inputs, fits)
        deployed = predictions["deployed"]
        scored = score(prepared.entry.task.metrics, predictions, fits.weights)
        calibration = calibrate(deployed, fits, inputs.problem)
        laps.end("scoring")
        conditions = under(inputs, fits, deployed) if under else []
        seconds = {**inputs.seconds, **laps.seconds}
        return outcome(prepared, inputs, fits, deployed, scored, calibration, conditions, seconds)
