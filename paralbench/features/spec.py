"""The specification of a record: pooled statistics, frames, or pooled windows of hidden states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from paralbench.features.precision import Precision, storage
from paralbench.records.errors import UsageError
from paralbench.records.model_card import ModelCard

REDUCTIONS = {
    "pooled": "paralbench.features.pooling",
    "frames": "paralbench.features.frames",
    "windows": "paralbench.features.windows",
}
"""The module of each kind; its ``reduction(card, spec, scratch)`` returns a Reduction."""


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """A kind of record in the store.

    ``pooled``: mean and population deviation over frames, [layers, 2, width].
    ``frames``: the hidden states, [layers, frames, width]; with a ``rate``, the mean of the frames
    in each ``1 / rate`` seconds, counted from the recording's start.
    ``windows``: ``pooled`` over ``window`` seconds around each step, ``rate`` steps a second,
    [layers, steps * 2, width].

    ``layers`` are those of the encoder that are stored, counted from 0; ``dtype`` is the precision
    (:mod:`paralbench.features.precision`).
    """

    kind: Literal["pooled", "frames", "windows"] = "pooled"
    dtype: Precision = "float32"
    rate: float = 0.0
    window: float = 0.0
    layers: Literal["all", "last"] | tuple[int, ...] = "all"

    def __post_init__(self) -> None:
        if not isinstance(self.layers, str):  # JSON knows no tuples
            object.__setattr__(self, "layers", tuple(self.layers))

    @property
    def name(self) -> str:
        """A name for people.

        >>> FeatureSpec("frames", "bfloat16", 10.0, layers="last").name
        'frames, last layer, 10 Hz, bfloat16'
        """
        words: list[str] = [self.kind]
        if self.layers == "last":
            words.append("last layer")
        elif self.layers != "all":
            words.append(f"layers {', '.join(map(str, self.layers))}")
        if self.rate:
            words.append(f"{self.rate:g} Hz")
        if self.dtype != "float32":
            words.append(self.dtype)
        return ", ".join(words)

    def moving(self, rate: float, window: float) -> FeatureSpec:
        """Pooled statistics at every step of a series; raises ValueError for another kind."""
        if self.kind != "pooled":
            raise ValueError(f"a spec of kind '{self.kind}' has no steps")
        return FeatureSpec("windows", self.dtype, rate, window, self.layers)

    def thinned(self, card: ModelCard, factor: int) -> FeatureSpec:
        """Frames averaged over ``factor`` successive ones.

        Raises:
            UsageError: where the model gives one frame a clip.
        """
        if card.frame_rate is None:
            raise UsageError(f"model '{card.id}' gives one frame a clip; there is nothing to pool.")
        return replace(self, rate=card.frame_rate / factor)

    def chosen(self, card: ModelCard) -> tuple[int, ...]:
        """The layers that are stored, in order.

        Raises:
            UsageError: for an unknown layer, a repeated one, or none.
        """
        if self.layers == "all":
            return tuple(range(card.layers))
        if self.layers == "last":
            return (card.layers - 1,)
        chosen = tuple(self.layers)
        if (
            not chosen
            or len(set(chosen)) < len(chosen)
            or not set(chosen) <= set(range(card.layers))
        ):
            raise UsageError(
                f"model '{card.id}' has layers 0 to {card.layers - 1}; expected some of them, each "
                f"once, got {list(chosen)}."
            )
        return chosen

    def frame_rate(self, card: ModelCard) -> float | None:
        """Frames a second of a record of frames; None where a clip has one frame."""
        return card.frame_rate and (self.rate or card.frame_rate)

    def bytes(self, card: ModelCard, seconds: float) -> int:
        """Size of the record of a clip of ``seconds``."""
        if self.kind == "pooled":
            rows = 2.0
        elif self.kind == "windows":
            rows = 2 * (1 + seconds * self.rate)
        else:
            rows = 1 + seconds * (self.frame_rate(card) or 0)
        return int(len(self.chosen(card)) * rows * card.width) * storage(self.dtype).itemsize
