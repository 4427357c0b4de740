"""corpus.toml: a corpus, its source and its expected content."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from paralbench.records.card import Card, Identifier, Sentence

Certainty = Literal["found", "computed", "inferred", "unconfirmed"]
SYNTHETIC_MARK = "paralbench-synthetic.json"
"""The file that marks a corpus folder made by ``paralbench synth``."""
Access = Literal["open", "request", "agreement", "membership", "own"]


class Fact(Card):
    """An expected count of the corpus, with its certainty.

    ``by`` names a label, group, attribute or "partition"; ``values`` then gives the count of
    examples for each of its values. Without ``by``, ``value`` is the count of all examples.
    """

    by: str | None = None
    value: int | None = Field(default=None, ge=0)
    values: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    where: dict[str, list[str]] = Field(default_factory=dict)
    certainty: Certainty
    source: Sentence

    @model_validator(mode="after")
    def _one_kind(self) -> Fact:
        if (self.by is None) == (self.value is None) or (self.by is None) != (not self.values):
            raise ValueError("give either 'value', or 'by' together with 'values'")
        return self


class Release(Card):
    """A published state of the corpus; a copy is this release if all ``counts`` are right."""

    id: str
    counts: list[Fact] = Field(min_length=1)


class Erratum(Card):
    """A known error of the corpus as distributed, which the adapter corrects."""

    id: Identifier
    says: Sentence
    subjects: list[str] = Field(default_factory=list)
    values: dict[str, float | str] = Field(default_factory=dict)
    certainty: Certainty
    source: Sentence


class LabelFile(Card):
    """A file with labels that some copies lack: the paths it may have, and what it ``holds``."""

    paths: list[str] = Field(min_length=1)
    holds: Sentence


class Layout(Card):
    """How the corpus root is recognised.

    ``markers`` are glob patterns that must all match below the root, "|" between alternatives;
    ``names`` are usual names of the corpus folder; ``audio`` are glob patterns of its audio files, so
    that ``verify`` can list the files that no example uses; ``labels`` are label files that are handed
    out separately.
    """

    markers: list[str] = Field(default_factory=list)
    names: list[str] = Field(default_factory=list)
    audio: list[str] = Field(default_factory=list)
    labels: list[LabelFile] = Field(default_factory=list)


class Fetch(Card):
    """The source of an open corpus, with its digest."""

    kind: Literal["debian-packages"]
    packages: list[Identifier] = Field(min_length=1)
    root: Sentence
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class CorpusCard(Card):
    """A corpus: licence, access, layout, expected counts and errata.

    ``licence`` is an SPDX identifier or "own agreement", joined by "and" where the parts differ;
    ``terms`` says in words what it covers. ``speakers`` is their number, where it is known.
    """

    id: Identifier
    title: Sentence
    licence: Sentence
    licence_certainty: Certainty = "found"
    terms: str = ""
    access: Access
    obtain: Sentence
    citation: Sentence
    languages: list[str] = Field(default_factory=list)
    speakers: int | None = Field(default=None, ge=1)
    layout: Layout = Layout()
    fetch: Fetch | None = None
    facts: list[Fact] = Field(default_factory=list)
    releases: list[Release] = Field(default_factory=list)
    errata: list[Erratum] = Field(default_factory=list)

    @field_validator("errata")
    @classmethod
    def _errata_named_once(cls, errata: list[Erratum]) -> list[Erratum]:
        names = [erratum.id for erratum in errata]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"two errata have the same id: {', '.join(doubled)}")
        return errata
