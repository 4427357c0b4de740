"""Make safetensors of a pickled checkpoint, tensors only, so that a model can be loaded."""

from __future__ import annotations

import argparse
from pathlib import Path

from paralbench.cli import options

EXAMPLE = "paralbench convert wavlm-large   (after: paralbench fetch wavlm-large)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    parser.add_argument("model", metavar="MODEL", help="whose weights ('paralbench list models')")
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE",
        help="the pickle, its config.json beside it (default: what 'paralbench fetch MODEL' brought)",
    )  # fmt: skip
    parser.add_argument(
        "--to", type=Path, default=None, metavar="DIR",
        help="where to (default: where MODEL's card looks; else run with --weights MODEL=DIR)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Convert, and say what was kept."""
    from paralbench.encoders import conversion, weights

    card = options.catalog(args).model(args.model).card
    to: Path = args.to or conversion.converted_folder(card.id)
    report = conversion.convert(card, args.file or weights.fetched_pickle(card), to)
    below = f" below '{report.below}'" if report.below else ""
    print(f"kept {report.tensors} tensors{below}, {report.parameters} parameters: {to}")
    if report.left_out:
        print(f"left out, being no tensors: {', '.join(report.left_out)}")
    if not (to / "config.json").is_file():
        print(f"no config.json lay beside the pickle; put the model's own into {to}")
    if args.to:
        print(f"use it with --weights {card.id}={to}")
    return 0
