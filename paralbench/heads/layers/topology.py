"""Which nodes are neighbours, and how near: cosine similarity, normalised by degree."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def topology(nodes: Tensor) -> Tensor:
    """Nodes [..., nodes, width] to an adjacency [..., nodes, nodes]: D^-1/2 max(0, cos) D^-1/2.

    Nodes that point apart are no neighbours (assumed); each is its own, so none is alone.
    """
    directed = functional.normalize(nodes, dim=-1)
    alike = (directed @ directed.transpose(-1, -2)).clamp_min(0)
    # A node of zeros has no direction; it is its own neighbour all the same.
    itself = alike.diagonal(dim1=-2, dim2=-1)
    alike = alike + (1 - itself).diag_embed()
    root = alike.sum(-1).rsqrt()
    return alike * root[..., :, None] * root[..., None, :]
