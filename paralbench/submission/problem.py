"""Why something of a submission is refused: file, field, and what was expected and came."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One refusal; ``field`` is empty where the whole file is meant."""

    file: str
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.field}" if self.field else self.file
        return f"{place}: {self.message}."


def shown(value: object, most: int = 80) -> str:
    """A value quoted for a sentence, never longer than a line and never with line breaks in it."""
    text = ascii(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"
