"""Score a head on nested subsets of the training side: 1, 2, 4, ... speakers, or labels a class."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.cli.analyses import analyse_entries
from paralbench.records.errors import UsageError
from paralbench.system.text_table import columns, terminal_width

if TYPE_CHECKING:
    from paralbench.evaluation.preparation import Preparation
    from paralbench.records.learning_curve import CurvePoint, LearningCurve

EXAMPLE = "paralbench curve --task game-voices-affect --model egemaps --data ~/game-voices"
_DEFAULT = Path("curves")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_entries(parser)
    add = parser.add_argument
    add("--vary", nargs="+", choices=["speakers", "labels"], default=["speakers", "labels"],
        help="what is drawn: whole speakers, or labels of each class (default: both)")  # fmt: skip
    add("--draws", type=int, default=5, metavar="N",
        help="subsets of each size (default: 5)")  # fmt: skip
    add("-o", "--output", type=Path, default=_DEFAULT, metavar="DIR",
        help=f"writes DIR/<model>/<task>/<head>.json (default: {_DEFAULT})")  # fmt: skip
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Score the entries; print a table for each and write its curve."""
    from paralbench.evaluation.benchmark import Benchmark
    from paralbench.evaluation.curve import curve
    from paralbench.results import files

    if args.draws < 1:
        raise UsageError(f"--draws expects 1 or more, got {args.draws}.")
    request = options.request(args)
    cache = options.cache(args)
    by = tuple(dict.fromkeys(args.vary))

    def scored(prepared: Preparation) -> LearningCurve:
        return curve(
            prepared, cache, by, args.draws, engine=request.engine, quiet=args.quiet,
            say=options.say,
        )  # fmt: skip

    benchmark = Benchmark(options.catalog(args), request, cache, args.results)
    write = partial(files.write_curve, args.output)
    return analyse_entries(args, benchmark, scored, write, _table)


def _training(point: CurvePoint) -> str:
    unit = point.by.removesuffix("s") if point.size == 1 else point.by
    extent = "all " if point.everything else ""
    return f"{extent}{point.size} {unit}{' a class' if point.by == 'labels' else ''}"


def _table(scored: LearningCurve) -> str:
    rows = [
        (
            _training(point),
            f"{point.examples:.0f}",
            f"{point.value:.3f}",
            f"[{point.interval.low:.3f}, {point.interval.high:.3f}]",
            "" if point.everything else f"{min(point.by_draw):.3f} to {max(point.by_draw):.3f}",
        )
        for point in scored.points
    ]
    data = ", SYNTHETIC data" if scored.synthetic else ""
    chance = "" if scored.chance is None else f", chance {scored.chance:.3f}"
    title = f"{scored.task}  {scored.model}  {scored.head}{chance}{data}"
    headings = ("trained on", "examples", scored.metric.upper(), "95 % interval", "draws")
    lines = [title, columns(headings, rows, terminal_width())]
    lines += [f"  {item.size} {item.by}: left out, {item.reason}" for item in scored.left_out]
    return "\n".join(lines)
