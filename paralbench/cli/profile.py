"""Measure what an entry costs: MACs, latency, memory, size and energy, beside two references."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

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
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--task", metavar="TASK", help="whose outputs the head has")
    what.add_argument(
        "--classes",
        type=int,
        default=4,
        metavar="N",
        help="or so many; 1 for a number (default: 4)",
    )
    add(
        "--lengths",
        type=options.seconds,
        nargs="+",
        default=list(_LENGTHS),
        metavar="S",
        help=f"of the reference clips (default: {' '.join(f'{length:g}' for length in _LENGTHS)})",
    )
    add(
        "--budget",
        type=options.seconds,
        default=_BUDGET,
        metavar="S",
        help=f"seconds of measuring (default: {_BUDGET:g}); what does not fit is named",
    )
    add("--weights", action="append", default=[], metavar="MODEL=DIR", help="a model's weights")
    add("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings",
        help="a setting of the head")  # fmt: skip
    add("--recipe", type=Path, default=None, metavar="FILE", help="settings of the head in TOML")
    add("--device", default="cpu", help="cpu (default) or cuda")
    add("--precision", choices=["fp32", "bf16"], default="fp32", help="of the encoder")
    add("--runtime", choices=["torch", "openvino", "onnxruntime"], default="torch",
        help="what computes the encoder (default: torch)")  # fmt: skip
    add("--cache", type=Path, default=None, metavar="DIR", help="where profiles are kept")


def run(args: argparse.Namespace) -> int:
    """Measure and print; what is kept of this entry is replaced."""
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
    found = profile(
        subject,
        options.cache(args),
        budget=args.budget,
        lengths=args.lengths,
        again=True,
        say=lambda words: print(words, file=sys.stderr, flush=True),
    )
    if args.json:
        print(json.dumps(found.model_dump(mode="json"), indent=1))
    else:
        print(f"{subject.name}\n\n{tables(found)}")
    return 0


def _outputs(args: argparse.Namespace) -> tuple[int, tuple[float, float]]:
    """How many outputs the head has, and steps a second and window where the task is a series."""
    from paralbench.profiler.profiling import steps
    from paralbench.records.task_card import ClassTarget

    if args.task is None:
        if args.classes < 1:
            raise UsageError(f"--classes expects 1 or more, got {args.classes}.")
        return args.classes, (0.0, 0.0)
    target = options.catalog(args).task(args.task).target
    if not isinstance(target, ClassTarget):
        return 1, steps(target)
    if not target.classes:
        raise UsageError(f"the data of '{args.task}' declare its classes; say --classes N instead.")
    return len(target.classes), (0.0, 0.0)
