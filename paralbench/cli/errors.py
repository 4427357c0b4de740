"""List the mistakes of a result, the most confident first, with the files' paths."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from paralbench.cli import options
from paralbench.system.text_table import columns, terminal_width

EXAMPLE = (
    "paralbench errors leaderboard/results/whisper-tiny.en/manifest/linear-probe.json --top 10"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    add = parser.add_argument
    add("result", type=Path, help="a result file made on this machine")
    add("--top", type=int, default=20, metavar="N", help="so many mistakes (default: 20; 0: all)")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the mistakes."""
    from paralbench.results import files, local

    result = files.read(args.result)
    rows = local.read(args.result)
    if result.classes:
        wrong = [row for row in rows if row["truth"] != row["predicted"]]
        wrong.sort(key=lambda row: -float(row["confidence"]))
        heading = f"{len(wrong)} of {len(rows)} are predicted wrongly; the most confident first"
        names = ("confidence", "truth", "predicted", "speaker", "file")
    else:
        for row in rows:
            row["error"] = f"{float(row['predicted']) - float(row['truth']):+.4g}"
        wrong = sorted(rows, key=lambda row: -abs(float(row["error"])))
        heading = f"{len(rows)} predictions; the largest errors first"
        names = ("error", "truth", "predicted", "speaker", "file")
    shown = wrong[: args.top or None]
    if args.json:
        print(json.dumps(shown, indent=1))
        return 0
    print(heading)
    print(columns(names, [[_cell(row, name) for name in names] for row in shown], terminal_width()))
    print(f"all predictions: {local.path(args.result)}")
    return 0


def _cell(row: dict[str, str], name: str) -> str:
    """The cell of a column; a part of a file is named with its seconds."""
    cut = row["end"] or float(row["start"]) > 0
    if name != "file" or not cut:
        return row[name]
    return f"{row['file']} [{row['start']}, {row['end'] or 'end'}]"
