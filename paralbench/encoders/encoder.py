"""The Encoder contract: the interface of every model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

NO_NUMBERS = "a protocol"

Waveform: TypeAlias = NDArray[np.float32]
"""Mono samples [samples] at the card's rate, full scale ±1."""

HiddenStates: TypeAlias = "torch.Tensor"
"""float32 [layers, frames, width] at the card's frame rate; a clip-level model has one frame."""


class Encoder(Protocol):
    """A frozen model, whose rate, layers, width and frame rate are on its card."""

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """Hidden states of each waveform, independent of the others and without padding."""
        ...
