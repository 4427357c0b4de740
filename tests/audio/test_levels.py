"""Levels against what was put into the signal, and against the same computed at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from paralbench.audio.levels import Levels
from paralbench.synthetic.conversation import USUAL
from paralbench.synthetic.voice import speak, speaker

RATE = 16000
TIME = np.arange(RATE) / RATE


def _heard(*blocks: NDArray[np.float32], rate: int = RATE) -> Levels:
    first = blocks[0].reshape(len(blocks[0]), -1)
    levels = Levels(first.shape[1], rate)
    for block in blocks:
        levels.add(block.reshape(len(block), -1))
    return levels


def _tone(amplitude: float, hz: float = 220, seconds: float = 1.0) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def test_a_tone_has_the_level_and_peak_of_its_amplitude() -> None:
    result = _heard(_tone(0.5) + np.float32(0.1))
    assert result.level == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=1e-3)
    assert result.peak == pytest.approx(20 * np.log10(0.6), abs=1e-3)
    assert result.offset == pytest.approx(0.1, abs=1e-6)
    assert (result.clipped, result.silent, result.dead) == (0, 0, ())


@given(st.integers(0, 1000), st.lists(st.integers(1, 3000), min_size=1, max_size=5))
def test_blocks_add_up_to_the_whole(seed: int, lengths: list[int]) -> None:
    rng = np.random.default_rng(seed)
    blocks = [rng.normal(0.01, 0.1, (length, 2)).astype(np.float32) for length in lengths]
    complete = np.concatenate(blocks).astype(np.float64)
    result = _heard(*blocks)
    power = complete.var(axis=0).max()
    if power > 1e-12:
        assert result.level == pytest.approx(10 * np.log10(power), abs=0.01)
    assert result.offset == pytest.approx(np.abs(complete.mean(axis=0)).max(), abs=1e-6)
    assert result.peak == pytest.approx(20 * np.log10(np.abs(complete).max()), abs=1e-4)


def test_nothing_has_no_level() -> None:
    result = _heard(np.zeros(RATE, np.float32))
    assert (result.peak, result.level, result.offset, result.silent) == (None, None, 0, 1)
    constant = _heard(np.full(RATE, 0.25, np.float32))
    assert (constant.level, constant.offset, constant.silent) == (None, 0.25, 1)


@pytest.mark.parametrize("top", [1.0, 0.5])
def test_clipping_is_found_also_when_it_was_scaled_down(top: float) -> None:
    """A tone cut off at 1 / 1.5 of its height is there 53.5 % of the time."""
    clipped = np.clip(_tone(1.5, 60), -1, 1) * np.float32(top)
    expected = 2 * np.arccos(1 / 1.5) / np.pi
    assert _heard(clipped).clipped == pytest.approx(expected, abs=0.01)
    # In which block it begins plays no part.
    assert _heard(_tone(0.3 * top), clipped).clipped == pytest.approx(expected / 2, abs=0.01)
    assert _heard(clipped, _tone(0.3 * top)).clipped == pytest.approx(expected / 2, abs=0.01)


def test_one_side_cut_off_is_clipping() -> None:
    assert _heard(np.minimum(_tone(0.8, 60), np.float32(0.4))).clipped == pytest.approx(
        1 / 3, abs=0.01
    )


@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("hz", [80, 220, 1000])
def test_what_is_not_clipped_is_not_taken_for_it(bits: int, hz: float) -> None:
    steps = 2 ** (bits - 1)
    coarse = (np.round(_tone(0.9, hz) * steps) / steps).astype(np.float32)
    assert _heard(coarse).clipped < 0.006
    rng = np.random.default_rng(0)
    assert _heard(rng.normal(0, 0.1, RATE).astype(np.float32)).clipped == 0
    voice = speak(speaker(rng, "male"), USUAL, 5, rng)
    assert _heard((np.round(voice * 128) / 128).astype(np.float32)).clipped < 0.001


def test_digital_silence_is_a_share_of_the_time() -> None:
    gated = np.concatenate([_tone(0.1), np.zeros(RATE, np.float32)])
    assert _heard(gated).silent == pytest.approx(0.5, abs=0.02)
    # A moment without movement, at a zero or a peak, is none.
    assert _heard(np.round(_tone(0.5, 20) * 16).astype(np.float32) / np.float32(16)).silent < 0.3
    both = np.stack([_tone(0.1), np.zeros(RATE, np.float32)], axis=1)
    assert _heard(both).silent == 0


def test_a_dead_channel_is_named() -> None:
    rng = np.random.default_rng(0)
    hiss = (1e-6 * rng.standard_normal(RATE)).astype(np.float32)
    quiet = _tone(0.01)
    stacked = np.stack([_tone(0.5), hiss, quiet, np.full(RATE, 0.3, np.float32)], axis=1)
    assert _heard(stacked).dead == (1, 3)
    assert _heard(np.zeros((RATE, 2), np.float32)).dead == ()


def test_a_recording_shorter_than_a_frame() -> None:
    assert _heard(np.full(3, 0.5, np.float32)).silent == 1
    assert _heard(np.array([0.1, 0.2], np.float32)).silent == 0
