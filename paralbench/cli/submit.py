"""Pack the results of a model into one archive for the leaderboard."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from paralbench.cli import options
from paralbench.records.errors import UsageError

EXAMPLE = "paralbench submit --model whisper-tiny.en -o whisper-tiny.en.zip"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    add = parser.add_argument
    add("--model", required=True, metavar="MODEL", help="a model, or several joined by '+'")
    options.add_results(parser)
    add("-o", "--to", type=Path, required=True, metavar="FILE", help="the archive, NAME.zip")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the archive; exit code 1, and no archive, where validation would refuse it."""
    from paralbench.submission.packing import pack

    if args.to.suffix != ".zip":
        raise UsageError(f"-o expects NAME.zip, got {args.to}.")
    report = pack(args.model, args.results, options.catalog(args), args.to)
    if args.json:
        archive = None if report.problems else str(args.to)
        problems = [str(problem) for problem in report.problems]
        print(
            json.dumps(
                {"archive": archive, "results": report.results, "refused": problems}, indent=1
            )
        )
    elif report.problems:
        options.say("no archive written; validation would refuse it:")
        for problem in report.problems:
            options.say(f"  {problem}")
    else:
        size = args.to.stat().st_size
        print(f"{args.to}: {report.results} results of {args.model}, {size:,} bytes")
    return 1 if report.problems else 0
