"""contamination.toml: which model has heard which corpus, and overlaps.toml: which corpora share voices."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from paralbench.records.card import Card, Identifier, Sentence
from paralbench.records.model_card import Certainty

State = Literal["clean", "unknown", "trained", "tuned"]
STATES: tuple[State, ...] = ("clean", "unknown", "trained", "tuned")
"""From best to worst; several encoders together are as the worst of them."""


class Exposure(Card):
    """What is known of one model and one corpus.

    ``declared`` entries were written by hand: they go before what the cards give, and stay when the
    file is made anew. Only "clean" counts as clean.
    """

    state: State
    certainty: Certainty
    source: Sentence
    declared: bool = False

    @property
    def clean(self) -> bool:
        """Whether the score is shown where only clean ones are; unknown is not."""
        return self.state == "clean"


class Ledger(Card):
    """Exposures by model and corpus."""

    models: dict[Identifier, dict[Identifier, Exposure]] = Field(default_factory=dict)

    def exposure(self, streams: list[str], corpus: str) -> Exposure:
        """The worst of the encoders'; unknown where one is not in the ledger."""
        found = [self.models.get(one, {}).get(corpus, UNKNOWN) for one in streams]
        return max(found, key=lambda one: STATES.index(one.state))


UNKNOWN = Exposure(
    state="unknown",
    certainty="unconfirmed",
    source="the ledger does not have this model and corpus",
)


class Overlap(Card):
    """Corpora with recordings in common ("shared"), or whose sources may have some ("possible").

    Names are corpora's ids, or what model cards call their training data.
    """

    corpora: list[Sentence] = Field(min_length=2)
    kind: Literal["shared", "possible"]
    certainty: Certainty
    source: Sentence


class Overlaps(Card):
    """All overlaps of one catalogue."""

    overlaps: list[Overlap]
