"""Check submissions: recompute all scores from the predictions and list the differences.

Exit codes: 0 all valid; 1 some refused and listed; 2 wrong usage; 3 nothing could be read.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from paralbench.cli import options
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.results import DEFAULT

EXAMPLE = "paralbench validate whisper-tiny.en.zip --against leaderboard/results"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    add = parser.add_argument
    add("what", nargs="+", type=Path, metavar="ARCHIVE_OR_FOLDER",
        help="an archive of 'paralbench submit', or a folder of results")  # fmt: skip
    add("--against", type=Path, metavar="DIR",
        help=f"accepted results to compare data and examples with (default: {DEFAULT} if it exists)")  # fmt: skip
    add("--workers", type=int, metavar="N", help="processes (default: one per core)")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print a line for each submission, and its problems on standard error."""
    from paralbench.submission.validation import validate

    for path in args.what:
        if not path.exists():
            raise UsageError(f"there is no file or folder {path}.")
    against = args.against or (DEFAULT if DEFAULT.is_dir() else None)
    if against is not None and not against.is_dir():
        raise UsageError(f"--against: there is no folder {against}.")
    catalog = options.catalog(args)
    reports, unreadable = [], []
    for path in args.what:
        try:
            reports.append(validate(path, catalog, against, args.workers))
        except ParalbenchError as error:
            unreadable.append(str(error))
    if args.json:
        records = [
            {"name": report.name, "results": report.results, "valid": not report.problems,
             "refused": [vars(problem) for problem in report.problems], "more": report.more, "notes": report.notes}
            for report in reports
        ]  # fmt: skip
        print(json.dumps(records, indent=1))
    for report in [] if args.json else reports:
        count = len(report.problems) + report.more
        verdict = f"{count} problems" if count else "valid"
        print(f"{report.name}: {report.results} results, {verdict}")
        for problem in report.problems:
            options.say(f"  {problem}")
        for note in report.notes:
            print(f"  note: {note}")
        if report.more:
            options.say(f"  and {report.more} more.")
    for message in unreadable:
        options.say(f"paralbench validate: {message}")
    if not reports:
        return 3
    return 1 if unreadable or any(report.problems for report in reports) else 0
