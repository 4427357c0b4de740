"""Multiply-accumulates against hand counts, layer by layer."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from paralbench.heads.layers.attention import Attention
from paralbench.heads.training.counting import macs

FRAMES = 50


@pytest.mark.parametrize(
    ("module", "inputs", "by_hand"),
    [
        (nn.Linear(6, 5), [torch.randn(1, FRAMES, 6)], FRAMES * 6 * 5),
        (nn.Conv1d(6, 6, 7, padding=3, groups=6), [torch.randn(1, 6, FRAMES)], FRAMES * 6 * 7),
        (nn.Conv1d(6, 4, 3, padding=1), [torch.randn(1, 6, FRAMES)], FRAMES * 6 * 4 * 3),
        (
            nn.LSTM(6, 8, batch_first=True),
            [torch.randn(2, FRAMES, 6)],
            2 * FRAMES * 4 * 8 * (6 + 8),
        ),
        (nn.GRU(6, 8, batch_first=True), [torch.randn(2, FRAMES, 6)], 2 * FRAMES * 3 * 8 * (6 + 8)),
        (
            Attention(8, 2),
            [torch.randn(1, FRAMES, 8), torch.ones(1, FRAMES, dtype=torch.bool)],
            FRAMES * 8 * 8 * 4 + 2 * FRAMES * FRAMES * 8,
        ),
    ],
)
def test_as_counted_by_hand(module: nn.Module, inputs: list[torch.Tensor], by_hand: int) -> None:
    assert macs(module.eval(), *inputs) == by_hand
