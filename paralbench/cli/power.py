"""How many speakers a test set needs to separate two results, or a result from the best null."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.records.errors import UsageError
from paralbench.results import DEFAULT
from paralbench.system.text_table import columns, terminal_width

if TYPE_CHECKING:
    from paralbench.evaluation.comparing import Contender
    from paralbench.statistics.power import Estimate, Needed

EXAMPLE = (
    "paralbench power leaderboard/results/egemaps/voice-prompts-language/linear-probe.json "
    "leaderboard/results/mfcc/voice-prompts-language/linear-probe.json"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    add = parser.add_argument
    add("results", nargs="+", type=Path, metavar="RESULT",
        help="one or two result files (.json, predictions beside them); one is compared with the "
        "best null of its task in --results")  # fmt: skip
    add("--metric", help="another metric than the task's ranking metric")
    add("--difference", type=_difference, metavar="D",
        help="the difference to be separated (default: the observed one)")  # fmt: skip
    add("--level", type=options.share, default=0.05, metavar="SHARE",
        help="level of the two-sided paired test (default: 0.05)")  # fmt: skip
    add("--power", type=options.share, default=0.8, metavar="SHARE",
        help="share of test sets in which the test is to reject (default: 0.8)")  # fmt: skip
    add("--results", type=Path, default=DEFAULT, metavar="DIR", dest="folder",
        help=f"where the nulls of the task are looked for (default: {DEFAULT})")  # fmt: skip
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print how many clusters are needed, and what those of the results can separate."""
    from paralbench.evaluation.comparing import Contender, best_null, needed

    if len(args.results) > 2:
        raise UsageError(f"power expects one result or two, got {len(args.results)}.")
    if args.level >= args.power:
        raise UsageError(f"--power expects more than the level {args.level:g}, got {args.power:g}.")
    ours, *others = (Contender.of(file) for file in args.results)
    theirs = others[0] if others else best_null(ours, args.folder)
    size = needed(
        ours, theirs, args.metric,
        difference=args.difference, level=args.level, share=args.power,
    )  # fmt: skip
    if args.json:
        print(json.dumps(_record(size, ours, theirs, args), indent=1))
    else:
        print(_render(size, ours, theirs, args))
    return 0


def _difference(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < abs(value) < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a difference other than zero, got '{text}'")
    return value


def _render(size: Needed, ours: Contender, theirs: Contender, args: argparse.Namespace) -> str:
    metric = args.metric or ours.result.ranking
    names = [f"{side.result.model.id} {side.result.head}" for side in (ours, theirs)]
    rows = [
        ("clusters needed", *_cells(size.needed, ".0f")),
        (f"detectable with {size.clusters}", *_cells(size.detectable, ".3f")),
    ]
    chosen = "to be separated" if args.difference is not None else "the observed one"
    return (
        f"{ours.result.task} ({metric.upper()}), {size.clusters} clusters\n"
        f"{names[0]} minus {names[1]}: {size.observed:+.3f}, deviation between clusters "
        f"{size.deviation:.3f}\n"
        f"{columns(('', 'estimate', '95 % interval'), rows, terminal_width())}\n"
        f"A paired test at level {args.level:g} with that many clusters finds a difference of "
        f"{size.difference:+.3f} ({chosen}) in {100 * args.power:g} % of test sets or more."
    )


def _cells(estimate: Estimate, form: str) -> tuple[str, str]:
    value, low, high = (
        "no bound" if bound is None else format(bound, form)
        for bound in (estimate.value, estimate.low, estimate.high)
    )
    return value, f"[{low}, {high}]"


def _record(
    size: Needed, ours: Contender, theirs: Contender, args: argparse.Namespace
) -> dict[str, object]:
    from dataclasses import asdict

    from paralbench.statistics.power import METHOD

    sides = {
        side: {"model": c.result.model.id, "head": c.result.head, "file": c.name}
        for side, c in (("ours", ours), ("theirs", theirs))
    }
    metric = args.metric or ours.result.ranking
    asked = {"metric": metric, "level": args.level, "power": args.power, "method": METHOD}
    return {"task": ours.result.task, **sides, **asked, **asdict(size)}
