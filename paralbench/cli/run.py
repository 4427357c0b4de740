"""Extract, fit, score and profile entries; entries that have a current result are skipped."""

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
    from paralbench.records.result import Paired, Result, Score

EXAMPLE = "paralbench run --task iemocap-emotion --data ~/IEMOCAP_full_release --model whisper-tiny.en egemaps"
_SHOWN = 50
_BUDGET = 20.0
"""Seconds of measuring; loading, starting processes and memory come on top."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_entries(parser)
    options.add_json(parser)
    add = parser.add_argument
    add("--again", action="store_true", help="also run entries whose result is current")
    add("--no-profile", action="store_true", default=bool(os.environ.get("PARALBENCH_NO_PROFILE")),
        help="do not measure the cost of each entry (also PARALBENCH_NO_PROFILE=1)")  # fmt: skip
    add("--profile-budget", type=options.seconds, default=_BUDGET, metavar="S",
        help=f"seconds of measuring per entry (default: {_BUDGET:g})")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Run the entries; print one line for each, then the refused examples."""
    from paralbench.evaluation.benchmark import Benchmark, Done
    from paralbench.leaderboard.matrix import matrices, render
    from paralbench.profiler.profiling import Profiling

    cache = options.cache(args)
    costs = None if args.no_profile else Profiling(cache, args.profile_budget, options.say)
    benchmark = Benchmark(
        options.catalog(args), options.request(args), cache, args.results, args.again, costs
    )
    outcomes = []
    for outcome in benchmark.run(options.say):
        outcomes.append(outcome)
        if isinstance(outcome, Done) and not args.json:
            print(_line(outcome), flush=True)
    if args.json:
        print(json.dumps([_record(outcome) for outcome in outcomes], indent=1))
    else:
        for matrix in matrices(done.result for done in outcomes if isinstance(done, Done)):
            print(f"\n{render(matrix)}")
    return report(outcomes, args.debug)


def report(outcomes: Iterable[Done | Failed], debug: bool = False) -> int:
    """List refused examples and failed entries on standard error; return the exit code."""
    from paralbench.evaluation.benchmark import Done

    refused, failed = {}, False
    for outcome in outcomes:
        if isinstance(outcome, Done):
            refused.update(dict.fromkeys(outcome.refused))
            continue
        failed = True
        options.say(f"{outcome.task} {outcome.model} {outcome.head}: {outcome.error}")
        if debug:
            traceback.print_exception(outcome.error)
    if refused:
        options.say(f"{len(refused)} refused, the others were scored:")
        for refusal in list(refused)[:_SHOWN]:
            options.say(f"  {refusal}")
        if len(refused) > _SHOWN:
            options.say(f"  and {len(refused) - _SHOWN} more, all in the result file")
    return 3 if failed else 1 if refused else 0


def _line(done: Done) -> str:
    result = done.result
    score = result.score(result.ranking)
    chance = "" if score.chance is None else f" (chance {score.chance:.3f})"
    groups = "".join(
        f"  {group} {'undefined' if value is None else f'{value:.3f}'}"
        for group, value in score.by_group.items()
    )
    standing = result.standing + (f": {result.standing_reason}" if result.standing_reason else "")
    return (
        f"{result.task}  {result.model.id}  {result.head}  {score.metric.upper()} {score.value:.3f} "
        f"[{score.interval.low:.3f}, {score.interval.high:.3f}]{chance}{groups}  {standing}\n"
        + "".join(f"  {line}\n" for line in [*_gap(result), *_forms(result), *_costs(result)])
        + f"  {done.file}{'' if done.fresh else ' (up to date, skipped)'}"
    )


def _gap(result: Result) -> list[str]:
    """A line for the attribute with the largest gap in the ranking metric."""
    gaps = [
        (subgroup.gap.difference, subgroup.attribute, subgroup.gap)
        for subgroup in result.subgroups
        if subgroup.metric == result.ranking and subgroup.gap is not None
    ]
    if not gaps:
        return []
    _, attribute, gap = max(gaps, key=lambda row: row[:2])
    return [
        f"largest gap: {attribute} {gap.high} above {gap.low} by {gap.difference:.3f} "
        f"[{gap.interval.low:+.3f}, {gap.interval.high:+.3f}] {result.ranking.upper()}"
    ]


def _forms(result: Result) -> list[str]:
    """Lines for the folded and compressed forms of the head, and for its control."""
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
    from paralbench.leaderboard import cost_table

    return [] if result.profile is None else [f"costs {cost_table.line(result.profile)}"]


def _beside(score: Score, paired: Paired) -> str:
    return (
        f"{score.metric.upper()} {score.value:.3f}, difference {paired.difference:+.3f} "
        f"[{paired.interval.low:+.3f}, {paired.interval.high:+.3f}], p = {paired.p:.3f}"
    )


def _record(outcome: Done | Failed) -> dict[str, object]:
    from paralbench.evaluation.benchmark import Failed

    if isinstance(outcome, Failed):
        return {**vars(outcome), "error": str(outcome.error)}
    result = outcome.result
    return {
        "task": result.task,
        "model": result.model.id,
        "head": result.head,
        "standing": result.standing,
        "scores": [score.model_dump(mode="json") for score in result.scores],
        "scored": result.data.scored,
        "refused": [
            {"subject": refusal.subject, "reason": refusal.reason, "where": refusal.where}
            for refusal in outcome.refused
        ],
        "file": str(outcome.file),
        "fresh": outcome.fresh,
    }
