"""Extract, fit, score and profile entries; entries that have a current result are skipped."""

from __future__ import annotations

import argparse
import json
import os
import traceback
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from paralbench.cli import messages, options, result_text

if TYPE_CHECKING:
    from paralbench.evaluation.benchmark import Costs, Done, Failed, Request
    from paralbench.evaluation.preparation import Preparation
    from paralbench.records.profile import Profile
    from paralbench.records.result import Result

EXAMPLE = "paralbench run --task iemocap-emotion --data ~/IEMOCAP_full_release --model whisper-tiny.en egemaps"
_SHOWN = 50
_BUDGET = 60.0
_NULLS = ("null-duration", "null-channel")
"""What own recordings may give away without speech being understood; both take a second or two."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_entries(parser)
    options.add_json(parser)
    add = parser.add_argument
    add("--again", action="store_true", help="also run entries whose result is current")
    add("--replace", action="store_true",
        help="replace results of other data or of more seeds; without it they are kept")  # fmt: skip
    add("--profile", action=argparse.BooleanOptionalAction, default=None,
        help="measure the cost of each entry (default: yes, on your own recordings no; "
        "PARALBENCH_NO_PROFILE=1: no)")  # fmt: skip
    add("--profile-budget", type=options.seconds, default=_BUDGET, metavar="S",
        help=f"seconds of profiling per model and head, in all (default: {_BUDGET:g})")  # fmt: skip
    add("--under", nargs="+", default=[], metavar="CONDITION",
        help="also score the test clips under conditions (noise, rooms, codecs ...): all, or "
        "their names, which 'paralbench list conditions' shows")  # fmt: skip
    add("--nulls", action=argparse.BooleanOptionalAction, default=None,
        help="beside each task, score the nulls, which cannot know the answer: length, channel, "
        "non-speech, metadata, words (default: on your own recordings the first two)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Run the entries; print each score, then a table over entries and the refused examples."""
    from paralbench.evaluation.benchmark import Benchmark, Done
    from paralbench.leaderboard.matrix import matrices, render

    cache = options.cache(args)
    catalog = options.catalog(args)
    request: Request = options.request(args)
    if args.under:
        from paralbench.audio.conditions import chosen

        request = replace(request, under=[condition.name for condition in chosen(args.under)])
    if args.nulls:
        known = tuple(name for name, model in catalog.models.items() if model.card.null)
        request = replace(request, nulls=known, nulls_everywhere=True)
    elif args.nulls is None:
        known = tuple(name for name in _NULLS if name in catalog.models)
        request = replace(request, nulls=known)
    benchmark = Benchmark(
        catalog, request, cache, args.results, args.again, _costs(args), args.replace
    )
    described: set[str] = set()

    def begun(prepared: Preparation) -> None:
        if prepared.entry.task.id not in described and not args.json:
            from paralbench.evaluation.overview import overview

            described.add(prepared.entry.task.id)
            print("\n".join(overview(prepared).lines()), flush=True)

    def scored(done: Done) -> None:
        if not args.json:
            print(_lines(done), flush=True)

    outcomes = []
    for outcome in benchmark.run(options.say, args.quiet, begun, scored):
        outcomes.append(outcome)
        if isinstance(outcome, Done):
            parts = outcome.result.provenance.seconds.items()
            messages.detail("  seconds: " + ", ".join(f"{part} {t:.2f}" for part, t in parts))
        if isinstance(outcome, Done) and outcome.result.profile is not None and not args.json:
            print(f"  costs {_cost_line(outcome.result.profile)}", flush=True)
    if args.json:
        print(json.dumps([_record(outcome) for outcome in outcomes], indent=1))
    else:
        done = [outcome for outcome in outcomes if isinstance(outcome, Done)]
        results = [outcome.result for outcome in done]
        for matrix in matrices(results):
            print(f"\n{render(matrix)}")
        lines = [] if request.across is not None else result_text.closing_table(results)
        lines += result_text.next_commands([(outcome.result, outcome.file) for outcome in done])
        print("\n".join(lines), flush=True)
    return report(outcomes, args.debug)


def _costs(args: argparse.Namespace) -> Costs | None:
    """What profiles entries: those on own recordings only where it is asked for."""
    unwanted = args.profile is None and bool(os.environ.get("PARALBENCH_NO_PROFILE"))
    if args.profile is False or unwanted:
        return None

    def costs(prepared: Preparation, result: Result) -> Profile | None:
        from paralbench.evaluation.benchmark import OWN
        from paralbench.profiler.profiling import Profiling

        if args.profile is None and prepared.entry.view.corpus.card.access == OWN:
            return None
        return Profiling(options.cache(args), args.profile_budget, options.say)(prepared, result)

    return costs


def report(outcomes: Iterable[Done | Failed], debug: bool = False) -> int:
    """List refused examples and failed entries on standard error; return the exit code."""
    from paralbench.evaluation.benchmark import Done

    refused, failed = {}, False
    for outcome in outcomes:
        if isinstance(outcome, Done):
            refused.update(dict.fromkeys(outcome.refused))
            continue
        failed = True
        messages.warn(f"{outcome.task} {outcome.model} {outcome.head}: {outcome.error}")
        if debug:
            traceback.print_exception(outcome.error)
    if refused:
        messages.warn(f"{len(refused)} refused, the others were scored:")
        for refusal in list(refused)[:_SHOWN]:
            messages.warn(f"  {refusal}")
        if len(refused) > _SHOWN:
            messages.warn(f"  and {len(refused) - _SHOWN} more, all in the result file")
    return 3 if failed else 1 if refused else 0


def _lines(done: Done) -> str:
    lines = [result_text.headline(done.result)]
    if done.fresh and done.result.standing != "null":
        lines += [f"  {line}" for line in result_text.details(done.result)]
    lines.append(f"  {done.file}{'' if done.fresh else ' (up to date, skipped)'}")
    return "\n".join(lines)


def _cost_line(profile: Profile) -> str:
    from paralbench.leaderboard import cost_table

    return cost_table.line(profile)


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
