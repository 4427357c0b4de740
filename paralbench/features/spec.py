"""What is stored of a clip's hidden states: pooled statistics, frames, or pooled windows."""

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

    ``layers`` says which of the encoder's are stored, counted from 0; ``dtype`` how numbers are
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
        """For people, for example ``frames, last layer, 10 Hz, bfloat16``."""
        words: list[str] = [self.kind]
        if self.layers != "all":
            some = (
                "last layer"
                if self.layers == "last"
                else f"layers {', '.join(map(str, self.layers))}"
            )
            words.append(some)
        if self.rate:
            words.append(f"{self.rate:g} Hz")
        if self.dtype != "float32":
            words.append(self.dtype)
        return ", ".join(words)

    def moving(self, rate: float, window: float) -> FeatureSpec:
        """The same at every step of a series; for pooled statistics only."""
        if self.kind != "pooled":
            raise ValueError(f"a spec of kind '{self.kind}' has no steps")
        return FeatureSpec("windows", self.dtype, rate, window, self.layers)

    def thinned(self, card: ModelCard, factor: int) -> FeatureSpec:
        """Frames with every ``factor`` of them averaged into one.

        Raises:
            UsageError: where the model gives one frame a clip.
        """
        if card.frame_rate is None:
            raise UsageError(f"model '{card.id}' gives one frame a clip; there is nothing to pool.")
        return replace(self, rate=card.frame_rate / factor)

    def chosen(self, card: ModelCard) -> tuple[int, ...]:
        """Which of the encoder's layers are stored, in order.

        Raises:
            UsageError: for a layer that the encoder does not have, or none, or one twice.
        """
        if self.layers == "all":
            return tuple(range(card.layers))
        if self.layers == "last":
            return (card.layers - 1,)
        chosen = tuple(self.layers)
        if (
            not chosen
            or len(set(chosen)) < len(chosen)
            or not 0 <= min(chosen) <= max(chosen) < card.layers
        ):
            raise UsageError(
                f"model '{card.id}' has layers 0 to {card.layers - 1}; expected some of them, each "
                f"once, got {list(chosen)}."
            )
        return chosen

    def frame_rate(self, card: ModelCard) -> float | None:
        """Frames a second of a record of frames; None where a clip has one."""
        return card.frame_rate and (self.rate or card.frame_rate)

    def bytes(self, card: ModelCard, seconds: float) -> int:
        """Size of the record of a clip of so many seconds."""
        if self.kind == "pooled":
            rows = 2.0
        elif self.kind == "windows":
            rows = 2 * (1 + seconds * self.rate)
        else:
            rows = 1 + seconds * (self.frame_rate(card) or 0)
        return int(len(self.chosen(card)) * rows * card.width) * storage(self.dtype).itemsize
