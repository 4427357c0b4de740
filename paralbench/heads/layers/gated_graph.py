"""Residual gated graph convolution (Bresson & Laurent, 2017) with gates that compete, as GRATIS has it.

Reimplementation from the published description. Graphs of a handful of streams are complete and
small: they are dense tensors here, and torch-geometric's sparse operators are the tests' oracle.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GatedGraph(nn.Module):
    """One layer over nodes [..., nodes, width] and edges [..., nodes, nodes, dimensions].

    Edges first: e_ij + relu(norm(A x_i + B x_j + E e_ij)). Their sigmoid is the logit of a softmax
    over i's neighbours j, each counted as the adjacency says. Then nodes:
    x_i + relu(norm(U x_i + sum_j gate_ij V x_j)). No bias anywhere. The published norms are batch
    norms; these are layer norms, and none for edges of one dimension, which gate all features alike.
    """

    def __init__(self, width: int, dimensions: int) -> None:
        super().__init__()
        if dimensions not in (1, width):
            raise ValueError(f"an edge has 1 or {width} dimensions, not {dimensions}")
        self.u, self.v = (nn.Linear(width, width, bias=False) for _ in range(2))
        self.a, self.b = (nn.Linear(width, dimensions, bias=False) for _ in range(2))
        self.e = nn.Linear(dimensions, dimensions, bias=False)
        self.node_norm = nn.LayerNorm(width)
        self.edge_norm = nn.LayerNorm(dimensions) if dimensions > 1 else nn.Identity()

    def forward(self, nodes: Tensor, edges: Tensor, adjacency: Tensor) -> tuple[Tensor, Tensor]:
        """``adjacency`` [..., nodes, nodes] is 0 where there is no edge; leading sizes broadcast."""
        between = self.a(nodes)[..., :, None, :] + self.b(nodes)[..., None, :, :] + self.e(edges)
        edges = edges + torch.relu(self.edge_norm(between))
        # A sigmoid lies in (0, 1): its exponential needs no shift to be safe.
        weights = adjacency[..., None] * edges.sigmoid().exp()
        gates = weights / weights.sum(-2, keepdim=True)
        messages = (gates * self.v(nodes)[..., None, :, :]).sum(-2)
        return nodes + torch.relu(self.node_norm(self.u(nodes) + messages)), edges
