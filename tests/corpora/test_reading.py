"""Reading keeps Examples apart from refusals."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from paralbench.catalog import Catalog, Corpus
from paralbench.corpora.reading import read
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Refusal

CLIPS = (Clip(Path("a.wav")),)


@dataclass
class Told:
    """A corpus whose adapter tells what it is given."""

    found: Iterable[Example | Refusal]
    card: CorpusCard = field(default_factory=lambda: Catalog().corpus("manifest").card)

    def read(self, root: Path) -> Iterable[Any]:
        return self.found


def told(*found: Example | Refusal) -> Corpus:
    return cast(Corpus, Told(found))


def test_doubled_id_is_refused_by_name() -> None:
    reading = read(
        told(Example("a", CLIPS, source="t:1"), Example("a", CLIPS, source="t:2")), Path()
    )
    assert [example.source for example in reading.examples] == ["t:1"]
    assert str(reading.refused[0]) == "a: its id is doubled; first at t:1 (t:2)"


def test_refusals_pass_and_no_audio_is_refused() -> None:
    broken = Refusal("row", "broken", "t:1")
    silent = Example("b", ())
    reading = read(told(broken, silent, Example("c", CLIPS)), Path())
    assert reading.refused == (broken, Refusal("b", "it has no audio", listed=silent))
    assert [example.id for example in reading.examples] == ["c"]


def test_nothing_found() -> None:
    with pytest.raises(ParalbenchError, match=r"no example .* was found in here\.$"):
        read(told(), Path("here"))
    with pytest.raises(ParalbenchError, match="The first refusal: row: broken"):
        read(told(Refusal("row", "broken")), Path("here"))


def test_a_name_that_is_not_utf8_is_refused() -> None:
    """Such a name cannot be hashed, printed or written to a result."""
    name = b"low/M\xfcller.wav".decode("utf-8", "surrogateescape")
    reading = read(told(Example(name, CLIPS, source=f"/x/{name}"), Example("c", CLIPS)), Path())
    assert [example.id for example in reading.examples] == ["c"]
    assert str(reading.refused[0]) == (
        r"low/M\udcfcller.wav: its name is not UTF-8; rename it (/x/low/M\udcfcller.wav)"
    )
