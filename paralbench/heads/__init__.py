"""Heads: the light trainable part, one a file, found by its name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast

from paralbench.heads.head import Head
from paralbench.records.errors import UsageError

_NOT_HEADS = {"__init__", "head"}


def names() -> list[str]:
    """All heads there are."""
    here = Path(__file__).parent
    return sorted(f.stem.replace("_", "-") for f in here.glob("*.py") if f.stem not in _NOT_HEADS)


def head(name: str) -> Head:
    """The head called ``name``; raises :class:`UsageError` where there is none."""
    if name not in names():
        raise UsageError(f"there is no head '{name}'; there are: {', '.join(names())}.")
    return cast(Head, import_module(f"paralbench.heads.{name.replace('-', '_')}").HEAD)
