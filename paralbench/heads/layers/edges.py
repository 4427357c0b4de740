"""Multi-dimensional edges between streams: how each ordered pair of them is related.

Reimplementation of AMEF from the published description (Liu, Lin & Wang, 2024, after GRATIS: Song et
al., 2022): each node's map attends to the global map, then each start node attends to each end node.
"""

from __future__ import annotations

from torch import Tensor, nn

from paralbench.heads.layers.cross_attention import CrossAttention


class Edges(nn.Module):
    """Maps of all nodes [batch, nodes, segments, width] to edges [batch, nodes, nodes, dimensions].

    Assumed: the global map is all nodes' segments side by side, so that the order of nodes means
    nothing. The published norm is a batch norm, which would let an example's padding and its
    batch mates into it: this is a layer norm, and none for an edge of one dimension.

    Args:
        width: of a segment.
        dimensions: of an edge.
    """

    def __init__(self, width: int, dimensions: int) -> None:
        super().__init__()
        self.to_all = CrossAttention(width)
        self.to_end = CrossAttention(width)
        self.project = nn.Linear(width, dimensions)
        self.norm = nn.LayerNorm(dimensions) if dimensions > 1 else nn.Identity()

    def forward(self, maps: Tensor, mask: Tensor) -> Tensor:
        """Row i, column j: from start node i to end node j. ``mask`` [batch, nodes, segments]."""
        batch, nodes, segments, width = maps.shape
        everything = maps.reshape(batch, 1, nodes * segments, width)
        attended = self.to_all(maps, everything, mask.reshape(batch, 1, -1))
        pairs = self.to_end(attended[:, :, None], attended[:, None], mask[:, None])
        related = self.norm(self.project(pairs))
        present = mask[:, :, None, :, None].to(related.dtype)
        edges: Tensor = (related * present).sum(3) / present.sum(3)
        return edges
