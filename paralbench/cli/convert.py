"""Convert the tensors of a pickled checkpoint to safetensors, so that the model can be loaded."""

from __future__ import annotations

import argparse
from pathlib import Path

from paralbench.cli import options

EXAMPLE = "paralbench convert wavlm-large   (after: paralbench fetch wavlm-large)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    parser.add_argument("model", metavar="MODEL", help="the model ('paralbench list models')")
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE",
        help="the pickle, its config.json beside it (default: the one of 'paralbench fetch MODEL')",
    )  # fmt: skip
    parser.add_argument(
        "--to", type=Path, metavar="DIR",
        help="the folder to write (default: the one where MODEL is loaded from; else run with --weights MODEL=DIR)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Convert, and print what was converted."""
    from paralbench.encoders import conversion, weights

    card = options.catalog(args).model(args.model).card
    to: Path = args.to or conversion.converted_folder(card.id)
    report = conversion.convert(card, args.file or weights.fetched_pickle(card), to)
    below = f" below '{report.below}'" if report.below else ""
    print(f"converted {report.tensors} tensors{below}, {report.parameters} parameters: {to}")
    if report.left_out:
        print(f"skipped, not tensors: {', '.join(report.left_out)}")
    if not (to / "config.json").is_file():
        print(f"there is no config.json beside the pickle; copy the model's into {to}")
    if args.to:
        print(f"use it with --weights {card.id}={to}")
    return 0
