"""What adapters yield is kept apart: Examples with ids that stand once, and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from paralbench.catalog import Corpus
from paralbench.corpora.reading import read
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Refusal

CARD = CorpusCard(id="mine", title="M", licence="own", access="own", obtain="A.", citation="N.")


@dataclass(frozen=True)
class Planted(Corpus):
    """A corpus that yields what it is given."""

    found: tuple[Example | Refusal, ...] = ()

    def read(self, root: Path) -> Iterator[Example]:
        yield from self.found  # type: ignore[misc]  # adapters yield refusals among Examples


def _example(name: str, line: int) -> Example:
    return Example(name, (Clip(Path(f"{name}.wav")),), source=f"labels.csv:{line}")


def test_a_doubled_id_is_refused_by_name_and_the_first_kept() -> None:
    found = (_example("a", 2), _example("b", 3), _example("a", 4), _example("a", 5))
    reading = read(Planted(Path(), CARD, (), found), Path())
    assert reading.examples == found[:2]
    assert [str(refusal) for refusal in reading.refused] == [
        f"a: its id is doubled; first at labels.csv:2 (labels.csv:{line})" for line in (4, 5)
    ]


def test_refusals_pass_through_in_order_and_an_example_needs_audio() -> None:
    refusal = Refusal("c", "its label is unreadable", "labels.csv:2")
    found = (refusal, Example("d", (), source="labels.csv:3"), _example("a", 4))
    reading = read(Planted(Path(), CARD, (), found), Path())
    assert [example.id for example in reading.examples] == ["a"]
    assert reading.refused == (refusal, Refusal("d", "it has no audio", "labels.csv:3"))


def test_nothing_found_says_where_and_shows_the_first_refusal() -> None:
    with pytest.raises(ParalbenchError, match=r"no example of corpus 'mine' was found in here\.$"):
        read(Planted(Path(), CARD, ()), Path("here"))
    found = (Refusal("c", "it is broken", "x:1"), Refusal("d", "it is too"))
    with pytest.raises(ParalbenchError, match=r"The first refusal: c: it is broken \(x:1\)\.$"):
        read(Planted(Path(), CARD, (), found), Path("here"))
