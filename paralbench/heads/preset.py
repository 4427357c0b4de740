"""A preset: a head declared in ``presets/<name>.toml`` as an architecture with its own settings."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from paralbench.records.card import Card, Sentence

NO_NUMBERS = "a record"


class Preset(Card):
    """An architecture under its own name.

    Attributes:
        architecture: the head, written in Python, that it is.
        about: what distinguishes it.
        control: the head of the same architecture that is trained beside it, with everything equal
            but the settings below.
        settings: defaults over the architecture's recipe.
        fixed: settings that cannot be changed, because the name says them.
    """

    architecture: str
    about: Sentence
    control: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    fixed: dict[str, Any] = Field(default_factory=dict)
