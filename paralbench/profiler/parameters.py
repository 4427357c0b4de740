"""Parameters: frozen in the encoder, trained in the head."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from paralbench.heads.training import network
from paralbench.records.model_card import ModelCard


def frozen(cards: Sequence[ModelCard]) -> int:
    """As the cards say, which their conformance check compares with the weights."""
    return sum(card.parameters for card in cards)


def trained(form: nn.Module) -> int:
    """Of one form of a head; what it only standardises with is not trained and not counted."""
    return network.parameters(form)
