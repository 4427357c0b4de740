"""Rebuilding the leaderboard from 1,000 results with their predictions: fifty models on twenty tasks."""

from __future__ import annotations

import hashlib
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np

from paralbench.leaderboard.board import collect
from paralbench.leaderboard.build import build
from paralbench.records.result import Result
from paralbench.records.task_card import Metrics
from paralbench.results import files
from paralbench.results.predictions import Predictions
from paralbench.results.scores import scores

MODELS, TASKS, SEEDS, CLASSES = 50, 20, 3, 4
FIXTURE = Path(__file__).parents[1] / "tests" / "results" / "fixtures" / "result-v1.json"


def run() -> list[tuple[str, str]]:
    """In a fresh folder: twenty tasks of 500 to 5,500 examples and 10 to 105 speakers."""
    with tempfile.TemporaryDirectory() as folder:
        root, rows = Path(folder), 0
        for task in range(TASKS):
            rows += _task(root / "results", task)
        began = time.perf_counter()
        board = collect(root / "results")
        collected = time.perf_counter() - began
        build(board, root / "site")
        whole = time.perf_counter() - began
        page = (root / "site" / "index.html").stat().st_size
        assert not board.refused
        assert not board.unread
        tracemalloc.start()
        collect(root / "results")
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return [
        (f"{MODELS * TASKS} results, {rows:,} predictions, read and ranked", f"{collected:.1f} s"),
        ("with the page", f"{whole:.1f} s ({page / 1e6:.1f} MB)"),
        ("memory at most", f"{memory / 1e6:.0f} MB"),
    ]


def _task(root: Path, task: int) -> int:
    """Fifty models on one task; how many predictions they made."""
    rng = np.random.default_rng(task)
    speakers, count = 10 + 5 * task, 500 + 250 * task
    owner = np.sort(rng.integers(0, speakers, count))
    truth = rng.integers(0, CLASSES, count)
    hard = rng.normal(0, 0.7, speakers)[owner]
    ids = np.array([hashlib.sha256(f"{task}/{n}".encode()).hexdigest() for n in range(count)])
    for model in range(MODELS):
        right = rng.random((SEEDS, count)) < 1 / (1 + np.exp(-model / MODELS - hard))
        predicted = np.where(right, truth, rng.integers(0, CLASSES, (SEEDS, count))).ravel()
        outputs = rng.random((SEEDS * count, CLASSES), np.float32)
        found = Predictions(
            rows=np.tile(np.arange(count), SEEDS),
            clusters=np.tile(owner, SEEDS),
            folds=np.tile(owner % 5, SEEDS),
            seeds=np.repeat(np.arange(SEEDS), count),
            truth=np.tile(truth, SEEDS).astype(float),
            predicted=predicted.astype(float),
            outputs=outputs / outputs.sum(1, keepdims=True),
            classes=("a", "b", "c", "d"),
        )
        _store(root, f"task-{task}", f"model-{model}", found, ids)
    return MODELS * SEEDS * count


def _store(root: Path, task: str, model: str, found: Predictions, ids: np.ndarray) -> None:
    content, digest = files.parquet(found.table(ids))
    told = Result.from_json(FIXTURE).model_dump()
    told["model"]["id"] = model
    told |= {
        "task": task,
        "classes": list(found.classes),
        "confusion": [],
        "predictions_sha256": digest,
        "scores": [
            score.model_dump()
            for score in scores(Metrics(ranking="uar", report=["uar", "wa", "macro-f1"]), found)
        ],
    }
    files.write(root, Result.model_validate(told), content)
