"""Extract, fit, score and profile entries; what has a result already is not run again."""

from __future__ import annotations

import argparse
import json
import os
import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING

from paralbench.cli import options

if TYPE_CHECKING:
    from paralbench.evaluation.benchmark import Done, Failed
    from paralbench.records.example import Refusal
    from paralbench.records.result import Paired, Result, Score

EXAMPLE = "paralbench run --task iemocap-emotion --data ~/IEMOCAP_full_release --model whisper-tiny.en egemaps"
_SHOWN = 50
_BUDGET = 20.0
"""Seconds of measuring; loading, starting processes and memory come on top."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_entries(parser)
    options.add_json(parser)
    parser.add_argument(
        "--again", action="store_true", help="fit and score anew even where a result is current"
    )
    parser.add_argument(
        "--no-profile",
        action="store_true",
        default=bool(os.environ.get("PARALBENCH_NO_PROFILE")),
        help="do not measure what each entry costs (also PARALBENCH_NO_PROFILE=1)",
    )
    parser.add_argument(
        "--profile-budget",
        type=options.seconds,
        default=_BUDGET,
        metavar="S",
        help=f"seconds of measuring an entry (default: {_BUDGET:g})",
    )


def run(args: argparse.Namespace) -> int:
    """Run; one line an entry, then what was refused."""
    from paralbench.evaluation.benchmark import Benchmark, Done
    from paralbench.leaderboard.matrix import matrices, render
    from paralbench.profiler.profiling import Profiling

    cache = options.cache(args)
    costs = None if args.no_profile else Profiling(cache, args.profile_budget, options.say)
    benchmark = Benchmark(
        options.catalog(args), options.request(args), cache, args.results, args.again, costs
    )
    found = []
    for one in benchmark.run(options.say):
        found.append(one)
        if isinstance(one, Done) and not args.json:
            print(_line(one), flush=True)
    if args.json:
        print(json.dumps([_told(one) for one in found], indent=1))
    else:
        for matrix in matrices(one.result for one in found if isinstance(one, Done)):
            print(f"\n{render(matrix)}")
    return report(found, args.debug)


def report(found: Iterable[Done | Failed], debug: bool = False) -> int:
    """Name everything refused or failed on standard error; return the exit code."""
    from paralbench.evaluation.benchmark import Done, Failed

    found = list(found)
    refused: dict[Refusal, None] = {}
    for one in found:
        if isinstance(one, Done):
            refused.update(dict.fromkeys(one.refused))
        else:
            options.say(f"{one.task} {one.model} {one.head}: {one.error}")
            if debug:
                traceback.print_exception(one.error)
    if refused:
        options.say(f"{len(refused)} refused, the others were scored:")
        for refusal in list(refused)[:_SHOWN]:
            options.say(f"  {refusal}")
        if len(refused) > _SHOWN:
            options.say(f"  and {len(refused) - _SHOWN} more, all of them in the result file")
    if any(isinstance(one, Failed) for one in found):
        return 3
    return 1 if refused else 0


def _line(one: Done) -> str:
    result = one.result
    score = result.score(result.ranking)
    chance = "" if score.chance is None else f" (chance {score.chance:.3f})"
    apart = "".join(
        f"  {group} {'undefined' if value is None else f'{value:.3f}'}"
        for group, value in score.by_group.items()
    )
    standing = result.standing + (f": {result.standing_reason}" if result.standing_reason else "")
    return (
        f"{result.task}  {result.model.id}  {result.head}  {score.metric.upper()} {score.value:.3f} "
        f"[{score.interval.low:.3f}, {score.interval.high:.3f}]{chance}{apart}  {standing}\n"
        + "".join(f"  {line}\n" for line in [*_gap(result), *_forms(result), *_costs(result)])
        + f"  {one.file}{'' if one.fresh else ' (up to date, not run again)'}"
    )


def _gap(result: Result) -> list[str]:
    """A line for the attribute whose values' scores lie furthest apart, in the ranking metric."""
    apart = [
        (one.gap.difference, one.attribute, one.gap)
        for one in result.subgroups
        if one.metric == result.ranking and one.gap is not None
    ]
    if not apart:
        return []
    _, attribute, gap = max(apart, key=lambda one: one[:2])
    return [
        f"largest gap: {attribute} {gap.high} above {gap.low} by {gap.difference:.3f} "
        f"[{gap.interval.low:+.3f}, {gap.interval.high:+.3f}] {result.ranking.upper()}"
    ]


def _forms(result: Result) -> list[str]:
    """A line each for the forms of the head and for what was trained beside it."""
    lines = []
    if result.forms is not None and result.forms.trained != result.forms.deployed:
        trained, deployed = result.forms.trained, result.forms.deployed
        lines.append(
            f"folded: parameters {trained.parameters:,} to {deployed.parameters:,}, MACs "
            f"{trained.macs / 1e6:.1f} M to {deployed.macs / 1e6:.1f} M, {1000 * trained.latency:.2f} ms to "
            f"{1000 * deployed.latency:.2f} ms; outputs differ by {result.forms.difference:.0e}, "
            f"{result.forms.changed} predictions changed"
        )
    if result.control is not None:
        lines.append(f"plain control {_beside(result.control.score, result.control.paired)}")
    lines += [
        f"{form.form}, {form.share:.0%} of the bytes, {_beside(form.score, form.paired)}"
        for form in result.compressed
    ]
    return lines


def _costs(result: Result) -> list[str]:
    """What the entry costs, in a line."""
    from paralbench.leaderboard import cost_table

    return [] if result.profile is None else [f"costs {cost_table.line(result.profile)}"]


def _beside(score: Score, paired: Paired) -> str:
    return (
        f"{score.metric.upper()} {score.value:.3f}, difference {paired.difference:+.3f} "
        f"[{paired.interval.low:+.3f}, {paired.interval.high:+.3f}], p = {paired.p:.3f}"
    )


def _told(one: Done | Failed) -> dict[str, object]:
    from paralbench.evaluation.benchmark import Failed

    if isinstance(one, Failed):
        return {"task": one.task, "model": one.model, "head": one.head, "error": str(one.error)}
    result = one.result
    return {
        "task": result.task,
        "model": result.model.id,
        "head": result.head,
        "standing": result.standing,
        "scores": [score.model_dump(mode="json") for score in result.scores],
        "scored": result.data.scored,
        "refused": [
            {"subject": r.subject, "reason": r.reason, "where": r.where} for r in one.refused
        ],
        "file": str(one.file),
        "fresh": one.fresh,
    }
