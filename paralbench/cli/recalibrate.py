"""Fit a screener's thresholds, probabilities and sets anew to your own labelled recordings."""

from __future__ import annotations

import argparse
from pathlib import Path

from paralbench.cli import options
from paralbench.cli.bundle import deliver
from paralbench.records.errors import UsageError

EXAMPLE = "paralbench recalibrate screener.plb check/ -o ours.plb --sensitivity 0.9 --by sex"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    add = parser.add_argument
    add("bundle", type=Path, metavar="BUNDLE", help="the screener, a .plb file")
    add("report", type=Path, metavar="REPORT",
        help="a folder that 'paralbench screen BUNDLE ... --truth COLUMN' wrote")  # fmt: skip
    add("-o", "--to", type=Path, required=True, metavar="FILE.plb", help="the bundle to write")
    options.add_operating_point(parser)
    add("--by", default="", metavar="COLUMN",
        help="conformal sets for each value of this column, such as sex or site")  # fmt: skip
    add("--setting", metavar="TEXT", help="where and how these people were recorded")
    add("--sign", type=Path, metavar="KEY.pem", help="sign the bundle (extra 'sign')")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the bundle and print a summary."""
    from paralbench.bundling.operating_point import Goal
    from paralbench.screener import bundle
    from paralbench.screening.recalibration import LocalSettings, recalibrated
    from paralbench.system import signing

    if args.to.suffix != bundle.SUFFIX:
        raise UsageError(f"-o expects a name that ends in {bundle.SUFFIX}, got {args.to}.")
    if args.sign is not None:
        signing.check_key(args.sign)
    goal = Goal(args.sensitivity, args.specificity, args.accuracy, args.abstain_most)
    settings = LocalSettings(args.level, goal, args.by)
    if args.setting:
        settings = LocalSettings(args.level, goal, args.by, args.setting)
    manifest, members = recalibrated(bundle.Bundle.open(args.bundle), args.report, settings)
    return deliver(args, manifest, members)
