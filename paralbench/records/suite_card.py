"""suites.toml: named lists of tasks."""

from __future__ import annotations

from pydantic import Field, model_validator

from paralbench.records.card import Card, Identifier, Sentence


class Suite(Card):
    """A list of tasks and its rationale.

    If the suite follows a publication that does not name all of its data, ``assumed`` holds the
    likely members and ``known`` those that are certain.
    """

    about: Sentence
    known: list[Identifier] = Field(default_factory=list)
    assumed: list[Identifier] = Field(default_factory=list)

    @property
    def tasks(self) -> tuple[str, ...]:
        """All members, the known first."""
        return (*self.known, *self.assumed)

    @model_validator(mode="after")
    def _members_once(self) -> Suite:
        if not self.tasks:
            raise ValueError("a suite needs a task")
        if len(set(self.tasks)) != len(self.tasks):
            raise ValueError("a task is listed twice")
        return self


class Suites(Card):
    """All suites of one catalogue, by name."""

    suites: dict[Identifier, Suite]
