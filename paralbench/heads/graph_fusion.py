"""Graph fusion: every feature stream is a node, every ordered pair of streams an edge of many numbers.

Reimplementation from the published description (Liu, Lin & Wang, arXiv 2406.07437; edges and graph
layers after GRATIS). AFG: streams are projected to one width and, of a series, read by a GRU. AMEF:
edges by cross-attention (:mod:`paralbench.heads.layers.edges`). SER: residual gated graph
convolution, then one linear layer on all nodes.

One network, four ways to fuse; ``concatenation``, ``late-fusion`` and ``graph-fusion-plain-edges`` are
heads of their own with the same sizes. Beside a graph a concatenation trains as its control.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from paralbench.heads.head import Control
from paralbench.heads.layers.edges import Edges
from paralbench.heads.layers.gated_graph import GatedGraph
from paralbench.heads.layers.pooling import mean
from paralbench.heads.layers.segments import segments
from paralbench.heads.layers.topology import topology
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.recipe import Recipe


class Settings(Recipe):
    """Sizes, the same for all ways to fuse.

    Attributes:
        fusion: "graph" has edges as wide as nodes, "graph-1d" edges of one number;
            "concatenation" leaves the graph out; "late" averages the outputs of each stream alone.
        width: of a node; even.
        convolutions: graph layers.
        segments: a stream is averaged to so many before streams are compared, whatever its length.
        topology: neighbours by cosine similarity, or all nodes alike.
        recurrent: where a GRU reads each stream: of a series, always, or never.
    """

    fusion: Literal["graph", "graph-1d", "concatenation", "late"] = "graph"
    width: int = Field(default=32, ge=2, multiple_of=2)
    convolutions: int = Field(default=2, ge=1)
    segments: int = Field(default=16, ge=1)
    topology: Literal["cosine", "complete"] = "cosine"
    recurrent: Literal["series", "always", "never"] = "series"
    dropout: float = Field(default=0.1, ge=0, lt=1)


class Fusion(nn.Module):
    """Streams of any widths to [batch, outputs], or to every frame of a series."""

    def __init__(self, shape: Shape, settings: Settings) -> None:
        super().__init__()
        self.series = shape.series
        self.generate = nn.ModuleList(
            Node(stream.width, settings, shape.series) for stream in shape.streams
        )
        self.graph: nn.Module | None = None
        if settings.fusion in ("graph", "graph-1d"):
            self.graph = Graph(settings)
        nodes, width = len(shape.streams), settings.width
        self.dropout = nn.Dropout(settings.dropout)
        if settings.fusion == "late":
            self.out: nn.Module = Late(nodes, width, shape.outputs)
        else:
            self.out = nn.Sequential(nn.Flatten(-2), nn.Linear(nodes * width, shape.outputs))

    def forward(self, streams: Sequence[Frames]) -> Tensor:
        """Masked frames count for nothing."""
        generated = [node(frames) for node, frames in zip(self.generate, streams, strict=True)]
        masks = [frames.mask for frames in streams]
        pooled = torch.stack(list(map(mean, generated, masks)), 1)
        # Of a series [batch, frames, nodes, width], else [batch, nodes, width].
        nodes = torch.stack(generated, 2) if self.series else pooled
        if self.graph is not None:
            nodes = self.graph(nodes, pooled, generated, masks)
        outputs: Tensor = self.out(self.dropout(nodes))
        return outputs


class Node(nn.Module):
    """One stream at the common width (AFG), [batch, frames, width]; a GRU reads it forwards."""

    def __init__(self, inputs: int, settings: Settings, series: bool) -> None:
        super().__init__()
        width, when = settings.width, settings.recurrent
        self.project = nn.Sequential(nn.Linear(inputs, width), nn.LayerNorm(width), nn.ReLU())
        reads = when == "always" or (when == "series" and series)
        self.read = nn.GRU(width, width, batch_first=True) if reads else None

    def forward(self, frames: Frames) -> Tensor:
        """What is padded behind a stream changes nothing before it."""
        hidden: Tensor = self.project(frames.values)
        return hidden if self.read is None else self.read(hidden)[0]


class Graph(nn.Module):
    """Edges, topology and graph convolution (AMEF).

    Edges and topology describe the complete example. Of a series, the nodes of every step pass
    through the graph of their recording, whose edges move with them: linear in steps.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        width = settings.width
        dimensions = width if settings.fusion == "graph" else 1
        self.segments, self.cosine = settings.segments, settings.topology == "cosine"
        self.edges = Edges(width, dimensions)
        self.convolutions = nn.ModuleList(
            GatedGraph(width, dimensions) for _ in range(settings.convolutions)
        )

    def forward(
        self, nodes: Tensor, pooled: Tensor, streams: list[Tensor], masks: list[Tensor]
    ) -> Tensor:
        """Nodes [batch, (frames,) nodes, width]; ``pooled`` those of examples, [batch, nodes, width]."""
        maps, present = zip(
            *(
                segments(stream, mask, self.segments)
                for stream, mask in zip(streams, masks, strict=True)
            ),
            strict=True,
        )
        edges = self.edges(torch.stack(maps, 1), torch.stack(present, 1))
        alike = pooled if self.cosine else torch.ones_like(pooled)
        adjacency = topology(alike)
        if nodes.ndim > pooled.ndim:
            edges, adjacency = edges[:, None], adjacency[:, None]
        for convolution in self.convolutions:
            nodes, edges = convolution(nodes, edges, adjacency)
        return nodes


class Late(nn.Module):
    """One linear layer a stream; their outputs are averaged: [..., nodes, width] to [..., outputs]."""

    def __init__(self, nodes: int, width: int, outputs: int) -> None:
        super().__init__()
        self.each = nn.ModuleList(nn.Linear(width, outputs) for _ in range(nodes))

    def forward(self, nodes: Tensor) -> Tensor:
        """The unweighted mean over streams."""
        outputs = [layer(node) for layer, node in zip(self.each, nodes.unbind(-2), strict=True)]
        return torch.stack(outputs).mean(0)


# The matched control is the same without its graph.
HEAD = NetworkHead(
    "graph-fusion", Fusion, Settings, streams="many", plain=Control({"fusion": "concatenation"})
)
