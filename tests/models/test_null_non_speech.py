"""The null of non-speech: steps near speech stay out, and at least one remains."""

from __future__ import annotations

import numpy as np
import pytest

from paralbench.catalog import Catalog

MODEL = Catalog().model("null-non-speech")


def test_steps_near_speech_stay_out() -> None:
    probabilities = np.zeros(20)
    probabilities[8:10] = 0.9
    stored = np.flatnonzero(MODEL.adapter.non_speech(probabilities))
    assert stored.tolist() == [0, 1, 2, 3, 4, 13, 14, 15, 16, 17, 18, 19]


def test_of_speech_alone_the_least_likely_step_remains() -> None:
    probabilities = np.array([0.9, 0.8, 0.5, 0.7])
    assert np.flatnonzero(MODEL.adapter.non_speech(probabilities)).tolist() == [2]


def test_noise_between_is_measured_and_the_level_follows_it() -> None:
    pytest.importorskip("silero_vad")
    noise = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    encoder = MODEL.adapter.load()
    quiet, loud = (encoder.features(gain * noise) for gain in (0.001, 0.01))
    assert quiet[0] == loud[0] == 1
    assert loud[1] - quiet[1] == pytest.approx(20, abs=0.1)
    assert np.allclose(loud[2:], quiet[2:], atol=0.1)


@pytest.mark.parametrize("samples", [1, 400, 16000])
def test_silence_is_finite(samples: int) -> None:
    pytest.importorskip("silero_vad")
    values = MODEL.adapter.load().features(np.zeros(samples, np.float32))
    assert values.shape == (MODEL.card.width,)
    assert np.isfinite(values).all()
