"""ConvTransformer whose feed-forward layers train factorised and fold into plain ones (HRF).

Reimplementation from the published description (arXiv 2411.09339); the same network, steps and seeds
without factors train beside it as its control.
"""

from __future__ import annotations

from paralbench.heads import conv_transformer
from paralbench.heads.layers.factorised import Factoring
from paralbench.heads.training.network_head import NetworkHead


class Settings(conv_transformer.Settings):
    """The backbone's, and how its layers are factorised."""

    hrf: Factoring | None = Factoring()


def plain(settings: Settings) -> Settings:
    """The control's: nothing factorised, all else the same."""
    return settings.model_copy(update={"hrf": None})


HEAD = NetworkHead("hrf-conv-transformer", conv_transformer.ConvTransformer, Settings, plain=plain)
