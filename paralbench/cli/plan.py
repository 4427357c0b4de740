"""Estimate the disk space, time and memory of a run before it starts."""

from __future__ import annotations

import argparse
import json

from paralbench.cli import options
from paralbench.cli.run import report
from paralbench.records.errors import ParalbenchError
from paralbench.system.text_table import columns, terminal_width

EXAMPLE = (
    "paralbench plan --task iemocap-emotion --data ~/IEMOCAP_full_release --model whisper-tiny.en"
)
_HEADINGS = (
    "task", "model", "clips", "hours", "to do", "hours to do", "unusable", "disk MB", "minutes",
    "head MB",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_entries(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the cost of extraction, entry by entry."""
    from paralbench.evaluation.benchmark import Benchmark, Failed
    from paralbench.features.plan import Extent, plan
    from paralbench.features.store import FeatureStore

    cache = options.cache(args)
    benchmark = Benchmark(options.catalog(args), options.request(args), cache, args.results)
    rows, failed, extents = [], [], []
    for prepared in benchmark.preparations(options.say):
        if isinstance(prepared, Failed):
            failed.append(prepared)
            continue
        entry, clips = prepared.entry, prepared.clips
        memory = prepared.head.memory(prepared.settings, prepared.layout, prepared.rows)
        for encoder, key in zip(entry.encoders, prepared.feature_keys, strict=True):
            extent = Extent.of(clips, FeatureStore(cache, key))
            extents.append((entry.task.id, entry.head, encoder, key.spec, extent, memory))
        del prepared, entry, clips
    del benchmark  # the list of clips needs as much memory as the encoders, which are loaded next
    for task, head, encoder, spec, extent, memory in extents:
        try:
            cost = plan(encoder, spec, extent)
        except ParalbenchError as error:
            failed.append(Failed(task, encoder.card.id, head, error))
            continue
        rows.append((task, encoder.card.id, cost, memory))
    if args.json:
        records = [
            {"task": task, "model": model, **cost.json(), "head_bytes": memory}
            for task, model, cost, memory in rows
        ]
        print(json.dumps(records, indent=1))
    else:
        print(columns(_HEADINGS, [
            (task, model, str(cost.clips), f"{cost.seconds / 3600:.2f}", str(cost.missing),
             f"{cost.missing_seconds / 3600:.2f}", str(cost.refused), f"{cost.disk / 1e6:.1f}", f"{cost.time / 60:.1f}",
             "" if memory is None else f"{memory / 1e6:.0f}")
            for task, model, cost, memory in rows
        ], terminal_width()))  # fmt: skip
        print()
        print(columns(("task", "model", "if stored instead", "disk MB"), [
            (task, model, product, f"{size / 1e6:.1f}")
            for task, model, cost, _ in rows for product, size in cost.products.items()
        ], terminal_width()))  # fmt: skip
    return report(failed, args.debug)
