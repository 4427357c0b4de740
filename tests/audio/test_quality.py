"""Quality of a recording: the measures together, in one pass, in flat memory."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from paralbench.audio import decoding
from paralbench.audio.cutting import Cutting
from paralbench.audio.quality import measure
from paralbench.audio.voice_activity import VoiceActivity, segments
from paralbench.records.errors import Refused
from paralbench.records.example import Clip
from paralbench.records.quality import Quality
from paralbench.synthetic.conversation import USUAL
from paralbench.synthetic.voice import speak, speaker

RATE = 16000


@pytest.fixture(scope="module")
def detector() -> VoiceActivity:
    return VoiceActivity()


@pytest.fixture(scope="module")
def voice() -> NDArray[np.float32]:
    """Two seconds in which nobody speaks, then eight of a voice."""
    rng = np.random.default_rng(3)
    silence = (1e-3 * rng.standard_normal(2 * RATE)).astype(np.float32)
    return np.concatenate([silence, speak(speaker(rng, "female"), USUAL, 8, rng)])


def _measured(
    file: Path,
    samples: NDArray[np.float32],
    detector: VoiceActivity,
    rate: int = RATE,
    **clip: float,
) -> Quality:
    soundfile.write(file, samples, rate, subtype="FLOAT")
    return measure(Clip(file, **clip), detector)  # type: ignore[arg-type]


def test_a_good_recording(
    tmp_path: Path, detector: VoiceActivity, voice: NDArray[np.float32]
) -> None:
    result = _measured(tmp_path / "a.wav", voice, detector)
    assert (result.seconds, result.rate, result.channels) == (10.0, RATE, 1)
    assert (result.dead_channels, result.not_finite, result.clipped, result.silent) == ((), 0, 0, 0)
    odds = detector.probabilities(Clip(tmp_path / "a.wav"))
    spans = segments(odds[: len(voice) // 512], Cutting())
    assert result.speech == pytest.approx(sum(end - start for start, end in spans))
    assert 6 < result.speech < 8.1
    assert result.bandwidth == 8000
    assert result.level == pytest.approx(10 * np.log10(voice.astype(np.float64).var()), abs=0.01)
    assert result.peak == pytest.approx(20 * np.log10(np.abs(voice).max()), abs=0.01)


@pytest.mark.parametrize("noise", [0.003, 0.01])
def test_added_noise_is_measured(
    tmp_path: Path, detector: VoiceActivity, voice: NDArray[np.float32], noise: float
) -> None:
    rng = np.random.default_rng(0)
    clean = _measured(tmp_path / "a.wav", voice, detector)
    noisy = voice + (noise * rng.standard_normal(len(voice))).astype(np.float32)
    result = _measured(tmp_path / "a.wav", noisy, detector)
    assert clean.speech_level is not None
    assert result.noise_method == "pauses"
    expected = clean.speech_level - 20 * np.log10(np.hypot(noise, 1e-3))
    assert result.noise_ratio == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_the_rate_as_stored_is_reported_and_speech_is_the_same(
    tmp_path: Path, detector: VoiceActivity, voice: NDArray[np.float32], rate: int
) -> None:
    plain = _measured(tmp_path / "a.wav", voice, detector)
    result = _measured(tmp_path / "b.wav", soxr.resample(voice, RATE, rate), detector, rate)
    assert result.rate == rate
    assert result.speech == pytest.approx(plain.speech, abs=0.5)
    assert result.bandwidth == pytest.approx(min(rate, RATE) / 2, abs=300)


def test_a_stretch_and_a_channel_are_measured_alone(
    tmp_path: Path, detector: VoiceActivity, voice: NDArray[np.float32]
) -> None:
    other = np.zeros_like(voice)
    both = np.stack([other, voice], axis=1)
    result = _measured(tmp_path / "a.wav", both, detector, start=3.0, end=7.0, channel=1)
    alone = _measured(tmp_path / "b.wav", voice[3 * RATE : 7 * RATE], detector)
    assert result == alone
    complete = _measured(tmp_path / "a.wav", both, detector)
    assert (complete.channels, complete.dead_channels) == (2, (0,))


def test_nan_and_infinity_are_counted_and_the_rest_is_measured(
    tmp_path: Path, detector: VoiceActivity, voice: NDArray[np.float32]
) -> None:
    broken = voice.copy()
    broken[[5, 20000, 90000]] = np.nan, np.inf, -np.inf
    result = _measured(tmp_path / "a.wav", broken, detector)
    assert result.not_finite == 3
    assert result.level == pytest.approx(
        _measured(tmp_path / "a.wav", voice, detector).level, abs=0.1
    )


@pytest.mark.parametrize("samples", [1, 100, 511, 512, 513, 1600])
def test_very_short_recordings_are_measured(
    tmp_path: Path, detector: VoiceActivity, samples: int
) -> None:
    rng = np.random.default_rng(0)
    result = _measured(tmp_path / "a.wav", rng.normal(0, 0.1, samples).astype(np.float32), detector)
    assert result.seconds == samples / RATE
    assert (result.speech, result.noise_ratio, result.speaker_contrast) == (0, None, None)


@given(data=st.data())
def test_any_stretch_of_any_samples_is_measured_without_nan(
    tmp_path_factory: pytest.TempPathFactory,
    detector: VoiceActivity,
    voice: NDArray[np.float32],
    data: st.DataObject,
) -> None:
    start = data.draw(st.integers(0, len(voice) - 1))
    stretch = voice[start : start + data.draw(st.integers(1, 20_000))].copy()
    odd = data.draw(st.lists(st.tuples(st.integers(0, 10_000), st.floats(width=32)), max_size=5))
    for place, value in odd:
        stretch[place % len(stretch)] = value
    result = _measured(tmp_path_factory.getbasetemp() / "any.wav", stretch, detector)
    numbers = [value for value in astuple(result) if isinstance(value, float)]
    assert np.isfinite(numbers).all()
    assert 0 <= result.clipped <= 1
    assert 0 <= result.silent <= 1


def test_silence_has_no_measures(tmp_path: Path, detector: VoiceActivity) -> None:
    result = _measured(tmp_path / "a.wav", np.zeros(2 * RATE, np.float32), detector)
    assert result.silent == 1
    assert (result.peak, result.level, result.speech_level, result.bandwidth) == (None,) * 4


def test_headers_that_no_recorder_writes_are_refused(
    tmp_path: Path, detector: VoiceActivity
) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((100, 65)), RATE)
    with pytest.raises(Refused, match="it has 65 channels, expected at most 64"):
        measure(Clip(tmp_path / "a.wav"), detector)
    for rate in (999, 768_001):
        soundfile.write(tmp_path / "a.wav", np.zeros(100), rate)
        with pytest.raises(Refused, match=f"declares a sampling rate of {rate} Hz"):
            measure(Clip(tmp_path / "a.wav"), detector)


def test_a_file_that_fails_while_it_is_read_is_refused(
    tmp_path: Path, detector: VoiceActivity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise OSError(5, "Input/output error")

    soundfile.write(tmp_path / "a.wav", np.zeros(1000), RATE)
    monkeypatch.setattr(decoding, "_sound_blocks", failing)
    with pytest.raises(Refused, match=r"it cannot be read \(Input/output error\)"):
        measure(Clip(tmp_path / "a.wav"), detector)


MEMORY = """
import resource, sys
from pathlib import Path
from paralbench.audio.quality import measure
from paralbench.audio.voice_activity import VoiceActivity
from paralbench.records.example import Clip
print(measure(Clip(Path(sys.argv[1])), VoiceActivity()).seconds,
      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_twenty_minutes_need_no_more_memory_than_one(
    tmp_path: Path, voice: NDArray[np.float32]
) -> None:
    peaks = []
    for minutes in (1, 20):
        with soundfile.SoundFile(tmp_path / "a.wav", "w", RATE, 1) as file:
            for _ in range(6 * minutes):
                file.write(voice)
        command = [sys.executable, "-c", MEMORY, str(tmp_path / "a.wav")]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        assert float(output[0]) == 60 * minutes
        peaks.append(int(output[1]) / 1024)
    assert peaks[1] - peaks[0] < 20  # MiB; the samples themselves are 73
