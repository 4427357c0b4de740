"""Signal-to-noise ratio: of noise added to a voice at a known level, with pauses and without."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.audio.noise import noise_ratio


def _case(
    wanted: float, pauses: float, seed: int = 0, steps: int = 600
) -> tuple[np.ndarray, np.ndarray]:
    """Powers of steps of 512 samples of noise, with a voice over those that are speech."""
    rng = np.random.default_rng(seed)
    noise = np.square(1e-3 * rng.standard_normal((steps, 512))).mean(axis=1)
    speech = np.arange(steps) >= round(steps * pauses)
    voice = 1e-6 * 10 ** (wanted / 10) * rng.exponential(1.0, steps)
    return noise + voice * speech, np.where(speech, 0.9, 0.02)


@pytest.mark.parametrize("expected", [0, 10, 20, 40])
@pytest.mark.parametrize("seed", range(3))
def test_with_pauses_it_is_the_ratio_that_was_made(expected: float, seed: int) -> None:
    ratio, method = noise_ratio(*_case(expected, 0.3, seed))
    assert method == "pauses"
    assert ratio == pytest.approx(expected, abs=1)


def test_a_door_in_the_pause_is_no_background() -> None:
    power, likely = _case(20, 0.3)
    power[10:30] = 1.0
    assert noise_ratio(power, likely)[0] == pytest.approx(20, abs=1)


def test_without_pauses_percentiles_serve_and_say_so() -> None:
    power, likely = _case(30, 0.0)
    power[::10] /= 1000  # gaps within speech
    ratio, method = noise_ratio(power, likely)
    assert method == "percentiles"
    assert ratio is not None
    assert 20 < ratio < 40


def test_digital_silence_is_no_pause() -> None:
    power, likely = _case(30, 0.3)
    power[likely < 0.5] = 0
    assert noise_ratio(power, likely)[1] == "percentiles"


def test_without_speech_there_is_none() -> None:
    assert noise_ratio(np.ones(100), np.zeros(100)) == (None, None)
    assert noise_ratio(np.zeros(100), np.ones(100)) == (None, None)
    assert noise_ratio(np.zeros(0), np.zeros(0)) == (None, None)


def test_noise_louder_than_speech_is_the_lowest_ratio_there_is() -> None:
    power, likely = _case(0, 0.3)
    assert noise_ratio(np.where(likely > 0.5, 1e-6, 1e-2), likely)[0] == -20
    assert noise_ratio(np.where(likely > 0.5, 1.0, 1e-15), likely)[0] == 100
    assert len(power) == 600


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=40))
def test_however_short_it_is_there_is_a_finite_ratio_or_none(
    steps: list[tuple[float, float]],
) -> None:
    power, likely = np.array(steps).reshape(-1, 2).T
    ratio, method = noise_ratio(power, likely)
    assert (ratio is None) == (method is None)
    assert ratio is None or -20 <= ratio <= 100
