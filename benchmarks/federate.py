"""Local, federated and pooled training of the default head, and how far apart the last two are.

Speakers are dealt to three sites; every score is of speakers that no head was trained on. The same is
printed by 'paralbench federate trial --task TASK --model MODEL'.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.open_tasks import root
from paralbench.catalog import Catalog, from_environment
from paralbench.evaluation.benchmark import Benchmark, Failed, Request
from paralbench.evaluation.inputs import prepare_inputs
from paralbench.federation.trial import Trial, dealt, tried
from paralbench.records.errors import ParalbenchError
from paralbench.system.cache_folder import default_cache

SITES, MODEL, HEAD = 3, "log-mel", "linear-probe"
REAL, SYNTHETIC = "game-voices-affect", "iemocap-emotion"


def run() -> list[tuple[str, str]]:
    """A real task, fetched where it is missing, and a synthetic one, made on the spot."""
    catalog = from_environment()
    shown = []
    for task in (REAL, SYNTHETIC):
        with tempfile.TemporaryDirectory() as folder:
            try:
                trial = _tried(catalog, task, Path(folder))
            except ParalbenchError as error:
                shown.append((task, f"not measured: {error}"))
                continue
        shown += [(f"{task}, {name}", text) for name, text in _rows(trial)]
    return shown


def _tried(catalog: Catalog, task: str, folder: Path) -> Trial:
    corpus = catalog.corpus(catalog.task(task).corpus)
    if task == REAL:
        data, cache = root(catalog, task), default_cache()
    else:
        data, cache = folder / "data", folder / "cache"
        corpus.synthesize(data, 0)
    request = Request([task], [MODEL], [HEAD], {corpus.card.id: data}, seeds=(0,))
    (prepared,) = Benchmark(catalog, request, cache, folder / "results").preparations()
    if isinstance(prepared, Failed):
        raise prepared.error
    with prepare_inputs(prepared, prepared.splits, cache, quiet=True) as inputs:
        sites = dealt(inputs.selection, SITES)
        return tried(inputs, prepared.head, prepared.settings, prepared.layout, sites)


def _rows(trial: Trial) -> list[tuple[str, str]]:
    rows = [
        (
            way,
            f"{score.metric} {score.value:.3f} [{score.interval.low:.3f}, {score.interval.high:.3f}]",
        )
        for way, score in trial.scores.items()
    ]
    rows += [
        (pair, f"{p.difference:+.3f} [{p.interval.low:+.3f}, {p.interval.high:+.3f}], p {p.p:.3f}")
        for pair, p in trial.paired.items()
    ]
    return [
        *rows,
        ("federated against pooled", f"outputs differ by {trial.difference:.1e} at most"),
    ]
