"""A reason for refusing a submission."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """The file, the field (empty for the complete file) and the message."""

    file: str
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.field}" if self.field else self.file
        return f"{place}: {self.message}."


def shown(value: object, most: int = 80) -> str:
    """A value quoted for a message, on one short line."""
    text = ascii(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"
