import numpy as np
import pytest

from paralbench.synthetic.cough import KINDS, airway_sound


@pytest.mark.parametrize("kind", KINDS)
def test_every_sound_has_its_length_and_stays_in_scale(kind: str) -> None:
    sound = airway_sound(kind, 0.75, np.random.default_rng(0))
    assert len(sound) == 12000
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 1


def _mean(kind: str, low: float, high: float, part: slice = slice(None)) -> float:
    """Share of the energy between two frequencies in Hz, over twenty sounds."""
    shares = []
    for seed in range(20):
        sound = airway_sound(kind, 1.0, np.random.default_rng(seed), noise=1e-4)[part]
        power = np.abs(np.fft.rfft(sound)) ** 2
        frequency = np.fft.rfftfreq(len(sound), 1 / 16000)
        shares.append(power[(frequency >= low) & (frequency < high)].sum() / power.sum())
    return float(np.mean(shares))


def test_sounds_keep_to_their_bands() -> None:
    assert _mean("sniffle", 3000, 7000) > 0.7 > 0.3 > _mean("cough", 3000, 7000)
    assert _mean("breathe", 0, 1500) > 0.7 > 0.3 > _mean("sneeze", 0, 1500)
    assert _mean("throat-clearing", 0, 1500) > 0.7


def test_a_gasp_swells_and_a_cough_begins_with_its_burst() -> None:
    def later(kind: str) -> float:
        sound = airway_sound(kind, 0.25, np.random.default_rng(3), noise=0)
        half = len(sound) // 2
        return float((sound[half:] ** 2).sum() / (sound**2).sum())

    assert later("gasp") > 0.9
    assert later("cough") < 0.3
