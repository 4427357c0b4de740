"""Results made by hand for the board."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from paralbench.records.result import Result
from paralbench.records.task_card import Metrics
from paralbench.results import files
from paralbench.results.predictions import Predictions
from paralbench.results.scores import scores

FIXTURE = Path(__file__).parents[1] / "results" / "fixtures" / "result-v1.json"


def result(
    model: str = "bands", value: float = 0.7, width: float = 0.1, metric: str = "uar", **more: Any
) -> Result:
    """The frozen result, with another model and score."""
    document = json.loads(FIXTURE.read_text(encoding="utf-8"))
    document["model"]["id"] = model
    document["scores"] = [document["scores"][0]]
    document["ranking"] = metric
    document["scores"][0].update(metric=metric, value=value)
    document["scores"][0]["interval"].update(low=value - width / 2, high=value + width / 2)
    title = more.pop("title", None)
    if title is not None:
        document["model"]["title"] = title
    document.update(more)
    return Result.model_validate(document)


def predictions(
    skill: float, seed: int = 0, clusters: int = 12, each: int = 8, seeds: int = 2
) -> Predictions:
    """Of speakers that are hard for every model alike; right as often as ``skill`` allows."""
    rows = clusters * each
    owner, truth = np.arange(rows) // each, np.arange(rows) % 2
    hard = np.random.default_rng(99).normal(0, 0.7, clusters)
    ease = 1 / (1 + np.exp(-skill - hard))[owner]
    rng = np.random.default_rng(seed)
    right = rng.random((seeds, rows)) < ease
    predicted = np.where(right, truth, 1 - truth).ravel()
    return Predictions(
        rows=np.tile(np.arange(rows), seeds),
        clusters=np.tile(owner, seeds),
        folds=np.tile(owner % 4, seeds),
        seeds=np.repeat(np.arange(seeds), rows),
        truth=np.tile(truth, seeds).astype(float),
        predicted=predicted.astype(float),
        outputs=np.where(np.arange(2) == predicted[:, None], 0.8, 0.2).astype(np.float32),
        classes=("low", "high"),
        attributes={"sex": np.tile(np.array(["female", "male"])[owner % 2], seeds)},
    )


def store(
    root: Path, model: str, found: Predictions, names: list[str] | None = None, **more: Any
) -> Path:
    """A result with these predictions and the scores that follow from them; its file."""
    count = len(np.unique(found.rows))
    ids = np.array([f"e{n:04}" for n in range(count)] if names is None else names)
    content, digest = files.parquet(found.table(ids))
    (score,) = scores(Metrics(ranking="uar", report=["uar"]), found)
    record = result(model, predictions_sha256=digest, **more).model_dump()
    record["scores"] = [score.model_dump()]
    return files.write(root, Result.model_validate(record), content)


def write(root: Path, *results: Result) -> Path:
    """Their files below ``root``."""
    for item in results:
        files.write(root, item, b"predictions")
    return root
