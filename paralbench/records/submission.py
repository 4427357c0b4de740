"""manifest.json: the files of a submission with their sha256."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from paralbench.records.card import Card, Identifier

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(Card):
    """The first file of an archive made by ``paralbench submit``; it lists all others."""

    schema_version: Literal[1] = 1
    model: Identifier
    paralbench: str
    files: dict[str, Digest] = Field(min_length=1)
