"""Compare a fast way to compute an encoder with fp32 in torch: frames, scores, predictions."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
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
    """One entry under both ways. ``changed`` of ``predictions`` are another class or, where numbers
    are predicted, differ by more than a thousandth of the true values' range."""

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
    """Run every entry both ways; features are kept, results are not."""
    from paralbench.encoders.placement import Placement
    from paralbench.evaluation.benchmark import Failed

    asked = options.request(args)
    if asked.placement.reference and not asked.fastest:
        raise UsageError(
            "fp32 in torch is what others are compared with; say --runtime or --precision."
        )
    base = replace(asked, placement=Placement(asked.placement.device), fastest=False)
    compared: list[Compared] = []
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for reference, fast in zip(
            _all(args, base, Path(folder) / "reference"),
            _all(args, asked, Path(folder) / "fast"),
            strict=True,
        ):
            if isinstance(reference, Failed) or isinstance(fast, Failed):
                failed = True
                for one in (reference, fast):
                    if isinstance(one, Failed):
                        _say(f"{one.task} {one.model} {one.head}: {one.error}")
                continue
            compared.append(_compare(reference, fast))
            if not args.json:
                print(_told(compared[-1]), flush=True)
    if args.json:
        print(json.dumps([_as_json(one) for one in compared], indent=1))
    return 3 if failed else 0


def _all(args: argparse.Namespace, request: Request, results: Path) -> list[Done | Failed]:
    from paralbench.evaluation.benchmark import Benchmark

    benchmark = Benchmark(options.catalog(args), request, options.cache(args), results)
    return list(benchmark.run(_say))


def _compare(reference: Done, fast: Done) -> Compared:
    one, other = reference.result, fast.result
    ranked = one.ranking
    before, after = one.score(ranked).value, other.score(ranked).value
    changed, total = _changed(reference.file, fast.file)
    streams = other.model.streams or [other.model]
    return Compared(
        one.task,
        one.model.id,
        one.head,
        other.model.placement,
        ranked,
        before,
        after,
        after - before,
        total,
        changed,
        [stream.fidelity for stream in streams if stream.fidelity is not None],
    )


def _changed(reference: Path, fast: Path) -> tuple[int, int]:
    """How many predictions differ, and how many there are; both files have the same rows."""
    import pyarrow.parquet as pq

    before, after = (pq.read_table(one.with_suffix(".parquet")) for one in (reference, fast))
    keys = [name for name in ("example", "fold", "seed", "step") if name in before.column_names]
    if not before.select(keys).equals(after.select(keys)):
        raise UsageError("the two ways did not score the same examples; nothing can be compared.")
    old, new = (table.column("predicted").to_numpy() for table in (before, after))
    if old.dtype.kind != "f":
        return int((old != new).sum()), len(old)
    truth = before.column("truth").to_numpy()
    return int((abs(old - new) > 1e-3 * (truth.max() - truth.min())).sum()), len(old)


def _told(one: Compared) -> str:
    lines = [
        f"{one.task}  {one.model}  {one.head}  {one.placement}  {one.metric.upper()} "
        f"{one.fast:.4f}, fp32 in torch {one.reference:.4f}, difference {one.difference:+.4f}; "
        f"{one.changed} of {one.predictions} predictions changed"
    ]
    for found in one.fidelity:
        lines.append(f"  {found.summary}; {found.speedup:.1f} times as fast, clip after clip")
        lines.append("  layer  mean cosine  least cosine  pooled difference")
        rows = zip(found.mean_cosine, found.least_cosine, found.pooled_difference, strict=True)
        lines += [
            f"  {layer:5d}  {mean:11.7f}  {least:12.7f}  {pooled:17.7f}"
            for layer, (mean, least, pooled) in enumerate(rows)
        ]
    return "\n".join(lines)


def _as_json(one: Compared) -> dict[str, object]:
    return asdict(replace(one, fidelity=[])) | {
        "fidelity": [found.model_dump(mode="json") for found in one.fidelity]
    }


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
