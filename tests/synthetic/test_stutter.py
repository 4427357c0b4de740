import numpy as np
import pytest

from paralbench.synthetic.stutter import DYSFLUENCIES, Dysfluency, stutter
from paralbench.synthetic.voice import Delivery, Signal, Speaker, speaker

SMOOTH = Delivery(pause=0.0)


def _who(seed: int) -> tuple[Speaker, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return speaker(rng, "male"), rng


def _loudness(signal: Signal) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Root mean square of every 10 ms."""
    frames = signal[: len(signal) // 160 * 160].reshape(-1, 160).astype(np.float64)
    rms: np.ndarray[tuple[int], np.dtype[np.float64]] = np.sqrt((frames**2).mean(1))
    return rms


def _longest_silence(signal: Signal) -> float:
    longest = run = 0
    for quiet in _loudness(signal) < 0.01:
        run = run + 1 if quiet else 0
        longest = max(longest, run)
    return longest / 100


@pytest.mark.parametrize("kind", DYSFLUENCIES)
def test_the_clip_keeps_its_length_and_its_scale(kind: Dysfluency) -> None:
    who, rng = _who(0)
    signal = stutter(who, SMOOTH, 3.0, kind, rng)
    assert len(signal) == 48000
    assert signal.dtype == np.float32
    assert 0.01 < np.abs(signal).max() <= 1


def test_a_block_is_a_silence_that_nothing_else_has() -> None:
    silences = {}
    for kind in DYSFLUENCIES:
        who, rng = _who(1)
        silences[kind] = _longest_silence(stutter(who, SMOOTH, 3.0, kind, rng))
    assert silences["Block"] >= 0.45
    assert all(length < 0.45 for kind, length in silences.items() if kind != "Block")


@pytest.mark.parametrize(("kind", "lag"), [("SoundRep", 0.20), ("WordRep", 0.46)])
def test_a_repetition_comes_again_sample_for_sample(kind: Dysfluency, lag: float) -> None:
    who, rng = _who(2)
    signal = stutter(who, SMOOTH, 3.0, kind, rng).astype(np.float64)
    shift = round(lag * 16000)
    same = signal[:-shift] == signal[shift:]
    longest = max(len(run) for run in "".join("x" if item else " " for item in same).split())
    assert longest >= shift  # one whole unit and its gap at the least
