"""openSMILE feature sets (Eyben et al., 2010): functionals over a clip.

openSMILE is free for research and non-commercial use only; the card says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch

from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.placement import Placement
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.model_card import ModelCard


class Settings(Card):
    """Which set of openSMILE's."""

    feature_set: Literal["eGeMAPSv02", "eGeMAPSv01b", "GeMAPSv01b", "ComParE_2016"]


class Functionals:
    """One frame for each waveform: statistics of low-level descriptors over all of it."""

    def __init__(self, smile: Any, rate: int) -> None:
        self._smile = smile
        self._rate = rate

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[1, 1, functionals] for each waveform."""
        tables = [self._smile.process_signal(waveform, self._rate) for waveform in waveforms]
        return [torch.from_numpy(np.array(table, np.float32)).unsqueeze(0) for table in tables]


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Functionals:
    """The feature set named on the card."""
    placement.only_reference(card.id)
    import opensmile

    chosen = Settings.checked(card.settings, f"model '{card.id}', settings")
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet[chosen.feature_set],
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    return Functionals(smile, card.rate)
