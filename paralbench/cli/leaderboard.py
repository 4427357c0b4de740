"""Build the leaderboard page from result files alone."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from paralbench.cli import options
from paralbench.records.errors import UsageError
from paralbench.results import DEFAULT

EXAMPLE = "paralbench leaderboard build"
_SITE = Path("leaderboard") / "site"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "action", choices=["build"], help="read all results, write the page, print the table"
    )
    options.add_results(parser)
    parser.add_argument(
        "--to", "--site", dest="site", type=Path, default=_SITE, metavar="DIR",
        help=f"the folder to write (default: {_SITE})",
    )  # fmt: skip
    parser.add_argument(
        "--url", default="", metavar="URL",
        help="the address at which the site will stand, for the picture that links to it show",
    )  # fmt: skip
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Build the page; exit code 1 where a file is not a result."""
    from paralbench.catalog import from_environment
    from paralbench.corpora.contamination import beside
    from paralbench.leaderboard.board import collect
    from paralbench.leaderboard.build import build
    from paralbench.leaderboard.data import records
    from paralbench.leaderboard.text import render

    if args.results != DEFAULT and not args.results.is_dir():
        raise UsageError(
            f"there is no folder {args.results}; 'paralbench run' makes it, or give --results DIR."
        )
    catalog = from_environment()
    board = collect(args.results, beside(args.results, catalog), catalog)
    page = build(board, args.site, args.url)
    if args.json:
        print(json.dumps(records(board), indent=1))
    else:
        print(render(board))
        print(f"\nleaderboard page: {page.resolve()}")
    for name, reason in board.refused:
        print(f"refused {name}: {reason}", file=sys.stderr)
    return 1 if board.refused else 0
