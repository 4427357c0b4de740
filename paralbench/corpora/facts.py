"""A card's counts compared with what was read, and the release that a copy is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from paralbench.records.corpus_card import Certainty, CorpusCard, Fact
from paralbench.records.example import Example

SURE: frozenset[Certainty] = frozenset({"found", "computed"})
"""Facts so certain that a corpus which fails them is not complete."""


@dataclass(frozen=True)
class Difference:
    """A count that differs from the card's, and the certainty of the card's."""

    what: str
    expected: int
    found: int
    certainty: Certainty
    source: str

    @property
    def counts(self) -> bool:
        """Whether it makes the corpus incomplete."""
        return self.certainty in SURE


def differences(fact: Fact, examples: Sequence[Example]) -> list[Difference]:
    """Where the examples' counts differ from a fact."""
    chosen = [
        example
        for example in examples
        if all(str(example.value(key)) in allowed for key, allowed in fact.where.items())
    ]
    where = "".join(f", {key} {'/'.join(allowed)}" for key, allowed in fact.where.items())
    if fact.by is None:
        assert fact.value is not None
        compared = [("examples", fact.value, len(chosen))]
    else:
        by = fact.by
        counts = Counter(example.value(by) for example in chosen)
        compared = [
            (f"{by} {name}", expected, counts[name]) for name, expected in fact.values.items()
        ]
    return [
        Difference(what + where, expected, actual, fact.certainty, fact.source)
        for what, expected, actual in compared
        if expected != actual
    ]


def release(card: CorpusCard, examples: Sequence[Example]) -> str | None:
    """The release whose counts are all those of the copy; None for no known one."""
    for known in card.releases:
        if not any(differences(fact, examples) for fact in known.counts):
            return known.id
    return None
