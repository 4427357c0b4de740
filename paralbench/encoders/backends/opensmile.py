"""openSMILE feature sets (Eyben et al., 2010): functionals over a clip, or low-level descriptors.

openSMILE is free for research and non-commercial use only.
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

_EDGE = 0.02  # frames of up to 60 ms every 10 ms lose 20 ms at each end


class Settings(Card):
    """A feature set of openSMILE, as functionals of a clip or as low-level descriptors a frame."""

    feature_set: Literal["eGeMAPSv02", "eGeMAPSv01b", "GeMAPSv01b", "ComParE_2016"]
    level: Literal["functionals", "descriptors"] = "functionals"


class OpenSmile:
    """One frame for each waveform, or one every 10 ms with silence added at both ends."""

    def __init__(self, smile: Any, rate: int, edge: int) -> None:
        self._smile = smile
        self._rate = rate
        self._edge = edge

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[1, frames, features] for each waveform."""
        padded = [np.pad(waveform, self._edge) for waveform in waveforms]
        tables = [self._smile.process_signal(waveform, self._rate) for waveform in padded]
        return [torch.from_numpy(np.array(table, np.float32)).unsqueeze(0) for table in tables]


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> OpenSmile:
    """The feature set named on the card."""
    placement.only_reference(card.id)
    import opensmile

    settings = Settings.checked(card.settings, f"model '{card.id}', settings")
    levels = opensmile.FeatureLevel
    descriptors = settings.level == "descriptors"
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet[settings.feature_set],
        feature_level=levels.LowLevelDescriptors if descriptors else levels.Functionals,
    )
    return OpenSmile(smile, card.rate, round(_EDGE * card.rate) if descriptors else 0)
