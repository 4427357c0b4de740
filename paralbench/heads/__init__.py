"""Heads: the light trainable part, one a file, found by its name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from paralbench.heads.head import Head
from paralbench.records.errors import CardError, UsageError
from paralbench.system.sources import reached

NO_NUMBERS = "it finds heads by name"

_HERE = Path(__file__).parent
_NOT_HEADS = {"__init__", "head"}


def names() -> list[str]:
    """All heads there are."""
    return sorted(f.stem.replace("_", "-") for f in _HERE.glob("*.py") if f.stem not in _NOT_HEADS)


def head(name: str) -> Head:
    """The head called ``name``; raises :class:`UsageError` where there is none."""
    if name not in names():
        raise UsageError(f"there is no head '{name}'; there are: {', '.join(names())}.")
    return cast(Head, import_module(f"paralbench.heads.{name.replace('-', '_')}").HEAD)


def sources(name: str) -> frozenset[str]:
    """The modules that decide what a head computes; its recipe is in its settings."""
    return reached(f"{__name__}.{name.replace('-', '_')}")


def recipe(name: str) -> dict[str, Any]:
    """What ``recipes/<head>.toml`` sets; a head without one has its defaults in its settings."""
    file = _HERE / "recipes" / f"{name}.toml"
    if not file.is_file():
        return {}
    return tomllib.loads(file.read_text(encoding="utf-8"))


def settings(name: str, given: Mapping[str, Any]) -> Any:
    """A head's settings: its recipe, and what is ``given`` over it.

    Raises:
        UsageError: for a setting that the head does not have, or a value it cannot have.
    """
    try:
        return head(name).settings.checked({**recipe(name), **given}, f"head '{name}', settings")
    except CardError as error:
        raise UsageError(str(error)) from error
