"""What a backend hears from: a function from model input to hidden states."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Forward = Callable[[Tensor], Tensor]
"""Model input [1, ...] to hidden states, float32 [layers, frames, width]. Threads may share it."""
