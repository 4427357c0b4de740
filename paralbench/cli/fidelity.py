"""Compare a fast placement of an encoder with fp32 in torch: frames, scores, predictions."""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.cli.run import report
from paralbench.records.errors import UsageError

if TYPE_CHECKING:
    from paralbench.evaluation.benchmark import Done, Failed, Request
    from paralbench.records.fidelity import Fidelity

EXAMPLE = (
    "paralbench fidelity --task voice-prompts-language --model whisper-tiny.en "
    "--runtime openvino --precision bf16"
)


@dataclass(frozen=True)
class Compared:
    """One entry under both placements.

    ``changed`` of ``predictions`` are another class or, where numbers are predicted, differ by more
    than a thousandth of the range of the true values.
    """

    task: str
    model: str
    head: str
    placement: str
    metric: str
    reference: float
    fast: float
    difference: float
    predictions: int
    changed: int
    fidelity: list[Fidelity]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_entries(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run every entry under both placements; features are stored, results are not."""
    from paralbench.encoders.placement import Placement
    from paralbench.evaluation.benchmark import Failed

    request = options.request(args)
    if request.placement.reference and not request.fastest:
        raise UsageError("fp32 in torch is the reference; give --runtime or --precision.")
    base = replace(request, placement=Placement(request.placement.device), fastest=False)
    compared: list[Compared] = []
    failures: list[Failed] = []
    with tempfile.TemporaryDirectory() as folder:
        for reference, fast in zip(
            _all(args, base, Path(folder) / "reference"),
            _all(args, request, Path(folder) / "fast"),
            strict=True,
        ):
            if isinstance(reference, Failed) or isinstance(fast, Failed):
                failures += [entry for entry in (reference, fast) if isinstance(entry, Failed)]
                continue
            compared.append(_compare(reference, fast))
            if not args.json:
                print(_text(compared[-1]), flush=True)
    if args.json:
        records = [
            asdict(replace(entry, fidelity=[]))
            | {"fidelity": [measured.model_dump(mode="json") for measured in entry.fidelity]}
            for entry in compared
        ]
        print(json.dumps(records, indent=1))
    return report(failures, args.debug)


def _all(args: argparse.Namespace, request: Request, results: Path) -> list[Done | Failed]:
    from paralbench.evaluation.benchmark import Benchmark

    benchmark = Benchmark(options.catalog(args), request, options.cache(args), results)
    return list(benchmark.run(options.say))


def _compare(reference: Done, fast: Done) -> Compared:
    result, model = reference.result, fast.result.model
    metric = result.ranking
    before, after = result.score(metric).value, fast.result.score(metric).value
    changed, total = _changed(reference.file, fast.file)
    measured = [stream.fidelity for stream in model.streams or [model]]
    return Compared(
        result.task, result.model.id, result.head, model.placement, metric, before, after,
        after - before, total, changed, [fidelity for fidelity in measured if fidelity is not None],
    )  # fmt: skip


def _changed(reference: Path, fast: Path) -> tuple[int, int]:
    """The number of predictions that differ, and of all predictions."""
    import pyarrow.parquet as pq

    before, after = (pq.read_table(file.with_suffix(".parquet")) for file in (reference, fast))
    keys = [name for name in ("example", "fold", "seed", "step") if name in before.column_names]
    if not before.select(keys).equals(after.select(keys)):
        raise UsageError("the placements did not score the same examples; they cannot be compared.")
    old, new = (table.column("predicted").to_numpy() for table in (before, after))
    if old.dtype.kind != "f":
        return int((old != new).sum()), len(old)
    truth = before.column("truth").to_numpy()
    return int((abs(old - new) > 1e-3 * (truth.max() - truth.min())).sum()), len(old)


def _text(entry: Compared) -> str:
    lines = [
        f"{entry.task}  {entry.model}  {entry.head}  {entry.placement}  {entry.metric.upper()} "
        f"{entry.fast:.4f}, fp32 in torch {entry.reference:.4f}, difference "
        f"{entry.difference:+.4f}; {entry.changed} of {entry.predictions} predictions changed"
    ]
    for measured in entry.fidelity:
        lines.append(
            f"  {measured.summary}; {measured.speedup:.1f} times as fast, one clip at a time"
        )
        lines.append("  layer  mean cosine  least cosine  pooled difference")
        rows = zip(
            measured.mean_cosine, measured.least_cosine, measured.pooled_difference, strict=True
        )
        lines += [
            f"  {layer:5d}  {mean:11.7f}  {least:12.7f}  {pooled:17.7f}"
            for layer, (mean, least, pooled) in enumerate(rows)
        ]
    return "\n".join(lines)
