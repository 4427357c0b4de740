"""Compare results of one task on the same examples: difference, interval, test, detectable effect."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.records.errors import UsageError
from paralbench.system.text_table import columns, terminal_width

if TYPE_CHECKING:
    from paralbench.evaluation.comparing import Contender, Pair

EXAMPLE = (
    "paralbench compare leaderboard/results/whisper-tiny.en/iemocap-emotion/linear-probe.json "
    "leaderboard/results/egemaps/iemocap-emotion/linear-probe.json"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    add = parser.add_argument
    add("results", nargs="+", type=Path, metavar="RESULT",
        help="result files (.json, predictions beside them); all pairs of them are compared")  # fmt: skip
    add("--metric", help="another metric than the task's ranking metric")
    add("--correction", choices=["benjamini-hochberg", "holm"], default="holm",
        help="of p-values, where there is more than one pair (default: holm)")  # fmt: skip
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Compare the results and print a row for each pair."""
    from paralbench.evaluation.comparing import Contender, compare

    if len(args.results) < 2:
        raise UsageError("a comparison needs two results or more.")
    contenders = [Contender.of(file) for file in args.results]
    pairs = compare(contenders, args.metric, args.correction)
    if args.json:
        print(json.dumps([_record(pair, contenders, args.correction) for pair in pairs], indent=1))
    else:
        print(_render(pairs, contenders, args.correction))
    return 0


def _name(contender: Contender) -> str:
    return f"{contender.result.model.id} {contender.result.head}"


def _render(pairs: list[Pair], contenders: list[Contender], correction: str) -> str:
    task, first = contenders[0].result.task, pairs[0].paired
    many = len(pairs) > 1
    headings = ("ours", "theirs", "difference", "95 % interval", "p", "effect", "by seed")
    rows = []
    for pair in pairs:
        paired = pair.paired
        row = [
            _name(contenders[pair.ours]),
            _name(contenders[pair.theirs]),
            f"{paired.difference:+.3f}",
            f"[{paired.interval.low:+.3f}, {paired.interval.high:+.3f}]",
            f"{paired.p:.4f}",
            "none" if paired.effect is None else f"{paired.effect:+.2f}",
            " ".join(f"{seed:+.3f}" for seed in paired.by_seed) or "not paired",
        ]
        rows.append([*row[:5], f"{pair.adjusted:.4f}", *row[5:]] if many else row)
    titles = [*headings[:5], f"p ({correction})", *headings[5:]] if many else list(headings)
    detectable = max(pair.paired.detectable or 0.0 for pair in pairs)
    return (
        f"{task} ({first.metric.upper()}), {len(contenders[0].examples)} test examples, "
        f"{first.interval.clusters} clusters, {first.test}\n"
        f"{columns(titles, rows, terminal_width())}\n"
        f"effect: the difference over its deviation between clusters. At the 5 % level these "
        f"examples detect a difference of {detectable:.3f} in four of five cases; smaller "
        f"differences may go undetected."
    )


def _record(pair: Pair, contenders: list[Contender], correction: str) -> dict[str, object]:
    sides = {
        side: {"model": c.result.model.id, "head": c.result.head, "file": c.name}
        for side, c in (("ours", contenders[pair.ours]), ("theirs", contenders[pair.theirs]))
    }
    return {
        "task": contenders[pair.ours].result.task,
        **sides,
        "paired": pair.paired.model_dump(mode="json"),
        "correction": correction,
        "p_adjusted": pair.adjusted,
    }
