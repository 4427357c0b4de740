"""Multiply-accumulates against hand counts, layer by layer."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from paralbench.heads.layers.attention import Attention
from paralbench.heads.layers.state_space import StateSpace
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


def test_s4d_as_counted_by_hand() -> None:
    """A complex product is four real ones, and a real transform of n points 1.25 n log2(n)."""
    width, pairs = 8, 2
    transform = 1.25 * 2 * FRAMES * math.log2(2 * FRAMES)
    by_hand = (
        4 * width * pairs  # the discrete reading times its factor
        + 4 * width * pairs * FRAMES  # the kernel
        + 3 * width * transform  # of the kernel, of the input, and back
        + 4 * width * (FRAMES + 1)  # their product in the spectrum
    )
    counted = macs(StateSpace(width, 2 * pairs), torch.randn(1, FRAMES, width))
    assert counted == pytest.approx(by_hand, abs=4)


def test_a_complex_product_is_four_real_ones() -> None:
    left, right = torch.randn(3, 5, 7), torch.randn(3, 7, 2)
    assert macs(torch.bmm, left, right) == 3 * 5 * 7 * 2
    assert macs(torch.bmm, left.to(torch.complex64), right.to(torch.complex64)) == 4 * 3 * 5 * 7 * 2
