"""Attention with relative positions against plain loops; padding is not heard, order is."""

from __future__ import annotations

import math

import numpy as np
import torch

from paralbench.heads.layers.relative_attention import RelativeAttention

FRAMES, WIDTH, HEADS = 6, 8, 2


def test_as_the_formula_says() -> None:
    """Scores are (q + u) k + (q + v) r, r the projected sinusoids of how much later the key is."""
    torch.manual_seed(0)
    layer, values = RelativeAttention(WIDTH, HEADS).eval(), torch.randn(1, FRAMES, WIDTH)
    with torch.no_grad():
        got = layer(values, torch.ones(1, FRAMES, dtype=torch.bool)).numpy()[0]
        asked = layer.ask(values).numpy()[0].reshape(FRAMES, 3, HEADS, WIDTH // HEADS)
    speed = np.exp(-math.log(10000.0) * np.arange(WIDTH // 2) / (WIDTH // 2 - 1))
    project = layer.distance.weight.detach().numpy()
    recorded = np.zeros((FRAMES, HEADS, WIDTH // HEADS))
    for number in range(HEADS):
        u, v = (item.detach().numpy()[number, 0] for item in (layer.content, layer.place))
        part = slice(number * WIDTH // HEADS, (number + 1) * WIDTH // HEADS)
        for asking in range(FRAMES):
            query = asked[asking, 0, number]
            scores = []
            for key in range(FRAMES):
                later = (key - asking) * speed
                place = (project @ np.concatenate([np.sin(later), np.cos(later)]))[part]
                scores.append((query + u) @ asked[key, 1, number] + (query + v) @ place)
            weights = np.exp(np.array(scores) / math.sqrt(WIDTH // HEADS))
            recorded[asking, number] = weights / weights.sum() @ asked[:, 2, number]
    weight, bias = (item.detach().numpy() for item in layer.gather.parameters())
    assert np.allclose(got, recorded.reshape(FRAMES, WIDTH) @ weight.T + bias, atol=1e-5)


def test_padding_is_not_heard_and_order_is() -> None:
    torch.manual_seed(0)
    layer, values = RelativeAttention(WIDTH, HEADS).eval(), torch.randn(1, FRAMES, WIDTH)
    mask = torch.ones(1, FRAMES, dtype=torch.bool)
    padded = torch.cat([values, torch.randn(1, 3, WIDTH)], 1)
    present = torch.cat([mask, torch.zeros(1, 3, dtype=torch.bool)], 1)
    with torch.no_grad():
        plain = layer(values, mask)
        assert torch.allclose(layer(padded, present)[:, :FRAMES], plain, atol=1e-5)
        assert not torch.allclose(layer(values.flip(1), mask).flip(1), plain, atol=1e-3)
