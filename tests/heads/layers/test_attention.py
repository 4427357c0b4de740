"""Attention against its formula, and positions against theirs."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from paralbench.heads.layers.attention import Attention
from paralbench.heads.layers.positions import sinusoids


def test_as_the_formula_says() -> None:
    torch.manual_seed(0)
    layer, values = Attention(6, 2), torch.randn(1, 5, 6)
    mask = torch.tensor([[True, True, True, False, True]])
    got = layer(values, mask).detach().numpy()[0]
    asked = layer.ask(values).detach().numpy()[0].reshape(5, 3, 2, 3)
    recorded = np.zeros((5, 2, 3))
    for head in range(2):
        query, key, value = (asked[:, part, head] for part in range(3))
        scores = np.where(mask.numpy(), query @ key.T / math.sqrt(3), -np.inf)
        weights = np.exp(scores - scores.max(1, keepdims=True))
        recorded[:, head] = weights / weights.sum(1, keepdims=True) @ value
    weight, bias = (parameter.detach().numpy() for parameter in layer.gather.parameters())
    assert np.allclose(got, recorded.reshape(5, 6) @ weight.T + bias, atol=1e-5)


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ValueError, match="4 heads do not divide a width of 6"):
        Attention(6, 4)


def test_positions_are_sines_and_cosines() -> None:
    result = sinusoids(50, 6)
    assert result[7, 0] == pytest.approx(math.sin(7), abs=1e-5)
    assert result[7, 3] == pytest.approx(math.cos(7), abs=1e-5)
    assert result[7, 2] == pytest.approx(math.sin(7 / 10000), abs=1e-6)
    assert sinusoids(4, 5).shape == (4, 5)
