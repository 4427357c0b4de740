"""lists.toml: named lists of models, so that everybody means the same by a list's name."""

from __future__ import annotations

from pydantic import Field, model_validator

from paralbench.records.card import Card, Identifier, Sentence


class ModelList(Card):
    """A list of models and why these.

    Where the list follows a publication that does not name all of its models, ``known`` holds those
    that are certain and ``assumed`` the likeliest reading of the rest.
    """

    about: Sentence
    known: list[Identifier] = Field(default_factory=list)
    assumed: list[Identifier] = Field(default_factory=list)

    @property
    def models(self) -> tuple[str, ...]:
        """All members, the known first."""
        return (*self.known, *self.assumed)

    @model_validator(mode="after")
    def _members_once(self) -> ModelList:
        if not self.models:
            raise ValueError("a list needs a model")
        if len(set(self.models)) != len(self.models):
            raise ValueError("a model is listed twice")
        return self


class ModelLists(Card):
    """All lists of one catalogue, by name."""

    lists: dict[Identifier, ModelList]
