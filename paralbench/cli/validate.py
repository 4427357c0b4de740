"""Check submissions: recompute every score from the predictions, and refuse by name what differs.

Exit codes: 0 all valid; 1 some refused and listed; 2 wrong usage; 3 nothing could be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.results import DEFAULT

if TYPE_CHECKING:
    from paralbench.submission.validation import Report

EXAMPLE = "paralbench validate whisper-tiny.en.zip --against leaderboard/results"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    parser.add_argument(
        "what", nargs="+", type=Path, metavar="ARCHIVE_OR_FOLDER", help="of submit, or results"
    )
    parser.add_argument(
        "--against",
        type=Path,
        default=None,
        metavar="DIR",
        help=f"results on the board, for the same data and examples (default: {DEFAULT} if there)",
    )
    parser.add_argument(
        "--workers", type=int, default=None, metavar="N", help="processes (default: one a core)"
    )
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """One line for each, then its refusals on standard error."""
    from paralbench.submission.validation import validate

    for place in args.what:
        if not place.exists():
            raise UsageError(f"there is no file or folder {place}.")
    against = args.against or (DEFAULT if DEFAULT.is_dir() else None)
    if against is not None and not against.is_dir():
        raise UsageError(f"--against: there is no folder {against}.")
    catalog = options.catalog(args)
    reports: list[Report] = []
    unread: list[str] = []
    for place in args.what:
        try:
            reports.append(validate(place, catalog, against, args.workers))
        except ParalbenchError as error:
            unread.append(str(error))
    if args.json:
        print(json.dumps([_told(one) for one in reports], indent=1))
    for one in reports:
        if not args.json:
            verdict = f"{len(one.problems)} reasons against it" if one.problems else "valid"
            print(f"{one.name}: {one.results} results, {verdict}")
            for problem in one.problems:
                print(f"  {problem}", file=sys.stderr)
    for message in unread:
        print(f"paralbench validate: {message}", file=sys.stderr)
    if not reports:
        return 3
    return 1 if unread or any(one.problems for one in reports) else 0


def _told(report: Report) -> dict[str, object]:
    return {
        "name": report.name,
        "results": report.results,
        "valid": not report.problems,
        "refused": [vars(one) for one in report.problems],
    }
