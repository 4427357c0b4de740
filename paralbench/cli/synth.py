"""Make a small synthetic corpus in the layout of a real one."""

from __future__ import annotations

import argparse
from pathlib import Path

from paralbench.cli import options

EXAMPLE = "paralbench synth iemocap build/iemocap --seed 1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    parser.add_argument("corpus", help="the corpus ('paralbench list corpora')")
    parser.add_argument("folder", type=Path, help="the new folder to write")
    parser.add_argument("--seed", type=int, default=0, help="of the random generator (default: 0)")


def run(args: argparse.Namespace) -> int:
    """Write the corpus."""
    options.catalog(args).corpus(args.corpus).synthesize(args.folder, args.seed)
    print(
        f"synthetic '{args.corpus}' written to {args.folder}; its results are never ranked with real ones."
    )
    return 0
