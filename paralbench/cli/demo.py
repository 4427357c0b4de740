"""Run the whole path on data that need no licence, and show the leaderboard."""

from __future__ import annotations

import argparse
import sys
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
"""Hears clips whole; a series would have it hear each window anew, too long for a demo."""
_SCREENED = ("daic-woz-depression", "adress-m-diagnosis", "simusoe-screening")
_SCREENER = "log-mel"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    parser.add_argument(
        "--to",
        type=Path,
        default=Path("build") / "demo",
        metavar="DIR",
        help="where everything goes (default: build/demo)",
    )


def run(args: argparse.Namespace) -> int:
    """Real recordings fetched, the suite's corpora made, models scored on both."""
    from paralbench.corpora import fetching
    from paralbench.corpora.contamination import derived
    from paralbench.corpora.locating import fetched
    from paralbench.evaluation.benchmark import Failed
    from paralbench.leaderboard.board import collect
    from paralbench.leaderboard.build import build
    from paralbench.leaderboard.text import render

    catalog, root = options.catalog(args), args.to
    found: list[Done | Failed] = []
    left_out = False
    try:
        _say("1/5  fetching real recordings (24 MB)")
        place = fetching.fetch(catalog.corpus(_OPEN).card, fetched(_OPEN))
        _say("2/5  scoring them")
        found += _score(catalog, root, [_OPEN_TASK], [*_MODELS, _CLIP_MODEL], {_OPEN: place})
    except ParalbenchError as error:
        _say(f"the real recordings are left out: {error}")
        left_out = True
    _say(f"3/5  making small synthetic corpora for the suite '{_SUITE}' and scoring them")
    tasks = catalog.suite(_SUITE)
    places = {}
    for corpus in dict.fromkeys(catalog.task(task).corpus for task in tasks):
        places[corpus] = root / "synthetic" / corpus
        catalog.corpus(corpus).synthesize(places[corpus], 0)
    found += _score(catalog, root, tasks, _MODELS, places)
    found += _score(catalog, root, tasks[:1], [_CLIP_MODEL], places)
    _say("4/5  building the leaderboard")
    board = collect(root / "results", derived(catalog))
    page = build(board, root / "site")
    print(render(board))
    _say("5/5  a screener each, tried on other computed people")
    reports = _screeners(catalog, root, places)
    print(f"\nleaderboard page: {page.resolve()}", flush=True)
    for report_page in reports:
        print(f"screening report: {report_page.resolve()}", flush=True)
    if left_out:
        _say("the real recordings are missing from it; see above for the reason")
    return 3 if any(isinstance(one, Failed) for one in found) else int(left_out)


def _score(
    catalog: Catalog,
    root: Path,
    tasks: Sequence[str],
    models: Sequence[str],
    places: Mapping[str, Path],
) -> list[Done | Failed]:
    from paralbench.evaluation.benchmark import Benchmark, Request

    request = Request(tasks, models, ["linear-probe"], places)
    found = list(Benchmark(catalog, request, root / "cache", root / "results").run(_say))
    report(found)
    return found


def _screeners(catalog: Catalog, root: Path, places: Mapping[str, Path]) -> list[Path]:
    """Bundles of the clinical tasks, and the reports of screening with them."""
    from paralbench.cli.trial_screening import trial
    from paralbench.results import files

    made = []
    for task in _SCREENED:
        file = files.result_path(root / "results", task, _SCREENER, "linear-probe", synthetic=True)
        data = places[catalog.task(task).corpus]
        found = trial(file, catalog, data, root / "screening", root / "cache", _say)
        counted = ", ".join(f"{count} {status}" for status, count in found.counts.items())
        print(f"{task}: {counted}", flush=True)
        made.append(found.report)
    return made


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
