"""The null of the channel: clips whose level, noise, bandwidth and faults are known."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from paralbench.catalog import Catalog

MODEL = Catalog().model("null-channel")
RNG = np.random.default_rng(0)
NOISE = (0.1 * RNG.standard_normal(32000)).astype(np.float32)


def _features(waveform: NDArray[np.float32]) -> dict[str, float]:
    (states,) = MODEL.adapter.load().encode([waveform])
    assert states.shape == (1, 1, MODEL.card.width)
    return dict(zip(MODEL.adapter.FEATURES, states[0, 0].tolist(), strict=True))


def test_levels_follow_the_gain_and_shapes_do_not() -> None:
    loud, quiet = _features(NOISE), _features(0.1 * NOISE)
    assert loud["level"] == pytest.approx(-20, abs=0.1)
    for name in loud:
        moved = 20 if name == "level" or name.startswith("level of") else 0
        if name != "offset in dB":
            assert loud[name] - quiet[name] == pytest.approx(moved, abs=1e-2), name


def test_the_noise_floor_is_that_of_the_quietest_frames() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    clip = np.concatenate([0.3 * tone, np.zeros(16000)]) + 1e-3 * RNG.standard_normal(32000)
    plain = _features(clip.astype(np.float32))
    assert 40 < plain["95 % over 5 %"] < 60
    bands = [value for name, value in plain.items() if name.startswith("quiet band")]
    assert np.ptp(bands) < 6  # white, though the clip's own spectrum is a line


def test_bandwidth_is_that_of_a_telephone() -> None:
    narrow = soxr.resample(soxr.resample(NOISE, 16000, 8000), 8000, 16000).astype(np.float32)
    assert _features(NOISE)["bandwidth in kHz"] > 7.9
    assert 3.5 < _features(narrow)["bandwidth in kHz"] < 4.2


def test_faults_are_counted() -> None:
    faulty = np.clip(NOISE + 0.05, -1, 1)
    faulty[:3200], faulty[3200:4800] = 0, 1
    values = _features(faulty.astype(np.float32))
    assert values["share of samples that are zero"] == pytest.approx(0.1, abs=1e-3)
    assert values["share of samples at full scale"] == pytest.approx(0.05, abs=1e-3)
    assert values["offset in dB"] == pytest.approx(20 * np.log10(faulty.mean()), abs=0.01)


@pytest.mark.parametrize("samples", [1, 400, 16000])
def test_silence_is_finite(samples: int) -> None:
    assert all(np.isfinite(value) for value in _features(np.zeros(samples, np.float32)).values())
