"""Early fusion: all streams side by side into one linear layer; graph fusion without its graph."""

from __future__ import annotations

from typing import Literal

from paralbench.heads.graph_fusion import Fusion, Settings
from paralbench.heads.training.network_head import NetworkHead


class ConcatenationSettings(Settings):
    """Those of graph-fusion; what describes a graph has no effect."""

    fusion: Literal["concatenation"] = "concatenation"


HEAD = NetworkHead("concatenation", Fusion, ConcatenationSettings, streams="many")
