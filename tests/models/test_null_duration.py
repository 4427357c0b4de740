"""The null of length and pauses: a clip made of known stretches, and what must not change it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from paralbench.catalog import Catalog

MODEL = Catalog().model("null-duration")
PARTS = ((0.0, 0.5), (1.0, 1.0), (0.0, 0.4), (1.0, 2.0), (0.0, 0.1), (1.0, 0.5), (0.0, 1.0))
"""Gain and seconds: two pauses would be three if 0.1 s were one."""


def _clip(gain: float = 0.1, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    parts = [loud * rng.standard_normal(round(8000 * seconds)) for loud, seconds in PARTS]
    return (gain * np.concatenate(parts)).astype(np.float32)


def _features(waveform: NDArray[np.float32]) -> dict[str, float]:
    (states,) = MODEL.adapter.load().encode([waveform])
    assert states.shape == (1, 1, MODEL.card.width)
    return dict(zip(MODEL.adapter.FEATURES, states[0, 0].tolist(), strict=True))


def test_a_clip_of_known_stretches() -> None:
    values = _features(_clip())
    frame = 0.03  # what a frame's length may move a boundary
    assert values["log seconds"] == pytest.approx(np.log(5.5), abs=1e-6)
    assert np.expm1(values["log seconds before"]) == pytest.approx(0.5, abs=frame)
    assert np.expm1(values["log seconds after"]) == pytest.approx(1.0, abs=frame)
    assert values["pauses a second"] == pytest.approx(1 / 5.5)
    assert values["mean pause"] == values["longest pause"] == pytest.approx(0.4, abs=frame)
    assert values["pause share"] == pytest.approx(0.4 / 5.5, abs=0.01)
    assert values["longest stretch"] == pytest.approx(2.6, abs=frame)
    assert values["mean stretch"] == pytest.approx(1.8, abs=frame)
    assert values["active share"] == pytest.approx(3.5 / 5.5, abs=0.02)


def test_neither_gain_nor_voice_is_known_to_it() -> None:
    assert _features(_clip(0.1)) == _features(_clip(0.01))
    item, other = _features(_clip(seed=1)), _features(_clip(seed=2))
    assert item == pytest.approx(other, abs=0.02)


@pytest.mark.parametrize("samples", [1, 199, 200, 8000])
def test_silence_has_a_length_and_no_activity(samples: int) -> None:
    values = _features(np.zeros(samples, np.float32))
    assert values["log seconds"] == pytest.approx(np.log(samples / 8000), abs=1e-6)
    assert values["active share"] == values["longest stretch"] == values["longest pause"] == 0
    assert all(np.isfinite(value) for value in values.values())
