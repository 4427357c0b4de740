"""Local attention against full attention with a band mask."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from paralbench.heads.layers.local_attention import LocalAttention


@pytest.mark.parametrize(
    ("frames", "window"), [(1, 3), (70, 5), (33, 41), (129, 3), (200, 9), (150, 301)]
)
def test_is_full_attention_within_a_band(frames: int, window: int) -> None:
    torch.manual_seed(0)
    layer, values = LocalAttention(16, 4, window), torch.randn(2, frames, 16)
    mask = torch.ones(2, frames, dtype=torch.bool)
    mask[1, frames // 2 + 1 :] = False
    query, key, value = layer.ask(values).view(2, frames, 3, 4, 4).permute(2, 0, 3, 1, 4)
    place = torch.arange(frames)
    band = ((place[:, None] - place).abs() <= window // 2) & (mask[:, None] | ~mask[:, :, None])
    recorded = functional.scaled_dot_product_attention(query, key, value, band[:, None])
    expected = layer.gather(recorded.transpose(1, 2).reshape(2, frames, 16))
    assert torch.allclose(layer(values, mask)[mask], expected[mask], atol=1e-6)


def test_even_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="must be odd"):
        LocalAttention(8, 2, 4)
