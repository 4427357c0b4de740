"""Run all steps on data that need no licence, and print the leaderboard."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.cli.run import report
from paralbench.records.errors import ParalbenchError

if TYPE_CHECKING:
    from paralbench.catalog import Catalog
    from paralbench.evaluation.benchmark import Done, Failed

EXAMPLE = "paralbench demo --to build/demo"
_OPEN, _OPEN_TASK = "voice-prompts", "voice-prompts-language"
_SUITE = "seeds"
_MODELS = ("whisper-tiny.en", "log-mel")
_CLIP_MODEL = "egemaps"
"""Computed per clip; for a series it is recomputed for each window, too slow for a demo."""
_SCREENED = ("daic-woz-depression", "adress-m-diagnosis", "simusoe-screening")
_SCREENER = "log-mel"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    parser.add_argument(
        "--to", type=Path, default=Path("build") / "demo", metavar="DIR",
        help="the folder for all output (default: build/demo)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Fetch real recordings, synthesize the suite's corpora, and score models on both."""
    from paralbench.corpora import fetching
    from paralbench.corpora.contamination import derived
    from paralbench.corpora.locating import fetched
    from paralbench.evaluation.benchmark import Failed
    from paralbench.leaderboard.board import collect
    from paralbench.leaderboard.build import build
    from paralbench.leaderboard.text import render

    catalog, root = options.catalog(args), args.to
    outcomes: list[Done | Failed] = []
    skipped = False
    try:
        options.say("1/5  fetching real recordings (24 MB)")
        folder = fetching.fetch(catalog.corpus(_OPEN).card, fetched(_OPEN))
        options.say("2/5  scoring them")
        outcomes += _score(catalog, root, [_OPEN_TASK], [*_MODELS, _CLIP_MODEL], {_OPEN: folder})
    except ParalbenchError as error:
        options.say(f"the real recordings were skipped: {error}")
        skipped = True
    options.say(f"3/5  making small synthetic corpora for the suite '{_SUITE}' and scoring them")
    tasks = catalog.suite(_SUITE)
    folders = {}
    for corpus in dict.fromkeys(catalog.task(task).corpus for task in tasks):
        folders[corpus] = root / "synthetic" / corpus
        catalog.corpus(corpus).synthesize(folders[corpus], 0)
    outcomes += _score(catalog, root, tasks, _MODELS, folders)
    outcomes += _score(catalog, root, tasks[:1], [_CLIP_MODEL], folders)
    options.say("4/5  building the leaderboard")
    board = collect(root / "results", derived(catalog))
    page = build(board, root / "site")
    print(render(board))
    options.say("5/5  making screeners and trying them on new synthetic speakers")
    reports = _screeners(catalog, root, folders)
    print(f"\nleaderboard page: {page.resolve()}", flush=True)
    for report_page in reports:
        print(f"screening report: {report_page.resolve()}", flush=True)
    if skipped:
        options.say("the leaderboard lacks the real recordings; see above for the reason")
    return 3 if any(isinstance(outcome, Failed) for outcome in outcomes) else int(skipped)


def _score(
    catalog: Catalog, root: Path, tasks: Sequence[str], models: Sequence[str], data: Mapping[str, Path]
) -> list[Done | Failed]:  # fmt: skip
    from paralbench.evaluation.benchmark import Benchmark, Request

    request = Request(tasks, models, ["linear-probe"], data)
    outcomes = list(Benchmark(catalog, request, root / "cache", root / "results").run(options.say))
    report(outcomes)
    return outcomes


def _screeners(catalog: Catalog, root: Path, data: Mapping[str, Path]) -> list[Path]:
    """Make bundles for the clinical tasks and screen with them; returns the reports."""
    from paralbench.cli.trial_screening import trial
    from paralbench.results import files

    reports = []
    for task in _SCREENED:
        file = files.result_path(root / "results", task, _SCREENER, "linear-probe", synthetic=True)
        corpus = data[catalog.task(task).corpus]
        outcome = trial(file, catalog, corpus, root / "screening", root / "cache", options.say)
        counts = ", ".join(f"{count} {status}" for status, count in outcome.counts.items())
        print(f"{task}: {counts}", flush=True)
        reports.append(outcome.report)
    return reports
