"""The site of 10,000 entries: how long it takes to build, and when its first page can be used."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from paralbench.leaderboard.board import collect
from paralbench.leaderboard.build import build
from paralbench.records.result import Result
from paralbench.records.task_card import Metrics
from paralbench.results import files
from paralbench.results.predictions import Predictions
from paralbench.results.scores import scores

TASKS, MODELS, HEADS = 20, 100, 5
SPEAKERS, EXAMPLES = 20, 200
FIXTURE = Path(__file__).parents[1] / "tests" / "results" / "fixtures" / "result-v2.json"
MOST, USABLE = 60.0, 2.0
"""Seconds that building and opening may take."""


def run() -> list[tuple[str, str]]:
    """Profiled results of 200 examples each, on twenty tasks; opened in the browser that is here."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        told = json.loads(FIXTURE.read_text(encoding="utf-8"))
        for number in range(TASKS * MODELS * HEADS):
            _write(root / "results", told, number)
        began = time.perf_counter()
        board = collect(root / "results")
        collected = time.perf_counter() - began
        build(board, root / "site")
        whole = time.perf_counter() - began
        assert not board.refused
        assert not board.unread
        pages = sum(1 for _ in (root / "site").rglob("*.html"))
        size = sum(file.stat().st_size for file in (root / "site").rglob("*") if file.is_file())
        opened = [
            (f"{name}: seconds until it can be used, over the {USABLE:g} s it may take", told)
            for name, told in _opened(root / "site")
        ]
    count = TASKS * MODELS * HEADS
    return [
        (
            f"{count:,} entries read, ranked and built, over the {MOST:g} s it may take",
            f"{whole / MOST:.2f} ({collected:.0f} s read and ranked, {whole - collected:.0f} s built: "
            f"{pages:,} pages, {size / 1e6:.0f} MB)",
        ),
        *opened,
    ]


def _opened(site: Path) -> list[tuple[str, str]]:
    """Least of three openings, until all rows are there and the page answers."""
    from playwright.sync_api import sync_playwright

    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        return [("index.html", "there is no chromium on this machine")]
    found = []
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, ready in (("index.html", "section.task"), ("explore.html", "#entries tbody tr")):
            seconds = []
            for _ in range(3):
                page = started.new_page()
                began = time.perf_counter()
                page.goto((site / name).as_uri())
                page.locator(ready).first.wait_for()
                page.evaluate(
                    "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
                )
                seconds.append(time.perf_counter() - began)
                page.close()
            size = (site / name).stat().st_size / 1e6
            found.append(
                (name, f"{min(seconds) / USABLE:.2f} ({min(seconds):.2f} s, {size:.1f} MB)")
            )
        started.close()
    return found


def _write(root: Path, told: dict[str, Any], number: int) -> None:
    task, model, head = number % TASKS, number // TASKS % MODELS, number // TASKS // MODELS
    rng = np.random.default_rng(number)
    rows = np.arange(EXAMPLES)
    truth = rows % 2
    right = rng.random(EXAMPLES) < 0.55 + 0.4 * rng.random()
    predicted = np.where(right, truth, 1 - truth)
    found = Predictions(
        rows=rows, clusters=rows % SPEAKERS, folds=rows % SPEAKERS % 4,
        seeds=np.zeros(EXAMPLES, np.int64), truth=truth.astype(float),
        predicted=predicted.astype(float),
        outputs=np.where(np.arange(2) == predicted[:, None], 0.8, 0.2).astype(np.float32),
        classes=("low", "high"),
    )  # fmt: skip
    ids = np.array([hashlib.sha256(f"{task}/{row}".encode()).hexdigest()[:24] for row in rows])
    content, digest = files.parquet(found.table(ids))
    (score,) = scores(Metrics(ranking="uar", report=["uar"]), found)
    told |= {
        "task": f"toy-task{task}", "head": f"head-{head}", "standing": "ranked",
        "predictions_sha256": digest, "scores": [score.model_dump()],
    }  # fmt: skip
    told["model"]["id"] = f"model-{model}"
    files.write(root, Result.model_validate(told), content)
