"""List or delete stored features, or explain why a result is stale."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from paralbench.cli import options
from paralbench.records.errors import UsageError
from paralbench.system.text_table import columns, terminal_width

EXAMPLE = (
    "paralbench cache clean --model whisper-tiny.en\n"
    "  paralbench cache why leaderboard/results/log-mel/voice-prompts-language/linear-probe.json"
)
_SHOWN = 44


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    add = parser.add_argument
    add("action", choices=["list", "clean", "why"],
        help="list the features, delete them, or show what changed since a result was made")  # fmt: skip
    add("result", nargs="?", type=Path, metavar="RESULT", help="why: a result's JSON")
    add("--model", help="list, clean: only this model's features")
    options.add_cache(parser)
    options.add_catalog(parser)
    options.add_data(parser)
    options.add_weights(parser)
    options.add_head_settings(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """List, clean or explain."""
    if (args.action == "why") != (args.result is not None):
        raise UsageError("expected 'cache list', 'cache clean' or 'cache why RESULT'.")
    return _why(args) if args.action == "why" else _store(args)


def _why(args: argparse.Namespace) -> int:
    """Compare the result's key with the key that ``run`` would give its entry now."""
    from paralbench.corpora.locating import named
    from paralbench.evaluation.rerun import recorded_request
    from paralbench.evaluation.staleness import staleness
    from paralbench.heads import settings
    from paralbench.results import files

    result = files.read(args.result)
    request = replace(
        recorded_request(result, args.result, named(args.data), options.weights(args)),
        head_settings=options.head_settings(args),
    )
    key_changes = staleness(result.provenance.key, request, options.catalog(args))
    recorded = result.training.settings
    current = settings(result.head, request.head_settings).model_dump(mode="json")
    differing = {
        name: [recorded.get(name), current.get(name)]
        for name in sorted({*recorded, *current})
        if recorded.get(name) != current.get(name)
    }
    states = [change.state for change in key_changes]
    unknown = None if set(states) != {"unchanged"} else False
    stale = True if {"changed", "new", "gone"}.intersection(states) else unknown
    if args.json:
        content = {
            "entry": result.entry, "stale": stale, "settings": differing,
            "components": [asdict(change) for change in key_changes],
        }  # fmt: skip
        print(json.dumps(content, indent=1))
        return 0
    rows = [
        (change.component, change.state, _short(change.recorded), _short(change.current))
        for change in key_changes
    ]
    print(columns(("component", "state", "recorded", "now"), rows, terminal_width()))
    for name, (old, new) in differing.items():
        print(f"the head's setting '{name}' was {old}, is {new}")
    counts = {state: states.count(state) for state in dict.fromkeys(states)}
    summary = ", ".join(f"{count} {state}" for state, count in counts.items())
    verdict = {True: "stale", False: "up to date", None: "not known to be stale"}[stale]
    print(f"{result.task}  {result.model.id}  {result.head}: {verdict} ({summary})")
    return 0


def _short(value: str | None) -> str:
    """The first digits of a digest; other text cut to the width of the table."""
    if value is None:
        return "-"
    digest = len(value) == 64 and not set(value) - set("0123456789abcdef")
    return value[:12] if digest else value[:_SHOWN]


def _store(args: argparse.Namespace) -> int:
    from paralbench.features.inventory import holdings
    from paralbench.features.store import delete

    root = options.cache(args)
    stored = holdings(root)
    chosen = [holding for holding in stored if args.model in (None, holding.model)]
    if args.model is not None and not chosen:
        models = ", ".join(sorted({holding.model for holding in stored})) or "nothing"
        raise UsageError(f"{root} holds no features of '{args.model}'; it holds: {models}.")
    if args.action == "clean":
        for holding in chosen:
            delete(holding.folder)
    megabytes = sum(holding.bytes for holding in chosen) / 1e6
    if args.json:
        print(json.dumps([holding.json() for holding in chosen], indent=1))
    elif args.action == "clean":
        print(f"freed {megabytes:.1f} MB in {root}")
    else:
        rows: Sequence[tuple[str, ...]] = [
            (holding.model, holding.kind, str(holding.records), f"{holding.bytes / 1e6:.1f}",
             holding.digest, holding.folder.name)
            for holding in chosen
        ]  # fmt: skip
        print(
            columns(("model", "kind", "records", "MB", "digest", "space"), rows, terminal_width())
        )
        print(f"{megabytes:.1f} MB in {root}")
    return 0
