"""What a clip's signal quality is, on signals whose faults were made."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy import signal

from paralbench.audio.decoding import waveforms
from paralbench.audio.meter import Meter
from paralbench.records.example import Clip
from paralbench.records.signal_quality import SignalQuality

RNG = np.random.default_rng(5)
NOISE = RNG.normal(0, 0.1, 35 * 16000)


def measured(file: Path, samples: NDArray[np.float64], channel: int | None = None) -> SignalQuality:
    soundfile.write(file, samples, 16000, subtype="PCM_16")
    meter = Meter()
    plain = list(waveforms(Clip(file, channel=channel), 16000))
    passed = list(waveforms(Clip(file, channel=channel), 16000, meter))
    for block, other in zip(plain, passed, strict=True):
        np.testing.assert_array_equal(block, other)
    return meter.quality()


def test_an_ordinary_recording_has_no_fault(tmp_path: Path) -> None:
    quality = measured(tmp_path / "a.wav", NOISE)
    assert (quality.unusable, quality.faults) == ("", ())
    assert quality.level == pytest.approx(20 * math.log10(NOISE.std()), abs=0.01)
    assert (quality.channels, quality.dead, quality.mixing) == (1, 0, 0.0)


@pytest.mark.parametrize("offset", [0.0, 0.25])
def test_silence_is_nothing_to_score(tmp_path: Path, offset: float) -> None:
    assert measured(tmp_path / "a.wav", np.full(16000, offset)).unusable == "it is silent"
    dither = RNG.integers(-1, 2, 16000) / 32768
    assert measured(tmp_path / "b.wav", dither).unusable == "it is silent"
    assert measured(tmp_path / "c.wav", NOISE[:16000] * 0.002).unusable == ""


@pytest.mark.parametrize("residue", [0.0, 0.02, 0.2])
def test_inverted_channels_cancel(tmp_path: Path, residue: float) -> None:
    left = NOISE[:48000]
    stereo = np.stack([left, -left + residue * NOISE[48000:96000]], axis=1)
    quality = measured(tmp_path / "a.wav", stereo)
    assert quality.unusable.startswith("its channels cancel each other")
    mixed = 10 * np.log10(stereo.mean(axis=1).var() / stereo.var(axis=0).mean() + 1e-12)
    assert quality.mixing == pytest.approx(mixed, abs=0.1) or residue == 0
    assert measured(tmp_path / "a.wav", stereo, channel=1).unusable == ""


def test_other_stereo_is_scored(tmp_path: Path) -> None:
    left, right = NOISE[:48000], NOISE[48000:96000]
    unrelated = measured(tmp_path / "a.wav", np.stack([left, right], axis=1))
    assert (unrelated.unusable, unrelated.faults) == ("", ())
    assert unrelated.mixing == pytest.approx(-3.0, abs=0.1)
    same = measured(tmp_path / "b.wav", np.stack([left, left], axis=1))
    assert same.mixing == pytest.approx(0.0, abs=0.01)
    dead = measured(tmp_path / "c.wav", np.stack([left, np.zeros(48000)], axis=1))
    assert (dead.unusable, dead.dead, dead.faults) == ("", 1, ("dead-channel",))


def test_faults_are_counted_not_refused(tmp_path: Path) -> None:
    clipped = measured(tmp_path / "a.wav", np.clip(NOISE[:48000] * 20, -1, 1))
    assert (clipped.unusable, clipped.faults) == ("", ("clipped",))
    telephone = signal.sosfilt(signal.cheby2(12, 80, 3600, fs=16000, output="sos"), NOISE)
    narrow = measured(tmp_path / "b.wav", telephone)
    assert (narrow.unusable, narrow.faults) == ("", ("narrow-band",))
    broken = NOISE.copy()
    broken[: len(NOISE) // 2] = 0
    half = measured(tmp_path / "c.wav", broken)
    assert (half.unusable, half.faults) == ("", ("partly-silent",))
    assert half.silent == pytest.approx(0.5, abs=0.01)
