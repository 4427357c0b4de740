"""How the hidden states of a clip's pieces become one record; each kind of spec has its module.

A piece is reduced as soon as it is encoded, on the thread that encoded it, to what its spec needs
and no more; the parts of a clip are joined in their order.
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
"""What remains of a piece until its record is made; each kind has its own."""


class Gatherer(Protocol):
    """Takes a clip's parts in order and gives its record's values and their count of frames."""

    def add(self, part: Part) -> None:
        """Add the next piece's part."""

    def values(self, seconds: float) -> tuple[Values, int]:
        """The record of a clip of which so many seconds were encoded."""
        ...


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a kind of spec does with a clip.

    Args:
        reduce: makes a part of a piece's hidden states [layers, frames, width] and its start in
            seconds.
        gatherer: makes what joins the parts of one clip.
        pieces: cuts a clip's audio, where not by the encoder's own window.
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
    """The refusal of a clip with so little audio."""
    return Refused(
        f"too short: {samples / card.rate:.3f} s, {card.id} needs {card.policy.shortest:g} s"
    )
