"""Show or free what the feature store holds."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.records.errors import UsageError
from paralbench.system.text_table import columns

if TYPE_CHECKING:
    from paralbench.features.inventory import Holding

EXAMPLE = "paralbench cache clean --model whisper-tiny.en"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("action", choices=["list", "clean"], help="tell what is kept, or free it")
    parser.add_argument("--model", default=None, help="only this model's features")
    parser.add_argument(
        "--cache", type=Path, default=None, metavar="DIR", help="the store (also PARALBENCH_CACHE)"
    )
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """List or clean."""
    from paralbench.features.inventory import holdings
    from paralbench.system.cache_folder import default_cache

    root = args.cache or default_cache()
    kept = holdings(root)
    found = [one for one in kept if args.model in (None, one.model)]
    if args.model is not None and not found:
        models = ", ".join(sorted({one.model for one in kept})) or "nothing"
        raise UsageError(f"{root} holds no features of '{args.model}'; it holds: {models}.")
    if args.action == "clean":
        for one in found:
            shutil.rmtree(one.folder)
        if args.json:
            print(json.dumps([one.told() for one in found], indent=1))
        else:
            print(f"freed {sum(one.bytes for one in found) / 1e6:.1f} MB in {root}")
    elif args.json:
        print(json.dumps([one.told() for one in found], indent=1))
    else:
        print(
            columns(
                ("model", "kind", "records", "MB", "digest", "space"), [_row(one) for one in found]
            )
        )
        print(f"{sum(one.bytes for one in found) / 1e6:.1f} MB in {root}")
    return 0


def _row(one: Holding) -> tuple[str, ...]:
    return (
        one.model,
        one.kind,
        str(one.records),
        f"{one.bytes / 1e6:.1f}",
        one.digest,
        one.folder.name,
    )
