"""Options that several verbs share, read the same way everywhere."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from paralbench.cli import messages
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.results import DEFAULT

if TYPE_CHECKING:
    from paralbench.catalog import Catalog, Model
    from paralbench.encoders.placement import Placement
    from paralbench.evaluation.benchmark import Request
    from paralbench.evaluation.own_protocol import OwnProtocol


def add_catalog(parser: argparse.ArgumentParser) -> None:
    """--catalog"""
    parser.add_argument(
        "--catalog", action="append", default=[], type=Path, metavar="DIR",
        help="a folder with your own tasks/ and models/ (repeatable; also PARALBENCH_CATALOG)",
    )  # fmt: skip


def catalog(args: argparse.Namespace) -> Catalog:
    """The catalogue the arguments name; models may be ``dir:PATH`` or ``hf:ORG/NAME``."""
    from paralbench.catalog import from_environment

    return from_environment(args.catalog, _described)


def _described(reference: str) -> Model:
    from paralbench.encoders.uncatalogued import described

    return described(reference, say)


def add_json(parser: argparse.ArgumentParser) -> None:
    """--json"""
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def add_data(parser: argparse.ArgumentParser) -> None:
    """--data"""
    parser.add_argument(
        "--data", action="append", default=[], metavar="[CORPUS=]DIR",
        help="the folder of a corpus (repeatable)",
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
        "--recipe", type=Path, metavar="FILE",
        help="settings of the head in a TOML file; --set overrides them",
    )  # fmt: skip


def add_cache(parser: argparse.ArgumentParser, text: str = "the feature store") -> None:
    """--cache"""
    parser.add_argument("--cache", type=Path, metavar="DIR", help=f"{text} (also PARALBENCH_CACHE)")


def add_results(parser: argparse.ArgumentParser, text: str = "the folder of the results") -> None:
    """--results"""
    parser.add_argument(
        "--results", type=Path, default=DEFAULT, metavar="DIR", help=f"{text} (default: {DEFAULT})"
    )


def add_placement(parser: argparse.ArgumentParser, *, automatic: bool) -> None:
    """--device, --precision and --runtime; with ``automatic``, --precision auto as well."""
    add = parser.add_argument
    add("--device", default="cpu", help="cpu (default) or cuda")
    precisions, text = ["fp32", "bf16"], "of the encoder: fp32 (default) or bf16"
    if automatic:
        precisions.append("auto")
        text += ", or auto: the fastest placement here that is close enough to fp32"
    add("--precision", choices=precisions, default="fp32", help=text)
    add("--runtime", choices=["torch", "openvino", "onnxruntime"], default="torch",
        help="what computes the encoder (default: torch)")  # fmt: skip


def add_folds(parser: argparse.ArgumentParser) -> None:
    """--folds and --groups."""
    add = parser.add_argument
    add("--folds", type=_folds, metavar="N|loso|crossed",
        help="own recordings: how many (5); loso: speakers in turn; crossed: speakers and texts")  # fmt: skip
    add("--groups", nargs="+", default=[], metavar="GROUP",
        help="own recordings: groups that no fold divides (default: speaker session text)")  # fmt: skip


def add_entries(parser: argparse.ArgumentParser) -> None:
    """Tasks, models and heads, and how they are run."""
    add_catalog(parser)
    add = parser.add_argument
    add("--task", nargs="+", default=[], metavar="TASK", help="tasks ('paralbench list tasks')")
    add("--suite", nargs="+", default=[], metavar="SUITE",
        help="or all tasks of these suites ('paralbench list suites')")  # fmt: skip
    add("--across", metavar="SET",
        help="cross-corpus: train on each of the tasks and test on each, over the classes of this "
        "label set ('paralbench list label-sets')")  # fmt: skip
    add("--model", nargs="+", default=[], metavar="MODEL",
        help="models ('paralbench list models'); without a card: dir:PATH, hf:ORG/NAME")  # fmt: skip
    add("--models-of", nargs="+", default=[], metavar="LIST",
        help="or all models of these lists ('paralbench list model-lists')")  # fmt: skip
    add("--head", nargs="+", default=["linear-probe"], metavar="HEAD",
        help="heads ('paralbench list heads'; default: linear-probe)")  # fmt: skip
    add_data(parser)
    add_weights(parser)
    add_head_settings(parser)
    add("--seeds", type=int, default=5, metavar="N", help="number of seeds (default: 5)")
    add_folds(parser)
    add(
        "--by",
        metavar="GROUP",
        help="own recordings: the group that is dealt to folds (default: speaker)",
    )
    add_placement(parser, automatic=True)
    add("--engine", choices=["local", "ray"], default="local",
        help="extract and fit on this machine (default) or on a Ray cluster")  # fmt: skip
    add("--workers", type=int, metavar="N",
        help="threads or Ray workers (default: one a core, or one a GPU)")  # fmt: skip
    add_cache(parser)
    add_results(parser)


def request(args: argparse.Namespace) -> Request:
    """The arguments as a Request.

    Raises:
        UsageError: where they name no task or no model, or a number is out of range.
    """
    from paralbench.corpora.locating import named
    from paralbench.evaluation.benchmark import Request
    from paralbench.features.engine import Engine

    if args.seeds < 1:
        raise UsageError(f"--seeds expects 1 or more, got {args.seeds}.")
    if args.workers is not None and args.workers < 1:
        raise UsageError(f"--workers expects 1 or more, got {args.workers}.")
    tasks = [*args.task]
    for suite in args.suite:
        tasks += catalog(args).suite(suite)
    if not tasks:
        raise UsageError("give --task TASK or --suite SUITE; 'paralbench list tasks' shows all.")
    models = [*args.model]
    for name in args.models_of:
        models += catalog(args).listed(name)
    if not models:
        raise UsageError(
            "give --model MODEL or --models-of LIST; 'paralbench list models' shows all."
        )
    return Request(
        tasks=tuple(dict.fromkeys(tasks)),
        models=tuple(dict.fromkeys(models)),
        heads=tuple(dict.fromkeys(args.head)),
        data=named(args.data),
        weights=weights(args),
        head_settings=head_settings(args),
        seeds=tuple(range(args.seeds)),
        placement=placement(args),
        fastest=args.precision == "auto",
        engine=Engine(args.engine, args.workers),
        across=args.across,
        protocol=own_protocol(args.folds, args.groups, args.by),
    )


def own_protocol(
    folds: int | Literal["loso", "crossed"] | None, groups: Sequence[str], by: str | None = None
) -> OwnProtocol | None:
    """The protocol of --folds, --groups and --by; None where none of them is set."""
    if folds is None and not groups and by is None:
        return None
    from paralbench.evaluation.own_protocol import OwnProtocol

    return OwnProtocol(folds, tuple(dict.fromkeys(groups)), by)


def say(message: str) -> None:
    """A remark for the user, on standard error."""
    messages.remark(message)


def weights(args: argparse.Namespace) -> dict[str, Path]:
    """--weights, by model."""
    return {key: Path(value).expanduser() for key, value in _pairs("--weights", args.weights)}


def head_settings(args: argparse.Namespace) -> dict[str, Any]:
    """--recipe, and --set over it: ``a=1`` and ``b.c=2`` become the tables TOML makes of them."""
    settings: dict[str, Any] = {}
    for key, value in _pairs("--set", args.settings):
        *outer, last = key.split(".")
        table = settings
        for name in outer:
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                raise UsageError(f"--set {key}: '{name}' already has a value.")
        try:
            table[last] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            table[last] = value  # a text without quotes
    if args.recipe is None:
        return settings
    try:
        return {**tomllib.loads(args.recipe.read_text(encoding="utf-8")), **settings}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"--recipe {args.recipe}: expected settings in TOML ({error}).") from error


def cache(args: argparse.Namespace) -> Path:
    """The root of the feature store."""
    from paralbench.system.cache_folder import default_cache

    return args.cache or default_cache()


def placement(args: argparse.Namespace) -> Placement:
    """--device, --precision and --runtime."""
    from paralbench.encoders.placement import Placement

    if args.precision == "auto":
        if args.runtime != "torch":
            raise UsageError("--precision auto chooses the runtime as well; leave out --runtime.")
        return Placement(device(args.device))
    return Placement(device(args.device), args.precision, args.runtime)


def device(name: str) -> str:
    """--device; raises where this machine does not have it."""
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda") or (":" in name and not (kind == "cuda" and number.isdecimal())):
        raise UsageError(f"--device expects cpu, cuda or cuda:NUMBER, got '{name}'.")
    if kind == "cuda":
        import torch

        if int(number or 0) >= torch.cuda.device_count():
            raise ParalbenchError(
                f"--device {name}: torch finds {torch.cuda.device_count()} GPUs on this machine; "
                f"without it the CPU is used ('paralbench doctor' shows the devices)."
            )
    return name


def seconds(text: str) -> float:
    """An argument that is a positive number of seconds."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected seconds above zero, got '{text}'")
    return number


def _folds(text: str) -> int | Literal["loso", "crossed"]:
    if text == "loso":
        return "loso"
    if text == "crossed":
        return "crossed"
    if not text.isdecimal() or not 2 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(
            f"expected a number from 2 to 100, loso or crossed, got '{text}'"
        )
    return int(text)


def _pairs(option: str, items: Sequence[str]) -> list[tuple[str, str]]:
    pairs = []
    for item in items:
        key, sign, value = item.partition("=")
        if not sign or not key or not value:
            raise UsageError(f"{option} expects KEY=VALUE, got '{item}'.")
        pairs.append((key, value))
    return pairs


def share(text: str) -> float:
    """The type of an option: a share between 0 and 1, both excluded."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, got '{text}'")
    return value


def add_operating_point(parser: argparse.ArgumentParser) -> None:
    """What a screener's threshold, abstention and conformal sets are chosen for."""
    add = parser.add_argument
    add("--level", type=share, default=0.9, metavar="SHARE",
        help="level of conformal sets and intervals (default: 0.9)")  # fmt: skip
    point = parser.add_mutually_exclusive_group()
    for name in ("sensitivity", "specificity"):
        point.add_argument(f"--{name}", type=share, metavar="SHARE",
                           help=f"least {name} of the operating point")  # fmt: skip
    add("--accuracy", type=share, metavar="SHARE",
        help="least accuracy of the predictions that remain (default: half of the error rate)")  # fmt: skip
    add("--abstain-most", type=share, default=0.3, metavar="SHARE",
        help="largest share of abstentions; where more are needed, never abstain (default: 0.3)")  # fmt: skip
