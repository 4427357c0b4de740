"""Gated graph convolution: a graph of three nodes worked by hand, and torch-geometric's operators."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from paralbench.heads.layers.gated_graph import GatedGraph
from paralbench.heads.layers.topology import topology


@torch.no_grad()
def test_three_nodes_by_hand() -> None:
    """One feature, weights of one, norms left out; nodes 0 and 2 are no neighbours.

    x = (1, 2, 3). Edges start at 0, A and B are 0, E is ln 3, relu(0) leaves 0 but for e_10 = 1:
    1 + relu(ln 3 * 1) = 1 + ln 3. Gates: node 0 hears itself and 1 alike, for
    sigmoid(0) = 1/2 of both: (1 + 2) / 2 = 1.5. Node 1 hears 0 with exp(sigmoid(1 + ln 3)) and the others
    with exp(1/2). Node 2 hears 1 and itself: 2.5.
    """
    layer = GatedGraph(1, 1)
    layer.node_norm = nn.Identity()  # type: ignore[assignment]
    for linear, weight in ((layer.u, 1.0), (layer.v, 1.0), (layer.a, 0.0), (layer.b, 0.0)):
        linear.weight.fill_(weight)
    layer.e.weight.fill_(math.log(3))
    edges = torch.zeros(3, 3, 1)
    edges[1, 0] = 1.0
    adjacency = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    nodes, moved = layer(torch.tensor([[1.0], [2.0], [3.0]]), edges, adjacency)
    assert moved[1, 0, 0].item() == pytest.approx(1 + math.log(3))
    assert moved.sum().item() == pytest.approx(1 + math.log(3))
    strong = math.exp(1 / (1 + math.exp(-1 - math.log(3))))
    weak = math.exp(0.5)
    middle = (strong * 1 + weak * 2 + weak * 3) / (strong + 2 * weak)
    expected = [1 + (1 + 1.5), 2 + (2 + middle), 3 + (3 + 2.5)]
    assert nodes[:, 0].tolist() == pytest.approx(expected)


@torch.no_grad()
@pytest.mark.parametrize("dimensions", [1, 6])
def test_torch_geometric_says_the_same(dimensions: int) -> None:
    geometric = pytest.importorskip("torch_geometric.utils")
    torch.manual_seed(0)
    layer, count = GatedGraph(6, dimensions), 5
    nodes, edges = torch.randn(count, 6), torch.randn(count, count, dimensions)
    adjacency = (torch.rand(count, count) > 0.4).float()
    adjacency.fill_diagonal_(1)
    # Messages run from column to row: torch-geometric's source is j, its target i.
    index, _ = geometric.dense_to_sparse(adjacency)
    to, of = index
    before = edges[to, of]
    between = layer.a(nodes)[to] + layer.b(nodes)[of] + layer.e(before)
    after = before + torch.relu(layer.edge_norm(between))
    gates = geometric.softmax(after.sigmoid(), to, num_nodes=count)
    recorded = geometric.scatter(gates * layer.v(nodes)[of], to, dim_size=count)
    expected = nodes + torch.relu(layer.node_norm(layer.u(nodes) + recorded))
    result, moved = layer(nodes, edges, adjacency)
    torch.testing.assert_close(result, expected)
    torch.testing.assert_close(moved[to, of], after)


@torch.no_grad()
def test_the_order_of_nodes_means_nothing() -> None:
    layer, order = GatedGraph(4, 4), torch.tensor([2, 0, 1])
    nodes, edges = torch.randn(7, 3, 4), torch.randn(7, 3, 3, 4)
    adjacency = topology(nodes)
    result, _ = layer(nodes, edges, adjacency)
    moved, _ = layer(
        nodes[:, order], edges[:, order][:, :, order], adjacency[:, order][:, :, order]
    )
    torch.testing.assert_close(moved, result[:, order])


def test_edges_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="an edge has 1 or 6 dimensions, not 3"):
        GatedGraph(6, 3)


def test_topology_by_hand() -> None:
    """Nodes 0 and 1 at 60 degrees, 2 opposite to 0 and at 120 degrees to 1; 3 has no direction."""
    nodes = torch.tensor([[2.0, 0.0], [0.5, math.sqrt(3) / 2], [-3.0, 0.0], [0.0, 0.0]])
    expected = torch.eye(4)
    expected[0, 0] = expected[1, 1] = 1 / 1.5
    expected[0, 1] = expected[1, 0] = 0.5 / 1.5
    torch.testing.assert_close(topology(nodes), expected)
