"""Reduction of the hidden states of a clip's pieces to one record, by the module of its kind.

A piece is reduced to what its spec needs on the thread that encoded it; the parts of a clip are then
joined in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from paralbench.audio.pieces import Piece, Waveform
from paralbench.features.spec import REDUCTIONS, FeatureSpec
from paralbench.features.store import Values
from paralbench.records.errors import Refused
from paralbench.records.model_card import ModelCard

if TYPE_CHECKING:
    import torch

Part = Any
"""A reduced piece; each kind has its own type."""


class Gatherer(Protocol):
    """Joins a clip's parts, in order, to the values of its record."""

    def add(self, part: Part) -> None:
        """Add the next piece's part."""

    def values(self, seconds: float) -> tuple[Values, int]:
        """The record's values and number of frames; ``seconds`` were encoded of the clip."""
        ...


@dataclass(frozen=True, slots=True)
class Reduction:
    """The functions of a kind of spec.

    Args:
        reduce: from a piece's hidden states [layers, frames, width] and its start in seconds to a
            part.
        gatherer: returns a new gatherer for the parts of one clip.
        pieces: cuts a clip's audio, where it is not cut by the encoder's window.
    """

    reduce: Callable[[torch.Tensor, float], Part]
    gatherer: Callable[[], Gatherer]
    pieces: Callable[[Iterator[Waveform]], Iterator[Piece]] | None = None


def reduction(card: ModelCard, spec: FeatureSpec, scratch: Path | None = None) -> Reduction:
    """The reduction of a spec.

    Raises:
        UsageError: where the spec asks for more frames a second than the model gives.
    """
    return cast(Reduction, import_module(REDUCTIONS[spec.kind]).reduction(card, spec, scratch))


def too_short(card: ModelCard, samples: int) -> Refused:
    """The refusal of a clip of so few samples."""
    return Refused(
        f"too short: {samples / card.rate:.3f} s, {card.id} needs {card.policy.shortest:g} s"
    )
