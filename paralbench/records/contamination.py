"""contamination.toml: corpora in models' training data; overlaps.toml: corpora that share voices."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from paralbench.records.card import Card, Identifier, Sentence
from paralbench.records.model_card import Certainty

State = Literal["clean", "unknown", "trained", "tuned"]
STATES: tuple[State, ...] = ("clean", "unknown", "trained", "tuned")
"""From best to worst; the worst of several encoders counts."""


class Exposure(Card):
    """Whether a model was trained on a corpus.

    ``declared`` entries are hand-written: they override the cards and survive regeneration. Only
    "clean" counts as clean.
    """

    state: State
    certainty: Certainty
    source: Sentence
    declared: bool = False

    @property
    def clean(self) -> bool:
        """Whether the score counts as clean; "unknown" does not."""
        return self.state == "clean"


class Ledger(Card):
    """Exposures by model and corpus."""

    models: dict[Identifier, dict[Identifier, Exposure]] = Field(default_factory=dict)

    def exposure(self, streams: list[str], corpus: str) -> Exposure:
        """The worst exposure of the encoders; unknown if one is not in the ledger."""
        exposures = [self.models.get(model, {}).get(corpus, UNKNOWN) for model in streams]
        return max(exposures, key=lambda exposure: STATES.index(exposure.state))


UNKNOWN = Exposure(
    state="unknown",
    certainty="unconfirmed",
    source="the ledger does not have this model and corpus",
)


class Overlap(Card):
    """Corpora with recordings in common ("shared"), or whose sources may have some ("possible").

    Names are corpus ids, or names of training data in model cards.
    """

    corpora: list[Sentence] = Field(min_length=2)
    kind: Literal["shared", "possible"]
    certainty: Certainty
    source: Sentence


class Overlaps(Card):
    """All overlaps of one catalogue."""

    overlaps: list[Overlap]
