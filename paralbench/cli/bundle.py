"""Pack a screener from a result: encoder, folded head, calibration, thresholds and model card."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
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
    add("--intended-use", type=Path, metavar="FILE.toml",
        help="purpose, users and limits of the screener (docs/screening.md)")  # fmt: skip
    options.add_operating_point(parser)
    add("--members", type=int, metavar="N",
        help="heads to average, one per seed (default: all seeds; 1 for a head on frames)")  # fmt: skip
    add("--embed-weights", action=argparse.BooleanOptionalAction,
        help="include the encoder's weights (default: up to 500 MB, where the licence permits)")  # fmt: skip
    add("--sign", type=Path, metavar="KEY.pem",
        help="sign the bundle with this private Ed25519 key: FILE.plb.sig (extra 'sign')")  # fmt: skip
    options.add_cache(parser)


def run(args: argparse.Namespace) -> int:
    """Write the bundle and print a summary."""
    from paralbench.bundling.bundle_maker import BundleSettings, make
    from paralbench.bundling.operating_point import Goal
    from paralbench.corpora.locating import named
    from paralbench.evaluation.rerun import recorded_request
    from paralbench.records.intended_use import IntendedUse
    from paralbench.screener import bundle
    from paralbench.system import signing

    if args.to.suffix != bundle.SUFFIX:
        raise UsageError(f"-o expects a name that ends in {bundle.SUFFIX}, got {args.to}.")
    if args.members is not None and args.members < 1:
        raise UsageError(f"--members expects 1 or more, got {args.members}.")
    if args.sign is not None:
        signing.check_key(args.sign)
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
    return deliver(args, manifest, members)


def deliver(args: argparse.Namespace, manifest: Manifest, members: Mapping[str, bytes]) -> int:
    """Write a new bundle, sign it where a key was given, and print what it is."""
    from paralbench.screener import bundle
    from paralbench.system import signing

    args.to.parent.mkdir(parents=True, exist_ok=True)
    sha256 = bundle.write(args.to, manifest, members)
    if args.sign is not None:
        signing.sign(args.to, signing.BUNDLE, sha256, args.sign)
    size = args.to.stat().st_size
    if args.json:
        content = {"file": str(args.to), "sha256": sha256, "bytes": size}
        print(json.dumps({**content, "manifest": manifest.model_dump(mode="json")}, indent=1))
    else:
        print(_summary(args.to, manifest, sha256, size))
    return 0


def _summary(file: Path, manifest: Manifest, sha256: str, size: int) -> str:
    """What a new bundle is and how well it did, in a few lines."""
    population = manifest.population
    lines = [
        manifest.title,
        f"  {file}, {size / 1e6:.1f} MB, sha256 {sha256}",
        f"  trained on {population.recordings} recordings of {population.participants} speakers",
    ]
    if (local := manifest.recalibration) is not None:
        lines.append(f"  recalibrated on {local.recordings} recordings of {local.people} people")
    if (fit := manifest.calibration) is not None:
        lines.append(
            f"  calibration {fit.method}: log loss {fit.error_before:.3f} before, "
            f"{fit.error_after:.3f} after"
        )
    if (point := manifest.operating_point) is not None:
        for name, rate in (("sensitivity", point.sensitivity), ("specificity", point.specificity)):
            interval = rate.interval
            lines.append(f"  {name} {rate.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]")
        band = point.abstain
        lines.append(
            f"  positive from {point.threshold:.3f} on; "
            + ("never abstains between" if band is None
               else f"abstains between {band[0]:.3f} and {band[1]:.3f}")
        )  # fmt: skip
    if (sets := manifest.conformal) is not None:
        lines.append(
            f"  conformal at {sets.level:g}: {sets.coverage:.3f} covered on other speakers"
        )
    if (above := manifest.performance.above_null) is not None:
        lines.append(
            f"  {'better' if above.shown else 'not shown to be better'} than the best null entry, "
            f"{above.null}: {above.metric} {above.difference:+.3f} [{above.low:+.3f}, {above.high:+.3f}]"
        )
    elif manifest.recalibration is None:
        lines.append("  not compared with null entries: none of this task lies beside the result")
    return "\n".join([*lines, f"  {manifest.use.notice}"])
