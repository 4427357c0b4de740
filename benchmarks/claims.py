"""Claims of the papers behind three heads, on real and synthetic voices: HRF by width, graph fusion, HAFFormer.

Ten seeds, each in one of five folds, so that every clip is tested by two of them. Differences are paired;
their p-value exchanges whole speakers. Processor time is about half an hour.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from benchmarks.open_tasks import inputs
from paralbench.catalog import from_environment
from paralbench.evaluation.inputs import Inputs
from paralbench.evaluation.predicting import predictions
from paralbench.heads import head, settings
from paralbench.heads.head import Fitted, Split, Workplace
from paralbench.records.errors import ParalbenchError
from paralbench.statistics.bootstrap import scores
from paralbench.statistics.paired import paired

FOLDS, SEEDS = 5, 10
WIDTHS = {"1/4": 16, "1/2": 32, "1": 64, "2": 128}


@dataclass(frozen=True)
class Material:
    """Clips that the claims are tried on.

    Args:
        task: the task's id, of five folds.
        model: the encoder of heads that read one.
        several: those of graph fusion.
        root: the corpus, where it is not one that can be fetched.
    """

    task: str
    model: str
    several: str
    root: Path | None = None

    def inputs(self, model: str, name: str, values: Mapping[str, float], seeds: int) -> Inputs:
        """What a head reads."""
        return inputs(self.task, model, name, values, tuple(range(seeds)), self.root)


REAL = Material("game-voices-affect", "whisper-tiny.en", "whisper-tiny.en+log-mel+egemaps-lld")


def run() -> list[tuple[str, str]]:
    """The head's UAR, that of what it is compared with, and the paired difference."""
    torch.set_num_threads(1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for material in (REAL, made(Path(folder) / "iemocap")):
            try:
                for row in claims(material):
                    print(": ".join(row), file=sys.stderr, flush=True)
                    rows.append(row)
            except ParalbenchError as error:
                rows.append((material.task, f"not measured: {error}"))
    return rows


def made(folder: Path) -> Material:
    """A synthetic corpus in IEMOCAP's layout; spectra say what there is to say of it."""
    from_environment().corpus("iemocap").synthesize(folder, 0)
    return Material("iemocap-emotion", "log-mel", "log-mel+mfcc+egemaps-lld", folder)


def claims(material: Material) -> Iterator[tuple[str, str]]:
    """A row for each width, for fusion and for HAFFormer."""
    for share, width in WIDTHS.items():
        yield of_width(material, share, width)
    yield _fusion(material)
    yield _against_default(material)


def of_width(material: Material, share: str, width: int) -> tuple[str, str]:
    """HRF at a width of the ConvTransformer, and the plain network of that width."""
    values = {"width": width, "inner": 2 * width}
    name = "hrf-conv-transformer"
    ours, theirs, parameters, read = _with_control(material, name, material.model, values)
    words = f"{material.task}: {name}, width {share} ({width}), {parameters}, plain"
    return words, _compared(read, ours, theirs)


def _fusion(material: Material) -> tuple[str, str]:
    name = "graph-fusion"
    ours, theirs, parameters, read = _with_control(
        material, name, material.several, {"frame_rate": 10.0}
    )
    return f"{material.task}: {name}, {parameters}, concatenation", _compared(read, ours, theirs)


def _against_default(material: Material) -> tuple[str, str]:
    read = material.inputs(material.model, "haffformer", {}, SEEDS)
    ours = head("haffformer").fit(
        read.streams, read.problem, _drawn(read.splits), settings("haffformer", {}), Workplace()
    )
    pooled = material.inputs(material.model, "linear-probe", {}, 1)
    theirs = head("linear-probe").fit(
        pooled.streams, pooled.problem, _drawn(read.splits), settings("linear-probe", {})
    )
    words = f"{material.task}: haffformer, {ours.trained_parameters:,} parameters, linear-probe"
    return words, _compared(read, ours.fitted, theirs.fitted)


def _with_control(
    material: Material, name: str, model: str, values: Mapping[str, float]
) -> tuple[Sequence[Fitted], Sequence[Fitted], str, Inputs]:
    """Fits of a head and of its control, their parameters, and what they were fitted on."""
    read = material.inputs(model, name, values, SEEDS)
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
