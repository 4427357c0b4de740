"""Cross-attention and edges against loops over pairs."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from paralbench.heads.layers.cross_attention import CrossAttention
from paralbench.heads.layers.edges import Edges

WIDTH = 6


def _slowly(attend: CrossAttention, asking: Tensor, heard: list[Tensor]) -> Tensor:
    """One query after the other, over what is there alone."""
    answers = []
    for item in asking:
        query = attend.query.weight @ item
        scores = [float(query @ (attend.key.weight @ other)) / math.sqrt(3) for other in heard]
        shares = [math.exp(score) / sum(map(math.exp, scores)) for score in scores]
        values = [attend.value.weight @ other + attend.value.bias for other in heard]
        answers.append(sum(share * value for share, value in zip(shares, values, strict=True)))
    return torch.stack([torch.as_tensor(answer) for answer in answers])


@torch.no_grad()
def test_cross_attention_is_what_a_loop_says() -> None:
    torch.manual_seed(0)
    attend = CrossAttention(WIDTH)
    asking, recorded = torch.randn(2, 3, WIDTH), torch.randn(2, 5, WIDTH)
    mask = torch.tensor([[True] * 5, [True, False, True, True, False]])
    result = attend(asking, recorded, mask)
    for example in range(2):
        expected = _slowly(attend, asking[example], list(recorded[example, mask[example]]))
        torch.testing.assert_close(result[example], expected)


@torch.no_grad()
@pytest.mark.parametrize("dimensions", [1, WIDTH])
def test_edges_are_what_a_loop_over_pairs_says(dimensions: int) -> None:
    torch.manual_seed(1)
    edges = Edges(WIDTH, dimensions)
    maps, mask = torch.randn(1, 3, 4, WIDTH), torch.ones(1, 3, 4, dtype=torch.bool)
    mask[0, 2, 3] = False
    result = edges(maps, mask)
    present = [list(maps[0, node, mask[0, node]]) for node in range(3)]
    everything = [segment for node in present for segment in node]
    recorded = [_slowly(edges.to_all, torch.stack(node), everything) for node in present]
    for start in range(3):
        for end in range(3):
            pair = _slowly(edges.to_end, recorded[start], list(recorded[end]))
            expected = edges.norm(edges.project(pair)).mean(0)
            torch.testing.assert_close(result[0, start, end], expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_streams_in_another_order_have_their_edges_in_that_order() -> None:
    edges = Edges(WIDTH, WIDTH)
    maps, mask = torch.randn(2, 4, 5, WIDTH), torch.ones(2, 4, 5, dtype=torch.bool)
    order = torch.tensor([2, 0, 3, 1])
    moved = edges(maps[:, order], mask)
    torch.testing.assert_close(moved, edges(maps, mask)[:, order][:, :, order])
    assert not torch.allclose(moved, moved.transpose(1, 2)), "start and end are not the same"


def test_an_odd_width_is_refused() -> None:
    with pytest.raises(ValueError, match="a width of 5 has no half"):
        CrossAttention(5)
