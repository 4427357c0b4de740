"""Make a screener of a result: encoder, folded head, calibration, thresholds and model card in one file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.records.errors import UsageError

if TYPE_CHECKING:
    from paralbench.records.bundle import Manifest

EXAMPLE = (
    "paralbench bundle leaderboard/results/whisper-tiny.en/daic-woz-depression/linear-probe.json "
    "-o depression.plb --data daic-woz=DIR --intended-use use.toml --sensitivity 0.9"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    options.add_json(parser)
    add = parser.add_argument
    add("result", type=Path, metavar="RESULT", help="a result's JSON, its predictions beside it")
    add("-o", "--to", type=Path, required=True, metavar="FILE.plb", help="the bundle to write")
    options.add_data(parser)
    options.add_weights(parser)
    add(
        "--intended-use", type=Path, default=None, metavar="FILE.toml",
        help="what only people know of it (docs/screening.md)",
    )  # fmt: skip
    add(
        "--level", type=_share, default=0.9, metavar="SHARE",
        help="of conformal sets and intervals (default: 0.9)",
    )  # fmt: skip
    point = parser.add_mutually_exclusive_group()
    for name in ("sensitivity", "specificity"):
        point.add_argument(
            f"--{name}", type=_share, default=None, metavar="SHARE",
            help=f"the operating point has at least this {name}",
        )  # fmt: skip
    add(
        "--accuracy", type=_share, default=None, metavar="SHARE",
        help="abstain until so much of what is predicted is right (default: from half of the errors)",
    )  # fmt: skip
    add(
        "--abstain-most", type=_share, default=0.3, metavar="SHARE",
        help="abstain from no more than this, else from none (default: 0.3)",
    )  # fmt: skip
    add(
        "--members", type=int, default=None, metavar="N",
        help="heads whose mean answers, one a seed (default: all seeds, or one that hears frames)",
    )  # fmt: skip
    add(
        "--embed-weights", action=argparse.BooleanOptionalAction, default=None,
        help="the encoder's weights in the bundle (default: up to 500 MB, where the licence lets)",
    )  # fmt: skip
    add("--cache", type=Path, default=None, metavar="DIR",
        help="where features are kept (also PARALBENCH_CACHE)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Write the bundle and say what it is."""
    from paralbench.bundling.bundle_maker import BundleSettings, make
    from paralbench.bundling.operating_point import Goal
    from paralbench.corpora.locating import named
    from paralbench.evaluation.rerun import recorded_request
    from paralbench.records.intended_use import IntendedUse
    from paralbench.screener import bundle

    if args.to.suffix != bundle.SUFFIX:
        raise UsageError(f"-o {args.to}: expected a name that ends in {bundle.SUFFIX}.")
    if args.members is not None and args.members < 1:
        raise UsageError(f"--members expects 1 or more, got {args.members}.")
    use = IntendedUse() if args.intended_use is None else IntendedUse.from_toml(args.intended_use)
    goal = Goal(args.sensitivity, args.specificity, args.accuracy, args.abstain_most)
    data, weights = named(args.data), options.weights(args)
    manifest, members = make(
        args.result,
        options.catalog(args),
        lambda recorded: recorded_request(recorded, args.result, data, weights),
        options.cache(args),
        BundleSettings(use, args.level, goal, args.members, args.embed_weights),
        options.say,
    )
    args.to.parent.mkdir(parents=True, exist_ok=True)
    sha256 = bundle.write(args.to, manifest, members)
    size = args.to.stat().st_size
    if args.json:
        told = {"file": str(args.to), "sha256": sha256, "bytes": size}
        print(json.dumps({**told, "manifest": manifest.model_dump(mode="json")}, indent=1))
    else:
        print(_text(args.to, manifest, sha256, size))
    return 0


def _text(file: Path, manifest: Manifest, sha256: str, size: int) -> str:
    people = manifest.population
    lines = [
        f"{manifest.title}",
        f"  {file}, {size / 1e6:.1f} MB, sha256 {sha256}",
        f"  trained on {people.recordings} recordings of {people.participants} speakers",
    ]
    if manifest.calibration is not None:
        told = manifest.calibration
        lines.append(
            f"  calibration {told.method}: log loss {told.error_before:.3f} before, "
            f"{told.error_after:.3f} after"
        )
    if manifest.operating_point is not None:
        point = manifest.operating_point
        for name, one in (("sensitivity", point.sensitivity), ("specificity", point.specificity)):
            lines.append(
                f"  {name} {one.value:.3f} [{one.interval.low:.3f}, {one.interval.high:.3f}]"
            )
        band = point.abstain
        lines.append(
            f"  positive from {point.threshold:.3f} on; "
            + ("never abstains between" if band is None
               else f"abstains between {band[0]:.3f} and {band[1]:.3f}")
        )  # fmt: skip
    if manifest.conformal is not None:
        told_sets = manifest.conformal
        lines.append(
            f"  conformal at {told_sets.level:g}: {told_sets.coverage:.3f} covered on other speakers"
        )
    lines += [f"  {manifest.use.notice}"]
    return "\n".join(lines)


def _share(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, got '{text}'")
    return found
