"""Compare results of one task on the same examples: difference, interval, test, what could be shown."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.records.errors import UsageError
from paralbench.system.text_table import columns

if TYPE_CHECKING:
    from paralbench.evaluation.comparing import Contender, Pair

EXAMPLE = (
    "paralbench compare leaderboard/results/whisper-tiny.en/iemocap-emotion/linear-probe.json "
    "leaderboard/results/egemaps/iemocap-emotion/linear-probe.json"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "results",
        nargs="+",
        type=Path,
        metavar="RESULT",
        help="result files (.json, predictions beside them); of more than two, every pair",
    )
    parser.add_argument("--metric", help="another metric than the task's ranking metric")
    parser.add_argument(
        "--correction",
        choices=["benjamini-hochberg", "holm"],
        default="holm",
        help="of p-values, where there is more than one pair (default: holm)",
    )
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Read, compare, print."""
    from paralbench.evaluation.comparing import compare

    if len(args.results) < 2:
        raise UsageError("a comparison needs two results or more.")
    contenders = [_read(file) for file in args.results]
    pairs = compare(contenders, args.metric, args.correction)
    if args.json:
        print(json.dumps([_told(pair, contenders, args.correction) for pair in pairs], indent=1))
    else:
        print(_render(pairs, contenders, args.correction))
    return 0


def _read(file: Path) -> Contender:
    from paralbench.evaluation.comparing import Contender
    from paralbench.results import files, predictions

    if not file.is_file():
        raise UsageError(f"there is no file {file}; give the .json of a result.")
    result = files.read(file)
    return Contender(str(file), result, *predictions.read(file, result))


def _name(one: Contender) -> str:
    return f"{one.result.model.id} {one.result.head}"


def _render(pairs: list[Pair], contenders: list[Contender], correction: str) -> str:
    first, paired = contenders[0].result, pairs[0].paired
    many = len(pairs) > 1
    headings = ("ours", "theirs", "difference", "95 % interval", "p", "effect", "by seed")
    rows = []
    for pair in pairs:
        one = pair.paired
        row = [
            _name(contenders[pair.ours]),
            _name(contenders[pair.theirs]),
            f"{one.difference:+.3f}",
            f"[{one.interval.low:+.3f}, {one.interval.high:+.3f}]",
            f"{one.p:.4f}",
            "none" if one.effect is None else f"{one.effect:+.2f}",
            " ".join(f"{seed:+.3f}" for seed in one.by_seed) or "not paired",
        ]
        rows.append([*row[:5], f"{pair.adjusted:.4f}", *row[5:]] if many else row)
    titles = [*headings[:5], f"p ({correction})", *headings[5:]] if many else list(headings)
    most = max(pair.paired.detectable or 0.0 for pair in pairs)
    return (
        f"{first.task} ({paired.metric.upper()}), {len(contenders[0].examples)} test examples, "
        f"{paired.interval.clusters} clusters, {paired.test}\n"
        f"{columns(titles, rows)}\n"
        f"effect: the difference over its deviation between clusters. These examples show a "
        f"difference of {most:.3f} in four of five cases (5 % level); smaller ones may be there unseen."
    )


def _told(pair: Pair, contenders: list[Contender], correction: str) -> dict[str, object]:
    ours, theirs = contenders[pair.ours], contenders[pair.theirs]
    return {
        "task": ours.result.task,
        "ours": {"model": ours.result.model.id, "head": ours.result.head, "file": ours.name},
        "theirs": {
            "model": theirs.result.model.id,
            "head": theirs.result.head,
            "file": theirs.name,
        },
        "paired": pair.paired.model_dump(mode="json"),
        "correction": correction,
        "p_adjusted": pair.adjusted,
    }
