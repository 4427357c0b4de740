"""Checks of all texts and numbers of a result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paralbench.submission.plain_text import text_fault
from paralbench.submission.problem import Problem, listed, shown

_DEEPEST = 24
_SIGNED = {
    "scores", "score", "bias", "paired", "subgroups", "gaps", "settings", "tried", "chosen", "target", "policy",
    "fidelity", "growth",
}  # fmt: skip
"""Keys below which a number may be negative; others are counts or costs."""


def wording(name: str, values: dict[str, Any]) -> list[Problem]:
    """Refuse texts with a fault (plain_text.py), and negative counts and costs."""
    return listed(name, _faults(values))


def _faults(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for field, value, signed in _leaves(values, "", False, 0):
        message = ""
        if value is _TOO_DEEP:
            message = f"nested more than {_DEEPEST} deep"
        elif isinstance(value, str):
            message = text_fault(value)
        elif isinstance(value, int | float) and not signed and value < 0:
            message = f"expected no negative number, got {value}"
        if message:
            yield field, message


_TOO_DEEP = object()


def _leaves(value: Any, field: str, signed: bool, depth: int) -> Iterator[tuple[str, Any, bool]]:
    if depth > _DEEPEST:
        yield field, _TOO_DEEP, signed
    elif isinstance(value, dict):
        for key, below in value.items():
            place = f"{field}.{key}" if field else key
            if text_fault(key):
                yield shown(place), key, signed
            yield from _leaves(below, place, signed or key in _SIGNED, depth + 1)
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _leaves(below, f"{field}.{number}", signed, depth + 1)
    else:
        yield field, value, signed
