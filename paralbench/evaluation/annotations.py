"""Features of nulls that read annotations of the examples in place of audio.

Every text becomes a vector of fixed width by hashing, so that nothing is learnt from any example.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.attributes import STANDARD, word
from paralbench.evaluation.selection import Selection
from paralbench.heads.head import PooledStream, Stream
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example
from paralbench.records.model_card import ModelCard
from paralbench.records.subgroup import UNKNOWN

_GRAMS = (1, 2, 3, 4)


class NothingToReadError(ParalbenchError):
    """The corpus does not give what a null reads."""


def annotated(card: ModelCard, stream: Stream, selection: Selection) -> Stream:
    """The stream of a null with the annotations of the examples as its features.

    Raises:
        ParalbenchError: where the corpus does not give them, or the head reads frames.
    """
    if card.reads == "audio":
        return stream
    if not isinstance(stream, PooledStream) or selection.series:
        raise ParalbenchError(
            f"'{card.id}' has one vector an example; take a head on pooled features."
        )
    terms = terms_of(card, selection)
    values = np.zeros((len(terms), 1, 2, card.width), np.float32)
    for row, names in enumerate(terms):
        values[row, 0, 0] = _hashed(names, card.width)
    return PooledStream(stream.model, values, words=stream.words)


def terms_of(card: ModelCard, selection: Selection) -> list[list[str]]:
    """The terms that a null reads of each example.

    Raises:
        NothingToReadError: where no example has any.
    """
    label = selection.task.target.label
    terms = [
        _words(example) if card.reads == "words" else _metadata(example, label)
        for example in selection.examples
    ]
    if not any(terms):
        wanted = "transcripts" if card.reads == "words" else "ages, sexes, languages or sites"
        raise NothingToReadError(
            f"'{card.id}' needs {wanted}, which the examples of '{selection.task.id}' do not have."
        )
    return terms


def digest(cards: Sequence[ModelCard], selection: Selection) -> str:
    """A digest of all terms that the cards read; "" where they read audio only."""
    read = [terms_of(card, selection) for card in cards if card.reads != "audio"]
    return hashlib.sha256(repr(read).encode()).hexdigest() if read else ""


def _metadata(example: Example, label: str) -> list[str]:
    """The known standard attributes of an example, without the label itself."""
    return [
        f"{name}={value}"
        for name in STANDARD
        if name != label and (value := word(name, example.attributes.get(name, UNKNOWN))) != UNKNOWN
    ]


def _words(example: Example) -> list[str]:
    """Character n-grams of the transcript, else of the name of the text."""
    text = example.attributes.get("transcript") or example.groups.get("text", "")
    if not text:
        return []
    marked = f" {text.lower()} "
    return [
        marked[start : start + length]
        for length in _GRAMS
        for start in range(len(marked) - length + 1)
    ]


def _hashed(terms: Sequence[str], width: int) -> NDArray[np.float32]:
    """Logarithms of the terms' counts, signed and hashed to ``width``, of length 1."""
    values = np.zeros(width, np.float32)
    names, counts = np.unique(np.array(terms, dtype=str), return_counts=True)
    for name, count in zip(names.tolist(), counts.tolist(), strict=True):
        code = zlib.crc32(name.encode())
        values[code % width] += (1 if code & 0x80000000 else -1) * np.log1p(count)
    norm = float(np.linalg.norm(values))
    return values / norm if norm else values
