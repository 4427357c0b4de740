"""Bandwidth of noise that was cut off at a known frequency, and of telephone speech converted."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray
from scipy.signal import firwin, lfilter

from paralbench.audio.bandwidth import BAND, LongTermSpectrum
from paralbench.synthetic.conversation import DEPRESSED, IMPAIRED, USUAL
from paralbench.synthetic.voice import speak, speaker


def _bandwidth(samples: NDArray[np.floating], rate: int) -> float | None:
    spectrum = LongTermSpectrum(rate)
    for start in range(0, len(samples), 10 * rate):
        spectrum.add(samples[start : start + 10 * rate].astype(np.float32))
    return spectrum.bandwidth()


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
@pytest.mark.parametrize("cut", [1000, 3400, 6000])
def test_noise_is_encoded_up_to_where_it_was_cut_off(rate: int, cut: int) -> None:
    noise = np.random.default_rng(0).standard_normal(3 * rate)
    filtered = lfilter(firwin(2001, cut, fs=rate, window=("kaiser", 9)), 1, noise)
    result = _bandwidth(0.1 * filtered, rate)
    assert result is not None
    assert cut - 1 <= result <= cut + 2 * BAND


def test_noise_that_was_not_cut_off_reaches_half_the_rate() -> None:
    noise = np.random.default_rng(0).standard_normal(48000)
    assert _bandwidth(0.1 * noise, 16000) == 8000
    assert _bandwidth(0.1 * noise, 11025) == pytest.approx(5512.5)


@pytest.mark.parametrize("rate", [16000, 48000])
@pytest.mark.parametrize("gain", [1.0, 0.05])
@pytest.mark.parametrize("how", [USUAL, DEPRESSED, IMPAIRED])
def test_telephone_speech_stays_that_at_any_rate(rate: int, gain: float, how: object) -> None:
    rng = np.random.default_rng(0)
    voice = speak(speaker(rng, "female"), how, 4, rng)  # type: ignore[arg-type]
    true = _bandwidth(np.round(gain * voice * 32768) / 32768, 16000)
    narrow = soxr.resample(soxr.resample(gain * voice, 16000, 8000), 8000, rate)
    output = _bandwidth(np.round(narrow * 32768) / 32768, rate)
    assert true == 8000
    assert output is not None
    assert 3000 < output <= 4100


def test_a_constant_and_silence_carry_nothing() -> None:
    assert _bandwidth(np.zeros(16000), 16000) is None
    assert _bandwidth(np.zeros(10), 16000) is None
