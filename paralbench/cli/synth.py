"""Make a small synthetic corpus in a corpus's true layout."""

from __future__ import annotations

import argparse
from pathlib import Path

from paralbench.cli import options

EXAMPLE = "paralbench synth iemocap build/iemocap --seed 1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    parser.add_argument("corpus", help="which corpus ('paralbench list corpora')")
    parser.add_argument("folder", type=Path, help="a new folder to write it into")
    parser.add_argument(
        "--seed", type=int, default=0, help="another seed, another corpus (default: 0)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the corpus."""
    options.catalog(args).corpus(args.corpus).synthesize(args.folder, args.seed)
    print(
        f"a synthetic '{args.corpus}' stands in {args.folder}; its results never rank beside real ones."
    )
    return 0
