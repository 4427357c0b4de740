"""Encoding a clip: decoded in pieces, each encoded and reduced, the parts joined to a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import torch

from paralbench.audio import decoding
from paralbench.audio.meter import Meter
from paralbench.audio.pieces import Piece, Waveform, cut
from paralbench.encoders.encoder import Encoder
from paralbench.features.reduction import Gatherer, Part, reduction, too_short
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import Record
from paralbench.records.errors import CardError, Refused
from paralbench.records.example import Clip
from paralbench.records.model_card import ModelCard
from paralbench.system.third_party_code import third_party


class ClipEncoder:
    """Encodes clips under the policy of the encoder's card; several threads may call it.

    ``scratch`` is the folder of scratch files for long records of frames.

    Raises:
        UsageError: where the spec asks for what the model does not give.
    """

    def __init__(
        self, encoder: Encoder, card: ModelCard, spec: FeatureSpec, scratch: Path | None = None
    ) -> None:
        self._encoder, self._card = encoder, card
        self._reduction = reduction(card, spec, scratch)
        self._layers = spec.chosen(card)
        self._shortest = card.policy.shortest * card.rate
        # All pieces are on one grid of frames: a hop may be a fraction of samples, a unit is not.
        hop = Fraction(card.rate) / Fraction(card.frame_rate or card.rate).limit_denominator(10_000)
        self._hop, self._unit = hop, hop.numerator

    def pieces(self, clip: Clip, meter: Meter | None = None) -> Iterator[Piece]:
        """The pieces of a clip in order; raises :class:`Refused` for unusable audio.

        ``meter`` measures the clip as it is decoded. A clip under a condition, which is not
        measured, has ``waveforms`` of its own.
        """
        card, policy = self._card, self._card.policy
        degraded: Callable[[int], Iterator[Waveform]] | None = getattr(clip, "waveforms", None)
        audio = degraded(card.rate) if degraded else decoding.waveforms(clip, card.rate, meter)
        if self._reduction.pieces is not None:
            return self._reduction.pieces(audio)
        window, overlap = round(policy.window * card.rate), round(policy.overlap * card.rate)
        return cut(audio, window, overlap, self._unit)

    def parts(self, pieces: Sequence[Piece]) -> list[Part | Refused | None]:
        """Encode pieces together and reduce each; None for one too short to add a frame."""
        long_enough = [piece for piece in pieces if len(piece.samples) >= self._shortest]
        states = iter(self._encode([piece.samples for piece in long_enough]))
        return [
            self._part(piece, next(states)) if len(piece.samples) >= self._shortest else None
            for piece in pieces
        ]

    def gathering(self) -> Gathering:
        """An empty gathering for the parts of one clip."""
        return Gathering(self._card, self._reduction.gatherer())

    def _part(self, piece: Piece, states: torch.Tensor) -> Part | Refused | None:
        card = self._card
        try:
            self._check(piece, states)
            if card.policy.overlap:
                states = self._without_context(piece, states)
                if not states.shape[1]:  # a last piece may add less than a frame
                    return None
            if self._layers != tuple(range(card.layers)):
                states = states[list(self._layers)]
            return self._reduction.reduce(states, piece.start / card.rate)
        except Refused as reason:
            return reason

    def _without_context(self, piece: Piece, states: torch.Tensor) -> torch.Tensor:
        start = int(piece.before / self._hop)
        if not piece.after:
            return states[:, start:]
        end = start + int(piece.own / self._hop)
        if states.shape[1] < end:
            raise CardError(
                f"model '{self._card.id}': {len(piece.samples) / self._card.rate:g} s gave "
                f"{states.shape[1]} frames, {end} were expected; its policy.overlap is too short or "
                f"its frame_rate wrong."
            )
        return states[:, start:end]

    def _encode(self, waveforms: Sequence[Waveform]) -> Sequence[torch.Tensor]:
        if not waveforms:
            return []
        with third_party(f"model '{self._card.id}'"), torch.inference_mode():
            states = self._encoder.encode(waveforms)
        if len(states) != len(waveforms):
            raise CardError(
                f"model '{self._card.id}': expected hidden states of {len(waveforms)} waveforms, "
                f"the encoder returned {len(states)}."
            )
        return states

    def _check(self, piece: Piece, states: torch.Tensor) -> None:
        card = self._card
        if not isinstance(states, torch.Tensor):
            raise CardError(
                f"model '{card.id}': expected hidden states as a torch.Tensor, "
                f"the encoder returned {type(states).__name__}."
            )
        if states.ndim != 3 or states.shape[0] != card.layers or states.shape[2] != card.width:
            raise CardError(
                f"model '{card.id}': its card declares [{card.layers}, frames, {card.width}], "
                f"the encoder returned {list(states.shape)}."
            )
        if not states.shape[1]:
            raise Refused(f"{card.id} returned no frame for {len(piece.samples) / card.rate:.3f} s")
        if not torch.isfinite(states).all():
            raise Refused(f"{card.id} returned NaN or infinity")


class Gathering:
    """Joins the parts of one clip, in order, and counts the audio that was encoded."""

    def __init__(self, card: ModelCard, gatherer: Gatherer) -> None:
        self._card, self._gatherer = card, gatherer
        self._total = self._encoded = 0
        self._refused: Refused | None = None

    def add(self, piece: Piece, part: Part | Refused | None) -> None:
        """Add the next piece's part from :meth:`ClipEncoder.parts`."""
        self._total += piece.own
        if part is None or self._refused is not None:
            return
        if isinstance(part, Refused):
            self._refused = part
            return
        self._encoded += piece.own
        try:
            self._gatherer.add(part)
        except Refused as reason:
            self._refused = reason

    def record(self) -> Record:
        """The clip's record; raises :class:`Refused` where a part was refused or none encoded."""
        if self._refused is not None:
            raise self._refused
        if not self._encoded:
            raise too_short(self._card, self._total)
        seconds = self._encoded / self._card.rate
        values, frames = self._gatherer.values(seconds)
        return Record(values, frames, self._total / self._card.rate, seconds)
