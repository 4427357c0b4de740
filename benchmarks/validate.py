"""Validating 1,000 results and rebuilding the board from them, on this machine's cores."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

from paralbench.catalog import Catalog
from paralbench.leaderboard.board import collect
from paralbench.leaderboard.build import build
from paralbench.records.model_card import ModelCard
from paralbench.records.result import (
    Audit,
    Consumption,
    Data,
    FoldSummary,
    Model,
    Result,
    Training,
)
from paralbench.records.task_card import TaskCard
from paralbench.results import files
from paralbench.results.predictions import Predictions
from paralbench.results.provenance import provenance
from paralbench.results.scores import confusion_matrix, scores
from paralbench.results.subgroups import subgroups
from paralbench.submission.validation import validate
from paralbench.system.processes import parallel_map

RESULTS, FEWER = 1000, 100
TASK, MODEL = "ravdess-emotion", "log-mel"
SPEAKERS, EACH, FOLDS, SEEDS = 24, 60, 6, 5
MOST = 30.0
"""Seconds that both together may take on two cores."""


def run() -> list[tuple[str, str]]:
    """Results of RAVDESS's size, each its own noise; validated, and the page built from them."""
    catalog = Catalog()
    task, card = catalog.task(TASK), catalog.model(MODEL).card
    with tempfile.TemporaryDirectory() as folder:
        few, many, site = (Path(folder) / name for name in ("few", "many", "site"))
        parallel_map(partial(_write, few, task, card), range(FEWER))
        parallel_map(partial(_write, many, task, card), range(RESULTS))
        alone = _validated(few, catalog, 1)
        shared = _validated(few, catalog, None)
        validating = _validated(many, catalog, None)
        began = time.perf_counter()
        build(collect(many), site)
        building = time.perf_counter() - began
    return [
        (
            f"validating {RESULTS:,} results of {SPEAKERS * EACH} examples under {SEEDS} seeds",
            f"{validating:.1f} s, {1000 * validating / RESULTS:.0f} ms each",
        ),
        (
            f"{FEWER} of them in one process over {os.cpu_count()}",
            f"{alone / shared:.2f} ({alone:.1f} s over {shared:.1f} s)",
        ),
        (f"rebuilding the board from {RESULTS:,}", f"{building:.1f} s"),
        (f"both, over the {MOST:g} s they may take", f"{(validating + building) / MOST:.2f}"),
    ]


def _validated(root: Path, catalog: Catalog, workers: int | None) -> float:
    began = time.perf_counter()
    report = validate(root, catalog, workers=workers)
    if report.problems:
        raise RuntimeError(f"made to be valid, and refused: {report.problems[0]}")
    return time.perf_counter() - began


def _write(root: Path, task: TaskCard, card: ModelCard, number: int) -> None:
    """One result: the same truth for all, probabilities of its own noise."""
    classes = getattr(task.target, "classes")  # noqa: B009 - the task's target is a class
    count = SPEAKERS * EACH
    truth = np.tile(np.arange(count) % len(classes), SEEDS)
    rows, seeds = np.tile(np.arange(count), SEEDS), np.repeat(np.arange(SEEDS), count)
    rng = np.random.default_rng(number)
    logits = rng.normal(0, 1, (len(rows), len(classes)))
    logits[np.arange(len(rows)), truth] += rng.uniform(0.5, 2)
    outputs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    found = Predictions(
        rows=rows, clusters=rows // EACH, folds=rows // EACH % FOLDS, seeds=seeds,
        truth=truth.astype(float), predicted=outputs.argmax(1).astype(float),
        outputs=outputs.astype(np.float32), classes=tuple(classes),
    )  # fmt: skip
    ids = np.array(
        [hashlib.sha256(bytes([n % 256, n // 256])).hexdigest()[:24] for n in range(count)]
    )
    content, digest = files.parquet(found.table(np.sort(ids)))
    share = count // FOLDS
    result = Result(
        schema_version=1,
        entry=hashlib.sha256(str(number).encode()).hexdigest(),
        task=TASK,
        task_version=task.version,
        model=Model(
            id=MODEL, title=card.title, parameters=0, weights="none", encoder="0" * 64,
            policy=card.policy.model_dump(mode="json"), licence=card.licence,
        ),
        head=f"head-{number:04d}",
        standing="ranked",
        target=task.target.model_dump(mode="json"),
        ranking=task.metrics.ranking,
        scores=scores(task.metrics, found),
        subgroups=subgroups(task.metrics, found),
        confusion=confusion_matrix(found),
        classes=list(classes),
        seeds=list(range(SEEDS)),
        folds=FOLDS,
        data=Data(
            corpus=task.corpus, declared=count, listed=count, scored=count, fingerprint="0" * 64,
            synthetic=False, classes=dict.fromkeys(classes, count // len(classes)),
        ),
        audio=Consumption(asked=1.0, consumed=1.0, fraction=1.0),
        audit=Audit(
            never_cross=task.protocol.never_cross, controlled=task.protocol.controlled,
            folds=[
                FoldSummary(fold=fold, seed=seed, train=4 * share, develop=share, test=share)
                for fold in range(FOLDS) for seed in range(SEEDS)
            ],
        ),
        training=Training(settings={}, trained_parameters=1),
        provenance=provenance(task, {}, {}),
        predictions_sha256=digest,
    )  # fmt: skip
    files.write(root, result, content)
