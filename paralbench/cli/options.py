"""Options that several verbs share, read the same way everywhere."""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.results import DEFAULT

if TYPE_CHECKING:
    from paralbench.catalog import Catalog
    from paralbench.encoders.placement import Placement
    from paralbench.evaluation.benchmark import Request


def add_catalog(parser: argparse.ArgumentParser) -> None:
    """--catalog"""
    parser.add_argument(
        "--catalog", action="append", default=[], type=Path, metavar="DIR",
        help="a folder with tasks/ and models/ of your own (repeatable; also PARALBENCH_CATALOG)",
    )  # fmt: skip


def catalog(args: argparse.Namespace) -> Catalog:
    """The catalogue the arguments name."""
    from paralbench.catalog import from_environment

    return from_environment(args.catalog)


def add_json(parser: argparse.ArgumentParser) -> None:
    """--json"""
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def add_data(parser: argparse.ArgumentParser) -> None:
    """--data"""
    parser.add_argument(
        "--data", action="append", default=[], metavar="[CORPUS=]DIR",
        help="where a corpus lies (repeatable)",
    )  # fmt: skip


def add_weights(parser: argparse.ArgumentParser) -> None:
    """--weights"""
    parser.add_argument(
        "--weights", action="append", default=[], metavar="MODEL=DIR",
        help="a model's weights in a local folder",
    )  # fmt: skip


def add_head_settings(parser: argparse.ArgumentParser) -> None:
    """--set and --recipe"""
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="settings",
        help="a setting of the head",
    )  # fmt: skip
    parser.add_argument(
        "--recipe", type=Path, default=None, metavar="FILE",
        help="settings of the head in a TOML file; --set goes over it",
    )  # fmt: skip


def add_entries(parser: argparse.ArgumentParser) -> None:
    """What `run` and `plan` have in common."""
    add_catalog(parser)
    add = parser.add_argument
    add("--task", nargs="+", default=[], metavar="TASK", help="tasks ('paralbench list tasks')")
    add(
        "--suite",
        nargs="+",
        default=[],
        metavar="SUITE",
        help="or all tasks of these suites ('paralbench list suites')",
    )
    add(
        "--across",
        default=None,
        metavar="SET",
        help="cross-corpus: train on each of the tasks and test on each, over the classes of this "
        "label set ('paralbench list label-sets')",
    )
    add(
        "--model",
        nargs="+",
        default=[],
        metavar="MODEL",
        help="models ('paralbench list models')",
    )
    add(
        "--models-of",
        nargs="+",
        default=[],
        metavar="LIST",
        help="or all models of these lists ('paralbench list model-lists')",
    )
    add(
        "--head",
        nargs="+",
        default=["linear-probe"],
        metavar="HEAD",
        help="heads (default: linear-probe)",
    )
    add_data(parser)
    add_weights(parser)
    add_head_settings(parser)
    add("--seeds", type=int, default=5, metavar="N", help="how many seeds (default: 5)")
    add("--device", default="cpu", help="cpu (default) or cuda")
    add(
        "--precision",
        choices=["fp32", "bf16", "auto"],
        default="fp32",
        help="of the encoder: fp32 (default), bf16 where the machine has it, or auto, the fastest "
        "way here that is close enough to fp32",
    )
    add(
        "--runtime",
        choices=["torch", "openvino", "onnxruntime"],
        default="torch",
        help="what computes the encoder (default: torch)",
    )
    add(
        "--engine",
        choices=["local", "ray"],
        default="local",
        help="extract on this machine (default) or on a Ray cluster",
    )
    add(
        "--workers",
        type=int,
        default=None,
        metavar="N",
        help="threads or Ray actors that extract (default: one a core, or one a GPU)",
    )
    add(
        "--cache",
        type=Path,
        default=None,
        metavar="DIR",
        help="where features are kept (also PARALBENCH_CACHE)",
    )
    add(
        "--results",
        type=Path,
        default=DEFAULT,
        metavar="DIR",
        help=f"where results stand (default: {DEFAULT})",
    )


def request(args: argparse.Namespace) -> Request:
    """The arguments as a Request; raises UsageError for what cannot be meant."""
    from paralbench.corpora.locating import named
    from paralbench.evaluation.benchmark import Request
    from paralbench.features.engine import Engine

    if args.seeds < 1:
        raise UsageError(f"--seeds expects 1 or more, got {args.seeds}.")
    if args.workers is not None and args.workers < 1:
        raise UsageError(f"--workers expects 1 or more, got {args.workers}.")
    named_tasks = [*args.task]
    for suite in args.suite:
        named_tasks += catalog(args).suite(suite)
    if not named_tasks:
        raise UsageError("give --task TASK or --suite SUITE; 'paralbench list tasks' shows all.")
    named_models = [*args.model]
    for name in args.models_of:
        named_models += catalog(args).listed(name)
    if not named_models:
        raise UsageError(
            "give --model MODEL or --models-of LIST; 'paralbench list models' shows all."
        )
    return Request(
        tasks=_once(named_tasks),
        models=_once(named_models),
        heads=_once(args.head),
        data=named(args.data),
        weights=weights(args),
        head_settings=head_settings(args),
        seeds=tuple(range(args.seeds)),
        placement=placement(args),
        fastest=args.precision == "auto",
        engine=Engine(args.engine, args.workers),
        across=args.across,
    )


def say(words: str) -> None:
    """A remark for whoever watches, on standard error."""
    print(words, file=sys.stderr, flush=True)


def weights(args: argparse.Namespace) -> dict[str, Path]:
    """--weights, by model."""
    return {key: Path(value).expanduser() for key, value in _pairs("--weights", args.weights)}


def head_settings(args: argparse.Namespace) -> dict[str, Any]:
    """--recipe, and --set over it."""
    return {**_recipe(args.recipe), **_settings(args.settings)}


def cache(args: argparse.Namespace) -> Path:
    """The root of the feature store."""
    from paralbench.system.cache_folder import default_cache

    chosen: Path | None = args.cache
    return chosen or default_cache()


def _settings(items: Sequence[str]) -> dict[str, Any]:
    """``a=1`` and ``b.c=2`` as the tables TOML would make of them."""
    found: dict[str, Any] = {}
    for key, value in _pairs("--set", items):
        *outer, last = key.split(".")
        table = found
        for name in outer:
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                raise UsageError(f"--set {key}: '{name}' was given a value already.")
        table[last] = _value(value)
    return found


def _recipe(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"--recipe {file}: expected settings in TOML ({error}).") from error


def placement(args: argparse.Namespace) -> Placement:
    """--device, --precision and --runtime."""
    from paralbench.encoders.placement import Placement

    if args.precision == "auto":
        if args.runtime != "torch":
            raise UsageError("--precision auto chooses the runtime as well; leave out --runtime.")
        return Placement(device(args.device))
    return Placement(device(args.device), args.precision, args.runtime)


def device(name: str) -> str:
    """--device; raises where this machine has none such."""
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda") or (":" in name and not (kind == "cuda" and number.isdecimal())):
        raise UsageError(f"--device expects cpu, cuda or cuda:NUMBER, got '{name}'.")
    if kind == "cuda":
        import torch

        if int(number or 0) >= torch.cuda.device_count():
            raise ParalbenchError(
                f"--device {name}: torch finds {torch.cuda.device_count()} GPUs on this machine; "
                f"leave it out to use the CPU ('paralbench doctor' shows the devices)."
            )
    return name


def seconds(text: str) -> float:
    """An argument that is a number of seconds above zero."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise argparse.ArgumentTypeError(f"expected seconds above zero, got '{text}'")
    return found


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _pairs(option: str, items: Sequence[str]) -> list[tuple[str, str]]:
    pairs = []
    for item in items:
        key, sign, value = item.partition("=")
        if not sign or not key or not value:
            raise UsageError(f"{option} expects KEY=VALUE, got '{item}'.")
        pairs.append((key, value))
    return pairs


def _value(text: str) -> Any:
    """A number, truth value or list as TOML writes it; anything else is a word."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
