"""Compare training as it is with training balanced over sex, age bands, language or site."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.records.errors import UsageError
from paralbench.system.text_table import columns, terminal_width

if TYPE_CHECKING:
    from paralbench.evaluation.fairness import Fairness, Training
    from paralbench.records.interval import Interval

EXAMPLE = (
    "paralbench fairness --task iemocap-emotion --model whisper-tiny.en --by sex "
    "--data iemocap=DIR\n"
    "  paralbench run --task iemocap-emotion --model whisper-tiny.en --head fair-probe "
    "--set balance=sex --data iemocap=DIR"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    add = parser.add_argument
    add("--task", required=True)
    add("--model", required=True)
    add("--by", required=True, metavar="ATTRIBUTE", help="sex, age (in bands), language, site, ...")
    add("--thresholds", action="store_true",
        help="two classes: also what a threshold for each group would do; nothing applies it")  # fmt: skip
    options.add_data(parser)
    options.add_folds(parser)
    options.add_weights(parser)
    options.add_head_settings(parser)
    options.add_cache(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the labels by group, and score and gap of each way to train."""
    import tempfile

    from paralbench.corpora.locating import named
    from paralbench.evaluation.benchmark import Benchmark, Failed, Request
    from paralbench.evaluation.fairness import PLAIN, compared
    from paralbench.evaluation.inputs import prepare_inputs

    settings = options.head_settings(args)
    request = Request(
        [args.task], [args.model], [PLAIN], named(args.data), options.weights(args), settings, (0,),
        protocol=options.own_protocol(args.folds, args.groups),
    )  # fmt: skip
    cache = options.cache(args)
    with tempfile.TemporaryDirectory() as results:
        benchmark = Benchmark(options.catalog(args), request, cache, Path(results))
        (prepared,) = benchmark.preparations(options.say)
    if isinstance(prepared, Failed):
        raise prepared.error
    classes = prepared.selection.classes
    if not classes:
        raise UsageError(f"'{args.task}' predicts no classes; the fair probe learns classes only.")
    if args.thresholds and len(classes) != 2:
        raise UsageError(f"--thresholds needs two classes, '{args.task}' has {len(classes)}.")
    with prepare_inputs(prepared, prepared.splits, cache, say=options.say) as inputs:
        fairness = compared(inputs, settings, args.by, with_thresholds=args.thresholds)
    print(json.dumps(_content(fairness), indent=1) if args.json else _text(fairness))
    return 0


def _content(fairness: Fairness) -> dict[str, object]:
    return {
        "attribute": fairness.attribute,
        "labels": {
            group: {kind: {"speakers": s, "examples": e} for kind, (s, e) in kinds.items()}
            for group, kinds in fairness.labels.items()
        },
        "trainings": [
            {
                "method": training.method,
                "score": training.score.model_dump(mode="json"),
                "subgroup": training.subgroup.model_dump(mode="json"),
                "change": training.change and training.change.model_dump(mode="json"),
                "gap_change": training.gap_change
                and {
                    "value": training.gap_change[0],
                    "interval": training.gap_change[1].model_dump(mode="json"),
                },
            }
            for training in fairness.trainings
        ],
        "thresholds": [
            {
                "group": row.group, "common": row.common, "own": row.own,
                "at_common": _named(row.at_common), "at_own": _named(row.at_own),
            }
            for row in fairness.thresholds
        ],
    }  # fmt: skip


def _named(rates: tuple[float, float] | None) -> dict[str, float] | None:
    return rates and {"sensitivity": rates[0], "specificity": rates[1]}


def _text(fairness: Fairness) -> str:
    kinds = list(next(iter(fairness.labels.values())))
    labels = [
        (group, *(f"{examples} ({speakers})" for speakers, examples in counts.values()))
        for group, counts in fairness.labels.items()
    ]
    groups = [cell.value for cell in fairness.trainings[0].subgroup.cells]
    metric = fairness.trainings[0].score.metric
    width = terminal_width()
    parts = [
        f"labels by {fairness.attribute}: examples (speakers)",
        columns((fairness.attribute, *kinds), labels, width),
        "",
        columns(
            ("training", metric, *groups, "gap"), [_row(each) for each in fairness.trainings], width
        ),
    ]
    for training in fairness.trainings[1:]:
        assert training.change is not None
        change = training.change
        line = f"{training.method}: {metric} {_signed(change.difference, change.interval)}, p {change.p:.3f}"
        if training.gap_change is not None:
            line += f"; gap {_signed(*training.gap_change)}"
        parts.append(line)
    if fairness.thresholds:
        parts += ["", _thresholds(fairness)]
    return "\n".join(parts)


def _row(training: Training) -> tuple[str, ...]:
    bounds = training.score.interval
    cells = [
        f"{cell.score:.3f}" if cell.score is not None else f"none: {cell.reason}"
        for cell in training.subgroup.cells
    ]
    gap = training.subgroup.gap
    shown = "none" if gap is None else (
        f"{gap.difference:.3f} [{gap.interval.low:.3f}, {gap.interval.high:.3f}]"
    )  # fmt: skip
    score = f"{training.score.value:.3f} [{bounds.low:.3f}, {bounds.high:.3f}]"
    return (training.method, score, *cells, shown)


def _signed(value: float, bounds: Interval) -> str:
    return f"{value:+.3f} [{bounds.low:+.3f}, {bounds.high:+.3f}]"


def _thresholds(fairness: Fairness) -> str:
    rows = []
    for row in fairness.thresholds:
        shown = [
            f"{rates[0]:.2f} / {rates[1]:.2f}" if rates else "one side only"
            for rates in (row.at_common, row.at_own)
        ]
        rows.append((row.group, f"{row.common:.2f}", shown[0], f"{row.own:.2f}", shown[1]))
    headings = (
        fairness.attribute, "threshold of all", "sensitivity / specificity", "own threshold",
        "sensitivity / specificity",
    )  # fmt: skip
    return (
        columns(headings, rows, terminal_width())
        + "\nOwn thresholds are chosen on these very predictions. With them two people with the same "
        f"score get different answers by {fairness.attribute}: a gap in sensitivity is exchanged for one "
        "in specificity. Nothing here applies them."
    )
