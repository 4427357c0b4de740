"""A reason for refusing a submission."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

MOST = 50
"""Problems that are listed; more are counted."""


@dataclass(frozen=True, order=True)
class Problem:
    """The file, the field (empty for the complete file) and the message."""

    file: str
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.field}" if self.field else self.file
        return f"{place}: {self.message}."


def listed(file: str, faults: Iterable[tuple[str, str]]) -> list[Problem]:
    """The first problems of a file, given as (field, message), and the number of the others."""
    remaining = iter(faults)
    problems = [Problem(file, *fault) for fault in islice(remaining, MOST)]
    more = sum(1 for _ in remaining)
    return [*problems, Problem(file, "", f"and {more} more problems")] if more else problems


def shown(value: object, most: int = 80) -> str:
    """A value quoted for a message, on one short line."""
    text = ascii(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"
