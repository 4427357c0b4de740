"""Run the entry of a result again and compare: same, within rounding or noise, or different."""

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
    add("--cache", type=Path, metavar="DIR",
        help="use these stored features; by default they are extracted again")  # fmt: skip
    add("--to", type=Path, metavar="DIR",
        help="store the new result in this folder; by default it is not stored")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Exit code 0: same, or within rounding or noise; 1: different; 3: the entry could not be run."""
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
            f"{args.result.with_suffix('.parquet')}: expected the predictions of this result "
            f"(sha256 {recorded.predictions_sha256[:12]}...); they are missing or differ."
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
        (rerun,) = benchmark.run(options.say)
        if not isinstance(rerun, Done):
            raise rerun.error
        tables = [pq.read_table(file.with_suffix(".parquet")) for file in (args.result, rerun.file)]
        compared = agreement(recorded, tables[0], rerun.result, tables[1])
        differences = departures(recorded, rerun.result)
    if args.json:
        records = [asdict(difference) for difference in differences]
        print(json.dumps({**asdict(compared), "departures": records}, indent=1))
    else:
        print(_text(recorded, compared, differences))
    return 1 if compared.verdict == "different" else 0


def _text(recorded: Result, compared: Agreement, differences: list[Departure]) -> str:
    noise = "one seed gives none" if compared.noise is None else f"{compared.noise:.4f}"
    lines = [
        f"{recorded.task}  {recorded.model.id}  {recorded.head}: {compared.verdict}",
        f"  {compared.metric.upper()} was {compared.recorded:.6f}, is {compared.now:.6f} "
        f"({compared.now - compared.recorded:+.6f}; noise of its seeds: {noise})",
        f"  {compared.changed} of {compared.rows} predictions changed, outputs differ by "
        f"{compared.largest:.1e} at most"
        if compared.comparable
        else "  the predictions are of other examples, seeds or folds",
    ]
    if compared.verdict != "same":
        lines += [f"  {difference}" for difference in differences] or ["  no recorded fact differs"]
    elif differences:
        kinds = ", ".join(dict.fromkeys(difference.kind for difference in differences))
        lines.append(f"  though {len(differences)} recorded facts differ ({kinds})")
    return "\n".join(lines)
