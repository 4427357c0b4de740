"""Pack the results of a model into one archive for the leaderboard."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from paralbench.cli import options
from paralbench.records.errors import UsageError
from paralbench.results import DEFAULT

EXAMPLE = "paralbench submit --model whisper-tiny.en -o whisper-tiny.en.zip"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    parser.add_argument(
        "--model", required=True, metavar="MODEL", help="whose results: an id, or ids joined by '+'"
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=DEFAULT,
        metavar="DIR",
        help=f"where results stand (default: {DEFAULT})",
    )
    parser.add_argument(
        "-o", "--to", type=Path, required=True, metavar="FILE", help="the archive, NAME.zip"
    )
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the archive; 1, and no archive, where validation would refuse it."""
    from paralbench.submission.packing import pack

    if args.to.suffix != ".zip":
        raise UsageError(f"-o expects NAME.zip, got {args.to}.")
    report = pack(args.model, args.results, options.catalog(args), args.to)
    if args.json:
        told = {"archive": None if report.problems else str(args.to), "results": report.results}
        print(json.dumps({**told, "refused": [str(one) for one in report.problems]}, indent=1))
    elif not report.problems:
        print(
            f"{args.to}: {report.results} results of {args.model}, {args.to.stat().st_size:,} bytes"
        )
    if report.problems and not args.json:
        print("nothing was written, for validation would refuse it:", file=sys.stderr)
        for problem in report.problems:
            print(f"  {problem}", file=sys.stderr)
    return 1 if report.problems else 0
