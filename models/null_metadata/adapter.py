"""A null that reads no audio: its features are annotations of the example (metadata on the card).

Zeros stand in the store; ``paralbench.evaluation.annotations`` fills them in for each example.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from paralbench.encoders.encoder import HiddenStates, Waveform

WIDTH = 64


class Nothing:
    """Zeros for every waveform."""

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[1, 1, 64] for each waveform."""
        return [torch.zeros(1, 1, WIDTH) for _ in waveforms]


def load() -> Nothing:
    """Nothing to load."""
    return Nothing()
