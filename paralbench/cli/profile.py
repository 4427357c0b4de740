"""Measure the cost of an entry: MACs, latency, memory, size and energy, beside two references."""

from __future__ import annotations

import argparse
import json

from paralbench.cli import options
from paralbench.records.errors import UsageError

EXAMPLE = "paralbench profile --model whisper-tiny.en --head hrf-conformer --classes 4"
_BUDGET = 60.0
_LENGTHS = (3.0, 10.0, 30.0, 60.0, 600.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    options.add_json(parser)
    add = parser.add_argument
    add("--model", required=True, metavar="MODEL", help="a model, or several joined by '+'")
    add("--head", default="linear-probe", metavar="HEAD", help="default: linear-probe")
    outputs = parser.add_mutually_exclusive_group()
    outputs.add_argument("--task", metavar="TASK", help="the task that sets the head's outputs")
    outputs.add_argument("--classes", type=int, default=4, metavar="N",
        help="or the number of outputs; 1 for a number (default: 4)")  # fmt: skip
    add("--lengths", type=options.seconds, nargs="+", default=list(_LENGTHS), metavar="S",
        help=f"of the reference clips (default: {' '.join(f'{s:g}' for s in _LENGTHS)})")  # fmt: skip
    add("--budget", type=options.seconds, default=_BUDGET, metavar="S",
        help=f"seconds in all (default: {_BUDGET:g}); skipped measurements are listed")  # fmt: skip
    options.add_weights(parser)
    options.add_head_settings(parser)
    options.add_placement(parser, automatic=False)
    options.add_cache(parser, "the store of profiles")


def run(args: argparse.Namespace) -> int:
    """Measure and print; the stored profile of this entry is replaced."""
    from paralbench.encoders.loading import loadable
    from paralbench.heads import settings as find_settings
    from paralbench.leaderboard.cost_table import tables
    from paralbench.profiler.costs import profile
    from paralbench.profiler.subject import Subject

    catalog = options.catalog(args)
    outputs, series = _outputs(args)
    placement, weights = options.placement(args), options.weights(args)
    subject = Subject.of(
        [loadable(catalog.model(name), weights, placement) for name in catalog.streams(args.model)],
        args.head,
        find_settings(args.head, options.head_settings(args)),
        outputs,
        *series,
    )
    costs = profile(
        subject,
        options.cache(args),
        budget=args.budget,
        lengths=args.lengths,
        again=True,
        say=options.say,
    )
    if args.json:
        print(json.dumps(costs.model_dump(mode="json"), indent=1))
    else:
        print(f"{subject.name}\n\n{tables(costs)}")
    return 0


def _outputs(args: argparse.Namespace) -> tuple[int, tuple[float, float]]:
    """The number of outputs of the head; rate and window of a series task."""
    from paralbench.profiler.profiling import steps
    from paralbench.records.task_card import ClassTarget, DistributionTarget

    if args.task is None:
        if args.classes < 1:
            raise UsageError(f"--classes expects 1 or more, got {args.classes}.")
        return args.classes, (0.0, 0.0)
    target = options.catalog(args).task(args.task).target
    if not isinstance(target, ClassTarget | DistributionTarget):
        return 1, steps(target)
    if not target.classes:
        raise UsageError(
            f"the data of '{args.task}' declare its classes; give --classes N instead."
        )
    return len(target.classes), (0.0, 0.0)
