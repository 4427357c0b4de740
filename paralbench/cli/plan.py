"""Tell disk and time of a run before it starts."""

from __future__ import annotations

import argparse
import json

from paralbench.cli import options
from paralbench.cli.run import report
from paralbench.records.errors import ParalbenchError
from paralbench.system.text_table import columns

EXAMPLE = (
    "paralbench plan --task iemocap-emotion --data ~/IEMOCAP_full_release --model whisper-tiny.en"
)
_HEADINGS = (
    "task",
    "model",
    "clips",
    "hours",
    "to do",
    "hours to do",
    "unusable",
    "disk MB",
    "minutes",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_entries(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print what extraction would cost, entry by entry."""
    from paralbench.evaluation.benchmark import Benchmark, Failed
    from paralbench.features.plan import plan
    from paralbench.features.store import FeatureStore

    benchmark = Benchmark(
        options.catalog(args), options.request(args), options.cache(args), args.results
    )
    rows, failed = [], []
    for prepared in benchmark.preparations():
        if isinstance(prepared, Failed):
            failed.append(prepared)
            continue
        entry = prepared.entry
        for encoder, key in zip(entry.encoders, prepared.feature_keys, strict=True):
            store = FeatureStore(options.cache(args), key)
            try:
                told = plan(encoder, prepared.clips, store)
            except ParalbenchError as error:
                failed.append(Failed(entry.task.id, encoder.card.id, entry.head, error))
                continue
            rows.append((entry.task.id, encoder.card.id, told))
    if args.json:
        print(
            json.dumps(
                [{"task": task, "model": model, **cost.json()} for task, model, cost in rows],
                indent=1,
            )
        )
    else:
        print(columns(_HEADINGS, [
            (task, model, str(told.clips), f"{told.seconds / 3600:.2f}", str(told.missing),
             f"{told.missing_seconds / 3600:.2f}", str(told.refused), f"{told.disk / 1e6:.1f}", f"{told.time / 60:.1f}")
            for task, model, told in rows
        ]))  # fmt: skip
        print()
        print(columns(("task", "model", "if this were kept", "disk MB"), [
            (task, model, product, f"{size / 1e6:.1f}")
            for task, model, told in rows for product, size in told.products.items()
        ]))  # fmt: skip
    return report(failed, args.debug)
