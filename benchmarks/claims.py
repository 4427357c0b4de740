"""Claims of the papers behind three heads, tried on acted voices: HRF by width, graph fusion, HAFFormer.

Ten seeds, each in one of five folds, so that every clip is tested by two of them. Differences are paired;
their p-value exchanges whole speakers. Processor time is about a quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from benchmarks.open_tasks import inputs
from paralbench.evaluation.inputs import Inputs
from paralbench.evaluation.predicting import predictions
from paralbench.heads import head, settings
from paralbench.heads.head import Fitted, Split, Workplace
from paralbench.records.errors import ParalbenchError
from paralbench.statistics.bootstrap import scores
from paralbench.statistics.paired import paired

TASK, MODEL = "game-voices-affect", "whisper-tiny.en"
SEVERAL = "whisper-tiny.en+log-mel+egemaps-lld"
FOLDS, SEEDS = 5, 10
WIDTHS = {"1/4": 16, "1/2": 32, "1": 64, "2": 128}


def run() -> list[tuple[str, str]]:
    """The head's UAR, that of what it is compared with, and the paired difference."""
    torch.set_num_threads(1)
    try:
        return [*_widths(), _fusion(), _against_default()]
    except ParalbenchError as error:
        return [("claims", f"not measured: {error}")]


def _widths() -> list[tuple[str, str]]:
    rows = []
    for share, width in WIDTHS.items():
        values = {"width": width, "inner": 2 * width}
        ours, theirs, parameters, read = _with_control("hrf-conv-transformer", MODEL, values)
        name = f"hrf-conv-transformer, width {share} ({width}), {parameters}"
        rows.append((f"{name}, plain", _compared(read, ours, theirs)))
    return rows


def _fusion() -> tuple[str, str]:
    ours, theirs, parameters, read = _with_control("graph-fusion", SEVERAL, {"frame_rate": 10.0})
    return f"graph-fusion, {parameters}, concatenation", _compared(read, ours, theirs)


def _against_default() -> tuple[str, str]:
    read = inputs(TASK, MODEL, "haffformer", seeds=tuple(range(SEEDS)))
    ours = head("haffformer").fit(
        read.streams, read.problem, _drawn(read.splits), settings("haffformer", {}), Workplace()
    )
    pooled = inputs(TASK, MODEL, "linear-probe")
    theirs = head("linear-probe").fit(
        pooled.streams, pooled.problem, _drawn(read.splits), settings("linear-probe", {})
    )
    name = f"haffformer, {ours.trained_parameters:,} parameters, linear-probe"
    return name, _compared(read, ours.fitted, theirs.fitted)


def _with_control(
    name: str, model: str, values: Mapping[str, float]
) -> tuple[Sequence[Fitted], Sequence[Fitted], str, Inputs]:
    """Fits of a head and of its control, their parameters, and what they were fitted on."""
    read = inputs(TASK, model, name, values, tuple(range(SEEDS)))
    fits = head(name).fit(
        read.streams, read.problem, _drawn(read.splits), settings(name, values), Workplace()
    )
    words = f"{fits.trained_parameters:,} parameters"
    if fits.forms is not None:
        words += f" trained, {fits.forms.deployed.parameters:,} folded"
    return fits.fitted, fits.control, words, read


def _drawn(splits: Sequence[Split]) -> list[Split]:
    """Seed s in fold s modulo five."""
    return [split for split in splits if split.seed % FOLDS == split.fold]


def _compared(read: Inputs, ours: Sequence[Fitted], theirs: Sequence[Fitted]) -> str:
    """Five seeds are one round over all clips; rounds stand where seeds do."""
    rounds = [
        predictions(
            read.selection,
            [replace(fit, split=replace(fit.split, seed=fit.split.seed // FOLDS)) for fit in fits],
        )
        for fits in (ours, theirs)
    ]
    metric = rounds[0].metric("uar")
    tallies = [one.tallies(metric) for one in rounds]
    difference = paired(metric, tallies[0], tallies[1], rounds[0].sizes(), rounds[0].draws)
    means = [scores(each).mean() for each in tallies]
    interval = difference.interval
    return (
        f"UAR {means[0]:.3f}, {means[1]:.3f}: {difference.difference:+.3f} "
        f"[{interval.low:+.3f}, {interval.high:+.3f}], p = {difference.p:.2f}"
    )
