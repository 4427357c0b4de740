"""Late fusion: every stream answers for itself, and the answers are averaged."""

from __future__ import annotations

from typing import Literal

from paralbench.heads.graph_fusion import Fusion, Settings
from paralbench.heads.training.network_head import NetworkHead


class LateSettings(Settings):
    """Those of graph-fusion; what describes a graph has no effect."""

    fusion: Literal["late"] = "late"


HEAD = NetworkHead("late-fusion", Fusion, LateSettings, streams="many")
