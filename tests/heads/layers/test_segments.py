"""Segments against a loop, and with padding."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from paralbench.heads.layers.segments import segments


@pytest.mark.parametrize(("frames", "most"), [(1, 4), (3, 4), (4, 4), (9, 4), (101, 16)])
def test_stretches_of_like_length(frames: int, most: int) -> None:
    values = torch.randn(1, frames, 3)
    result, present = segments(values, torch.ones(1, frames, dtype=torch.bool), most)
    count = min(frames, most)
    # A stretch begins with the first frame whose share of the whole reaches it.
    edges = [-(-segment * frames // count) for segment in range(count + 1)]
    expected = [values[0, a:b].mean(0) for a, b in pairwise(edges)]
    assert present.all()
    torch.testing.assert_close(result[0], torch.stack(expected))
    assert np.ptp(np.diff(edges)) <= 1


def test_padding_changes_nothing() -> None:
    values = torch.randn(2, 20, 3)
    mask = torch.arange(20) < torch.tensor([[20], [6]])
    result, present = segments(values, mask, 8)
    alone, _ = segments(values[1:, :6], mask[1:, :6], 8)
    assert present.sum(1).tolist() == [8, 6]
    torch.testing.assert_close(result[1, :6], alone[0])
