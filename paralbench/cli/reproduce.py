"""Run a result's entry again from what it recorded, and say: same, within noise, or different."""

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.records.errors import ParalbenchError

if TYPE_CHECKING:
    from paralbench.evaluation.agreement import Agreement
    from paralbench.evaluation.departures import Departure
    from paralbench.records.result import Result

EXAMPLE = (
    "paralbench reproduce leaderboard/results/log-mel/voice-prompts-language/linear-probe.json "
    "--data voice-prompts=build/voice-prompts"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    options.add_json(parser)
    add = parser.add_argument
    add("result", type=Path, metavar="RESULT", help="a result's JSON, its predictions beside it")
    options.add_data(parser)
    options.add_weights(parser)
    add("--device", default="cpu", help="cpu (default) or cuda")
    add(
        "--cache", type=Path, default=None, metavar="DIR",
        help="use the features kept here; by default they are made anew",
    )  # fmt: skip
    add(
        "--to", type=Path, default=None, metavar="DIR",
        help="keep the new result below this folder; by default it is not kept",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """0: same or within noise. 1: different. 3: it could not be run."""
    import pyarrow.parquet as pq

    from paralbench.corpora.locating import named
    from paralbench.evaluation.agreement import agreement
    from paralbench.evaluation.benchmark import Benchmark, Done
    from paralbench.evaluation.departures import departures
    from paralbench.evaluation.rerun import recorded_request
    from paralbench.results import files

    recorded = files.read(args.result)
    if not files.has_predictions(args.result, recorded):
        raise ParalbenchError(
            f"{args.result.with_suffix('.parquet')}: expected the predictions this result was made "
            f"from (sha256 {recorded.predictions_sha256[:12]}...); they are missing or others."
        )
    request = recorded_request(
        recorded, args.result, named(args.data), options.weights(args), options.device(args.device)
    )
    with ExitStack() as scratch:

        def fresh() -> Path:
            return Path(scratch.enter_context(tempfile.TemporaryDirectory(prefix="paralbench-")))

        benchmark = Benchmark(
            options.catalog(args), request, args.cache or fresh(), args.to or fresh(), again=True
        )
        (found,) = benchmark.run(options.say)
        if not isinstance(found, Done):
            raise found.error
        tables = [pq.read_table(file.with_suffix(".parquet")) for file in (args.result, found.file)]
        told = agreement(recorded, tables[0], found.result, tables[1])
        apart = departures(recorded, found.result)
    if args.json:
        print(json.dumps({**asdict(told), "departures": [asdict(one) for one in apart]}, indent=1))
    else:
        print(_text(recorded, told, apart))
    return 1 if told.verdict == "different" else 0


def _text(recorded: Result, told: Agreement, apart: list[Departure]) -> str:
    noise = "one seed tells none" if told.noise is None else f"{told.noise:.4f}"
    heading = f"{recorded.task}  {recorded.model.id}  {recorded.head}: {told.verdict}"
    lines = [
        heading,
        f"  {told.metric.upper()} was {told.recorded:.6f}, is {told.now:.6f} "
        f"({told.now - told.recorded:+.6f}; noise of its seeds: {noise})",
        f"  {told.changed} of {told.rows} predictions changed, outputs differ by {told.largest:.1e} at most"
        if told.comparable
        else "  the predictions are of other examples, seeds or folds",
    ]
    if told.verdict != "same":
        lines += [f"  {one}" for one in apart] or ["  nothing that was recorded departs"]
    elif apart:
        lines.append(f"  though {len(apart)} things depart ({', '.join(_kinds(apart))})")
    return "\n".join(lines)


def _kinds(apart: list[Departure]) -> list[str]:
    return list(dict.fromkeys(one.kind for one in apart))
