"""Run the whole path on data that need no licence, and show the leaderboard."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.cli import options
from paralbench.cli.run import report
from paralbench.corpora import fetching
from paralbench.corpora.locating import fetched
from paralbench.evaluation.benchmark import Benchmark, Done, Failed, Request
from paralbench.ranking.board import collect
from paralbench.ranking.text import render
from paralbench.records.errors import ParalbenchError

EXAMPLE = "paralbench demo --to build/demo"
MODELS = ("whisper-tiny.en", "egemaps", "log-mel")
_OPEN, _OPEN_TASK = "voice-prompts", "voice-prompts-language"
_SYNTHETIC, _SYNTHETIC_TASK = "iemocap", "iemocap-emotion"


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
    """Real recordings fetched, a synthetic corpus made, three models scored on both."""
    from paralbench.ranking.site import build

    catalog, root = options.catalog(args), args.to
    failed: list[Done | Failed] = []
    try:
        _say("1/4  fetching real recordings (24 MB)")
        place = fetching.fetch(catalog.corpus(_OPEN).card, fetched(_OPEN))
        _say("2/4  scoring them")
        failed += _score(catalog, root, _OPEN_TASK, _OPEN, place)
    except ParalbenchError as error:
        _say(f"the real recordings are left out: {error}")
        failed.append(Failed(_OPEN_TASK, "every model", "linear-probe", error))
    _say("3/4  making a small synthetic IEMOCAP and scoring it")
    catalog.corpus(_SYNTHETIC).synthesize(root / _SYNTHETIC, 0)
    failed += _score(catalog, root, _SYNTHETIC_TASK, _SYNTHETIC, root / _SYNTHETIC)
    _say("4/4  building the leaderboard")
    board = collect(root / "results")
    page = build(board, root / "site")
    print(render(board))
    print(f"\nleaderboard page: {page.resolve()}", flush=True)
    return report(failed)


def _score(
    catalog: Catalog, root: Path, task: str, corpus: str, place: Path
) -> list[Done | Failed]:
    request = Request([task], MODELS, ["linear-probe"], {corpus: place})
    benchmark = Benchmark(catalog, request, root / "cache", root / "results")
    return list(benchmark.run(_say))


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
