import numpy as np
import pytest
from scipy.signal import hilbert

from paralbench.synthetic.snore import snore
from paralbench.synthetic.voice import Signal


def _snores(severity: float) -> list[Signal]:
    return [snore(severity, 2.0, np.random.default_rng(seed)) for seed in range(15)]


def _centre(signal: Signal) -> float:
    """Centre of the energy in Hz."""
    power = np.abs(np.fft.rfft(signal)) ** 2
    return float((np.fft.rfftfreq(len(signal), 1 / 16000) * power).sum() / power.sum())


def _beat(signal: Signal) -> float:
    """Strongest rate, in Hz, at which the loudness goes up and down."""
    envelope = np.abs(hilbert(signal.astype(np.float64)))
    power = np.abs(np.fft.rfft(envelope - envelope.mean()))
    rate = np.fft.rfftfreq(len(signal), 1 / 16000)
    band = (rate > 15) & (rate < 90)
    return float(rate[band][power[band].argmax()])


def _silent(signal: Signal) -> float:
    """Share of 50 ms frames, away from the ends, in which nothing but the room is heard."""
    frames = signal[1600:-1600].reshape(-1, 800).astype(np.float64)
    return float((np.sqrt((frames**2).mean(1)) < 0.01).mean())


@pytest.mark.parametrize("severity", [0.0, 0.5, 1.0])
def test_a_snore_has_its_length_and_stays_in_scale(severity: float) -> None:
    for sound in _snores(severity):
        assert len(sound) == 32000
        assert sound.dtype == np.float32
        assert 0.05 < np.abs(sound).max() <= 1


def test_severity_slows_the_flutter_and_widens_the_band() -> None:
    assert np.median([_beat(item) for item in _snores(0)]) == pytest.approx(55, abs=8)
    assert np.median([_beat(item) for item in _snores(1)]) == pytest.approx(27, abs=8)
    assert np.mean([_centre(item) for item in _snores(1)]) > 1.5 * np.mean(
        [_centre(item) for item in _snores(0)]
    )


def test_breath_stops_only_in_apnoea() -> None:
    assert np.mean([_silent(item) for item in _snores(0)]) == 0
    assert np.mean([_silent(item) for item in _snores(1)]) > 0.08
