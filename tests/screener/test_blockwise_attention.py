"""Relative attention in blocks: the same numbers, and no tensor that grows with the length squared."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from paralbench.heads.layers.relative_attention import RelativeAttention
from paralbench.screener import blockwise_attention
from paralbench.screener.blockwise_attention import BlockwiseAttention, in_blocks

WIDTH, HEADS = 8, 2


class Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The most elements of any tensor that is computed while the mode is on."""

    elements = 0

    def __torch_dispatch__(self, operation: Any, _: Any, args: Any = (), named: Any = None) -> Any:
        result = operation(*args, **(named or {}))
        for tensor in result if isinstance(result, tuple) else (result,):
            if isinstance(tensor, torch.Tensor):
                self.elements = max(self.elements, tensor.numel())
        return result


def attention() -> RelativeAttention:
    torch.manual_seed(0)
    return RelativeAttention(WIDTH, HEADS).eval().requires_grad_(False)


@pytest.mark.parametrize("largest", [1, 100, 1000, 2000])
@pytest.mark.parametrize("left_out", [0, 5])
def test_blocks_give_the_numbers_of_all_frames_at_once(
    monkeypatch: pytest.MonkeyPatch, largest: int, left_out: int
) -> None:
    monkeypatch.setattr(blockwise_attention, "LARGEST", largest)
    module = attention()
    values = torch.randn(2, 37, WIDTH)
    mask = torch.ones(2, 37, dtype=torch.bool)
    mask[1, 37 - left_out :] = False
    expected = module(values, mask)
    in_blocks(nn.Sequential(module))
    assert isinstance(module, BlockwiseAttention)
    torch.testing.assert_close(module(values, mask), expected)


@pytest.mark.parametrize("frames", [200, 3000])
def test_no_tensor_grows_with_the_square_of_the_length(
    monkeypatch: pytest.MonkeyPatch, frames: int
) -> None:
    monkeypatch.setattr(blockwise_attention, "LARGEST", 2**17)
    module = attention()
    values, mask = torch.randn(1, frames, WIDTH), torch.ones(1, frames, dtype=torch.bool)
    in_blocks(module)
    with Largest() as mode:  # type: ignore[no-untyped-call]
        module(values, mask)
    assert mode.elements <= max(2**17, 3 * 2 * frames * WIDTH)


def test_a_short_recording_is_computed_as_in_training() -> None:
    module = attention()
    values, mask = torch.randn(1, 50, WIDTH), torch.ones(1, 50, dtype=torch.bool)
    expected = module(values, mask)
    in_blocks(module)
    assert torch.equal(module(values, mask), expected)
