"""Graph fusion with edges of one number: what multi-dimensional edges are compared with."""

from __future__ import annotations

from typing import Literal

from paralbench.heads.graph_fusion import Fusion, Settings, concatenated
from paralbench.heads.training.network_head import NetworkHead


class PlainEdgesSettings(Settings):
    """Those of graph-fusion, with edges that gate all features of a node alike."""

    fusion: Literal["graph-1d"] = "graph-1d"


HEAD = NetworkHead(
    "graph-fusion-plain-edges", Fusion, PlainEdgesSettings, streams="many", plain=concatenated
)
