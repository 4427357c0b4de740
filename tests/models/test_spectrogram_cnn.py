"""The spectrogram CNN: its numbers from its seed, its reach, and its convolutions against a loop."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from paralbench.catalog import Catalog
from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.fbank import fbank
from paralbench.encoders.loading import loadable
from paralbench.encoders.weights import find
from paralbench.records.errors import CardError
from paralbench.records.model_card import ModelCard, SeededWeights

MODEL = Catalog().model("spectrogram-cnn")


def _encoded(waveform: Waveform, **card: object) -> HiddenStates:
    changed = MODEL.card.model_copy(update=card)
    (states,) = loadable(type(MODEL)(MODEL.folder, changed)).load().encode([waveform])
    return states


def _noise(seconds: float = 1.0) -> Waveform:
    return (0.1 * np.random.default_rng(0).standard_normal(round(16000 * seconds))).astype("f4")


def test_one_layer_is_what_a_loop_over_places_says() -> None:
    waveform = _noise(0.1)
    shallow = {"width": 3, "settings": {"channels": [3], "bands": 16}}
    result = _encoded(waveform, **shallow)[0]
    drawn = np.random.default_rng(0).standard_normal((3, 1, 3, 3)) * np.sqrt(2 / 9)
    pictured = (fbank(np.pad(waveform, 200), 16, "hann", 1.0).T + 10) / 5
    padded = np.pad(pictured, 1)
    assert result.shape == (11, 3)
    for frame in range(11):
        for channel in range(3):
            seen = [
                max(
                    0.0,
                    float((padded[band : band + 3, frame : frame + 3] * drawn[channel, 0]).sum()),
                )
                for band in range(0, 16, 2)
            ]
            assert result[frame, channel].item() == pytest.approx(np.mean(seen), abs=1e-4)


def test_a_seed_makes_the_same_numbers_and_another_seed_others() -> None:
    waveform, other = _noise(), [SeededWeights(kind="seeded", seed=1)]
    assert torch.equal(_encoded(waveform), _encoded(waveform))
    assert not torch.allclose(_encoded(waveform), _encoded(waveform, weights=other))
    changed = MODEL.card.model_copy(update={"weights": other})
    item, two = (find(card, MODEL.folder, {}) for card in (MODEL.card, changed))
    assert item.pinned
    assert item.sha256 != two.sha256


def test_the_card_counts_what_is_run() -> None:
    channels = [1, *MODEL.card.settings["channels"]]
    pairs = pairwise(channels)
    assert MODEL.card.parameters == sum(9 * before * after for before, after in pairs)


@pytest.mark.parametrize(
    ("card", "reported"),
    [({"width": 7}, "expected the last of channels"), ({"weights": []}, "seeded")],
)
def test_a_card_that_does_not_fit_is_refused(card: dict[str, object], reported: str) -> None:
    with pytest.raises(CardError, match=reported):
        _encoded(_noise(), **card)


def test_words_need_frames_of_one_layer() -> None:
    boaw = Catalog().model("boaw-mfcc").card.model_dump()
    assert ModelCard.model_validate(boaw).words is not None
    for changed in ({"frame_rate": None}, {"layers": 2}):
        with pytest.raises(ValueError, match="words are made of the frames of one layer"):
            ModelCard.model_validate({**boaw, **changed})
    with pytest.raises(ValueError, match="cannot count for 9 of 4 codes"):
        ModelCard.model_validate({**boaw, "words": {"codes": 4, "nearest": 9}})
